/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/world.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "sim/cheap_crypto.h"
#include "sim/world_internal.h"

enum { JOB_MS = 5 };

struct world *world_new(uint64_t seed)
{
	struct world *w = world_alloc(sizeof(*w));

	w->now = (instant){1000000};
	w->digest = seed;
	w->crypto = (struct world_crypto){cheap_crypto(), cheap_job, span_ms(JOB_MS)};
	prng_seed(&w->prng, seed);
	pool_init(&w->pool, SIZE_MAX);
	map_init(&w->by_primary, &w->pool, 0);
	shared_init(w);
	return w;
}

void world_crypto(struct world *w, const struct world_crypto *crypto)
{
	assert(w->places == 0);
	w->crypto = *crypto;
}

void world_serve(struct world *w, span lease)
{
	assert(w->places == 0);
	w->lease = lease;
}

void world_clock(struct world *w, unsigned node, int32_t ahead_s)
{
	w->place[node]->clock_ahead_s = ahead_s;
}

void world_drift(struct world *w, unsigned node, int32_t ppm)
{
	struct place *p = w->place[node];

	p->clock = (struct host_clock){w->now, host_now(p), ppm};
	host_tell(p, &(struct ev){.kind = EV_DEADLINE}); /* it wakes at another time */
}

instant world_node_now(const struct world *w, unsigned node)
{
	return host_now(w->place[node]);
}

void world_free(struct world *w)
{
	for (unsigned i = 0; i < w->places; i++) {
		if (w->place[i]->alive)
			node_fini(&w->place[i]->node);
		network_fini(w->place[i]);
		stack_fini(&w->place[i]->lan);
		if (w->place[i]->dhcp)
			dhcp_server_free(w->place[i]->dhcp);
		free(w->place[i]);
	}
	for (unsigned i = 0; i < w->segments; i++)
		segment_fini(&w->segment[i]);
	for (unsigned i = 0; i < w->clients; i++)
		free(w->client[i]);
	queue_fini(&w->queue);
	map_fini(&w->by_primary);
	shared_fini(w);
	pool_fini(&w->pool);
	free(w->place);
	free(w->segment);
	free(w->client);
	free(w);
}

instant world_now(const struct world *w)
{
	return w->now;
}

unsigned world_node_with(struct world *w, const struct node_conf *conf)
{
	struct place *p = world_alloc(sizeof(*p));

	assert(w->places < WORLD_NOWHERE);
	world_grow(&w->place, w->places, &w->place_room, sizeof(*w->place));
	p->fx.emit = host_emit;
	p->world = w;
	p->conf = *conf;
	p->index = (uint16_t)w->places;
	list_init(&p->clients);
	p->lan.self = p->conf.plan.primary_mac = host_bridge_mac(p->index);
	p->seed = prng_u64(&w->prng);
	w->place[w->places++] = p;
	host_boot(p);
	return p->index;
}

unsigned world_node(struct world *w)
{
	struct node_conf conf = {.plan = plan_conf_default(), .l2 = l2_conf_default()};

	return world_node_with(w, &conf);
}

bool world_alive(const struct world *w, unsigned node)
{
	return w->place[node]->alive;
}

struct node *world_node_at(struct world *w, unsigned node)
{
	assert(node < w->places);
	return &w->place[node]->node;
}

struct mac world_node_mac(const struct world *w, unsigned node)
{
	assert(node < w->places);
	return host_port_mac(node, 0);
}

unsigned world_node_of(const struct world *w, struct mac port)
{
	unsigned node, number = host_port_of(port, &node);

	if (node >= w->places || number >= w->place[node]->ports)
		return WORLD_NOWHERE;
	return mac_equal(port, host_port_mac(node, number)) ? node : WORLD_NOWHERE;
}

/* Each has a number. */
static uint32_t floods_of(const struct place *p)
{
	return p->node.l2.flood.seqno - p->flood_first;
}

