/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include "core/gw/internal.h"
#include "core/gw/match.h"

static const char *const names[GW_REASONS] = {
	[GW_CHOSEN] = "chosen",	    [GW_WORSE] = "worse",	  [GW_OVERLAPPED] = "overlapped",
	[GW_NO_ROUTE] = "no-route", [GW_WORTHLESS] = "worthless", [GW_FULL] = "full",
	[GW_DEAD] = "dead",	    [GW_ASKED] = "unproven",	  [GW_UNWISHED] = "not-preferred",
	[GW_HELD] = "held",	    [GW_FAMILY] = "family",	  [GW_PROTO] = "proto",
	[GW_LENGTH] = "length",	    [GW_APART] = "apart",	  [GW_LOCAL] = "local",
	[GW_NAMED] = "name",	    [GW_NODE] = "node",		  [GW_NAMESAKE] = "namesake",
	[GW_IGNORED] = "ignored",   [GW_NO_SOURCE] = "no-source", [GW_INGRESS] = "ingress",
};

const char *gw_reason_name(enum gw_reason reason)
{
	assert(reason < GW_REASONS);
	return names[reason];
}

static enum gw_reason candidate_reason(const struct gw *g, const struct gw_candidate *c)
{
	enum gw_reason reason = gw_candidate_check(g, c);

	if (gw_candidate_active(c))
		return GW_CHOSEN;
	if (reason != GW_CHOSEN)
		return reason;
	if (c->route->holds && c->metric > c->route->held_metric)
		return GW_HELD;
	return c->route->overlapped ? GW_OVERLAPPED : GW_WORSE;
}

/* Candidates come in the order in which they were matched: by search, then network. So the next
 * one is mostly the one after the last. */
static const struct gw_candidate *candidate_find(const struct gw_node *n, uint32_t network,
						 unsigned slot, const struct list **last)
{
	const struct list *next = (*last)->next;

	for (size_t turn = 0; turn < 2; turn++, next = n->candidates.next) {
		for (; next != &n->candidates; next = next->next) {
			const struct gw_candidate *c =
				container_of(next, struct gw_candidate, of_node);

			if (c->network != network || c->slot != slot)
				continue;
			*last = next;
			return c;
		}
	}
	return NULL;
}

static void explain_one(const struct gw *g, const struct gw_node *n, struct gw_why *why,
			const struct list **last)
{
	why->search = &g->search[why->slot];
	why->reason = gw_match(g, why->search, n, why->network);
	why->metric = 0;
	if (why->reason != GW_CHOSEN)
		return;
	const struct gw_candidate *c =
		candidate_find(n, (uint32_t)(why->network - n->network), why->slot, last);

	why->reason = c ? candidate_reason(g, c) : GW_FULL;
	why->key = (struct tunnel_key){why->search->preference, why->search->table,
				       why->search->ip_metric,
				       gw_match_prefix(why->search, why->network)};
	/* As it counts now: the weights kept are of the choice before, with the hysteresis of what
	 * was in use then. */
	why->metric = c ? gw_candidate_weigh(g, c) : 0;
}

void gw_explain(const struct gw *g, gw_tell *tell, void *ctx)
{
	list_each (n, &g->all_nodes, struct gw_node, all) {
		struct gw_why why = {.node = &n->id, .name = n->name};
		const struct list *last = &n->candidates;

		for (; why.slot < GW_SEARCHES_MAX; why.slot++) {
			for (uint32_t i = 0; g->used[why.slot] && i < n->networks; i++) {
				why.network = &n->network[i];
				explain_one(g, n, &why, &last);
				tell(ctx, &why);
			}
		}
	}
}
