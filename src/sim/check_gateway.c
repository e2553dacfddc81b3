/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "sim/check.h"
#include "sim/run.h"
#include "sim/world_internal.h"

enum {
	DARK_MAX_S = 30,
	STEADY_S = 120,
	MOVES_MAX = 2, /* in that time, while nothing is wrong */
	WALK_GAP_MS = 1500,
	COPIES = 3,	   /* of a broadcast, by each port that knows it */
	FLOODS_MORE = 200, /* what came twice, and what was under way when a node started anew */
};

void check_loops(struct run *r, const struct check *self)
{
	const struct world_internet in = world_internet(r->world);

	if (in.circled > r->looped_before)
		run_violated(r, self, "%u packets for the Internet came to a node twice, node %u",
			     (unsigned)(in.circled - r->looped_before), in.circled_at);
	r->looped_before = in.circled;
}

/* Can all living nodes of its cloud reach it within the cloud? Answers come to any of them. */
static bool cloud_is_whole(const struct run *r, unsigned node)
{
	const unsigned cloud = r->layout.node[node].cloud;

	if (faults_forged(r->faults, cloud))
		return false;
	for (uint32_t i = r->cloud_first[cloud]; i < r->cloud_first[cloud + 1]; i++) {
		const unsigned peer = r->cloud_node[i];

		if (world_alive(r->world, peer) && r->cloud_part[peer] != r->cloud_part[node])
			return false;
	}
	return true;
}

/* Could it have the Internet: is there an honest gateway, with a way there and back? */
static bool could_reach(const struct run *r, unsigned node)
{
	instant since;

	if (!world_alive(r->world, node) || r->world->place[node]->hangs)
		return false;
	/* Who lies believes in its own uplink. */
	if (world_uplink_of(r->world, node, &since) == WORLD_UPLINK_LIES)
		return false;
	for (unsigned g = 0; g < r->layout.nodes; g++) {
		if (r->uplink[g].kind == WORLD_UPLINK_NONE || !run_is_honest(r, g) ||
		    !run_joined(r, node, g))
			continue;
		if (world_walk(r->world, node, g, NULL) >= 0 &&
		    world_walk(r->world, g, node, NULL) >= 0)
			return cloud_is_whole(r, node);
	}
	return false;
}

/* exit: of world_exit. */
static bool leads_out(const struct run *r, int exit)
{
	instant since;

	return exit >= 0 && world_uplink_of(r->world, (unsigned)exit, &since) == WORLD_UPLINK_WORKS;
}

static bool reaches(const struct run *r, unsigned node)
{
	return leads_out(r, world_exit(r->world, node));
}

/* They may go by another gateway than their node does. */
static void clients_dark(struct run *r, const struct check *self, bool rough)
{
	for (unsigned i = 0; i < r->conf.clients; i++) {
		struct run_client *c = &r->client[i];
		bool dark = !rough && run_client_served(r, i) &&
			    !leads_out(r, world_exit_of_client(r->world, i)) &&
			    could_reach(r, world_client_at(r->world, i));

		if (check_lasts(&c->dark, dark, world_now(r->world), span_s(DARK_MAX_S)))
			run_violated(r, self, "client %u is without Internet for %d s", i,
				     DARK_MAX_S);
	}
}

void check_dark(struct run *r, const struct check *self)
{
	const bool rough = faults_active(r->faults, FAULT_LOSS) > 0 ||
			   faults_active(r->faults, FAULT_REORDER) > 0;

	for (unsigned i = 0; i < r->exits; i++) {
		struct run_exit *e = &r->exit[i];
		bool reached = reaches(r, e->node);
		bool dark = !reached && !rough && could_reach(r, e->node);

		r->figures.exits_looked += reached || dark;
		r->figures.exits_reached += reached;
		if (check_lasts(&e->dark, dark, world_now(r->world), span_s(DARK_MAX_S)))
			run_violated(r, self, "node %u is without Internet for %d s", e->node,
				     DARK_MAX_S);
	}
	if (r->exits > 0)
		clients_dark(r, self, rough);
}

/* It was left for another one, though all was well with it, and nothing is wrong in between. */
static bool left_for_nothing(const struct run *r, const struct run_exit *e, int now)
{
	return e->at >= 0 && now >= 0 && e->at != now && run_is_honest(r, (unsigned)e->at) &&
	       run_joined(r, e->node, (unsigned)e->at) &&
	       world_walk(r->world, e->node, (unsigned)e->at, NULL) >= 0;
}

void check_walks(struct run *r, const struct check *self)
{
	const int64_t ms = span_to_ms(r->walk_gap);

	r->walk_gap = span_us(0);
	if (ms > WALK_GAP_MS)
		run_violated(r, self, "a walk took %d ms of a client's Internet", (int)ms);
}

void check_steady(struct run *r, const struct check *self)
{
	const instant now = world_now(r->world);

	for (unsigned i = 0; i < r->exits; i++) {
		struct run_exit *e = &r->exit[i];
		const int exit = world_exit(r->world, e->node);

		if (!instant_before(now, instant_add(e->since, span_s(STEADY_S)))) {
			e->since = now;
			e->moves = 0;
		}
		e->moves += run_is_quiet(r) && left_for_nothing(r, e, exit);
		e->at = exit;
		if (e->moves <= MOVES_MAX)
			continue;
		run_violated(r, self, "node %u left %u gateways that work in %d s", e->node,
			     e->moves, STEADY_S);
		e->moves = 0;
	}
}

