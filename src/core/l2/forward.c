/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/forward.h"
#include <assert.h>
#include "base/seqno.h"
#include "core/l2/internal.h"

/* What of a routed packet's front changes at each hop: type, version, ttl. */
enum { HOP_FRONT = 3 };

static void say_drop(struct verdict *v, enum err reason)
{
	v->kind = VERDICT_DROP;
	v->reason = reason;
}

/* Fills in the outer Ethernet header of a frame to p's neighbour. */
static void say_send(const struct l2 *l2, const struct path *p, struct verdict *v, struct wr *w)
{
	uint8_t port = p->neighbour->port;

	*w = wr_over(v->head, sizeof(v->head));
	ethernet_write(w, p->neighbour->mac, l2->ports.at[port].mac, ETHERTYPE_BATADV);
	v->kind = VERDICT_SEND;
	v->port = port;
}

static bool fits(const struct l2 *l2, const struct path *p, size_t packet_len)
{
	return packet_len <= l2->ports.at[p->neighbour->port].mtu_bytes;
}

static struct local_client *client_here(const struct l2 *l2, struct mac mac, uint16_t vid)
{
	struct local_client *c = tt_local_find(l2, mac, vid);

	return c && !c->leaving ? c : NULL;
}

static void from_lan(const struct l2 *l2, const uint8_t *frame, size_t frame_len, size_t packet_len,
		     struct verdict *v)
{
	struct ethernet e;

	if (ethernet_parse(frame, frame_len, &e) != OK || mac_is_multicast(e.dst))
		return;
	/* Claims of a loop-avoiding bridge are ARP. */
	if (e.inner_type == ETHERTYPE_ARP || guard_peek_lan(l2, &e) != OK)
		return;
	uint16_t vid = ethernet_batadv_vid(&e);
	struct local_client *from = client_here(l2, e.src, vid);
	if (!from)
		return;
	if (client_here(l2, e.dst, vid)) {
		say_drop(v, ERR_OWN); /* the bridge delivers it */
		return;
	}
	const struct global_client *g = tt_global_find(l2, e.dst, vid);
	const struct tt_home *home = g ? tt_global_home(g) : NULL;
	const struct path *p = home ? l2_next_hop(home->originator, PORT_CLOUD) : NULL;
	if (!p)
		return;
	struct batadv_unicast u;
	struct wr w;
	unicast_head(l2, from, home, &u);
	if (!fits(l2, p, packet_len + (u.has_src ? BATADV_4ADDR_LEN : BATADV_UNICAST_LEN)))
		return;
	say_send(l2, p, v, &w);
	batadv_unicast_write(&w, &u);
	assert(!w.bad);
	v->head_len = (uint8_t)wr_len(&w);
	v->client = from;
}

/* Do we know already that the sender of a UNICAST_4ADDR is at home orig? */
static bool is_known_at(const struct l2 *l2, struct mac client, uint16_t vid, struct mac orig)
{
	const struct global_client *g = tt_global_find(l2, client, vid);

	if (!g)
		return false;
	list_each (h, &g->homes, struct tt_home, of_client) {
		if (mac_equal(h->originator->mac, orig))
			return true;
	}
	return false;
}

/* The packet's destination is this node. */
static void for_us(const struct l2 *l2, const struct batadv_unicast *u, const struct ethernet *e,
		   struct verdict *v)
{
	uint16_t vid = ethernet_batadv_vid(e);

	if (e->inner_type == ETHERTYPE_ARP || guard_peek_mesh(l2, e) != OK)
		return;
	if (u->has_src && !is_known_at(l2, e->src, vid, u->src))
		return;
	const struct local_client *c = tt_local_find(l2, e->dst, vid);
	bool here = c && !c->leaving;
	/* Nobody here and a current version: the LAN may know better. */
	if (!here && (c || ttvn_older(u->ttvn, l2->local.ttvn)))
		return;
	v->kind = VERDICT_DELIVER;
	v->strip = ETHERNET_HEADER + (u->has_src ? BATADV_4ADDR_LEN : BATADV_UNICAST_LEN);
}

