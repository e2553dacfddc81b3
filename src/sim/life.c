/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "sim/run.h"
#include "sim/world_internal.h"

enum {
	STEPS = 10, /* in a second: clients act in turns */
	FRAME_BYTES = 200,
	FRAME_MOST_BYTES = 1500,
	BIG_OF = 4,	  /* one of so many frames is as big as can be */
	BROADCAST_OF = 8, /* ... is for all; and one is for the gateway, which answers all */
	/* Each in so many seconds, on average: */
	TALK_S = 5,
	TALK_CALM_S = 2,
	ROAM_S = 90,
	AWAY_S = 400, /* it goes ... */
	BACK_S = 40,  /* ... and comes back */
	SLEEP_S = 200,
	WAKE_S = 60,
	GONE_TOLD = 2, /* one of so many nodes notices that a client went */
	ASK_S = 5,     /* the Internet */
	QUIET_S = 30,  /* after a fault */
	/* Steps of asking all along: before a walk, so that the client is pinned, and in all: */
	STREAM_BEFORE = 3 * STEPS,
	STREAM_ALL = 6 * STEPS,
};

static bool once_in(struct run *r, unsigned seconds)
{
	return prng_below(&r->prng, seconds) == 0;
}

unsigned run_node_of_cloud(struct run *r, unsigned cloud)
{
	uint32_t first = r->cloud_first[cloud], count = r->cloud_first[cloud + 1] - first;

	return r->cloud_node[first + prng_below(&r->prng, count)];
}

bool run_client_served(const struct run *r, unsigned client)
{
	unsigned at = world_client_at(r->world, client);

	return at != WORLD_NOWHERE && world_alive(r->world, at);
}

uint64_t run_received(const struct run *r, unsigned client)
{
	const struct world_inbox *in = world_inbox(r->world, client);

	return in->frames - in->broadcasts;
}

/* Of a town file, where it says; all others by chance. */
static unsigned first_node(struct run *r, unsigned client)
{
	const struct town *t = r->conf.town;

	if (t && client < t->client_count && t->clients[client].at != TOWN_NONE)
		return t->clients[client].at;
	return run_node_of_cloud(r, client / 2 % r->layout.clouds);
}

/* Each with the next one of its cloud. */
static void peers_choose(struct run *r)
{
	for (unsigned i = 0; i < r->conf.clients; i++) {
		struct run_client *c = &r->client[i];

		for (unsigned k = i + 1; c->peer == i && k < r->conf.clients; k++) {
			if (r->client[k].cloud != c->cloud || r->client[k].peer != k)
				continue;
			c->peer = (uint16_t)k;
			r->client[k].peer = (uint16_t)i;
		}
	}
}

void life_init(struct run *r)
{
	for (unsigned i = 0; i < r->conf.clients; i++) {
		struct run_client *c = &r->client[i];
		unsigned at = first_node(r, i);
		unsigned client = world_client(r->world, at);

		c->cloud = r->layout.node[at].cloud;
		c->peer = (uint16_t)i;
		c->away = true;
		world_vanish(r->world, client);
	}
	peers_choose(r);
}

static void come(struct run *r, unsigned i)
{
	unsigned node = r->conf.town && !r->client[i].came
				? first_node(r, i)
				: run_node_of_cloud(r, r->client[i].cloud);

	if (!world_alive(r->world, node))
		return;
	r->client[i].away = false;
	r->client[i].came = true;
	world_roam(r->world, i, node, true);
	world_want(r->world, i, true);
	r->figures.arrivals++;
}

static void go(struct run *r, unsigned i)
{
	if (prng_below(&r->prng, 2) == 0)
		world_want(r->world, i, false); /* it gives its address back */
	if (prng_below(&r->prng, GONE_TOLD) == 0)
		world_leave(r->world, i);
	world_vanish(r->world, i);
	world_want(r->world, i, false);
	r->client[i].away = true;
	r->figures.leaves++;
}

/* To a neighbour of its node, of the same cloud, if it lives. */
static bool roam(struct run *r, unsigned i)
{
	const struct layout *l = &r->layout;
	unsigned at = world_client_at(r->world, i);
	uint32_t first = l->near_first[at], count = l->near_first[at + 1] - first;
	unsigned to = count > 0 ? l->near[first + prng_below(&r->prng, count)] : at;

	if (l->node[to].cloud != r->client[i].cloud || !world_alive(r->world, to))
		return false;
	world_roam(r->world, i, to, prng_below(&r->prng, 4) > 0);
	r->figures.roams++;
	return true;
}

/* ---- the Internet ---- */

static void ask(struct run *r, unsigned i)
{
	const uint32_t before = world_session(r->world, i).sent;

	world_ask(r->world, i);
	r->figures.asked += world_session(r->world, i).sent - before;
}

