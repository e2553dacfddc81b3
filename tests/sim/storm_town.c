/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "storm_town.h"
#include <assert.h>
#include <stdlib.h>

const char *shape_name(enum shape s)
{
	static const char *const names[SHAPE_COUNT] = {"line",	 "ring",  "grid", "graph",
						       "street", "radio", "mixed"};

	return names[s];
}

unsigned town_below(struct town *t, unsigned n)
{
	return prng_below(&t->prng, n);
}

bool town_chance(struct town *t, unsigned percent)
{
	return town_below(t, 100) < percent;
}

/* ---- building ---- */

static uint16_t any_mtu(struct town *t)
{
	static const uint16_t often[] = {600, 1000, 1280, 1400, 1500, 1532};

	if (!t->mixed_mtu)
		return 1532;
	return town_chance(t, 60) ? often[town_below(t, 6)]
				  : (uint16_t)(600 + town_below(t, 1532 - 600 + 1));
}

static struct segment_conf any_wire(struct town *t)
{
	struct segment_conf c = {.delay = {20 + town_below(t, 2000)}, .mtu_bytes = any_mtu(t)};

	if (town_chance(t, 10)) { /* a VPN */
		c.delay = span_ms(10 + town_below(t, 40));
		c.jitter = span_ms(town_below(t, 5));
		c.loss_percent = (uint8_t)(t->lossy ? town_below(t, 4) : 0);
	}
	return c;
}

static struct segment_conf any_radio(struct town *t)
{
	return (struct segment_conf){
		.wifi = true,
		.delay = {300 + town_below(t, 3000)},
		.jitter = {town_below(t, 5000)},
		.loss_percent = (uint8_t)(t->lossy ? town_below(t, 31) : 0),
		.mtu_bytes = any_mtu(t),
	};
}

static unsigned segment_add(struct town *t, struct segment_conf conf)
{
	assert(t->segments < TOWN_SEGMENTS_MAX);
	t->segment[t->segments] = conf;
	unsigned s = world_segment(t->world, &conf);
	assert(s == t->segments);
	return t->segments++;
}

static void join(struct town *t, unsigned node, unsigned segment)
{
	struct town_node *n = &t->node[node];

	assert(n->ports < TOWN_PORTS_MAX);
	n->port[n->ports++] = (struct town_port){.segment = segment};
	world_join(t->world, node, segment);
}

static void wire_add(struct town *t, unsigned a, unsigned b)
{
	if (t->node[a].ports == TOWN_PORTS_MAX || t->node[b].ports == TOWN_PORTS_MAX)
		return;
	unsigned s = segment_add(t, town_chance(t, 20) ? any_radio(t) : any_wire(t));

	join(t, a, s);
	join(t, b, s);
}

/* b does not hear a, and mostly a not b. Either is enough to make the pair no link. */
static void deaf_add(struct town *t, unsigned segment, unsigned a, unsigned b)
{
	assert(t->deafs < TOWN_DEAFS_MAX);
	t->deaf[t->deafs++] = (struct town_deaf){segment, a, b};
	if (town_chance(t, 80))
		world_deaf(t->world, segment, a, b);
	else
		world_deaf_one_way(t->world, segment, a, b);
}

static void grid_build(struct town *t)
{
	unsigned width = 2 + town_below(t, 3);

	for (unsigned i = 0; i < t->nodes; i++) {
		if ((i + 1) % width != 0 && i + 1 < t->nodes)
			wire_add(t, i, i + 1);
		if (i + width < t->nodes)
			wire_add(t, i, i + width);
	}
}

static void graph_build(struct town *t)
{
	for (unsigned i = 1; i < t->nodes; i++)
		wire_add(t, i, town_below(t, i));
	for (unsigned extra = town_below(t, t->nodes); extra > 0; extra--) {
		unsigned a = town_below(t, t->nodes), b = town_below(t, t->nodes);

		if (a != b)
			wire_add(t, a, b);
	}
}

/* Nodes from..to-1 on one channel; some pairs do not hear each other. Each can hear one
 * that came before it, so that all are connected. */
static void channel_build(struct town *t, unsigned from, unsigned to, bool all_hear)
{
	unsigned s = segment_add(t, any_radio(t));

	for (unsigned i = from; i < to; i++)
		join(t, i, s);
	for (unsigned i = from + 1; !all_hear && i < to; i++) {
		unsigned near = from + town_below(t, i - from);

		for (unsigned j = from; j < i; j++) {
			if (j != near && town_chance(t, 65))
				deaf_add(t, s, i, j);
		}
	}
}

static void mixed_build(struct town *t)
{
	unsigned backbone = 1 + town_below(t, 3);

	for (unsigned i = 0; i < t->nodes; i += backbone + 1) {
		unsigned end = i + backbone + 2;

		channel_build(t, i, end < t->nodes ? end : t->nodes, town_chance(t, 50));
	}
	for (unsigned wires = town_below(t, t->nodes + 1); wires > 0; wires--) {
		unsigned a = town_below(t, t->nodes), b = town_below(t, t->nodes);

		if (a != b)
			wire_add(t, a, b);
	}
	if (town_chance(t, 40)) {
		unsigned s = segment_add(t, any_wire(t));

		for (unsigned i = 0; i < t->nodes; i++) {
			if (t->node[i].ports < TOWN_PORTS_MAX && town_chance(t, 50))
				join(t, i, s);
		}
	}
}

