/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <endian.h>
#include <string.h>
#include "sim/world_internal.h"
#include "wire/batadv.h"

enum {
	FIRST_NODE =
		2, /* of its MACs the last bytes: node 0's IPv4 is free, and no two are the same */
	HANG_STEP_MS = 100,
	MILLION = 1000000,
	WAKES_MAX = 100000, /* of one node at one instant: its deadline does not move */
};

struct mac host_port_mac(unsigned node, unsigned port)
{
	unsigned last = node + FIRST_NODE;

	return (struct mac){{0x02, 0xba, 0, (uint8_t)port, (uint8_t)(last >> 8), (uint8_t)last}};
}

uint8_t host_port_of(struct mac m, unsigned *node)
{
	*node = ((unsigned)m.b[4] << 8 | m.b[5]) - FIRST_NODE;
	return m.b[3];
}

struct mac host_bridge_mac(unsigned node)
{
	struct mac m = host_port_mac(node, 0);

	m.b[0] = 0x06;
	return m;
}

/* ---- effects ---- */

/* Does it carry a client's frame (or its first bytes) from or to the anycast gateway? */
static bool is_of_anycast(const struct plan *plan, const uint8_t *packet, size_t len)
{
	size_t head;

	switch (packet[0]) {
	case BATADV_BCAST: head = BATADV_BCAST_LEN; break;
	case BATADV_UNICAST: head = BATADV_UNICAST_LEN; break;
	case BATADV_UNICAST_4ADDR: head = BATADV_4ADDR_LEN; break;
	default: return false;
	}
	return len >= head + ETHERNET_HEADER &&
	       (mac_equal(mac_from(packet + head), plan->anygw_mac) ||
		mac_equal(mac_from(packet + head + sizeof(struct mac)), plan->anygw_mac));
}

static void count_traffic(struct place *p, struct world_traffic *t, const uint8_t *data, size_t len)
{
	const unsigned nodes = p->world->places;
	uint8_t type = data[ETHERNET_HEADER], ttl = data[ETHERNET_HEADER + 2];

	t->frames++;
	t->bytes += len;
	t->anycast += p->conf.plan.anygw &&
		      is_of_anycast(&p->node.plan, data + ETHERNET_HEADER, len - ETHERNET_HEADER);
	t->circled += type >= BATADV_UNICAST_MIN && ttl + nodes < BATADV_TTL;
	if (type == BATADV_IV_OGM) {
		t->ogm_frames++;
		t->ogm_bytes += len;
	} else if (type == BATADV_BCAST) {
		t->bcast_frames++;
	} else if (type == BATADV_UNICAST_TVLV &&
		   len > ETHERNET_HEADER + BATADV_UTVLV_LEN + BATADV_TVLV_LEN &&
		   data[ETHERNET_HEADER + BATADV_UTVLV_LEN] == TVLV_TT &&
		   (data[ETHERNET_HEADER + BATADV_UTVLV_LEN + BATADV_TVLV_LEN] & TT_REQUEST)) {
		t->tt_requests++;
	}
}

static void transmit(struct place *p, uint8_t port, const uint8_t *data, size_t len)
{
	assert(len > ETHERNET_HEADER);
	count_traffic(p, &p->traffic[port], data, len);
	medium_frame(p, port, data, len);
}

static void lan_later(struct place *p, enum item_kind kind, const uint8_t *frame, size_t len)
{
	struct item *it = item_new(kind, len);

	it->node = p->index;
	it->life = p->life;
	memcpy(it->bytes, frame, len);
	queue_put(&p->world->queue, p->world->now, it);
}

static void lan_tx_later(void *place, const uint8_t *frame, size_t len)
{
	lan_later(place, ITEM_LAN_TX, frame, len);
}

void host_lan_deliver(struct place *p, const uint8_t *frame, size_t len,
		      const struct client *except)
{
	struct mac dst = mac_from(frame);

	if ((p->node.share && stack_is_ours(&p->lan, frame, len)) ||
	    ip_packet_is_ours(p, frame, len))
		lan_later(p, ITEM_LAN_RX, frame, len);
	list_each (c, &p->clients, struct client, here)
		if (c != except && (mac_is_multicast(dst) || mac_equal(dst, c->mac)))
			client_rx(p->world, c, frame, len);
}

