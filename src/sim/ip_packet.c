/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/ip_packet.h"
#include <assert.h>
#include <string.h>
#include "base/crc32c.h"
#include "sim/forward.h"
#include "sim/world_internal.h"

/* Where a packet comes from, when a node gets it. */
enum { BY_LAN, BY_TUNNEL, BY_UPLINK };

enum { SUM_BYTES = 4, SEEN_LOOK_MS = 1000, FRAME_MIN = ETHERNET_HEADER + 46 };

void ip_packet_write(const struct ip_packet *k, uint8_t *bytes)
{
	const uint32_t word[] = {
		(uint32_t)k->kind << 24 | (uint32_t)k->means << 16 | (uint32_t)k->back << 8 |
			k->decisions,
		(uint32_t)k->sender << 16 | k->exit,
		k->life,
		k->number,
		ipv4_to_u32(k->ip),
		(uint32_t)k->by[0] << 16 | k->by[1],
		(uint32_t)k->by[2] << 16 | k->by[3],
	};
	struct wr w = wr_over(bytes, PACKET_BYTES);

	for (unsigned i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		wr_u32(&w, word[i]);
	wr_u32(&w, crc32c(1, bytes, PACKET_BYTES - SUM_BYTES));
	assert(!w.bad && wr_left(&w) == 0);
}

bool ip_packet_read(const uint8_t *bytes, size_t len, struct ip_packet *k)
{
	struct rd r = rd_over(bytes, len);
	struct rd sum = rd_over(bytes, len);
	const uint8_t *ip;

	rd_take(&sum, PACKET_BYTES - SUM_BYTES);
	if (len < PACKET_BYTES || rd_u32(&sum) != crc32c(1, bytes, PACKET_BYTES - SUM_BYTES))
		return false;
	*k = (struct ip_packet){.kind = (enum ip_packet_kind)rd_u8(&r)};
	k->means = (enum uplink_means)rd_u8(&r);
	k->back = rd_u8(&r);
	k->decisions = rd_u8(&r);
	k->sender = rd_u16(&r);
	k->exit = rd_u16(&r);
	k->life = rd_u32(&r);
	k->number = rd_u32(&r);
	ip = rd_take(&r, sizeof(k->ip.b));
	memcpy(k->ip.b, ip, sizeof(k->ip.b));
	k->ip.bits = 32;
	for (unsigned i = 0; i < PACKET_DECISIONS; i++)
		k->by[i] = rd_u16(&r);
	return true;
}

static void later(struct place *p, const struct ip_packet *k, int from, span wait)
{
	struct item *it = item_new(ITEM_PACKET, PACKET_BYTES);
	uint8_t bytes[PACKET_BYTES];

	ip_packet_write(k, bytes);
	memcpy(it->bytes, bytes, sizeof(bytes));
	it->node = p->index;
	it->life = p->life;
	it->port = (uint8_t)from;
	queue_put(&p->world->queue, instant_add(p->world->now, wait), it);
}

/* ---- its way ---- */

/* Through the network of all clouds to the end of a tunnel. */
static void into_tunnel(struct place *p, const struct tunnel_out *out, const struct ip_packet *k)
{
	struct world *w = p->world;
	struct place *to = out ? network_place(w, &out->primary) : NULL;
	struct place *at = p;
	span takes = span_us(0);

	for (unsigned hops = 0; to && at != to; hops++) {
		struct place *next = network_next(at, to);

		if (!next && at == p) {
			w->internet.refused++; /* such routes are unreachable ones */
			return;
		}
		if (!next || hops == w->places || !medium_hop(at, next, &takes)) {
			w->internet.lost++;
			return;
		}
		at = next;
	}
	if (to && to->alive)
		later(to, k, BY_TUNNEL, takes);
	else
		w->internet.lost++;
}

/* Its end was reached: a frame on the LAN, to whom sent it. */
static void into_lan(struct place *p, const struct ip_packet *k)
{
	struct world *w = p->world;
	const struct mac dst = k->kind == PACKET_PROBE ? host_bridge_mac(k->sender)
						       : world_client_mac(w, k->sender);
	uint8_t frame[FRAME_MIN] = {0}, bytes[PACKET_BYTES];
	struct wr out = wr_over(frame, sizeof(frame));

	ethernet_write(&out, dst, host_bridge_mac(p->index), ETHERTYPE_PACKET);
	ip_packet_write(k, bytes);
	wr_bytes(&out, bytes, sizeof(bytes));
	if (client_here(p, dst))
		host_lan_deliver(p, frame, sizeof(frame), NULL);
	else
		host_from_lan(p, frame, sizeof(frame));
}

static void by_uplink(struct place *p, struct ip_packet *k)
{
	struct world *w = p->world;

	k->exit = p->index;
	if (!internet_carries(p, k)) {
		w->internet.lost++;
		return;
	}
	p->uplink.carried += k->kind == PACKET_FLOW;
	w->internet.left++;
	k->back = true;
	later(p, k, BY_UPLINK, internet_rtt(w));
}

static struct forward decide(const struct place *p, struct ipv4 to, const struct forward_from *from)
{
	const struct forward_host h = {.plan = &p->node.plan,
				       .tunnels = &p->tunnels,
				       .default_route = p->uplink.kind != WORLD_UPLINK_NONE,
				       .uplink_used = p->uplink.used};

	return forward_decide(&h, to, from);
}

/* Somebody far away. */
static const struct ipv4 outside = {{8, 8, 8, 8}, 32};

/* Did this node decide about it before? */
static bool circles(struct place *p, struct ip_packet *k)
{
	struct world *w = p->world;

	for (unsigned i = 0; i < k->decisions; i++) {
		if (k->by[i] != p->index)
			continue;
		w->internet.circled++;
		w->internet.circled_at = p->index;
		return true;
	}
	if (k->decisions == PACKET_DECISIONS) {
		w->internet.circled++;
		return true;
	}
	k->by[k->decisions++] = p->index;
	return false;
}

static void probe_is_answered(struct place *p, const struct ip_packet *k)
{
	struct ev ev = {.kind = EV_TUNNEL, .tunnel = {.kind = TUNNEL_ANSWER}};

	if (k->kind != PACKET_PROBE || k->sender != p->index || k->life != p->life)
		return;
	ev.tunnel.answer.token = k->number;
	host_tell(p, &ev);
}

static void routed(struct place *p, struct ip_packet *k, int from)
{
	struct forward_from f_from = {.by_tunnel = from == BY_TUNNEL};
	struct forward f;

	if (!k->back && circles(p, k))
		return;
	if (from == BY_LAN)
		f_from.client = world_client_mac(p->world, k->sender);
	f = decide(p, k->back ? k->ip : outside, &f_from);
	switch (f.kind) {
	case FORWARD_REFUSE: p->world->internet.refused++; return;
	case FORWARD_TUNNEL: into_tunnel(p, f.out, k); return;
	case FORWARD_UPLINK:
		if (!k->back)
			by_uplink(p, k);
		return;
	case FORWARD_HERE: probe_is_answered(p, k); return;
	case FORWARD_LAN: into_lan(p, k); return;
	}
}

void ip_packet_happen(struct place *p, const struct item *it)
{
	struct ip_packet k;
	bool whole = ip_packet_read(it->bytes, it->len, &k);

	assert(whole);
	if (p->hangs)
		return;
	if (it->port != BY_UPLINK || p->uplink.kind != WORLD_UPLINK_NONE)
		routed(p, &k, it->port);
}

/* ---- who sends and receives ---- */

void ip_packet_probe(struct place *p, const struct tunnel_probe *probe)
{
	struct ip_packet k = {.kind = PACKET_PROBE,
			      .means = probe->target.means,
			      .sender = p->index,
			      .life = p->life,
			      .number = probe->token,
			      .ip = p->node.plan.ipv4,
			      .exit = WORLD_NOWHERE};

	if (probe->target.at.v6)
		return; /* nobody offers IPv6 */
	(void)circles(p, &k);
	into_tunnel(p, tunnel_kernel_out(&p->tunnels, &probe->to), &k);
}

bool ip_packet_is_ours(const struct place *p, const uint8_t *frame, size_t len)
{
	return len >= ETHERNET_HEADER + PACKET_BYTES && frame[12] == ETHERTYPE_PACKET >> 8 &&
	       frame[13] == (ETHERTYPE_PACKET & 0xff) &&
	       mac_equal(mac_from(frame), host_bridge_mac(p->index));
}

void ip_packet_rx(struct place *p, const uint8_t *frame, size_t len)
{
	struct ip_packet k;

	if (ip_packet_read(frame + ETHERNET_HEADER, len - ETHERNET_HEADER, &k))
		probe_is_answered(p, &k);
}

/* The host looks now and then who has sent something: drv/exit_map.h. */
static void seen_note(struct place *p, struct mac mac)
{
	struct item *it;

	for (unsigned i = 0; i < p->seens; i++)
		if (mac_equal(p->seen[i], mac))
			return;
	world_grow(&p->seen, p->seens, &p->seen_room, sizeof(*p->seen));
	p->seen[p->seens++] = mac;
	if (p->seens > 1)
		return;
	it = item_new(ITEM_SEEN, 0);
	it->node = p->index;
	it->life = p->life;
	queue_put(&p->world->queue, instant_add(p->world->now, span_ms(SEEN_LOOK_MS)), it);
}

void ip_packet_seen_tell(struct place *p)
{
	struct ev ev = {.kind = EV_TUNNEL, .tunnel = {.kind = TUNNEL_SEEN}};

	ev.tunnel.seen = (struct ev_tunnel_seen){
		.macs = p->seens > 0 ? p->seen[0].b : NULL,
		.len = (p->seens < TUNNEL_SEEN_MAX ? p->seens : TUNNEL_SEEN_MAX) *
		       sizeof(struct mac)};
	p->seens = 0;
	host_tell(p, &ev);
}

void ip_packet_from_client(struct place *p, unsigned client, struct ipv4 ip, uint32_t number)
{
	struct ip_packet k = {.kind = PACKET_FLOW,
			      .sender = (uint16_t)client,
			      .number = number,
			      .ip = ip,
			      .exit = WORLD_NOWHERE};

	if (!p->alive || p->hangs)
		return;
	seen_note(p, world_client_mac(p->world, client));
	routed(p, &k, BY_LAN);
}

/* ---- the same without a packet ---- */

static int exit_of(const struct world *w, unsigned node, struct forward_from from)
{
	const struct place *p = w->place[node];

	for (unsigned n = 0; n <= PACKET_DECISIONS; n++) {
		const struct forward f = decide(p, outside, &from);
		const struct place *to;

		if (f.kind == FORWARD_UPLINK)
			return p->index;
		to = f.kind == FORWARD_TUNNEL && f.out ? network_place(w, &f.out->primary) : NULL;
		if (!to || !to->alive || world_walk(w, p->index, to->index, NULL) < 0)
			return -1;
		p = to;
		from = (struct forward_from){.by_tunnel = true};
	}
	return -2;
}

int world_exit(const struct world *w, unsigned node)
{
	return exit_of(w, node, (struct forward_from){.by_tunnel = false});
}

int world_exit_of_client(const struct world *w, unsigned client)
{
	const struct client *c = w->client[client];

	return c->node == WORLD_NOWHERE ? -1
					: exit_of(w, c->node, (struct forward_from){c->mac, false});
}
