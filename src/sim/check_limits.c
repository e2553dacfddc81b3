/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "sim/check.h"
#include "sim/run.h"
#include "sim/world_internal.h"

enum {
	EACH_S = 10, /* a tenth of the nodes each second */
	MEMORY_MORE_PERCENT = 25,
	MEMORY_MORE_BYTES = 100000, /* of a node: others' tables double when they fill */
	/* The budget of a node, in bytes a second: */
	BYTES_BASE = 3000,
	BYTES_ORIGINATOR = 150, /* of its cloud, on each port: an OGM with a table's head */
	BYTES_NODE = 40,	/* of the network, on each port */
	BYTES_CLIENT = 300,	/* of its cloud: frames, and news of its lease */
};

static const char *over(const struct run *r, unsigned node)
{
	const struct node *x = world_node_at(r->world, node);
	const struct l2_conf *c = &x->l2.conf;

	if (x->l2.pool.used_bytes > c->memory_max_bytes)
		return "memory of the cloud's engine";
	if (x->l2.originators.count > c->originators_max)
		return "originators";
	if (x->l2.local.count > c->clients_here_max || x->l2.global.count > c->clients_max)
		return "clients";
	if (x->share && share_memory(x->share) > share_conf_default().memory_max_bytes)
		return "memory of records";
	if (x->l3 && l3_memory(x->l3) > x->conf.network.memory_max_bytes)
		return "memory of the network's engine";
	if (x->l3 &&
	    l3_nodes(x->l3, world_node_now(r->world, node), NULL, 0) > x->conf.network.nodes_max)
		return "nodes of the network";
	return NULL;
}

void check_limits(struct run *r, const struct check *self)
{
	unsigned start = (unsigned)(world_now(r->world).us / 1000000 % EACH_S);

	for (unsigned i = start; i < r->layout.nodes; i += EACH_S) {
		const char *what;

		if (!world_alive(r->world, i))
			continue;
		what = over(r, i);
		if (what)
			run_violated(r, self, "node %u has too many: %s", i, what);
		if (world_routes(r->world, i) > r->layout.nodes)
			run_violated(r, self, "node %u has %u routes", i,
				     world_routes(r->world, i));
	}
}

size_t run_memory(const struct run *r, unsigned node)
{
	const struct node *x = world_node_at(r->world, node);

	if (!world_alive(r->world, node))
		return 0;
	return x->l2.pool.used_bytes + (x->share ? share_memory(x->share) : 0) +
	       (x->l3 ? l3_memory(x->l3) : 0) + (x->tunnels ? tunnels_memory(x->tunnels) : 0);
}

bool check_memory(struct run *r, char why[CHECK_TEXT])
{
	size_t now = 0, most;

	for (unsigned i = 0; i < r->layout.nodes; i++)
		now += run_memory(r, i);
	most = r->memory_before + r->memory_before * MEMORY_MORE_PERCENT / 100 +
	       (size_t)MEMORY_MORE_BYTES * r->layout.nodes;
	if (now <= most)
		return true;
	snprintf(why, CHECK_TEXT, "tables of all nodes have %zu bytes, before the faults %zu", now,
		 r->memory_before);
	return false;
}

/* With a budget that grows as what there is to tell does. */
bool check_bytes(struct run *r, char why[CHECK_TEXT])
{
	const int64_t s = instant_since(world_now(r->world), r->bytes_since).us / 1000000;
	uint64_t sum = 0;
	bool good = true;

	r->figures.calm_bytes_s_max = 0;
	for (unsigned i = 0; i < r->layout.nodes; i++) {
		const struct world_traffic t = world_traffic_of(r->world, i);
		uint64_t now = t.bytes + t.datagram_bytes, bytes = now - r->bytes_before[i];
		unsigned cloud = r->layout.node[i].cloud;
		uint64_t peers = r->cloud_first[cloud + 1] - r->cloud_first[cloud];
		uint16_t segment[PORT_MAX];
		uint64_t ports = world_segments_of(r->world, i, segment);
		uint64_t budget =
			BYTES_BASE +
			ports * (peers * BYTES_ORIGINATOR + r->layout.nodes * BYTES_NODE) +
			r->conf.clients / r->layout.clouds * BYTES_CLIENT;

		bytes /= s > 0 ? (uint64_t)s : 1;
		sum += bytes;
		if (bytes > r->figures.calm_bytes_s_max)
			r->figures.calm_bytes_s_max = bytes;
		if (bytes <= budget || !good)
			continue;
		good = false;
		snprintf(why, CHECK_TEXT, "node %u sends %u bytes a second, budget %u", i,
			 (unsigned)bytes, (unsigned)budget);
	}
	r->figures.calm_bytes_s = sum / r->layout.nodes;
	return good;
}
