/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "sim/check.h"
#include "sim/run.h"
#include "sim/world_internal.h"

enum {
	CIRCLE_MAX_S = 10, /* longer, and packets turn round and round */
	HOLE_MAX_S = 90,   /* links are judged anew, a node's restart is believed */
	WAYS_MAX = 20000,  /* looked at in the calm */
};

/* Links that lose half of what they carry, or bring old frames, may be no links. */
static bool is_rough(const struct run *r)
{
	return faults_active(r->faults, FAULT_LOSS) > 0 ||
	       faults_active(r->faults, FAULT_REORDER) > 0;
}

/* Has each node routes to as many others as it could reach? */
static bool all_routed(const struct run *r)
{
	uint32_t *size = world_alloc(r->layout.nodes * sizeof(*size));
	bool all = true;

	for (unsigned i = 0; i < r->layout.nodes; i++) {
		if (r->part[i] != UINT32_MAX)
			size[r->part[i]]++;
	}
	for (unsigned i = 0; i < r->layout.nodes && all; i++)
		all = r->part[i] == UINT32_MAX || world_routes(r->world, i) + 1 >= size[r->part[i]];
	free(size);
	return all;
}

void check_pairs(struct run *r, const struct check *self)
{
	const instant now = world_now(r->world);
	bool rough = is_rough(r), all = true;

	for (unsigned i = 0; i < r->pairs; i++) {
		struct run_pair *p = &r->pair[i];
		bool could = run_joined(r, p->a, p->b);
		int hops = could ? world_walk(r->world, p->a, p->b, NULL) : 0;

		r->figures.looked += could;
		r->figures.reached += could && hops >= 0;
		all = all && hops >= 0;
		if (check_lasts(&p->circle, hops == -2, now, span_s(CIRCLE_MAX_S)))
			run_violated(r, self, "from node %u to %u in a circle for %d s", p->a, p->b,
				     CIRCLE_MAX_S);
		if (check_lasts(&p->hole, hops == -1 && !rough, now, span_s(HOLE_MAX_S)))
			run_violated(r, self, "no way from node %u to %u for %d s", p->a, p->b,
				     HOLE_MAX_S);
	}
	if (all && r->figures.converged.us < 0 && all_routed(r))
		r->figures.converged = instant_since(now, (instant){1000000});
}

void check_numbers(struct run *r, const struct check *self)
{
	for (unsigned i = 0; i < r->pairs; i++) {
		struct run_pair *p = &r->pair[i];
		struct l3_node_view v;
		uint32_t life_a = world_life(r->world, p->a), life_b = world_life(r->world, p->b);

		if (!world_alive(r->world, p->a) || !world_alive(r->world, p->b))
			continue;
		struct l3 *a = world_node_at(r->world, p->a)->l3;
		struct digest id = l3_id(world_node_at(r->world, p->b)->l3);

		if (!l3_node_find(a, world_node_now(r->world, p->a), &id, &v) ||
		    v.state != L3_NODE_DESCRIBED)
			continue;
		const uint64_t gone_a = l3_counters(a)->nodes_gone;
		/* Who starts anew, or forgot it, may hear an old description first; who forgot all
		 * is another. */
		if (p->life_a == life_a && p->life_b == life_b && p->gone_a == gone_a &&
		    v.desc_sqn < p->desc_sqn)
			run_violated(r, self, "node %u had number %u of node %u, and now %u", p->a,
				     p->desc_sqn, p->b, v.desc_sqn);
		p->desc_sqn = v.desc_sqn;
		p->life_a = life_a;
		p->life_b = life_b;
		p->gone_a = gone_a;
	}
}

bool check_ways(struct run *r, char why[CHECK_TEXT])
{
	const uint64_t all = (uint64_t)r->layout.nodes * r->layout.nodes;
	const uint64_t step = all > WAYS_MAX ? all / WAYS_MAX : 1;
	unsigned bad = 0;

	for (uint64_t i = 0; i < all; i += step) {
		unsigned a = (unsigned)(i / r->layout.nodes), b = (unsigned)(i % r->layout.nodes);
		int hops;

		if (a == b || !run_joined(r, a, b))
			continue;
		hops = world_walk(r->world, a, b, NULL);
		if (hops < 0 && bad++ == 0)
			snprintf(why, CHECK_TEXT, "from node %u to %u there is %s", a, b,
				 hops == -1 ? "no way" : "a circle");
	}
	return bad == 0;
}
