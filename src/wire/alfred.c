/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/alfred.h"
#include <assert.h>

enum {
	MODE_SECONDARY = 0,
	MODE_PRIMARY = 1,
	/* TLVs inside of an answer to SERVER_STATUS */
	STATUS_MODE = 0,
	STATUS_INTERFACE = 1,
	STATUS_CLOUD_PORT = 2,
};

static void tlv_head(struct wr *w, uint8_t type, size_t len)
{
	assert(len <= UINT16_MAX);
	wr_u8(w, type);
	wr_u8(w, ALFRED_VERSION);
	wr_u16(w, (uint16_t)len);
}

static struct rd value_of(const struct alfred_tlv *t)
{
	return rd_over(t->value, t->len);
}

enum err alfred_tlv_next(struct rd *r, struct alfred_tlv *t)
{
	struct rd p = *r;

	t->type = rd_u8(&p);
	uint8_t version = rd_u8(&p);
	t->len = rd_u16(&p);
	t->value = rd_take(&p, t->len);
	if (p.bad)
		return ERR_SHORT;
	if (version != ALFRED_VERSION)
		return ERR_VERSION;
	*r = p;
	return OK;
}

void alfred_tlv_write(struct wr *w, uint8_t type)
{
	tlv_head(w, type, 0);
}

/* ---- PUSH_DATA ---- */

enum err alfred_push_parse(const struct alfred_tlv *t, struct alfred_push *p)
{
	struct rd r = value_of(t);

	p->tx = rd_u16(&r);
	p->seqno = rd_u16(&r);
	p->len = rd_left(&r);
	p->records = rd_take(&r, p->len);
	return r.bad ? ERR_SHORT : OK;
}

bool alfred_record_next(struct rd *r, struct alfred_record *x)
{
	struct rd p = *r;

	x->source = rd_mac(&p);
	x->type = rd_u8(&p);
	x->version = rd_u8(&p);
	x->len = rd_u16(&p);
	x->data = rd_take(&p, x->len);
	if (p.bad)
		return false;
	*r = p;
	return true;
}

uint8_t *alfred_push_begin(struct wr *w, uint16_t tx, uint16_t seqno)
{
	uint8_t *begin = w->at;

	tlv_head(w, ALFRED_PUSH_DATA, 0);
	wr_u16(w, tx);
	wr_u16(w, seqno);
	return w->bad ? NULL : begin;
}

void alfred_record_write(struct wr *w, const struct alfred_record *x)
{
	wr_mac(w, x->source);
	wr_u8(w, x->type);
	wr_u8(w, x->version);
	wr_u16(w, x->len);
	wr_bytes(w, x->data, x->len);
}

void alfred_push_end(struct wr *w, uint8_t *begin)
{
	if (w->bad || !begin)
		return;
	struct wr head = wr_over(begin, ALFRED_TLV_LEN);
	tlv_head(&head, ALFRED_PUSH_DATA, (size_t)(w->at - begin) - ALFRED_TLV_LEN);
}

/* ---- REQUEST, STATUS ---- */

enum err alfred_request_parse(const struct alfred_tlv *t, struct alfred_request *q)
{
	struct rd r = value_of(t);

	q->type = rd_u8(&r);
	q->tx = rd_u16(&r);
	return r.bad ? ERR_SHORT : OK;
}

void alfred_request_write(struct wr *w, struct alfred_request q)
{
	tlv_head(w, ALFRED_REQUEST, ALFRED_REQUEST_LEN - ALFRED_TLV_LEN);
	wr_u8(w, q.type);
	wr_u16(w, q.tx);
}

enum err alfred_status_parse(const struct alfred_tlv *t, struct alfred_status *s)
{
	struct rd r = value_of(t);

	s->tx = rd_u16(&r);
	s->number = rd_u16(&r);
	return r.bad ? ERR_SHORT : OK;
}

void alfred_txend_write(struct wr *w, struct alfred_status s)
{
	tlv_head(w, ALFRED_STATUS_TXEND, ALFRED_STATUS_LEN - ALFRED_TLV_LEN);
	wr_u16(w, s.tx);
	wr_u16(w, s.number);
}

void alfred_error_write(struct wr *w, uint16_t tx, uint16_t code)
{
	tlv_head(w, ALFRED_STATUS_ERROR, ALFRED_STATUS_LEN - ALFRED_TLV_LEN);
	wr_u16(w, tx);
	wr_bytes(w, &code, sizeof(code));
}

/* ---- the unix socket ---- */

enum err alfred_modeswitch_parse(const struct alfred_tlv *t, bool *primary)
{
	struct rd r = value_of(t);
	uint8_t mode = rd_u8(&r);