void host_emit(struct fx *fx, const struct effect *e)
{
	struct place *p = container_of(fx, struct place, fx);

	switch (e->kind) {
	case FX_SEND: transmit(p, e->frame.port, e->frame.data, e->frame.len); return;
	case FX_DELIVER: host_lan_deliver(p, e->frame.data, e->frame.len, NULL); return;
	case FX_DATAGRAM: stack_send(&p->lan, &e->datagram, lan_tx_later, p); return;
	case FX_LEASE:
	case FX_RESERVE:
	case FX_RANGES:
	case FX_NAME:
		if (p->dhcp)
			dhcp_server_effect(p->dhcp, p->world->now, e);
		break;
	case FX_NETWORK: network_effect(p, &e->network); break;
	case FX_TUNNEL:
		tunnel_kernel_do(&p->tunnels, &e->tunnel);
		if (e->tunnel.kind == TUNNEL_PROBE)
			ip_packet_probe(p, &e->tunnel.probe);
		break;
	case FX_UPLINK: internet_effect(p, &e->uplink); break;
	case FX_FORWARDING:
	case FX_FDB:
	case FX_ECHO:
	case FX_NOTE:
	case FX_HELLO:
	case FX_LAN_ROLE: break;
	}
	if (p->world->watch)
		p->world->watch(p->world->watch_ctx, p->index, e);
}

instant host_now(const struct place *p)
{
	const struct host_clock *c = &p->clock;
	int64_t passed = instant_since(p->world->now, c->world).us;

	return instant_add(c->own, span_us(passed * (MILLION + c->ppm) / MILLION));
}

/* When the node's clock will show that. */
static instant host_reaches(const struct place *p, instant own)
{
	const struct host_clock *c = &p->clock;
	int64_t wait;

	if (own.us == NEVER.us || c->ppm == 0)
		return instant_add(own, instant_since(c->world, c->own));
	wait = instant_since(own, c->own).us;
	return instant_add(c->world, span_us(wait <= 0 ? 0
						       : (wait * MILLION + MILLION + c->ppm - 1) /
								 (MILLION + c->ppm)));
}

static void wake_later(struct place *p)
{
	instant at = host_reaches(p, node_deadline(&p->node));

	if (instant_before(at, p->world->now))
		at = p->world->now;
	if (!instant_before(at, p->wake))
		return;
	struct item *it = item_new(ITEM_WAKE, 0);

	it->node = p->index;
	it->life = p->life;
	p->wake = at;
	queue_put(&p->world->queue, at, it);
}

/* ---- events ---- */

void host_tell(struct place *p, const struct ev *ev)
{
	if (!p->alive || p->hangs)
		return;
	node_handle(&p->node, host_now(p), ev, &p->fx);
	wake_later(p);
}

/* What the portable data path does: ask for a verdict, else give it to the engine. */
static void payload(struct place *p, uint8_t port, const uint8_t *frame, size_t len)
{
	struct verdict v;
	uint8_t out[VERDICT_HEAD_MAX + 2048];

	if (!p->alive || p->hangs)
		return;
	l2_forward(&p->node.l2, port, frame, len, len, &v);
	switch (v.kind) {
	case VERDICT_UP:
		host_tell(p, &(struct ev){.kind = EV_FRAME, .frame = {port, frame, len}});
		return;
	case VERDICT_DROP: return;
	case VERDICT_SEND:
	case VERDICT_DELIVER: break;
	}
	size_t body = len - v.strip;
	assert(v.strip <= len && v.head_len + body <= sizeof(out));
	memcpy(out, v.head, v.head_len);
	memcpy(out + v.head_len, frame + v.strip, body);
	node_carried(&p->node, host_now(p), &v, 1, len);
	if (v.kind == VERDICT_SEND)
		transmit(p, v.port, out, v.head_len + body);
	else
		host_lan_deliver(p, out, v.head_len + body, NULL);
}

void host_from_lan(struct place *p, const uint8_t *frame, size_t len)
{
	payload(p, PORT_CLOUD, frame, len);
	wake_later(p);
}

static void lan_happen(struct place *p, const struct item *it)
{
	struct ev ev = {.kind = EV_DATAGRAM};

	if (it->kind == ITEM_LAN_RX && ip_packet_is_ours(p, it->bytes, it->len)) {
		ip_packet_rx(p, it->bytes, it->len);
		return;
	}
	if (it->kind == ITEM_LAN_RX) {
		if (stack_rx(&p->lan, it->bytes, it->len, &ev.datagram))
			host_tell(p, &ev);
		return;
	}
	host_lan_deliver(p, it->bytes, it->len, NULL);
	host_from_lan(p, it->bytes, it->len);
}

static void mix(struct world *w, uint64_t x)
{
	w->digest = prng_mix(w->digest ^ x);
}

/* FNV's way, eight bytes at a time: all of a world's bytes pass here. */
static void mix_bytes(struct world *w, const uint8_t *data, size_t len)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = 0;

		memcpy(&word, data + i, len - i < 8 ? len - i : 8);
		h = (h ^ le64toh(word)) * 0x100000001b3;
		h ^= h >> 32;
	}
	mix(w, h);
}

