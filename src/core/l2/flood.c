/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/flood.h"
#include "base/crc32c.h"
#include "core/l2/internal.h"

enum { ETHERNET_MIN = 60 };

enum err flood_init(struct l2 *l2, instant now)
{
	struct flood *f = &l2->flood;

	list_init(&f->waiting);
	bucket_init(&f->unknown, FLOOD_UNKNOWN_BURST, span_ms(FLOOD_UNKNOWN_MS), now);
	f->seqno = l2_seqno_start(l2, now);
	return timer_init(&l2->timers, &f->repeat, TIMER_FLOOD_REPEAT) ? OK : ERR_FULL;
}

static void waiting_free(struct l2 *l2, struct flood_waiting *w)
{
	list_del(&w->all);
	l2->flood.waiting_count--;
	pool_free(&l2->pool, w, sizeof(*w) + ETHERNET_HEADER + w->len);
}

void flood_fini(struct l2 *l2)
{
	list_each (w, &l2->flood.waiting, struct flood_waiting, all)
		waiting_free(l2, w);
	timer_fini(&l2->timers, &l2->flood.repeat);
}

/* ---- payloads that we had ---- */

/* The same for a frame as it was sent and as it looks behind a cable, where short
 * frames are padded with zeros. */
static uint32_t payload_crc(const uint8_t *frame, size_t len)
{
	static const uint8_t padding[ETHERNET_MIN];
	uint32_t crc = crc32c(0, frame, len);

	return len < ETHERNET_MIN ? crc32c(crc, padding, ETHERNET_MIN - len) : crc;
}

/* The newest entry that still counts, of orig itself (own) or of anybody else. */
static struct flood_seen *seen_find(struct l2 *l2, instant now, uint32_t crc, struct mac orig,
				    bool own)
{
	for (uint32_t i = 1; i <= FLOOD_RING; i++) {
		struct flood_seen *s = &l2->flood.ring[(l2->flood.ring_at - i) % FLOOD_RING];

		if (mac_is_zero(s->orig))
			break;
		if (!span_less(instant_since(now, s->at), span_ms(FLOOD_RING_MS)))
			break; /* and all before it are older */
		if (s->crc == crc && mac_equal(s->orig, orig) == own)
			return s;
	}
	return NULL;
}

static void seen_add(struct l2 *l2, instant now, uint32_t crc, struct mac orig)
{
	l2->flood.ring[l2->flood.ring_at++ % FLOOD_RING] =
		(struct flood_seen){.crc = crc, .at = now, .orig = orig, .times = 1};
}

/* Would one more push out an entry that still counts? */
static bool ring_is_full(const struct l2 *l2, instant now)
{
	const struct flood_seen *oldest = &l2->flood.ring[l2->flood.ring_at % FLOOD_RING];

	return !mac_is_zero(oldest->orig) &&
	       span_less(instant_since(now, oldest->at), span_ms(FLOOD_RING_MS));
}

bool flood_heard(struct l2 *l2, instant now, const uint8_t *frame, size_t len)
{
	return ring_is_full(l2, now) ||
	       seen_find(l2, now, payload_crc(frame, len), l2_primary_mac(l2), false);
}

/* ---- sending ---- */

/* Would anybody on the port learn something? from: the neighbour that gave us the
 * broadcast; both addresses are zero for our own. */
static bool port_needs_it(const struct port *p, struct mac orig, struct mac from)
{
	if (!p->up || list_empty(&p->neighbours))
		return false;
	if (p->neighbours.next != p->neighbours.prev)
		return true;
	const struct neighbour *only = container_of(p->neighbours.next, struct neighbour, on_port);
	return !mac_equal(only->mac, orig) && !mac_equal(only->mac, from);
}

/* Keeps a copy for the other transmissions on wifi; no room: one has to do. */
static void repeat_later(struct l2 *l2, instant now, uint8_t port, const uint8_t *packet,
			 size_t len)
{
	struct flood *f = &l2->flood;
	struct flood_waiting *w = NULL;

	if (f->waiting_count < FLOOD_WAITING_MAX)
		w = pool_alloc(&l2->pool, sizeof(*w) + ETHERNET_HEADER + len);
	if (!w) {
		l2->count.dropped[ERR_FULL]++;
		return;
	}
	w->due = instant_add(now, span_ms(FLOOD_WIFI_GAP_MS));
	w->port = port;
	w->left = FLOOD_WIFI_REPEATS - 1;
	w->len = len;
	memcpy(w->bytes + ETHERNET_HEADER, packet, len);
	list_append(&f->waiting, &w->all);
	f->waiting_count++;
	if (!timer_is_set(&f->repeat))
		timer_set(&l2->timers, &f->repeat, w->due);
}

/* ERR_TOO_BIG: on one port at least; the others have it. */
static enum err send_all(struct l2 *l2, instant now, uint8_t *packet, size_t len, struct mac orig,
			 struct mac from, uint64_t *count, struct fx *fx)
{
	enum err e = OK;