	if (r.bad)
		return ERR_SHORT;
	*primary = mode == MODE_PRIMARY;
	return mode == MODE_PRIMARY || mode == MODE_SECONDARY ? OK : ERR_MALFORMED;
}

void alfred_modeswitch_write(struct wr *w, bool primary)
{
	tlv_head(w, ALFRED_MODESWITCH, 1);
	wr_u8(w, primary ? MODE_PRIMARY : MODE_SECONDARY);
}

enum err alfred_text_parse(const struct alfred_tlv *t, size_t room, const char **text, size_t *len)
{
	struct rd r = value_of(t);
	const uint8_t *p = rd_take(&r, room);

	if (!p)
		return ERR_SHORT;
	const uint8_t *end = memchr(p, '\0', room);
	*text = (const char *)p;
	*len = end ? (size_t)(end - p) : room;
	return OK;
}

/* room bytes, the last of them NUL. */
static void text_put(struct wr *w, size_t room, const char *text)
{
	size_t len = strnlen(text, room - 1);

	wr_bytes(w, text, len);
	wr_zero(w, room - len);
}

void alfred_text_write(struct wr *w, uint8_t type, size_t room, const char *text)
{
	tlv_head(w, type, room);
	text_put(w, room, text);
}

void alfred_server_status_write(struct wr *w, const struct alfred_server_status *s)
{
	tlv_head(w, ALFRED_SERVER_STATUS,
		 3 * ALFRED_TLV_LEN + 1 + ALFRED_IFNAME_ROOM + 1 + ALFRED_IFNAME_ROOM);
	tlv_head(w, STATUS_MODE, 1);
	wr_u8(w, s->primary ? MODE_PRIMARY : MODE_SECONDARY);
	tlv_head(w, STATUS_INTERFACE, ALFRED_IFNAME_ROOM + 1);
	text_put(w, ALFRED_IFNAME_ROOM, s->interface);
	wr_u8(w, s->active);
	tlv_head(w, STATUS_CLOUD_PORT, ALFRED_IFNAME_ROOM);
	text_put(w, ALFRED_IFNAME_ROOM, s->cloud_port);
}

enum err alfred_event_parse(const struct alfred_tlv *t, struct alfred_event *e)
{
	struct rd r = value_of(t);

	e->type = rd_u8(&r);
	e->source = rd_mac(&r);
	return r.bad ? ERR_SHORT : OK;
}

void alfred_event_write(struct wr *w, struct alfred_event e)
{
	tlv_head(w, ALFRED_EVENT_NOTIFY, 7);
	wr_u8(w, e.type);
	wr_mac(w, e.source);
}

/* ---- OURS ---- */

enum err alfred_range_parse(const struct alfred_tlv *t, struct alfred_range *x)
{
	struct rd r = value_of(t);

	x->publisher = rd_mac(&r);
	x->edition = rd_u32(&r);
	x->after = rd_u32(&r);
	x->upto = rd_u32(&r);
	if (r.bad)
		return ERR_SHORT;
	return mac_is_station(x->publisher) && x->edition != 0 && x->after < x->upto
		       ? OK
		       : ERR_MALFORMED;
}

void alfred_range_write(struct wr *w, const struct alfred_range *x)
{
	tlv_head(w, ALFRED_RANGE, ALFRED_RANGE_LEN - ALFRED_TLV_LEN);
	wr_mac(w, x->publisher);
	wr_u32(w, x->edition);
	wr_u32(w, x->after);
	wr_u32(w, x->upto);
}

enum err alfred_state_parse(const struct alfred_tlv *t, struct alfred_state *s)
{
	struct rd r = value_of(t);

	s->edition = rd_u32(&r);
	s->seqno = rd_u32(&r);
	s->flags = rd_u8(&r);
	if (r.bad)
		return ERR_SHORT;
	return s->edition != 0 ? OK : ERR_MALFORMED;
}

void alfred_state_write(struct wr *w, struct alfred_state s)
{
	tlv_head(w, ALFRED_STATE, ALFRED_STATE_LEN - ALFRED_TLV_LEN);
	wr_u32(w, s.edition);
	wr_u32(w, s.seqno);
	wr_u8(w, s.flags);
}

bool alfred_want_next(struct rd *r, struct alfred_want *x)
{
	x->publisher = rd_mac(r);
	x->edition = rd_u32(r);
	x->have = rd_u32(r);
	return !r->bad;
}

void alfred_wants_write(struct wr *w, enum alfred_type type, const struct alfred_want *at,
			size_t count)
{
	tlv_head(w, (uint8_t)type, count * ALFRED_WANT_LEN);
	for (size_t i = 0; i < count; i++) {
		wr_mac(w, at[i].publisher);
		wr_u32(w, at[i].edition);
		wr_u32(w, at[i].have);
	}
}