static void for_others(const struct l2 *l2, uint8_t port, const uint8_t *packet,
		       const struct batadv_unicast *u, size_t packet_len, struct verdict *v)
{
	const struct originator *o = originator_find(l2, u->dest);

	if (!o || o->hurried || ttvn_older(u->ttvn, o->tt.ttvn))
		return;
	if (u->ttl < 2) {
		say_drop(v, ERR_TTL);
		return;
	}
	const struct path *p = l2_next_hop(o, port);
	if (!p || !fits(l2, p, packet_len))
		return;
	struct wr w;
	say_send(l2, p, v, &w);
	wr_bytes(&w, packet, HOP_FRONT - 1);
	wr_u8(&w, u->ttl - 1);
	assert(!w.bad);
	v->head_len = (uint8_t)wr_len(&w);
	v->strip = ETHERNET_HEADER + HOP_FRONT;
}

static void from_mesh(const struct l2 *l2, uint8_t port, const uint8_t *frame, size_t frame_len,
		      size_t packet_len, struct verdict *v)
{
	struct rd r = rd_over(frame, frame_len);
	struct mac dst = rd_mac(&r), src = rd_mac(&r);
	struct batadv_unicast u;
	struct ethernet inner;

	if (port >= l2->conf.ports_max || !l2->ports.at[port].up)
		return;
	if (rd_u16(&r) != ETHERTYPE_BATADV || !mac_equal(dst, l2->ports.at[port].mac))
		return;
	if (!mac_is_station(src) || port_of_mac(l2, src) >= 0)
		return;
	if (batadv_unicast_parse(r.at, rd_left(&r), &u) != OK)
		return;
	if (u.has_src && u.subtype != BATADV_4ADDR_DATA)
		return;
	if (ethernet_parse(u.frame, u.frame_len, &inner) != OK || mac_is_multicast(inner.dst))
		return;
	assert(packet_len > ETHERNET_HEADER);
	if (port_of_mac(l2, u.dest) >= 0)
		for_us(l2, &u, &inner, v);
	else
		for_others(l2, port, r.at, &u, packet_len - ETHERNET_HEADER, v);
}

void l2_forward(const struct l2 *l2, uint8_t port, const uint8_t *frame, size_t frame_len,
		size_t packet_len, struct verdict *v)
{
	v->kind = VERDICT_UP;
	v->reason = OK;
	v->in_port = port;
	v->port = 0;
	v->strip = 0;
	v->head_len = 0;
	v->client = NULL;
	if (port == PORT_CLOUD)
		from_lan(l2, frame, frame_len, packet_len, v);
	else
		from_mesh(l2, port, frame, frame_len, packet_len, v);
}

void l2_forwarded(struct l2 *l2, instant now, const struct verdict *v, uint32_t frames,
		  uint64_t bytes)
{
	struct l2_counters *c = &l2->count;
	bool lan = v->in_port == PORT_CLOUD;

	if (v->kind == VERDICT_UP)
		return;
	if (!lan) {
		l2->ports.at[v->in_port].rx += frames;
		l2->ports.at[v->in_port].rx_bytes += bytes;
	}
	if (v->kind == VERDICT_DROP) {
		c->dropped[v->reason] += frames;
		c->tx_dropped += lan ? frames : 0;
		return;
	}
	if (v->kind == VERDICT_DELIVER) {
		c->rx += frames;
		c->rx_bytes += bytes;
		return;
	}
	*(lan ? &c->tx : &c->forward) += frames;
	*(lan ? &c->tx_bytes : &c->forward_bytes) += bytes;
	l2->ports.at[v->port].tx += frames;
	l2->ports.at[v->port].tx_bytes += bytes;
	if (v->client)
		tt_local_touch(&l2->local, v->client, now);
}