static void shape_build(struct town *t)
{
	switch (t->shape) {
	case SHAPE_LINE:
	case SHAPE_RING:
		for (unsigned i = 0; i + 1 < t->nodes; i++)
			wire_add(t, i, i + 1);
		if (t->shape == SHAPE_RING && t->nodes > 2)
			wire_add(t, t->nodes - 1, 0);
		break;
	case SHAPE_GRID: grid_build(t); break;
	case SHAPE_GRAPH: graph_build(t); break;
	case SHAPE_STREET: channel_build(t, 0, t->nodes, true); break;
	case SHAPE_RADIO: channel_build(t, 0, t->nodes, false); break;
	case SHAPE_MIXED: mixed_build(t); break;
	case SHAPE_COUNT: abort();
	}
}

static void node_add(struct town *t, unsigned i)
{
	static const int64_t intervals_ms[] = {300, 500, 1000, 2000};
	struct node_conf conf = {.plan = plan_conf_default(), .l2 = l2_conf_default()};

	if (t->mixed_pace)
		conf.l2.orig_interval = span_ms(intervals_ms[town_below(t, 4)]);
	unsigned node = world_node_with(t->world, &conf);
	assert(node == i);
	t->node[i].alive = true;
}

void town_open(struct town *t, uint64_t seed)
{
	*t = (struct town){.seed = seed, .world = world_new(seed)};
	prng_seed(&t->prng, seed * 2 + 1);
	t->shape = (enum shape)town_below(t, SHAPE_COUNT);
	t->lossy = town_chance(t, 60);
	t->mixed_mtu = town_chance(t, 50);
	t->mixed_pace = town_chance(t, 20);
	t->nodes = 2 + town_below(t, town_chance(t, 6) ? 20 : 8);
	t->clients = 2 + town_below(t, 9);
	for (unsigned i = 0; i < t->nodes; i++)
		node_add(t, i);
	shape_build(t);
	for (unsigned c = 0; c < t->clients; c++) {
		world_client(t->world, 0);
		world_vanish(t->world, c);
		t->client[c].at = WORLD_NOWHERE;
	}
}

void town_close(struct town *t)
{
	world_free(t->world);
}

/* ---- what happens ---- */

void town_kill(struct town *t, unsigned node)
{
	world_kill(t->world, node);
	t->node[node].alive = false;
}

void town_start(struct town *t, unsigned node, bool same_boot)
{
	if (same_boot)
		world_restart(t->world, node);
	else
		world_start(t->world, node);
	t->node[node].alive = true;
}

void town_cut(struct town *t, unsigned node, unsigned port, bool carrier)
{
	struct town_port *p = &t->node[node].port[port];

	world_cut(t->world, node, p->segment, carrier);
	p->cut = true;
}

void town_heal(struct town *t, unsigned node, unsigned port)
{
	struct town_port *p = &t->node[node].port[port];

	world_heal(t->world, node, p->segment);
	p->cut = false;
}

void town_side(struct town *t, unsigned node, unsigned port, uint8_t side)
{
	struct town_port *p = &t->node[node].port[port];

	world_side(t->world, node, p->segment, side);
	p->side = side;
}

void town_weather(struct town *t, unsigned percent)
{
	for (unsigned s = 0; s < t->segments; s++) {
		struct segment_conf *conf = &t->segment[s];

		conf->loss_percent = (uint8_t)(conf->loss_percent * percent / 100);
		world_change(t->world, s, conf);
	}
}

void town_fit(struct town *t, unsigned segment)
{
	t->segment[segment].mtu_bytes = any_mtu(t);
	world_change(t->world, segment, &t->segment[segment]);
}

void town_come(struct town *t, unsigned client, unsigned node, bool seen)
{
	world_roam(t->world, client, node, seen);
	t->client[client].at = node;
}

void town_mistake(struct town *t, unsigned client, unsigned node)
{
	unsigned at = t->client[client].at;

	world_roam(t->world, client, node, true);
	if (at == WORLD_NOWHERE)
		world_vanish(t->world, client);
	else
		world_roam(t->world, client, at, false);
}

void town_leave(struct town *t, unsigned client, bool told)
{
	if (told)
		world_leave(t->world, client);
	world_vanish(t->world, client);
	t->client[client].at = WORLD_NOWHERE;
}

void town_send(struct town *t, unsigned client, unsigned to, size_t len)
{
	bool all = to == WORLD_NOWHERE;
	struct mac dst = all ? MAC_BROADCAST : world_client_mac(t->world, to);

	t->floodable++;
	world_send(t->world, client, dst, ++t->sent, len);
}

/* ---- the truth ---- */

static bool hear(const struct town *t, unsigned a, unsigned b)
{
	const struct town_node *na = &t->node[a], *nb = &t->node[b];

	for (unsigned i = 0; i < na->ports * nb->ports; i++) {
		const struct town_port *p = &na->port[i / nb->ports], *q = &nb->port[i % nb->ports];
		bool deaf = p->segment != q->segment || p->cut || q->cut || p->side != q->side;

		for (unsigned d = 0; d < t->deafs && !deaf; d++) {
			const struct town_deaf *x = &t->deaf[d];

			deaf = x->segment == p->segment &&
			       ((x->a == a && x->b == b) || (x->a == b && x->b == a));
		}
		if (!deaf)
			return true;
	}
	return false;
}

void town_parts(const struct town *t, unsigned part[TOWN_NODES_MAX])
{
	for (unsigned i = 0; i < t->nodes; i++)
		part[i] = t->node[i].alive ? i : WORLD_NOWHERE;
	for (unsigned a = 0; a < t->nodes; a++) {
		for (unsigned b = 0; b < a; b++) {
			unsigned from = part[a], to = part[b];

			if (from == to || !t->node[a].alive || !t->node[b].alive || !hear(t, a, b))
				continue;
			for (unsigned i = 0; i < t->nodes; i++)
				part[i] = part[i] == from ? to : part[i];
		}
	}
}

bool town_is_served(const struct town *t, unsigned client)
{
	unsigned at = t->client[client].at;

	return at != WORLD_NOWHERE && t->node[at].alive;
}
