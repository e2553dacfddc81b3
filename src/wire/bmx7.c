/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bmx7.h"
#include <assert.h>

enum {
	EXPANDED_TYPE_AT = 31, /* in a content hash: the low byte of its word */
	CONTENT_HASH_LEN = 32,
	UNSIGNED_BELOW = BMX7_SIGNATURE_ADV,
};

size_t bmx7_rsa_len(uint8_t type)
{
	static const uint16_t bytes[] = {[BMX7_RSA1024] = 128,
					 [BMX7_RSA1536] = 192,
					 [BMX7_RSA2048] = 256,
					 [BMX7_RSA3072] = 384,
					 [BMX7_RSA4096] = 512};

	return type < sizeof(bytes) / sizeof(bytes[0]) ? bytes[type] : 0;
}

size_t bmx7_dh_len(uint8_t type)
{
	return type == BMX7_DH2048 ? 256 : type == BMX7_DH3072 ? 384 : 0;
}

enum err bmx7_packet_parse(const void *packet, size_t len, struct bmx7_packet *p)
{
	struct rd r = rd_over(packet, len);

	p->version = rd_u8(&r);
	rd_u8(&r); /* reserved */
	p->sender = rd_digest(&r);
	p->frames_len = rd_left(&r);
	p->frames = rd_take(&r, p->frames_len);
	if (r.bad)
		return ERR_SHORT;
	if (p->version < BMX7_VERSION - 1 || p->version > BMX7_VERSION + 1)
		return ERR_VERSION;
	if (p->frames_len > 0 && p->frames_len < BMX7_TLV_HEADER)
		return ERR_SHORT;
	return len > BMX7_PACKET_MAX ? ERR_MALFORMED : OK;
}

void bmx7_packet_write(struct wr *w, const struct digest *sender)
{
	wr_u8(w, BMX7_VERSION);
	wr_u8(w, 0);
	wr_digest(w, sender);
}

struct bmx7_walk bmx7_frames_walk(const struct bmx7_packet *p)
{
	return (struct bmx7_walk){rd_over(p->frames, p->frames_len), BMX7_FRAMES, -1, OK};
}

struct bmx7_walk bmx7_description_walk(const void *body, size_t len)
{
	return (struct bmx7_walk){rd_over(body, len), BMX7_DESCRIPTION, -1, OK};
}

static enum err frame_order(int last, int type)
{
	bool right;

	if (last < 0)
		right = type <= BMX7_SIGNATURE_ADV;
	else if (last < UNSIGNED_BELOW)
		right = type >= last && type < UNSIGNED_BELOW;
	else if (last == BMX7_SIGNATURE_ADV)
		right = type == BMX7_OGM_AGGREG_SQN_ADV;
	else
		right = type >= last && type > BMX7_OGM_AGGREG_SQN_ADV;
	return right ? OK : ERR_MALFORMED;
}

static enum err tlv_read(struct bmx7_walk *w, struct bmx7_tlv *t)
{
	struct rd r = w->rest;

	t->at = r.at;
	uint16_t word = rd_u16(&r);
	size_t len = word & BMX7_TLV_MAX;
	if (r.bad)
		return ERR_SHORT;
	if (len <= BMX7_TLV_HEADER)
		return ERR_MALFORMED;
	t->type = t->expanded = (uint8_t)(word >> 11);
	t->len = len - BMX7_TLV_HEADER;
	t->data = rd_take(&r, t->len);
	if (r.bad)
		return ERR_SHORT;
	w->rest = r;
	return OK;
}

bool bmx7_next(struct bmx7_walk *w, struct bmx7_tlv *t)
{
	if (w->err != OK || rd_left(&w->rest) == 0)
		return false;
	w->err = tlv_read(w, t);
	if (w->err != OK)
		return false;
	switch (w->order) {
	case BMX7_FRAMES: w->err = frame_order(w->last, t->type); break;
	case BMX7_DESCRIPTION:
		if (t->type == BMX7_CONTENT_HASH && t->len < CONTENT_HASH_LEN)
			w->err = ERR_SHORT;
		else if (t->type == BMX7_CONTENT_HASH)
			t->expanded = t->data[EXPANDED_TYPE_AT] >> 3;
		if (w->err == OK && t->expanded <= w->last)
			w->err = ERR_MALFORMED;
		break;
	}
	w->last = t->expanded;
	return w->err == OK;
}

size_t bmx7_open(struct wr *w, uint8_t type)
{
	assert(type < BMX7_TLV_TYPES);
	wr_u16(w, (uint16_t)(type << 11));
	return wr_len(w);
}

void bmx7_close(struct wr *w, size_t opened)
{
	size_t len = wr_len(w) - opened + BMX7_TLV_HEADER;

	if (len > BMX7_TLV_MAX)
		w->bad = true;
	if (w->bad)
		return;
	assert(len > BMX7_TLV_HEADER);
	uint8_t *header = w->start + opened - BMX7_TLV_HEADER;
	header[0] = (uint8_t)(header[0] | len >> 8);
	header[1] = (uint8_t)len;
}
