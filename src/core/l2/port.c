/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/port.h"
#include <assert.h>
#include "base/seqno.h"
#include "core/l2/internal.h"

/* ---- ports ---- */

/* A byte in which MACs differ, those of one node's ports and those of neighbours. */
static uint8_t mac_low(struct mac m)
{
	return (uint8_t)(m.b[5] ^ m.b[4] ^ m.b[3] ^ m.b[2]);
}

uint8_t port_index(const struct l2 *l2, const struct port *p)
{
	assert(p >= l2->ports.at && p < l2->ports.at + l2->conf.ports_max);
	return (uint8_t)(p - l2->ports.at);
}

static bool port_init(struct l2 *l2, uint8_t index)
{
	struct port *p = &l2->ports.at[index];

	list_init(&p->neighbours);
	if (!timer_init(&l2->timers, &p->ogm_timer, TIMER_PORT_OGM))
		return false;
	if (!timer_init(&l2->timers, &p->warm_timer, TIMER_PORT_WARM)) {
		timer_fini(&l2->timers, &p->ogm_timer);
		return false;
	}
	p->outbox = outbox_new(l2, index);
	if (!p->outbox) {
		timer_fini(&l2->timers, &p->warm_timer);
		timer_fini(&l2->timers, &p->ogm_timer);
		return false;
	}
	return true;
}

static void neighbour_free(struct l2 *l2, struct neighbour *n)
{
	struct port *p = &l2->ports.at[n->port];

	assert(p->neighbour_count > 0);
	p->neighbour_count--;
	list_del(&n->on_port);
	map_del(&l2->ports.neighbours, &n->node);
	timer_fini(&l2->timers, &n->silence);
	pool_free(&l2->pool, n, sizeof(*n));
}

static void port_fini(struct l2 *l2, uint8_t index)
{
	struct port *p = &l2->ports.at[index];

	list_each (n, &p->neighbours, struct neighbour, on_port)
		neighbour_free(l2, n);
	outbox_free(l2, p->outbox);
	timer_fini(&l2->timers, &p->warm_timer);
	timer_fini(&l2->timers, &p->ogm_timer);
}

enum err ports_init(struct l2 *l2)
{
	assert(l2->conf.ports_max >= 1 && l2->conf.ports_max <= PORT_MAX);
	l2->ports = (struct ports){.primary = -1};
	map_init(&l2->ports.neighbours, &l2->pool, prng_u64(&l2->prng));
	for (uint8_t i = 0; i < l2->conf.ports_max; i++) {
		if (port_init(l2, i))
			continue;
		while (i > 0)
			port_fini(l2, --i);
		return ERR_FULL;
	}
	return OK;
}

void ports_fini(struct l2 *l2)
{
	for (uint8_t i = 0; i < l2->conf.ports_max; i++)
		port_fini(l2, i);
	map_fini(&l2->ports.neighbours);
}

static void port_down(struct l2 *l2, instant now, struct port *p, struct fx *fx)
{
	uint8_t index = port_index(l2, p);

	p->up = false;
	/* The primary goes on: its OGM leaves by the other ports. */
	if (l2->ports.primary != index)
		timer_cancel(&l2->timers, &p->ogm_timer);
	timer_cancel(&l2->timers, &p->warm_timer);
	p->warm_left = 0;
	outbox_clear(l2, p->outbox);
	originators_port_gone(l2, now, index, fx);
	list_each (n, &p->neighbours, struct neighbour, on_port) {
		l2_note(fx, NOTE_NEIGHBOUR_GONE, n->mac, (struct mac){{0}}, index);
		neighbour_free(l2, n);
	}
}

static void port_up(struct l2 *l2, instant now, struct port *p, struct mac mac)
{
	bool renamed = !mac_equal(p->mac, mac);

	p->up = true;
	p->mac = mac;
	l2->ports.ours[mac_low(mac) / 64] |= UINT64_C(1) << mac_low(mac) % 64;
	if (l2->ports.primary < 0)
		l2->ports.primary = port_index(l2, p);
	originators_port_new(l2, port_index(l2, p));
	ogm_port_up(l2, now, p, renamed);
}

