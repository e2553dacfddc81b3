/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "sim/world_internal.h"

enum {
	ETHERTYPE_WORLD = 0x88b6, /* IEEE: for local experiments; ... */
	ETHERTYPE_GATEWAY = 0x88b5,
	CLIENT_HEADER = ETHERNET_HEADER + 6,
	CLIENT_TRY_MS = 1000, /* without an answer */
	UNIX_S = 1700000000,  /* when worlds begin */
	PAYLOAD_LEAST = 46,
};

/* What a frame of len bytes carries behind its number and length. */
static void payload_fill(uint8_t *frame, size_t len, uint32_t number)
{
	for (size_t i = CLIENT_HEADER; i < len; i++)
		frame[i] = (uint8_t)(number + i * 7);
}

static bool payload_is_whole(const uint8_t *frame, size_t len, uint32_t number, size_t sent_len)
{
	for (size_t i = CLIENT_HEADER; i < sent_len && i < len; i++)
		if (frame[i] != (uint8_t)(number + i * 7))
			return false;
	return len == sent_len;
}

/* The Internet answers; answers may overtake each other. */
static void answer_rx(struct world *w, struct client *c, const uint8_t *bytes, size_t len)
{
	struct world_session *s = &c->session;
	struct ip_packet k;

	if (!ip_packet_read(bytes, len, &k) || k.kind != PACKET_FLOW || k.sender != c->index ||
	    k.number <= s->newest || k.number > s->sent)
		return;
	if (s->exit != k.exit) {
		s->moves += s->exit != WORLD_NOWHERE;
		s->before = s->exit;
	}
	s->exit = k.exit;
	s->newest = k.number;
	s->answered++;
	w->internet.answered++;
	if (s->last.us > 0 && span_less(s->gap, instant_since(w->now, s->last)))
		s->gap = instant_since(w->now, s->last);
	s->last = w->now;
}

/* Where it moves to, or whoever starts anew, may have what it got already. */
static void broadcast_rx(struct world *w, struct client *c, struct mac from, uint32_t number)
{
	const struct heard now = {from, c->node, number, w->place[c->node]->life};
	const uint64_t known = c->heards < HEARD_MAX ? c->heards : HEARD_MAX;

	c->inbox.broadcasts++;
	for (uint64_t i = 0; i < known; i++) {
		const struct heard *h = &c->heard[i];

		c->inbox.repeats += h->number == number && mac_equal(h->from, from) &&
				    h->node == now.node && h->life == now.life;
	}
	c->heard[c->heards++ % HEARD_MAX] = now;
}

void client_rx(struct world *w, struct client *c, const uint8_t *frame, size_t len)
{
	struct world_inbox *in = &c->inbox;
	struct rd r = rd_over(frame, len);

	if (frame[12] == ETHERTYPE_PACKET >> 8 && frame[13] == (ETHERTYPE_PACKET & 0xff)) {
		answer_rx(w, c, frame + ETHERNET_HEADER, len - ETHERNET_HEADER);
		return;
	}

	rd_take(&r, ETHERNET_HEADER);
	uint32_t number = rd_u32(&r);
	size_t sent_len = rd_u16(&r);
	if (r.bad || frame[12] != ETHERTYPE_WORLD >> 8 || frame[13] != (ETHERTYPE_WORLD & 0xff))
		return;
	int64_t ahead = (int64_t)number - in->newest;

	if (in->frames == 0 || ahead > 0) {
		in->recent = in->frames == 0 || ahead > 63 ? 1 : in->recent << ahead | 1;
		in->newest = number;
	} else if (ahead > -64) {
		in->duplicates += in->recent >> -ahead & 1;
		in->recent |= 1ull << -ahead;
	}
	in->frames++;
	in->damaged += !payload_is_whole(frame, len, number, sent_len);
	if (mac_is_multicast(mac_from(frame)))
		broadcast_rx(w, c, mac_from(frame + sizeof(struct mac)), number);
	in->last = w->now;
}

