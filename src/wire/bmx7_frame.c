/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bmx7_frame.h"
#include <assert.h>

enum {
	CONTENT_GZIP = 0x01,
	CONTENT_NESTING_SHIFT = 1,
	CONTENT_RESERVED = 0xfc, /* nesting above 1 is of descriptions only */
	DIGEST_BYTES = sizeof(struct digest),
};

/* A reader that has come to its end and was not bad has read all. */
static enum err all_read(const struct rd *r)
{
	if (r->bad)
		return ERR_SHORT;
	return rd_left(r) > 0 ? ERR_MALFORMED : OK;
}

/* ---- CONTENT_ADV ---- */

enum err bmx7_content_parse(const void *data, size_t len, struct bmx7_content *c)
{
	struct rd r = rd_over(data, len);
	uint8_t flags = rd_u8(&r);

	*c = (struct bmx7_content){.gzip = flags & CONTENT_GZIP, .at = data, .len = len};
	c->nesting = flags >> CONTENT_NESTING_SHIFT & 1;
	c->body_len = rd_left(&r);
	c->body = rd_take(&r, c->body_len);
	if (r.bad || c->body_len == 0)
		return ERR_SHORT;
	if ((flags & CONTENT_RESERVED) || c->body_len > BMX7_CONTENT_MAX)
		return ERR_MALFORMED;
	return c->nesting && c->body_len % DIGEST_BYTES != 0 ? ERR_MALFORMED : OK;
}

uint8_t bmx7_content_flags(bool gzip, uint8_t nesting)
{
	assert(nesting <= 1);
	return (uint8_t)(gzip | nesting << CONTENT_NESTING_SHIFT);
}

void bmx7_content_write(struct wr *w, const struct bmx7_content *c)
{
	assert(c->body_len > 0 && c->body_len <= BMX7_CONTENT_MAX);
	size_t frame = bmx7_open(w, BMX7_CONTENT_ADV);

	wr_u8(w, bmx7_content_flags(c->gzip, c->nesting));
	wr_bytes(w, c->body, c->body_len);
	bmx7_close(w, frame);
}

/* ---- SIGNATURE_ADV ---- */

static size_t signature_len(uint8_t type)
{
	return bmx7_dh_len(type) > 0 ? BMX7_MAC : bmx7_rsa_len(type);
}

enum err bmx7_signatures_parse(const struct bmx7_packet *p, const struct bmx7_tlv *t,
			       struct bmx7_signatures *s)
{
	struct rd r = rd_over(t->data, t->len);

	s->header = r.at;
	s->desc_sqn = rd_u32(&r);
	s->burst_sqn = rd_u32(&r);
	s->dev_idx = rd_u8(&r);
	s->list_len = rd_left(&r);
	s->list = rd_take(&r, s->list_len);
	s->signed_rest = t->data + t->len;
	s->signed_rest_len = (size_t)(p->frames + p->frames_len - s->signed_rest);
	if (r.bad)
		return ERR_SHORT;
	return s->dev_idx == 0 ? ERR_MALFORMED : OK;
}

bool bmx7_signature_next(struct rd *r, struct bmx7_signature *s)
{
	if (rd_left(r) == 0)
		return false;
	s->type = rd_u8(r);
	s->len = signature_len(s->type);
	if (s->len == 0)
		r->bad = true;
	s->data = rd_take(r, s->len);
	return !r->bad;
}

size_t bmx7_signatures_open(struct wr *w, uint32_t desc_sqn, uint32_t burst_sqn, uint8_t dev_idx)
{
	assert(dev_idx > 0);
	size_t frame = bmx7_open(w, BMX7_SIGNATURE_ADV);

	wr_u32(w, desc_sqn);
	wr_u32(w, burst_sqn);
	wr_u8(w, dev_idx);
	return frame;
}

void bmx7_signature_write(struct wr *w, const struct bmx7_signature *s)
{
	assert(s->len > 0 && s->len == signature_len(s->type));
	wr_u8(w, s->type);
	wr_bytes(w, s->data, s->len);
}

/* ---- OGM_AGGREG_SQN_ADV, HELLO_ADV ---- */