/* From now on, and it walks a little later, so that what the walk breaks can be seen. */
void run_walk(struct run *r, unsigned i)
{
	if (r->conf.uplinks == 0 || !run_client_served(r, i)) {
		roam(r, i);
		return;
	}
	if (r->client[i].stream > 0)
		return;
	r->client[i].stream = STREAM_ALL;
	r->streaming[r->streams++] = (uint16_t)i;
	world_session_begin(r->world, i);
}

bool run_is_quiet(const struct run *r)
{
	return !instant_before(world_now(r->world), instant_add(r->quiet_from, span_s(QUIET_S)));
}

static void stream_end(struct run *r, unsigned i)
{
	const struct world_session s = world_session(r->world, i);
	const span silent = instant_since(world_now(r->world), s.last);
	const span gap = span_less(s.gap, silent) ? silent : s.gap;

	if (r->client[i].away || !r->client[i].heard)
		return;
	r->figures.sessions++;
	r->figures.sessions_moved += s.moves > 0;
	if (run_is_quiet(r) && span_less(r->walk_gap, gap))
		r->walk_gap = gap;
	if (s.moves > 0 && run_is_quiet(r) && run_is_honest(r, s.before))
		r->split = (struct run_split){(uint16_t)i, s.before, s.exit};
	if (r->gaps == RUN_GAPS)
		return;
	world_grow(&r->gap_ms, r->gaps, &r->gap_room, sizeof(*r->gap_ms));
	r->gap_ms[r->gaps++] = (uint32_t)span_to_ms(gap);
}

static void streams_step(struct run *r)
{
	for (unsigned k = 0; k < r->streams;) {
		const unsigned i = r->streaming[k];
		struct run_client *c = &r->client[i];

		c->stream--;
		if (!c->away)
			ask(r, i);
		if (c->stream == STREAM_ALL - STREAM_BEFORE)
			c->heard = world_session(r->world, i).answered >= STREAM_BEFORE / 2 &&
				   !c->away && !r->calm && roam(r, i);
		if (c->stream > 0) {
			k++;
			continue;
		}
		stream_end(r, i);
		r->streaming[k] = r->streaming[--r->streams];
	}
}

/* ---- other clients ---- */

static unsigned frame_bytes(struct run *r)
{
	return prng_below(&r->prng, BIG_OF) == 0 ? FRAME_MOST_BYTES : FRAME_BYTES;
}

/* As ARP does: the whole LAN is asked, or the gateway, which is everywhere and so must not be heard
 * by others than those of its node. */
static void talk_to_all(struct run *r, unsigned i)
{
	const unsigned at = world_client_at(r->world, i);
	const bool of_gateway = prng_below(&r->prng, 2) == 0;

	world_send(r->world, i, of_gateway ? world_anycast_mac(r->world, at) : MAC_BROADCAST,
		   ++r->client[i].number, frame_bytes(r));
	if (of_gateway)
		world_anycast_speaks(r->world, at);
}

static void talk(struct run *r, unsigned i)
{
	struct run_client *c = &r->client[i], *peer = &r->client[c->peer];

	if (run_client_served(r, i) && prng_below(&r->prng, BROADCAST_OF / 2) == 0) {
		talk_to_all(r, i);
		return;
	}
	/* One that is alone in its cloud has nobody to talk with. */
	if (c->peer == i || !run_client_served(r, i) || peer->away || peer->asleep)
		return;
	if (peer->received != run_received(r, c->peer))
		peer->unheard = 0;
	peer->received = run_received(r, c->peer);
	peer->unheard++;
	world_send(r->world, i, world_client_mac(r->world, c->peer), ++c->number, frame_bytes(r));
	r->figures.sent += run_client_served(r, c->peer);
}

/* A client whose node died looks for another one, as they do. */
static void act(struct run *r, unsigned i)
{
	struct run_client *c = &r->client[i];

	if (c->away) {
		if (r->calm || once_in(r, BACK_S / 2))
			come(r, i);
		return;
	}
	if (!run_client_served(r, i)) {
		roam(r, i);
		return;
	}
	if (!r->calm) {
		if (once_in(r, AWAY_S)) {
			go(r, i);
			return;
		}
		if (once_in(r, c->asleep ? WAKE_S : SLEEP_S))
			c->asleep = !c->asleep;
		if (!c->asleep && once_in(r, ROAM_S))
			run_walk(r, i);
	} else {
		c->asleep = false;
	}
	if (!c->asleep && once_in(r, r->calm ? TALK_CALM_S : TALK_S))
		talk(r, i);
	if (r->conf.uplinks > 0 && !c->asleep && c->stream == 0 && once_in(r, ASK_S))
		ask(r, i);
}

void life_second(struct run *r)
{
	for (unsigned step = 0; step < STEPS; step++) {
		for (unsigned i = step; i < r->conf.clients; i += STEPS)
			act(r, i);
		streams_step(r);
		world_run(r->world, span_ms(1000 / STEPS));
	}
}