bool check_exits(struct run *r, char why[CHECK_TEXT])
{
	for (unsigned i = 0; i < r->exits; i++) {
		const unsigned node = r->exit[i].node;

		if (reaches(r, node) || !could_reach(r, node))
			continue;
		snprintf(why, CHECK_TEXT, "node %u does not reach the Internet", node);
		return false;
	}
	return true;
}

/* A node remembers for a while that a gateway could not be reached from it. */
static bool is_bad_for(const struct run *r, unsigned node, const struct digest *gateway)
{
	const struct proof *p =
		tunnels_proof(world_node_at(r->world, node)->tunnels, false, gateway);

	return p && p->verdict == GW_BAD;
}

void check_one_exit(struct run *r, const struct check *self)
{
	const struct run_split s = r->split;
	struct digest before;

	r->split.client = WORLD_NOWHERE;
	if (s.client == WORLD_NOWHERE || !run_client_served(r, s.client))
		return;
	before = l3_id(world_node_at(r->world, s.before)->l3);
	if (!is_bad_for(r, world_client_at(r->world, s.client), &before))
		run_violated(r, self, "client %u went by node %u, and after a walk by %u", s.client,
			     s.before, s.after);
}

static struct exits_family_view exit_at(const struct run *r, unsigned node, struct mac client)
{
	struct exits_view v = {.here = false};
	const struct node *x = world_node_at(r->world, node);

	if (!x->exits || !exits_find(x->exits, world_node_now(r->world, node), client, &v))
		v.family[0].cause = PIN_NONE;
	return v.family[0];
}

/* Of a client with a gateway, other nodes of its cloud that should know it. */
struct pin_look {
	unsigned looked, agreed;
	unsigned strange; /* one that does not */
};

/* But those where that gateway is known to be bad. */
static struct pin_look pin_look(const struct run *r, unsigned client)
{
	const unsigned at = world_client_at(r->world, client), cloud = r->client[client].cloud;
	const struct mac mac = world_client_mac(r->world, client);
	const struct exits_family_view home = exit_at(r, at, mac);
	struct pin_look l = {.looked = 0};

	for (uint32_t k = r->cloud_first[cloud]; k < r->cloud_first[cloud + 1]; k++) {
		const unsigned node = r->cloud_node[k];
		struct exits_family_view other;
		bool agrees;

		if (node == at || home.cause == PIN_NONE || !run_joined(r, node, at) ||
		    is_bad_for(r, node, &home.to))
			continue;
		other = exit_at(r, node, mac);
		agrees = other.cause != PIN_NONE && digest_equal(&home.to, &other.to);
		l.looked++;
		l.agreed += agrees;
		if (!agrees)
			l.strange = node;
	}
	return l;
}

static bool has_asked(const struct run *r, unsigned client)
{
	return run_client_served(r, client) && world_session(r->world, client).last.us > 0;
}

bool check_pins(struct run *r, char why[CHECK_TEXT])
{
	for (unsigned i = 0; r->conf.uplinks > 0 && i < r->conf.clients; i++) {
		const struct pin_look l = has_asked(r, i) ? pin_look(r, i)
							  : (struct pin_look){.looked = 0};

		if (l.agreed == l.looked)
			continue;
		snprintf(why, CHECK_TEXT, "node %u does not know the gateway of client %u at %u",
			 l.strange, i, world_client_at(r->world, i));
		return false;
	}
	return true;
}

void run_pins_count(struct run *r)
{
	for (unsigned i = 0; r->conf.uplinks > 0 && i < r->conf.clients; i++) {
		struct pin_look l;

		if (!has_asked(r, i))
			continue;
		l = pin_look(r, i);
		r->figures.pins_looked += l.looked;
		r->figures.pins_agreed += l.agreed;
	}
}

bool check_offers(struct run *r, char why[CHECK_TEXT])
{
	for (unsigned i = 0; i < r->layout.nodes; i++) {
		bool offers = world_alive(r->world, i) &&
			      world_node_at(r->world, i)->uplink.family[0].offered;
		instant since;

		if (offers ? world_uplink_of(r->world, i, &since) == WORLD_UPLINK_WORKS
			   : !run_is_honest(r, i))
			continue;
		snprintf(why, CHECK_TEXT,
			 offers ? "node %u offers what it has not"
				: "node %u does not offer its Internet",
			 i);
		return false;
	}
	return true;
}

/* Each port of each node of a cloud sends each of its broadcasts a few times at most. */
void check_floods(struct run *r, const struct check *self)
{
	for (unsigned c = 0; c < r->layout.clouds; c++) {
		uint64_t sent = 0, begun = 0, ports = 0;

		for (uint32_t i = r->cloud_first[c]; i < r->cloud_first[c + 1]; i++) {
			const unsigned node = r->cloud_node[i];
			uint16_t segment[PORT_MAX];

			sent += world_traffic_of(r->world, node).bcast_frames;
			begun += world_floods(r->world, node);
			ports += world_segments_of(r->world, node, segment);
		}
		if (sent <= (begun + FLOODS_MORE) * ports * COPIES || r->flooded)
			continue;
		r->flooded = true;
		run_violated(r, self, "%u frames for %u broadcasts in cloud %u", (unsigned)sent,
			     (unsigned)begun, c);
	}
}