void world_kill(struct world *w, unsigned node)
{
	struct place *p = w->place[node];

	assert(p->alive);
	p->floods += floods_of(p);
	node_fini(&p->node);
	p->alive = p->hangs = false;
	network_died(p);
	p->seens = 0;
	if (p->dhcp)
		dhcp_server_died(p->dhcp);
}

void world_restart(struct world *w, unsigned node)
{
	struct place *p = w->place[node];

	assert(!p->alive);
	host_boot(p);
	for (unsigned i = 0; i < p->ports; i++)
		host_port_tell(p, i);
}

void world_start(struct world *w, unsigned node)
{
	w->place[node]->seed = prng_u64(&w->prng);
	world_restart(w, node);
}

void world_hang(struct world *w, unsigned node, bool hangs)
{
	struct place *p = w->place[node];
	bool wakes = p->hangs && !hangs;

	p->hangs = hangs;
	if (!wakes)
		return;
	/* What it missed: its kernel knows. */
	for (unsigned i = 0; i < p->ports; i++)
		host_port_tell(p, i);
	internet_tell(p);
}

instant world_born(const struct world *w, unsigned node)
{
	return w->place[node]->born;
}

unsigned world_life(const struct world *w, unsigned node)
{
	return w->place[node]->life;
}

void world_forget(struct world *w, unsigned node)
{
	assert(!w->place[node]->alive);
	network_forget(w->place[node]);
	if (w->place[node]->dhcp)
		dhcp_server_forget(w->place[node]->dhcp);
}

void world_watch(struct world *w, void (*seen)(void *ctx, unsigned node, const struct effect *e),
		 void *ctx)
{
	w->watch = seen;
	w->watch_ctx = ctx;
}

void world_witness(struct world *w, unsigned node, struct node_witness *witness,
		   const struct crypto *crypto)
{
	w->place[node]->witness = witness;
	w->place[node]->crypto = crypto;
}

uint64_t world_seed_of(const struct world *w, unsigned node)
{
	return w->place[node]->seed;
}

void world_tell(struct world *w, unsigned node, const struct ev *ev)
{
	host_tell(w->place[node], ev);
}

bool world_run_until(struct world *w, span at_most, bool (*pred)(struct world *, void *), void *arg)
{
	instant end = instant_add(w->now, at_most);

	for (;;) {
		if (pred && pred(w, arg))
			return true;
		const struct item *next = queue_peek(&w->queue);

		if (!next || instant_before(end, next->at)) {
			w->now = end;
			return false;
		}
		struct item *it = queue_take(&w->queue);
		w->now = it->at;
		host_happen(w, it);
		item_free(it);
	}
}

void world_run(struct world *w, span duration)
{
	world_run_until(w, duration, NULL, NULL);
}

struct world_traffic world_traffic_of(const struct world *w, unsigned node)
{
	struct world_traffic sum = {0};

	for (unsigned i = 0; i < w->place[node]->ports; i++) {
		struct world_traffic t = world_traffic_by(w, node, i);

		sum.frames += t.frames;
		sum.bytes += t.bytes;
		sum.ogm_frames += t.ogm_frames;
		sum.ogm_bytes += t.ogm_bytes;
		sum.bcast_frames += t.bcast_frames;
		sum.tt_requests += t.tt_requests;
		sum.datagrams += t.datagrams;
		sum.datagram_bytes += t.datagram_bytes;
		sum.too_big += t.too_big;
		sum.anycast += t.anycast;
		sum.circled += t.circled;
	}
	return sum;
}

struct world_traffic world_traffic_by(const struct world *w, unsigned node, unsigned port)
{
	assert(port < w->place[node]->ports);
	return w->place[node]->traffic[port];
}

uint64_t world_floods(const struct world *w, unsigned node)
{
	const struct place *p = w->place[node];

	return p->floods + (p->alive ? floods_of(p) : 0);
}

uint64_t world_digest(const struct world *w)
{
	return w->digest;
}

uint64_t world_events(const struct world *w)
{
	return w->events;
}
