/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/l2.h"
#include <assert.h>
#include "core/l2/internal.h"

enum {
	TIMERS_PER_CALL = 64,
	SCRATCH_BYTES = ETHERNET_HEADER + FRAG_TOTAL_MAX,
};

/* In reverse order they go: originators with what they announced before the table
 * of clients elsewhere, paths before the neighbours that they lead over. */
static enum err nouns_init(struct l2 *x, instant now)
{
	if (tt_local_init(x, now) != OK)
		return ERR_FULL;
	if (frags_init(x) != OK)
		goto no_frags;
	if (ports_init(x) != OK)
		goto no_ports;
	if (tt_global_init(x) != OK)
		goto no_global;
	if (originators_init(x) != OK)
		goto no_originators;
	if (ogm_init(x, now) != OK)
		goto no_ogm;
	if (flood_init(x, now) != OK)
		goto no_flood;
	if (guard_init(x) != OK)
		goto no_guard;
	echoes_init(x);
	return OK;

no_guard:
	flood_fini(x);
no_flood:
	ogm_fini(x);
no_ogm:
	originators_fini(x);
no_originators:
	tt_global_fini(x);
no_global:
	ports_fini(x);
no_ports:
	frags_fini(x);
no_frags:
	tt_local_fini(x);
	return ERR_FULL;
}

enum err l2_init(struct l2 *x, const struct l2_conf *conf, instant now, uint64_t seed)
{
	assert(conf->ports_max >= 1 && conf->ports_max <= PORT_MAX);
	assert(conf->orig_interval.us > 0 && conf->forwards_max > 0);
	*x = (struct l2){.conf = *conf};
	pool_init(&x->pool, conf->memory_max_bytes);
	prng_seed(&x->prng, seed);
	x->epoch = (uint32_t)prng_mix(seed);
	timers_init(&x->timers, &x->pool);
	x->scratch = pool_alloc(&x->pool, SCRATCH_BYTES);
	if (x->scratch && nouns_init(x, now) == OK)
		return OK;
	pool_free(&x->pool, x->scratch, SCRATCH_BYTES);
	timers_fini(&x->timers);
	pool_fini(&x->pool);
	return ERR_FULL;
}

void l2_fini(struct l2 *x)
{
	guard_fini(x);
	flood_fini(x);
	ogm_fini(x);
	originators_fini(x);
	tt_global_fini(x);
	ports_fini(x);
	frags_fini(x);
	tt_local_fini(x);
	pool_free(&x->pool, x->scratch, SCRATCH_BYTES);
	timers_fini(&x->timers);
	pool_fini(&x->pool);
}

/* ---- packets ---- */

/* Types of 0x00-0x3f: heard by all neighbours. */
static enum err broadcast_rx(struct l2 *l2, instant now, uint8_t type, uint8_t port, struct mac src,
			     const uint8_t *packet, size_t len, struct fx *fx)
{
	switch (type) {
	case BATADV_IV_OGM: return ogm_rx(l2, now, port, src, packet, len, fx);
	case BATADV_BCAST: return flood_rx(l2, now, port, src, packet, len, fx);
	default: /* network coding, BATMAN_V and multicast need no answer: we never claim them */
		l2->count.unknown_type++;
		return ERR_UNKNOWN;
	}
}

/* A routed type that we do not know is for whoever knows it. */
static enum err foreign_rx(struct l2 *l2, uint8_t port, const uint8_t *packet, size_t len,
			   struct fx *fx)
{
	struct batadv_routed h;
	enum err e = batadv_routed_parse(packet, len, &h);

	if (e != OK)
		return e;
	l2->count.unknown_type++;
	if (port_of_mac(l2, h.dest) >= 0)
		return ERR_UNKNOWN;
	return l2_pass_on(l2, port, packet, len, fx);
}

/* Types of 0x40-0x7f: sent to one next hop. */
static enum err routed_rx(struct l2 *l2, instant now, uint8_t type, uint8_t port, struct mac src,
			  struct mac dst, const uint8_t *packet, size_t len, struct fx *fx)
{
	switch (type) {
	case BATADV_UNICAST:
	case BATADV_UNICAST_4ADDR: return unicast_rx(l2, now, port, packet, len, fx);
	case BATADV_UNICAST_FRAG: return frag_rx(l2, now, port, src, packet, len, fx);
	case BATADV_ICMP: return echo_rx(l2, now, port, dst, packet, len, fx);
	case BATADV_UNICAST_TVLV: return tt_sync_rx(l2, now, port, packet, len, fx);
	default: return foreign_rx(l2, port, packet, len, fx);
	}
}