enum err bmx7_aggregations_parse(const void *data, size_t len, struct bmx7_aggregations *a)
{
	struct rd r = rd_over(data, len);

	a->max = rd_u16(&r);
	a->size = rd_u16(&r);
	enum err e = all_read(&r);
	return e == OK && a->size > BMX7_AGGREGATIONS_MAX ? ERR_MALFORMED : e;
}

void bmx7_aggregations_write(struct wr *w, struct bmx7_aggregations a)
{
	assert(a.size <= BMX7_AGGREGATIONS_MAX);
	size_t frame = bmx7_open(w, BMX7_OGM_AGGREG_SQN_ADV);

	wr_u16(w, a.max);
	wr_u16(w, a.size);
	bmx7_close(w, frame);
}

enum err bmx7_hello_parse(const void *data, size_t len, uint16_t *sqn)
{
	struct rd r = rd_over(data, len);

	*sqn = rd_u16(&r);
	return all_read(&r);
}

void bmx7_hello_write(struct wr *w, uint16_t sqn)
{
	size_t frame = bmx7_open(w, BMX7_HELLO_ADV);

	wr_u16(w, sqn);
	bmx7_close(w, frame);
}

/* ---- HELLO_REPLY ---- */

bool bmx7_hello_reply_next(struct rd *r, struct bmx7_hello_reply *h)
{
	if (rd_left(r) == 0)
		return false;
	h->description = rd_digest(r);
	h->rx_lq = rd_u8(r);
	h->dev_idx = rd_u8(r);
	return !r->bad;
}

void bmx7_hello_reply_write(struct wr *w, const struct bmx7_hello_reply *h)
{
	wr_digest(w, &h->description);
	wr_u8(w, h->rx_lq);
	wr_u8(w, h->dev_idx);
}

/* ---- IID_ADV ---- */

bool bmx7_iid_next(struct rd *r, struct bmx7_iid *i)
{
	if (rd_left(r) == 0)
		return false;
	i->iid = rd_u16(r);
	i->desc_sqn = rd_u32(r);
	const uint8_t *chain = rd_take(r, BMX7_LINK);
	if (chain)
		memcpy(i->chain.b, chain, BMX7_LINK);
	i->node = rd_digest(r);
	if (i->iid < BMX7_IID_SELF || i->iid > BMX7_IID_MAX)
		r->bad = true;
	return !r->bad;
}

void bmx7_iid_write(struct wr *w, const struct bmx7_iid *i)
{
	assert(i->iid >= BMX7_IID_SELF && i->iid <= BMX7_IID_MAX);
	wr_u16(w, i->iid);
	wr_u32(w, i->desc_sqn);
	wr_bytes(w, i->chain.b, BMX7_LINK);
	wr_digest(w, &i->node);
}

/* ---- requests ---- */

static bool wants_digests(uint8_t type)
{
	return type == BMX7_DESC_REQ || type == BMX7_CONTENT_REQ;
}

enum err bmx7_request_parse(uint8_t type, const void *data, size_t len, struct bmx7_request *q)
{
	size_t item = wants_digests(type) ? DIGEST_BYTES : sizeof(uint16_t);
	struct rd r = rd_over(data, len);

	assert(wants_digests(type) || type == BMX7_OGM_REQ || type == BMX7_IID_REQ);
	q->to = rd_digest(&r);
	q->items = r;
	if (r.bad)
		return ERR_SHORT;
	return rd_left(&r) == 0 || rd_left(&r) % item != 0 ? ERR_MALFORMED : OK;
}

bool bmx7_request_number(struct rd *items, uint16_t *n)
{
	if (rd_left(items) == 0)
		return false;
	*n = rd_u16(items);
	return !items->bad;
}

bool bmx7_request_digest(struct rd *items, struct digest *d)
{
	if (rd_left(items) == 0)
		return false;
	*d = rd_digest(items);
	return !items->bad;
}

size_t bmx7_request_open(struct wr *w, uint8_t type, const struct digest *to)
{
	size_t frame = bmx7_open(w, type);

	wr_digest(w, to);
	return frame;
}