	for (uint8_t i = 0; i < l2->conf.ports_max; i++) {
		const struct port *p = &l2->ports.at[i];

		if (!port_needs_it(p, orig, from))
			continue;
		if (len > p->mtu_bytes) {
			e = ERR_TOO_BIG;
			continue;
		}
		++*count;
		port_send(l2, i, MAC_BROADCAST, packet, len, fx);
		if (p->wifi)
			repeat_later(l2, now, i, packet, len);
	}
	return e;
}

void flood_repeat(struct l2 *l2, instant now, struct fx *fx)
{
	struct flood *f = &l2->flood;

	while (!list_empty(&f->waiting)) {
		struct flood_waiting *w = container_of(f->waiting.next, struct flood_waiting, all);

		if (!instant_reached(w->due, now)) {
			timer_set(&l2->timers, &f->repeat, w->due);
			return;
		}
		const struct port *p = &l2->ports.at[w->port];

		if (p->up && w->len <= p->mtu_bytes) {
			port_send(l2, w->port, MAC_BROADCAST, w->bytes + ETHERNET_HEADER, w->len,
				  fx);
			w->left--;
		} else {
			w->left = 0;
		}
		if (w->left == 0) {
			waiting_free(l2, w);
			continue;
		}
		w->due = instant_add(now, span_ms(FLOOD_WIFI_GAP_MS));
		list_del(&w->all);
		list_append(&f->waiting, &w->all);
	}
}

enum err flood_tx(struct l2 *l2, instant now, const uint8_t *frame, size_t len, struct fx *fx)
{
	struct mac us = l2_primary_mac(l2), nobody = {{0}};
	uint32_t crc = payload_crc(frame, len);
	struct flood_seen *own = seen_find(l2, now, crc, us, true);

	if (mac_is_zero(us))
		return ERR_NO_ROUTE;
	if (seen_find(l2, now, crc, us, false) || (own && own->times >= FLOOD_OWN_TIMES))
		return ERR_DUPLICATE;
	if (!own && ring_is_full(l2, now))
		return ERR_RATE;
	if (len > FRAG_TOTAL_MAX - BATADV_BCAST_LEN)
		return ERR_TOO_BIG;
	if (own)
		own->times++;
	else
		seen_add(l2, now, crc, us);

	struct batadv_bcast b = {
		.ttl = BATADV_TTL - 1,
		.seqno = ++l2->flood.seqno,
		.orig = us,
		.frame = frame,
		.frame_len = len,
	};
	struct wr w = wr_over(l2_scratch(l2), FRAG_TOTAL_MAX);
	batadv_bcast_write(&w, &b);
	return send_all(l2, now, w.start, wr_len(&w), nobody, nobody, &l2->count.bcast_tx, fx);
}

/* ---- receiving ---- */

/* Is it new? Then it is marked as heard. */
static enum err heard(struct l2 *l2, instant now, const struct batadv_bcast *b,
		      struct originator **from)
{
	if (port_of_mac(l2, b->orig) >= 0)
		return ERR_OWN;
	if (b->ttl < 2)
		return ERR_TTL;
	struct originator *o = originator_find(l2, b->orig);
	if (!o)
		return ERR_UNKNOWN;
	enum err e = flood_window_mark(&o->bcast, now, b->seqno);
	if (e != OK)
		return e;
	uint32_t crc = payload_crc(b->frame, b->frame_len);
	if (seen_find(l2, now, crc, b->orig, false))
		return ERR_DUPLICATE;
	seen_add(l2, now, crc, b->orig);
	*from = o;
	return OK;
}

enum err flood_rx(struct l2 *l2, instant now, uint8_t port, struct mac src, const uint8_t *packet,
		  size_t len, struct fx *fx)
{
	struct batadv_bcast b;
	struct ethernet inner;
	struct originator *from;
	enum err e = batadv_bcast_parse(packet, len, &b);

	(void)port;
	if (e == OK)
		e = ethernet_parse(b.frame, b.frame_len, &inner);
	if (e == OK && len > FRAG_TOTAL_MAX)
		e = ERR_TOO_BIG;
	if (e == OK)
		e = heard(l2, now, &b, &from);
	if (e == ERR_DUPLICATE)
		l2->count.bcast_duplicate++;
	if (e != OK)
		return e;
	l2->count.bcast_rx++;

	b.ttl--;
	struct wr w = wr_over(l2_scratch(l2), FRAG_TOTAL_MAX);
	batadv_bcast_write(&w, &b);
	e = send_all(l2, now, w.start, wr_len(&w), b.orig, src, &l2->count.bcast_fwd, fx);
	if (!l2->guard.blocked)
		tt_global_add_temporary(l2, now, from, inner.src, ethernet_batadv_vid(&inner), fx);
	l2_deliver(l2, b.frame, b.frame_len, fx);
	return e;
}