struct client *client_here(const struct place *p, struct mac mac)
{
	list_each (c, &p->clients, struct client, here)
		if (mac_equal(c->mac, mac))
			return c;
	return NULL;
}

static void client_tell(struct world *w, const struct client *c, enum client_change change)
{
	struct ev_client ev = {.change = change, .mac = c->mac};

	host_tell(w->place[c->node], &(struct ev){.kind = EV_CLIENT, .client = ev});
}

/* No two the same, and nearly random: the CRCs of translation tables are linear, and tables
 * of MACs that count up look alike too often. */
static struct mac client_mac(unsigned i)
{
	uint64_t r = prng_mix(i);

	return (struct mac){{0x02, (uint8_t)r, (uint8_t)(r >> 8), (uint8_t)(r >> 16),
			     (uint8_t)(i >> 8), (uint8_t)i}};
}

static void client_move(struct world *w, struct client *c, unsigned node)
{
	list_del(&c->here);
	c->node = (uint16_t)node;
	if (node != WORLD_NOWHERE)
		list_append(&w->place[node]->clients, &c->here);
}

unsigned world_client(struct world *w, unsigned node)
{
	struct client *c = world_alloc(sizeof(*c));

	assert(w->clients < WORLD_NOWHERE && node < w->places);
	world_grow(&w->client, w->clients, &w->client_room, sizeof(*w->client));
	w->client[w->clients] = c;
	c->mac = client_mac(w->clients);
	c->index = (uint16_t)w->clients;
	list_init(&c->here);
	world_session_begin(w, w->clients);
	client_move(w, c, node);
	return w->clients++;
}

struct mac world_client_mac(const struct world *w, unsigned client)
{
	assert(client < w->clients);
	return w->client[client]->mac;
}

unsigned world_client_at(const struct world *w, unsigned client)
{
	return w->client[client]->node;
}

/* ---- its address ---- */

static void act_later(struct world *w, struct client *c, span wait)
{
	struct item *it = item_new(ITEM_CLIENT, 0);

	it->node = c->index;
	it->life = ++c->turn;
	queue_put(&w->queue, instant_add(w->now, wait), it);
}

static void lease_tell(struct world *w, const struct client *c, enum lease_change change)
{
	struct place *p = w->place[c->node];
	struct ev ev = {.kind = EV_LEASE, .lease = {.change = change}};

	ev.lease.lease.mac = c->mac;
	ev.lease.lease.ip = ipv4_from_u32(c->ip, 32);
	ev.lease.lease.since_unix_s =
		(uint32_t)(UNIX_S + p->clock_ahead_s + host_now(p).us / 1000000);
	ev.lease.lease.left_s = change == LEASE_DROPPED ? 0 : (uint32_t)(w->lease.us / 1000000);
	snprintf(ev.lease.lease.name, LEASE_NAME_ROOM, "client%u", c->index);
	host_tell(p, &ev);
}

void client_act(struct world *w, struct client *c)
{
	struct place *p = c->node == WORLD_NOWHERE ? NULL : w->place[c->node];
	uint32_t ip;

	if (c->ip && instant_reached(c->until, w->now))
		c->ip = 0;
	act_later(w, c, span_ms(CLIENT_TRY_MS));
	if (!p || !p->alive || p->hangs || !p->dhcp)
		return;
	client_tell(w, c, CLIENT_SEEN); /* the bridge has learnt it */
	ip = dhcp_server_ask(p->dhcp, w->now, c->mac, c->ip, w->lease);
	if (ip != c->ip)
		c->since = w->now;
	c->ip = ip;
	if (!ip)
		return;
	c->until = instant_add(w->now, w->lease);
	lease_tell(w, c, LEASE_GRANTED);
	act_later(w, c, span_us(w->lease.us / 2));
}

