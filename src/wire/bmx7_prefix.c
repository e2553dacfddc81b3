/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bmx7_prefix.h"
#include <assert.h>

/* An address of which bits are the prefix; more bits than it has make r bad. */
static struct ipv4 ipv4_read(struct rd *r, uint8_t bits)
{
	struct ipv4 a = {.bits = bits};
	const uint8_t *p = rd_take(r, sizeof(a.b));

	if (bits > 32)
		r->bad = true;
	if (p)
		memcpy(a.b, p, sizeof(a.b));
	return a;
}

static struct ipv6 ipv6_read(struct rd *r, uint8_t bits)
{
	struct ipv6 a = {.bits = bits};
	const uint8_t *p = rd_take(r, sizeof(a.b));

	if (bits > 128)
		r->bad = true;
	if (p)
		memcpy(a.b, p, sizeof(a.b));
	return a;
}

bool bmx7_hna_next(struct rd *r, struct bmx7_hna *h)
{
	if (rd_left(r) == 0)
		return false;
	uint8_t bits = rd_u8(r);
	h->flags = rd_u8(r);
	h->net = ipv6_read(r, bits);
	return !r->bad;
}

void bmx7_hna_write(struct wr *w, const struct bmx7_hna *h)
{
	assert(h->net.bits <= 128);
	wr_u8(w, h->net.bits);
	wr_u8(w, h->flags);
	wr_bytes(w, h->net.b, sizeof(h->net.b));
}

bool bmx7_ingress4_next(struct rd *r, struct bmx7_ingress4 *i)
{
	if (rd_left(r) == 0)
		return false;
	i->tun = rd_u8(r);
	i->net = ipv4_read(r, rd_u8(r));
	return !r->bad;
}

bool bmx7_ingress6_next(struct rd *r, struct bmx7_ingress6 *i)
{
	if (rd_left(r) == 0)
		return false;
	i->tun = rd_u8(r);
	i->net = ipv6_read(r, rd_u8(r));
	return !r->bad;
}

void bmx7_ingress4_write(struct wr *w, const struct bmx7_ingress4 *i)
{
	assert(i->net.bits <= 32);
	wr_u8(w, i->tun);
	wr_u8(w, i->net.bits);
	wr_bytes(w, i->net.b, sizeof(i->net.b));
}

void bmx7_ingress6_write(struct wr *w, const struct bmx7_ingress6 *i)
{
	assert(i->net.bits <= 128);
	wr_u8(w, i->tun);
	wr_u8(w, i->net.bits);
	wr_bytes(w, i->net.b, sizeof(i->net.b));
}

bool bmx7_net4_next(struct rd *r, struct bmx7_net4 *n)
{
	if (rd_left(r) == 0)
		return false;
	n->tun = rd_u8(r);
	n->proto = rd_u8(r);
	n->bandwidth = rd_u8(r);
	n->net = ipv4_read(r, rd_u8(r));
	return !r->bad;
}

bool bmx7_net6_next(struct rd *r, struct bmx7_net6 *n)
{
	if (rd_left(r) == 0)
		return false;
	n->tun = rd_u8(r);
	n->proto = rd_u8(r);
	n->bandwidth = rd_u8(r);
	n->net = ipv6_read(r, rd_u8(r));
	return !r->bad;
}

void bmx7_net4_write(struct wr *w, const struct bmx7_net4 *n)
{
	assert(n->net.bits <= 32);
	wr_u8(w, n->tun);
	wr_u8(w, n->proto);
	wr_u8(w, n->bandwidth);
	wr_u8(w, n->net.bits);
	wr_bytes(w, n->net.b, sizeof(n->net.b));
}

void bmx7_net6_write(struct wr *w, const struct bmx7_net6 *n)
{
	assert(n->net.bits <= 128);
	wr_u8(w, n->tun);
	wr_u8(w, n->proto);
	wr_u8(w, n->bandwidth);
	wr_u8(w, n->net.bits);
	wr_bytes(w, n->net.b, sizeof(n->net.b));
}
