/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdlib.h>
#include "sim/world_internal.h"

enum {
	ETHERTYPE_WORLD = 0x88b6, /* IEEE: for local experiments */
	CLIENT_HEADER = ETHERNET_HEADER + 6,
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

void client_rx(struct world *w, struct client *c, const uint8_t *frame, size_t len)
{
	struct world_inbox *in = &c->inbox;
	struct rd r = rd_over(frame, len);

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
	list_init(&c->here);
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

void world_roam(struct world *w, unsigned client, unsigned node, bool seen)
{
	struct client *c = w->client[client];

	assert(node < w->places);
	client_move(w, c, node);
	if (seen)
		client_tell(w, c, CLIENT_SEEN);
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

	assert(len >= 46 && len <= 1500 && c->node != WORLD_NOWHERE);
	struct place *p = w->place[c->node];
	ethernet_write(&out, dst, c->mac, ETHERTYPE_WORLD);
	wr_u32(&out, number);
	len += ETHERNET_HEADER;
	wr_u16(&out, (uint16_t)len);
	payload_fill(frame, len, number);
	host_lan_deliver(p, frame, len, c);
	if (p->alive && !client_here(p, dst))
		host_from_lan(p, frame, len);
}

const struct world_inbox *world_inbox(const struct world *w, unsigned client)
{
	assert(client < w->clients);
	return &w->client[client]->inbox;
}
