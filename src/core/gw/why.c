/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include "core/gw/internal.h"
#include "core/gw/match.h"

static const char *const names[GW_REASONS] = {
	[GW_CHOSEN] = "chosen",	    [GW_WORSE] = "worse",	  [GW_OVERLAPPED] = "overlapped",
	[GW_NO_ROUTE] = "no-route", [GW_WORTHLESS] = "worthless", [GW_FULL] = "full",
	[GW_FAMILY] = "family",	    [GW_PROTO] = "proto",	  [GW_LENGTH] = "length",
	[GW_APART] = "apart",	    [GW_LOCAL] = "local",	  [GW_NAMED] = "name",
	[GW_NODE] = "node",	    [GW_IGNORED] = "ignored",	  [GW_NO_SOURCE] = "no-source",
	[GW_INGRESS] = "ingress",
};

const char *gw_reason_name(enum gw_reason reason)
{
	assert(reason < GW_REASONS);
	return names[reason];
}

static enum gw_reason candidate_reason(const struct gw_candidate *c)
{
	if (gw_candidate_active(c))
		return GW_CHOSEN;
	if (c->node->metric < METRIC_ROUTABLE)
		return GW_NO_ROUTE;
	if (c->metric == 0)
		return GW_WORTHLESS;
	return c->route->overlapped ? GW_OVERLAPPED : GW_WORSE;
}

static const struct gw_candidate *candidate_find(const struct gw_node *n, uint32_t network,
						 unsigned slot)
{
	list_each (c, &n->candidates, struct gw_candidate, of_node) {
		if (c->network == network && c->slot == slot)
			return c;
	}
	return NULL;
}

static void explain_one(const struct gw *g, const struct gw_node *n, uint32_t network,
			unsigned slot, struct gw_why *why)
{
	why->network = &n->network[network];
	why->slot = slot;
	why->search = &g->search[slot];
	why->reason = gw_match(g, why->search, n, why->network);
	why->metric = 0;
	if (why->reason != GW_CHOSEN)
		return;
	const struct gw_candidate *c = candidate_find(n, network, slot);

	why->reason = c ? candidate_reason(c) : GW_FULL;
	why->metric = c ? c->metric : 0;
}

void gw_explain(const struct gw *g, gw_tell *tell, void *ctx)
{
	list_each (n, &g->all_nodes, struct gw_node, all) {
		struct gw_why why = {.node = &n->id, .name = n->name};

		for (uint32_t network = 0; network < n->networks; network++) {
			for (unsigned slot = 0; slot < GW_SEARCHES_MAX; slot++) {
				if (!g->used[slot])
					continue;
				explain_one(g, n, network, slot, &why);
				tell(ctx, &why);
			}
		}
	}
}
