/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/frag.h"
#include <assert.h>
#include "core/l2/internal.h"

enum {
	CHAINS_PER_CALL = 64, /* that one call of frag_expire lets go */
};

enum err frags_init(struct l2 *l2)
{
	struct frags *f = &l2->frags;

	list_init(&f->by_age);
	f->seqno = (uint16_t)prng_below(&l2->prng, 65536);
	f->merged = pool_alloc(&l2->pool, FRAG_TOTAL_MAX);
	if (!f->merged)
		return ERR_FULL;
	if (timer_init(&l2->timers, &f->expiry, TIMER_FRAG))
		return OK;
	pool_free(&l2->pool, f->merged, FRAG_TOTAL_MAX);
	return ERR_FULL;
}

void frags_fini(struct l2 *l2)
{
	struct frags *f = &l2->frags;

	assert(list_empty(&f->by_age) && f->waiting_bytes == 0);
	timer_fini(&l2->timers, &f->expiry);
	pool_free(&l2->pool, f->merged, FRAG_TOTAL_MAX);
}

/* ---- sending ---- */

uint8_t frag_prio(const struct ethernet *e, const uint8_t *frame)
{
	struct rd r = rd_over(e->payload, e->payload_len);

	if (e->type == ETHERTYPE_8021Q) {
		struct rd tag = rd_over(frame + ETHERNET_HEADER, VLAN_TAG);

		return (uint8_t)(rd_u16(&tag) >> 13);
	}
	if (e->inner_type != ETHERTYPE_IPV4 && e->inner_type != ETHERTYPE_IPV6)
		return 0;
	uint16_t front = rd_u16(&r); /* IPv4: version, length, TOS; IPv6: version, traffic class */
	unsigned tos = e->inner_type == ETHERTYPE_IPV4 ? front & 0xff : front >> 4 & 0xff;
	return (uint8_t)(tos >> 5);
}

static void piece_send(struct l2 *l2, uint8_t port, struct mac dst, const struct batadv_frag *f,
		       struct fx *fx)
{
	uint8_t bytes[ETHERNET_HEADER + FRAG_MTU_MAX];
	struct wr w = wr_over(bytes + ETHERNET_HEADER, FRAG_MTU_MAX);

	batadv_frag_write(&w, f);
	assert(!w.bad);
	l2->count.frag_tx++;
	port_send(l2, port, dst, w.start, wr_len(&w), fx);
}

enum err frag_send(struct l2 *l2, uint8_t port, struct mac dst, uint8_t *packet, size_t len,
		   uint8_t prio, struct fx *fx)
{
	size_t mtu = l2->ports.at[port].mtu_bytes;
	struct batadv_routed h;

	if (len <= mtu) {
		port_send(l2, port, dst, packet, len, fx);
		return OK;
	}
	enum err e = batadv_routed_parse(packet, len, &h);
	if (e != OK)
		return e;
	/* Pieces are never cut again: others would not put them together. */
	if (!l2->conf.fragmentation || h.type == BATADV_UNICAST_FRAG || mtu <= BATADV_FRAG_LEN)
		return ERR_TOO_BIG;
	size_t room = (mtu < FRAG_MTU_MAX ? mtu : FRAG_MTU_MAX) - BATADV_FRAG_LEN;
	size_t pieces = (len + room - 1) / room;
	if (pieces > FRAG_PIECES_MAX)
		return ERR_TOO_BIG;
	size_t size = (len + pieces - 1) / pieces;
	struct batadv_frag f = {
		.ttl = BATADV_TTL,
		.prio = prio,
		.dest = h.dest,
		.orig = l2_primary_mac(l2),
		.seqno = l2->frags.seqno++,
		.total_size = (uint16_t)len,
	};
	/* The tail is number 0 and leaves first. */
	for (size_t left = len; left > 0; left -= f.piece_len, f.no++) {
		f.piece_len = left < size ? left : size;
		f.piece = packet + left - f.piece_len;
		piece_send(l2, port, dst, &f, fx);
	}
	return OK;
}