void world_want(struct world *w, unsigned client, bool wants)
{
	struct client *c = w->client[client];

	assert(w->lease.us > 0);
	c->wants = wants;
	if (wants) {
		act_later(w, c, span_us(0));
		return;
	}
	c->turn++; /* nothing more to do */
	if (c->ip && c->node != WORLD_NOWHERE && w->place[c->node]->alive &&
	    w->place[c->node]->dhcp) {
		dhcp_server_release(w->place[c->node]->dhcp, c->mac);
		lease_tell(w, c, LEASE_DROPPED);
	}
	c->ip = 0;
}

struct world_address world_address(const struct world *w, unsigned client)
{
	const struct client *c = w->client[client];
	bool has = c->ip && instant_before(w->now, c->until);

	return (struct world_address){ipv4_from_u32(has ? c->ip : 0, 32), c->since, c->wants};
}

/* ---- the Internet ---- */

/* Numbers go on, so that no late answer is taken for one of this session. */
void world_session_begin(struct world *w, unsigned client)
{
	struct world_session *s = &w->client[client]->session;

	*s = (struct world_session){
		.sent = s->sent, .newest = s->sent, .exit = WORLD_NOWHERE, .before = WORLD_NOWHERE};
}

struct world_session world_session(const struct world *w, unsigned client)
{
	return w->client[client]->session;
}

void world_ask(struct world *w, unsigned client)
{
	struct client *c = w->client[client];
	struct world_address has = world_address(w, client);

	if (c->node == WORLD_NOWHERE || ipv4_to_u32(has.ip) == 0)
		return;
	client_tell(w, c, CLIENT_SEEN); /* the bridge has learnt it */
	ip_packet_from_client(w->place[c->node], client, has.ip, ++c->session.sent);
}

/* ---- where it is ---- */

void world_roam(struct world *w, unsigned client, unsigned node, bool seen)
{
	struct client *c = w->client[client];

	assert(node < w->places);
	client_move(w, c, node);
	if (seen)
		client_tell(w, c, CLIENT_SEEN);
	if (c->wants)
		act_later(w, c, span_us(0)); /* may it keep its address? phones ask */
}

void world_leave(struct world *w, unsigned client)
{
	client_tell(w, w->client[client], CLIENT_GONE);
}

void world_vanish(struct world *w, unsigned client)
{
	client_move(w, w->client[client], WORLD_NOWHERE);
}

void world_send(struct world *w, unsigned client, struct mac dst, uint32_t number, size_t len)
{
	struct client *c = w->client[client];
	uint8_t frame[LAN_FRAME_MAX] = {0};
	struct wr out = wr_over(frame, sizeof(frame));

	assert(len >= PAYLOAD_LEAST && len <= 1500 && c->node != WORLD_NOWHERE);
	struct place *p = w->place[c->node];
	ethernet_write(&out, dst, c->mac, ETHERTYPE_WORLD);
	wr_u32(&out, number);
	len += ETHERNET_HEADER;
	wr_u16(&out, (uint16_t)len);
	payload_fill(frame, len, number);
	host_lan_deliver(p, frame, len, c);
	if (!p->alive)
		return;
	if (client_here(p, dst))
		client_tell(w, c, CLIENT_SEEN); /* the bridge has learnt it */
	else
		host_from_lan(p, frame, len);
}

const struct world_inbox *world_inbox(const struct world *w, unsigned client)
{
	assert(client < w->clients);
	return &w->client[client]->inbox;
}

struct mac world_anycast_mac(const struct world *w, unsigned node)
{
	return w->place[node]->node.plan.anygw_mac;
}

void world_anycast_speaks(struct world *w, unsigned node)
{
	uint8_t frame[ETHERNET_HEADER + PAYLOAD_LEAST] = {0};
	struct wr out = wr_over(frame, sizeof(frame));

	ethernet_write(&out, MAC_BROADCAST, world_anycast_mac(w, node), ETHERTYPE_GATEWAY);
	host_lan_deliver(w->place[node], frame, sizeof(frame), NULL);
	host_from_lan(w->place[node], frame, sizeof(frame));
}
