/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/dns.h"
#include <string.h>

enum {
	FLAGS_QUESTION = 0x0100, /* recursion desired */
	FLAG_ANSWER = 0x8000,
	FLAGS_CODE = 0x000f,
	CLASS_IN = 1,
	TYPE_A = 1,
	TYPE_AAAA = 28,
	LABEL_MAX = 63,
	LABEL_POINTER = 0xc0,
};

static uint16_t type_of(bool v6)
{
	return v6 ? TYPE_AAAA : TYPE_A;
}

static void name_write(struct wr *w, const char *name)
{
	size_t all = strlen(name);

	if (all == 0 || all > DNS_NAME_MAX) {
		w->bad = true;
		return;
	}
	while (*name != '\0') {
		size_t len = strcspn(name, ".");

		if (len == 0 || len > LABEL_MAX) {
			w->bad = true;
			return;
		}
		wr_u8(w, (uint8_t)len);
		wr_bytes(w, name, len);
		name += len + (name[len] == '.');
	}
	wr_u8(w, 0);
}

void dns_question_write(struct wr *w, uint16_t id, const char *name, bool v6)
{
	wr_u16(w, id);
	wr_u16(w, FLAGS_QUESTION);
	wr_u16(w, 1);
	wr_zero(w, 6);
	name_write(w, name);
	wr_u16(w, type_of(v6));
	wr_u16(w, CLASS_IN);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

/* Reads the question's name: is it that one? Servers repeat it without pointers. */
static bool name_is(struct rd *r, const char *name)
{
	uint8_t bytes[DNS_NAME_MAX + 2];
	struct wr w = wr_over(bytes, sizeof(bytes));
	const uint8_t *got;

	name_write(&w, name);
	got = w.bad ? NULL : rd_take(r, wr_len(&w));
	for (size_t i = 0; got && i < wr_len(&w); i++)
		if (lower(got[i]) != lower(bytes[i]))
			return false;
	return got != NULL;
}

/* Whatever it is: a pointer ends it. */
static void name_skip(struct rd *r)
{
	for (;;) {
		uint8_t len = rd_u8(r);

		if (r->bad || len == 0)
			return;
		if ((len & LABEL_POINTER) == LABEL_POINTER) {
			(void)rd_u8(r);
			return;
		}
		if (len > LABEL_MAX)
			r->bad = true;
		(void)rd_take(r, len);
	}
}

static bool record_is_address(struct rd *r, bool v6, struct prefix *address)
{
	uint16_t type, class, len;
	const uint8_t *data;

	name_skip(r);
	type = rd_u16(r);
	class = rd_u16(r);
	(void)rd_u32(r);
	len = rd_u16(r);
	data = rd_take(r, len);
	if (!data || class != CLASS_IN || type != type_of(v6) || len != (v6 ? 16 : 4))
		return false;
	*address = (struct prefix){.v6 = v6, .net.bits = v6 ? 128 : 32};
	memcpy(address->net.b, data, len);
	return true;
}

enum err dns_answer_parse(const void *data, size_t len, uint16_t id, const char *name, bool v6,
			  struct prefix *address)
{
	struct rd r = rd_over(data, len);
	bool ours = rd_u16(&r) == id;
	uint16_t flags = rd_u16(&r), questions = rd_u16(&r), answers = rd_u16(&r);

	(void)rd_u32(&r);
	if (r.bad)
		return ERR_SHORT;
	if (!ours || (flags & FLAG_ANSWER) == 0 || questions != 1 || !name_is(&r, name) ||
	    rd_u16(&r) != type_of(v6) || rd_u16(&r) != CLASS_IN)
		return ERR_UNKNOWN;
	if ((flags & FLAGS_CODE) != 0)
		return ERR_NO_ROUTE;
	for (unsigned i = 0; i < answers && !r.bad; i++)
		if (record_is_address(&r, v6, address))
			return OK;
	return r.bad ? ERR_MALFORMED : ERR_NO_ROUTE;
}