/* Would a packet to others go back to src, who sees us as its way? Right after a link
 * went down two nodes may choose each other, for good when the destination is dead. */
static bool is_circle(const struct l2 *l2, uint8_t port, struct mac src, const uint8_t *packet,
		      size_t len)
{
	struct batadv_routed h;

	if (batadv_routed_parse(packet, len, &h) != OK)
		return false;
	const struct originator *o = originator_find(l2, h.dest);
	const struct path *p = o && o->hurried ? l2_next_hop(o, port) : NULL;

	return p && p->neighbour->port == port && mac_equal(p->neighbour->mac, src);
}

enum err l2_packet(struct l2 *l2, instant now, uint8_t port, struct mac src, struct mac dst,
		   const uint8_t *packet, size_t len, struct fx *fx)
{
	uint8_t type;
	enum err e = batadv_peek(packet, len, &type);

	if (e != OK)
		return e;
	if (type > BATADV_UNICAST_MAX) {
		l2->count.unknown_type++;
		return ERR_UNKNOWN;
	}
	bool routed = type >= BATADV_UNICAST_MIN;
	if (!routed && !mac_is_broadcast(dst))
		return ERR_MALFORMED;
	if (routed && port_of_mac(l2, dst) < 0)
		return ERR_UNKNOWN; /* for another station of the segment */
	struct neighbour *n = neighbour_find(l2, src, port);
	if (n)
		neighbour_heard(l2, now, n, fx);
	if (routed && is_circle(l2, port, src, packet, len))
		return ERR_LOOP;
	if (routed)
		return routed_rx(l2, now, type, port, src, dst, packet, len, fx);
	return broadcast_rx(l2, now, type, port, src, packet, len, fx);
}

static bool port_is_up(const struct l2 *l2, uint8_t port)
{
	return port < l2->conf.ports_max && l2->ports.at[port].up;
}

static enum err mesh_rx(struct l2 *l2, instant now, const struct ev_frame *f, struct fx *fx)
{
	struct rd r = rd_over(f->data, f->len);
	struct mac dst = rd_mac(&r), src = rd_mac(&r);
	uint16_t type = rd_u16(&r);

	if (!port_is_up(l2, f->port))
		return ERR_BLOCKED;
	l2->ports.at[f->port].rx++;
	l2->ports.at[f->port].rx_bytes += f->len;
	if (r.bad)
		return ERR_SHORT;
	if (type != ETHERTYPE_BATADV)
		return ERR_UNKNOWN;
	if (!mac_is_station(src))
		return ERR_MALFORMED;
	if (port_of_mac(l2, src) >= 0)
		return ERR_OWN;
	return l2_packet(l2, now, f->port, src, dst, r.at, rd_left(&r), fx);
}

/* ---- sending ---- */

enum err l2_route(struct l2 *l2, struct mac dest, uint8_t in_port, uint8_t *packet, size_t len,
		  uint8_t prio, struct fx *fx)
{
	const struct originator *o = originator_find(l2, dest);
	const struct path *p = o ? l2_next_hop(o, in_port) : NULL;

	if (!p)
		return ERR_NO_ROUTE;
	return frag_send(l2, p->neighbour->port, p->neighbour->mac, packet, len, prio, fx);
}

enum err l2_pass_on(struct l2 *l2, uint8_t in_port, const uint8_t *packet, size_t len,
		    struct fx *fx)
{
	struct batadv_routed h;
	enum err e = batadv_routed_parse(packet, len, &h);

	if (e != OK)
		return e;
	if (h.ttl < 2)
		return ERR_TTL;
	if (len > FRAG_TOTAL_MAX)
		return ERR_TOO_BIG;
	uint8_t *copy = l2_scratch(l2);
	struct wr w = wr_over(copy, len);
	wr_bytes(&w, packet, len);
	w = wr_over(copy, len);
	wr_u8(&w, h.type);
	wr_u8(&w, BATADV_VERSION);
	wr_u8(&w, h.ttl - 1);
	return l2_route(l2, h.dest, in_port, copy, len, 0, fx);
}

void l2_deliver(struct l2 *l2, const uint8_t *frame, size_t len, struct fx *fx)
{
	struct ethernet e;
	enum err err = ethernet_parse(frame, len, &e);

	if (err == OK)
		err = guard_to_lan(l2, &e);
	if (err != OK) {
		l2->count.dropped[err]++;
		return;
	}
	l2->count.rx++;
	l2->count.rx_bytes += len;
	fx->emit(fx, &(struct effect){.kind = FX_DELIVER, .frame = {PORT_CLOUD, frame, len}});
}