/* ---- chains ---- */

static size_t piece_bytes(const struct frag_piece *p)
{
	return sizeof(*p) + p->len;
}

static void chain_clear(struct l2 *l2, struct frag_chain *c)
{
	list_each (p, &c->pieces, struct frag_piece, in_chain) {
		list_del(&p->in_chain);
		l2->frags.waiting_bytes -= piece_bytes(p);
		pool_free(&l2->pool, p, piece_bytes(p));
	}
	list_del(&c->by_age);
	c->got_bytes = 0;
}

static void chain_evict(struct l2 *l2, struct frag_chain *c)
{
	l2->count.frag_evicted++;
	chain_clear(l2, c);
}

static struct frag_chain *oldest_chain(const struct frags *f)
{
	return container_of(f->by_age.next, struct frag_chain, by_age);
}

static void expiry_set(struct l2 *l2)
{
	struct frags *f = &l2->frags;
	instant at = NEVER;

	if (!list_empty(&f->by_age))
		at = instant_add(oldest_chain(f)->since, span_s(FRAG_TIMEOUT_S));
	timer_set(&l2->timers, &f->expiry, at);
}

void frag_expire(struct l2 *l2, instant now)
{
	struct frags *f = &l2->frags;

	for (int i = 0; i < CHAINS_PER_CALL && !list_empty(&f->by_age); i++) {
		struct frag_chain *c = oldest_chain(f);

		if (!instant_reached(instant_add(c->since, span_s(FRAG_TIMEOUT_S)), now))
			break;
		chain_evict(l2, c);
	}
	expiry_set(l2);
}

void frag_forget(struct l2 *l2, struct originator *o)
{
	if (!o->frags)
		return;
	for (size_t i = 0; i < FRAG_CHAINS; i++)
		chain_clear(l2, &o->frags->chain[i]);
	pool_free(&l2->pool, o->frags, sizeof(*o->frags));
	o->frags = NULL;
}

static struct frag_chain *chain_of(const struct originator *o, uint16_t seqno)
{
	return o->frags ? &o->frags->chain[seqno % FRAG_CHAINS] : NULL;
}

static bool chain_is_waiting_for(const struct frag_chain *c, uint16_t seqno)
{
	return c && !list_empty(&c->pieces) && c->seqno == seqno;
}

static struct frag_chain *chain_get(struct l2 *l2, struct originator *o, uint16_t seqno)
{
	if (!o->frags) {
		o->frags = pool_alloc(&l2->pool, sizeof(*o->frags));
		if (!o->frags)
			return NULL;
		for (size_t i = 0; i < FRAG_CHAINS; i++) {
			list_init(&o->frags->chain[i].pieces);
			list_init(&o->frags->chain[i].by_age);
		}
	}
	return chain_of(o, seqno);
}

/* Can the piece belong to what the chain has? ERR_MALFORMED: the chain is worth
 * nothing, either; it went. */
static enum err chain_check(struct l2 *l2, struct frag_chain *c, const struct batadv_frag *f)
{
	if (f->total_size != c->total_size || c->got_bytes + f->piece_len > c->total_size) {
		chain_evict(l2, c);
		return ERR_MALFORMED;
	}
	list_each (p, &c->pieces, struct frag_piece, in_chain) {
		if (p->no == f->no)
			return ERR_DUPLICATE;
	}
	return OK;
}

static enum err chain_add(struct l2 *l2, struct frag_chain *c, const struct batadv_frag *f)
{
	struct list *pos = c->pieces.next;
	struct frag_piece *piece = pool_alloc(&l2->pool, sizeof(*piece) + f->piece_len);

	if (!piece)
		return ERR_FULL;
	piece->no = f->no;
	piece->len = (uint16_t)f->piece_len;
	memcpy(piece->bytes, f->piece, f->piece_len);
	while (pos != &c->pieces && container_of(pos, struct frag_piece, in_chain)->no > f->no)
		pos = pos->next;
	list_insert(pos, &piece->in_chain);
	c->got_bytes = (uint16_t)(c->got_bytes + f->piece_len);
	l2->frags.waiting_bytes += piece_bytes(piece);
	return OK;
}