/* Who did the work waits until the program takes it. */
static void job_again(struct place *p, const struct item *it)
{
	struct item *again = item_new(it->kind, it->len);

	again->node = it->node;
	again->life = it->life;
	memcpy(again->bytes, it->bytes, it->len);
	queue_put(&p->world->queue, instant_add(p->world->now, span_ms(HANG_STEP_MS)), again);
}

/* What left a port reaches all who heard it. */
static void arrive(struct world *w, const struct item *it)
{
	const struct carried *c = it->carried;

	mix_bytes(w, c->bytes, c->len);
	for (size_t at = 0; at < it->len; at += sizeof(struct hearer)) {
		struct hearer h;
		struct place *p;

		memcpy(&h, it->bytes + at, sizeof(h));
		p = w->place[h.node];
		if (!p->alive || p->life != h.life)
			continue;
		w->events++;
		mix(w, (uint64_t)h.node << 32 | (uint64_t)it->kind << 24 | h.port);
		if (medium_member(p, h.port)->cut)
			continue;
		if (it->kind == ITEM_ARRIVE)
			payload(p, h.port, c->bytes, c->len);
		else
			network_rx(p, h.port, it);
	}
}

void host_happen(struct world *w, const struct item *it)
{
	struct place *p;

	if (it->kind == ITEM_ARRIVE || it->kind == ITEM_DATAGRAM) {
		mix(w, (uint64_t)w->now.us);
		arrive(w, it);
		return;
	}
	if (it->kind == ITEM_CLIENT) {
		struct client *c = w->client[it->node];

		if (it->life == c->turn)
			client_act(w, c);
		return;
	}
	p = w->place[it->node];
	if (!p->alive || p->life != it->life)
		return;
	if (it->kind == ITEM_WAKE && it->at.us != p->wake.us)
		return; /* another one came before it */
	w->events++;
	mix(w, (uint64_t)w->now.us);
	mix(w, (uint64_t)it->node << 32 | (uint64_t)it->kind << 24 | it->port);
	if (it->kind == ITEM_WAKE) {
		p->wakes = p->woken.us == w->now.us ? p->wakes + 1 : 0;
		p->woken = w->now;
		assert(p->wakes < WAKES_MAX);
		p->wake = NEVER;
		host_tell(p, &(struct ev){.kind = EV_DEADLINE});
		return;
	}
	mix_bytes(w, it->bytes, it->len);
	switch (it->kind) {
	case ITEM_WAKE:
	case ITEM_CLIENT:
	case ITEM_ARRIVE:
	case ITEM_DATAGRAM: break;
	case ITEM_LAN_TX:
	case ITEM_LAN_RX: lan_happen(p, it); break;
	case ITEM_JOB:
		if (p->hangs) {
			job_again(p, it);
			break;
		}
		network_happen(p, it);
		break;
	case ITEM_PACKET: ip_packet_happen(p, it); break;
	case ITEM_SEEN: ip_packet_seen_tell(p); break;
	case ITEM_INTERNET: internet_happen(p, it); break;
	}
}

/* ---- starting ---- */

static void tell_kept(void *place, const struct ev *ev)
{
	host_tell(place, ev);
}

void host_boot(struct place *p)
{
	struct node_env env = {.crypto = p->crypto ? p->crypto : p->world->crypto.table,
			       .shared = &p->world->shared};
	enum err e = node_init(&p->node, &p->conf, &env, host_now(p), p->seed);

	assert(e == OK);
	p->node.witness = p->witness;
	p->alive = true;
	p->life++;
	p->born = p->world->now;
	p->flood_first = p->node.l2.flood.seqno;
	p->wake = NEVER;
	if (p->conf.plan.network)
		network_boot(p);
	internet_boot(p);
	if (!p->node.share)
		return;
	host_tell(p, &(struct ev){.kind = EV_CLIENT,
				  .client = {CLIENT_PERMANENT, p->lan.self, 0, false}});
	if (p->world->lease.us > 0 && !p->dhcp)
		p->dhcp = dhcp_server_new();
	if (p->dhcp)
		dhcp_server_booted(p->dhcp, p->world->now, tell_kept, p);
}

/* Tells the node of its port as it is now. */
void host_port_tell(struct place *p, unsigned port)
{
	const struct segment_conf *c = &p->world->segment[p->segment_of[port]].conf;
	struct ev_port ev = {.port = (uint8_t)port,
			     .up = !medium_member(p, port)->down,
			     .wifi = c->wifi,
			     .mac = host_port_mac(p->index, port),
			     .mtu_bytes = segment_mtu(c)};

	if (!c->no_cloud)
		host_tell(p, &(struct ev){.kind = EV_PORT, .port = ev});
	if (p->alive && p->node.l3)
		network_port_tell(p, port);
}