void l2_note(struct fx *fx, enum note what, struct mac subject, struct mac object, uint32_t value)
{
	const struct effect e = {
		.kind = FX_NOTE,
		.note = {.what = what, .subject = subject, .object = object, .value = value}};

	fx->emit(fx, &e);
}

/* ---- events ---- */

static void frame_event(struct l2 *l2, instant now, const struct ev_frame *f, struct fx *fx)
{
	bool lan = f->port == PORT_CLOUD;
	enum err e = lan ? lan_rx(l2, now, f->data, f->len, fx) : mesh_rx(l2, now, f, fx);

	if (e != OK)
		l2->count.dropped[e]++;
	if (!lan)
		return;
	if (e != OK) {
		l2->count.tx_dropped++;
	} else {
		l2->count.tx++;
		l2->count.tx_bytes += f->len;
	}
}

static void client_event(struct l2 *l2, instant now, const struct ev_client *c, struct fx *fx)
{
	/* Another node serves a blocked LAN and announces its clients. */
	if (c->change == CLIENT_SEEN && l2->guard.blocked)
		return;
	/* A bridge has seen its mesh frames: a cable can be both, port of LAN and mesh. */
	if (c->change == CLIENT_SEEN && l2_is_neighbour(l2, c->mac))
		return;
	enum err e = tt_local_seen(l2, now, c, fx);
	if (e != OK)
		l2->count.dropped[e]++;
}

static void station_event(struct l2 *l2, instant now, const struct ev_station *s, struct fx *fx)
{
	struct neighbour *n = neighbour_find(l2, s->mac, s->port);

	if (n)
		neighbour_gone(l2, now, n, fx);
}

static void event(struct l2 *l2, instant now, const struct ev *ev, struct fx *fx)
{
	switch (ev->kind) {
	case EV_DEADLINE: break;
	case EV_PORT:
		if (ev->port.port < l2->conf.ports_max)
			port_event(l2, now, &ev->port, fx);
		else
			l2->count.dropped[ERR_FULL]++;
		break;
	case EV_FRAME: frame_event(l2, now, &ev->frame, fx); break;
	case EV_CLIENT: client_event(l2, now, &ev->client, fx); break;
	case EV_STATION: station_event(l2, now, &ev->station, fx); break;
	case EV_ECHO: echo_ask(l2, now, &ev->echo, fx); break;
	case EV_DATAGRAM:
	case EV_LEASE:
	case EV_LAN_PORT:
	case EV_NETWORK:
	case EV_UPLINK:
	case EV_TUNNEL:
	case EV_HELLO: break; /* for other cores */
	}
}

static void timer_fired(struct l2 *l2, instant now, struct timer *t, struct fx *fx)
{
	switch ((enum l2_timer)t->kind) {
	case TIMER_PORT_OGM: ogm_due(l2, now, container_of(t, struct port, ogm_timer), fx); break;
	case TIMER_PORT_WARM:
		ogm_warm_due(l2, now, container_of(t, struct port, warm_timer), fx);
		break;
	case TIMER_OGM_EXTRA: ogm_extra_due(l2, now, fx); break;
	case TIMER_OUTBOX: outbox_flush(l2, now, container_of(t, struct outbox, due), fx); break;
	case TIMER_NEIGHBOUR:
		neighbour_silent(l2, now, container_of(t, struct neighbour, silence), fx);
		break;
	case TIMER_ORIGINATOR:
		originator_expire(l2, now, container_of(t, struct originator, expiry), fx);
		break;
	case TIMER_TT_IDLE: tt_local_idle(l2, now, fx); break;
	case TIMER_TT_FADE: tt_global_fade(l2, now, fx); break;
	case TIMER_FLOOD_REPEAT: flood_repeat(l2, now, fx); break;
	case TIMER_FRAG: frag_expire(l2, now); break;
	case TIMER_GUARD: guard_open(l2, now, fx); break;
	}
}

void l2_handle(struct l2 *x, instant now, const struct ev *ev, struct fx *fx)
{
	event(x, now, ev, fx);
	for (int i = 0; i < TIMERS_PER_CALL; i++) {
		struct timer *t = timers_pop(&x->timers, now);

		if (!t)
			break;
		timer_fired(x, now, t, fx);
	}
	forwarding_tell(x, fx);
}

instant l2_deadline(const struct l2 *x)
{
	return timers_next(&x->timers);
}

uint32_t l2_seqno_start(const struct l2 *l2, instant now)
{
	return l2->epoch + (uint32_t)(now.us / 1000);
}

struct mac l2_primary_mac(const struct l2 *x)
{
	return x->ports.primary >= 0 ? x->ports.at[x->ports.primary].mac : (struct mac){{0}};
}