void port_event(struct l2 *l2, instant now, const struct ev_port *ev, struct fx *fx)
{
	if (ev->port >= l2->conf.ports_max)
		return;
	struct port *p = &l2->ports.at[ev->port];

	forwarding_mark_port(l2, ev->port);
	bool up = ev->up && mac_is_station(ev->mac) && ev->mtu_bytes >= PORT_MTU_MIN_BYTES;

	if (p->up && (!up || !mac_equal(p->mac, ev->mac)))
		port_down(l2, now, p, fx);
	if (!up)
		return;
	p->wifi = ev->wifi;
	p->hop_penalty = ev->hop_penalty;
	p->mtu_bytes = ev->mtu_bytes;
	if (!p->up)
		port_up(l2, now, p, ev->mac);
}

uint32_t port_count_ogm(struct port *p)
{
	list_each (n, &p->neighbours, struct neighbour, on_port)
		n->own_window = window_shift(n->own_window, 1);
	return ++p->ogm_seqno;
}

int port_of_mac(const struct l2 *l2, struct mac m)
{
	/* Asked of each OGM that is heard, and nearly never ours. */
	if (!(l2->ports.ours[mac_low(m) / 64] >> mac_low(m) % 64 & 1))
		return -1;
	for (int i = 0; i < l2->conf.ports_max; i++) {
		bool ours = l2->ports.at[i].up || i == l2->ports.primary;

		if (ours && mac_equal(l2->ports.at[i].mac, m))
			return i;
	}
	return -1;
}

void port_send(struct l2 *l2, uint8_t port, struct mac dst, uint8_t *packet, size_t len,
	       struct fx *fx)
{
	assert(port < l2->conf.ports_max);
	struct port *p = &l2->ports.at[port];

	if (!p->up)
		return;
	struct wr w = wr_over(packet - ETHERNET_HEADER, ETHERNET_HEADER);

	ethernet_write(&w, dst, p->mac, ETHERTYPE_BATADV);
	assert(!w.bad);
	p->tx++;
	p->tx_bytes += len + ETHERNET_HEADER;
	struct effect e = {.kind = FX_SEND,
			   .frame = {port, packet - ETHERNET_HEADER, len + ETHERNET_HEADER}};

	fx->emit(fx, &e);
}

/* ---- neighbours ---- */

static uint32_t neighbour_hash(const struct l2 *l2, struct mac mac, uint8_t port)
{
	uint8_t key[sizeof(mac.b) + 1];

	memcpy(key, mac.b, sizeof(mac.b));
	key[sizeof(mac.b)] = port;
	return map_hash(&l2->ports.neighbours, key, sizeof(key));
}

struct neighbour *neighbour_find(const struct l2 *l2, struct mac mac, uint8_t port)
{
	struct map_node *node = map_first(&l2->ports.neighbours, neighbour_hash(l2, mac, port));

	for (; node; node = map_next(node)) {
		struct neighbour *n = container_of(node, struct neighbour, node);

		if (n->port == port && mac_equal(n->mac, mac))
			return n;
	}
	return NULL;
}

span neighbour_patience(const struct neighbour *n)
{
	span patience = span_us(n->pace.interval.us / 10 * NEIGHBOUR_SILENCE_TENTHS);
	span most = span_s(NEIGHBOUR_TIMEOUT_S);

	return span_less(patience, most) ? patience : most;
}

static struct neighbour *neighbour_new(struct l2 *l2, struct mac mac, uint8_t port)
{
	struct port *p = &l2->ports.at[port];

	if (p->neighbour_count >= NEIGHBOURS_PER_PORT_MAX)
		return NULL;
	struct neighbour *n = pool_alloc(&l2->pool, sizeof(*n));

	if (!n)
		return NULL;
	if (!timer_init(&l2->timers, &n->silence, TIMER_NEIGHBOUR)) {
		pool_free(&l2->pool, n, sizeof(*n));
		return NULL;
	}
	if (!map_add(&l2->ports.neighbours, &n->node, neighbour_hash(l2, mac, port))) {
		timer_fini(&l2->timers, &n->silence);
		pool_free(&l2->pool, n, sizeof(*n));
		return NULL;
	}
	n->mac = mac;
	n->port = port;
	list_append(&p->neighbours, &n->on_port);
	p->neighbour_count++;
	return n;
}

struct neighbour *neighbour_get(struct l2 *l2, instant now, struct mac mac, uint8_t port,
				struct fx *fx)
{
	struct neighbour *n = neighbour_find(l2, mac, port);