/* ---- receiving ---- */

/* Keeps a piece. *whole: that was the last one, it lies in frags.merged. */
static enum err collect(struct l2 *l2, instant now, struct originator *o,
			const struct batadv_frag *f, bool *whole)
{
	struct frags *all = &l2->frags;
	struct frag_chain *c = chain_get(l2, o, f->seqno);

	if (!c)
		return ERR_FULL;
	if (!list_empty(&c->pieces) && c->seqno != f->seqno)
		chain_evict(l2, c);
	if (list_empty(&c->pieces)) {
		c->seqno = f->seqno;
		c->total_size = f->total_size;
		c->since = now;
	}
	enum err e = chain_check(l2, c, f);
	if (e == OK)
		e = chain_add(l2, c, f);
	if (e != OK)
		return e;
	if (list_empty(&c->by_age))
		list_append(&all->by_age, &c->by_age);
	*whole = c->got_bytes == c->total_size;
	if (*whole) {
		struct wr w = wr_over(all->merged, FRAG_TOTAL_MAX);

		list_each (p, &c->pieces, struct frag_piece, in_chain)
			wr_bytes(&w, p->bytes, p->len);
		assert(!w.bad && wr_len(&w) == f->total_size);
		chain_clear(l2, c);
	}
	while (all->waiting_bytes > FRAG_WAITING_MAX)
		chain_evict(l2, oldest_chain(all));
	expiry_set(l2);
	return OK;
}

/* On the way to another node: may the piece go on as it is? Not when the packet
 * fits the next hop whole, nor when the piece is too big for it: then the packet
 * is put together here (and cut anew). */
static bool goes_on(const struct l2 *l2, uint8_t port, const struct batadv_frag *f, size_t len)
{
	const struct originator *to = originator_find(l2, f->dest);
	const struct originator *from = originator_find(l2, f->orig);
	const struct path *p = to ? l2_next_hop(to, port) : NULL;

	if (!p || !from)
		return true; /* without a route it is dropped there */
	size_t mtu = l2->ports.at[p->neighbour->port].mtu_bytes;
	if (f->total_size <= mtu || len > mtu)
		return false;
	return !chain_is_waiting_for(chain_of(from, f->seqno), f->seqno);
}

static enum err pass_on(struct l2 *l2, uint8_t port, const uint8_t *packet, size_t len,
			struct fx *fx)
{
	enum err e = l2_pass_on(l2, port, packet, len, fx);

	if (e == OK)
		l2->count.frag_fwd++;
	return e;
}

enum err frag_rx(struct l2 *l2, instant now, uint8_t port, struct mac src, const uint8_t *packet,
		 size_t len, struct fx *fx)
{
	struct batadv_frag f;
	bool whole = false;
	enum err e = batadv_frag_parse(packet, len, &f);

	if (e != OK)
		return e;
	if (f.total_size > FRAG_TOTAL_MAX || !mac_is_station(f.orig))
		return ERR_MALFORMED;
	if (port_of_mac(l2, f.orig) >= 0)
		return ERR_OWN;
	l2->count.frag_rx++;
	if (port_of_mac(l2, f.dest) < 0 && goes_on(l2, port, &f, len))
		return pass_on(l2, port, packet, len, fx);
	struct originator *o = originator_find(l2, f.orig);
	if (!o)
		return ERR_UNKNOWN;
	e = collect(l2, now, o, &f, &whole);
	if (e != OK || !whole)
		return e;
	l2->count.frag_merged++;
	if (l2->frags.merged[0] == BATADV_UNICAST_FRAG)
		return ERR_MALFORMED;
	return l2_packet(l2, now, port, src, l2->ports.at[port].mac, l2->frags.merged, f.total_size,
			 fx);
}