	if (n)
		return n;
	assert(port < l2->conf.ports_max && l2->ports.at[port].up);
	n = neighbour_new(l2, mac, port);
	if (!n) {
		l2->count.originator_full++;
		return NULL;
	}
	/* The bridge was sooner to see it than we. */
	struct local_client *c = tt_local_find(l2, mac, 0);
	if (c && !c->permanent && !c->leaving)
		tt_local_remove(l2, now, c, false, fx);
	n->pace.interval = l2->conf.orig_interval;
	n->last_heard = now;
	timer_set(&l2->timers, &n->silence, instant_add(now, neighbour_patience(n)));
	l2_note(fx, NOTE_NEIGHBOUR_NEW, mac, (struct mac){{0}}, port);
	ogm_warm(l2, now, &l2->ports.at[port]);
	return n;
}

void neighbour_heard(struct l2 *l2, instant now, struct neighbour *n, struct fx *fx)
{
	(void)fx;
	n->last_heard = now;
	if (!n->doubted)
		return;
	n->doubted = false;
	timer_set(&l2->timers, &n->silence, instant_add(now, neighbour_patience(n)));
}

/* How fast a longer, or a shorter, distance than the one believed is followed: by
 * this part of the difference. */
enum { PACE_SLOWER = 1, PACE_FASTER = 16 };

static void pace_follow(struct pace *p, span distance)
{
	span least = span_ms(NEIGHBOUR_INTERVAL_MIN_MS);
	int64_t more_us = (span_less(distance, least) ? least : distance).us - p->interval.us;

	p->interval.us += more_us / (more_us > 0 ? PACE_SLOWER : PACE_FASTER);
}

static void pace_full(struct pace *p, instant now, uint32_t seqno)
{
	if (p->full_heard) {
		uint32_t steps = seqno - p->full_seqno;
		span passed = instant_since(now, p->full_at);

		if (steps > 0 && p->shorts == 0)
			pace_follow(p, span_us(passed.us / steps));
		else if (p->shorts + 1 == steps)
			pace_follow(p, passed);
	}
	p->full_heard = true;
	p->full_seqno = seqno;
	p->full_at = now;
	p->shorts = 0;
}

static void pace_short(const struct l2 *l2, struct neighbour *n, span distance)
{
	span least = l2->conf.orig_interval;

	pace_follow(&n->pace, span_less(distance, least) ? least : distance);
}

void neighbour_paced(struct l2 *l2, instant now, struct neighbour *n, uint32_t seqno, bool full)
{
	int32_t steps = n->ogms > 0 ? seqno_diff(seqno, n->last_seqno) : 1;

	if (window_is_restart(steps)) {
		n->ogms = 0;
		n->pace = (struct pace){.interval = n->pace.interval};
		ogm_warm(l2, now, &l2->ports.at[n->port]);
	} else if (steps <= 0) {
		return; /* a copy, or late */
	}
	if (full) {
		pace_full(&n->pace, now, seqno);
	} else {
		if (!n->pace.full_heard && n->ogms > 0)
			pace_short(l2, n, span_us(instant_since(now, n->last_ogm).us / steps));
		n->pace.shorts++;
	}
	n->last_seqno = seqno;
	n->last_ogm = now;
	if (n->ogms < UINT8_MAX)
		n->ogms++;
}

void neighbour_gone(struct l2 *l2, instant now, struct neighbour *n, struct fx *fx)
{
	l2_note(fx, NOTE_NEIGHBOUR_GONE, n->mac, (struct mac){{0}}, n->port);
	originators_avoid(l2, now, n, true, fx);
	neighbour_free(l2, n);
}

void neighbour_silent(struct l2 *l2, instant now, struct neighbour *n, struct fx *fx)
{
	instant doubt_at = instant_add(n->last_heard, neighbour_patience(n));
	instant gone_at = instant_add(n->last_heard, span_s(NEIGHBOUR_TIMEOUT_S));

	if (instant_reached(gone_at, now)) {
		neighbour_gone(l2, now, n, fx);
		return;
	}
	if (!instant_reached(doubt_at, now)) {
		timer_set(&l2->timers, &n->silence, doubt_at); /* heard meanwhile */
		return;
	}
	timer_set(&l2->timers, &n->silence, gone_at);
	if (n->doubted)
		return;
	n->doubted = true;
	l2_note(fx, NOTE_NEIGHBOUR_DOUBTED, n->mac, (struct mac){{0}}, n->port);
	originators_avoid(l2, now, n, false, fx);
}
