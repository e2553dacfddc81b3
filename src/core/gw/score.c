/* SPDX-License-Identifier: GPL-2.0-or-later */
/* score - what of a gateway's offer one client may expect, and how a crowd spreads. */
#include "core/gw/internal.h"
#include "core/gw/match.h"

enum { PERMILLE = 1000 };

static void internet_touch_of(struct gw *g, struct gw_node *n, bool v6)
{
	list_each (c, &n->candidates, struct gw_candidate, of_node) {
		if (gw_candidate_is_internet(c) && c->route->key.prefix.v6 == v6)
			gw_route_touch(g, c->route);
	}
}

void gw_users_set(struct gw *g, bool v6, const struct digest *node, uint32_t clients)
{
	struct gw_node *n = gw_node_find(g, node);

	if (!n || n->users[v6] == clients)
		return;
	n->users[v6] = clients;
	internet_touch_of(g, n, v6);
}

uint32_t gw_users(const struct gw *g, bool v6, const struct digest *node)
{
	const struct gw_node *n = gw_node_find(g, node);

	return n ? n->users[v6] : 0;
}

void gw_damage_set(struct gw *g, bool v6, const struct digest *node, uint32_t permille)
{
	struct gw_node *n = gw_node_find(g, node);

	if (!n || n->damage[v6] == permille)
		return;
	n->damage[v6] = permille < PERMILLE ? permille : PERMILLE - 1;
	internet_touch_of(g, n, v6);
}

/* As if nobody else used it. */
static uint64_t worth_alone(const struct gw *g, const struct gw_candidate *c)
{
	const struct gw_worth w = {.bandwidth = c->node->network[c->network].bandwidth,
				   .users = 1,
				   .damage = c->node->damage[c->route->key.prefix.v6]};

	return gw_match_worth(&g->search[c->slot], &w, c->node->metric, false);
}

uint64_t gw_candidate_weigh(const struct gw *g, const struct gw_candidate *c)
{
	const struct gw_search *s = &g->search[c->slot];
	const bool active = gw_candidate_active(c), v6 = c->route->key.prefix.v6;
	const uint32_t users = c->node->users[v6];
	struct gw_worth w = {.bandwidth = c->node->network[c->network].bandwidth,
			     .damage = c->node->damage[v6]};

	if (!gw_candidate_is_internet(c) || !g->proves[v6])
		return gw_match_metric(s, w.bandwidth, c->node->metric, active);
	/* Who comes is one more. */
	w.users = active && users > 0 ? users : users + 1;
	const uint64_t share = gw_match_worth(s, &w, c->node->metric, active);

	/* A crowd leaves little, but never makes it unfit. */
	return share == 0 && worth_alone(g, c) > 0 ? 1 : share;
}

bool gw_score_crowded(const struct gw_candidate *c)
{
	return c->node->users[c->route->key.prefix.v6] > 1;
}

/* All nodes of a cloud see the same crowd, and must not all go where it is not. So of those who use
 * the one, as many go as make it even. With a and b worth alone, and x of users_a going:
 * a / (users_a - x) = b / (users_b + x). */
bool gw_score_moves(struct gw *g, const struct gw_candidate *used, const struct gw_candidate *best)
{
	const bool v6 = used->route->key.prefix.v6;
	const uint64_t a = worth_alone(g, used), b = worth_alone(g, best);
	const uint32_t users_a = used->node->users[v6], users_b = best->node->users[v6];
	const uint64_t gain = b / PERMILLE * users_a, loss = a / PERMILLE * users_b;

	if (!gw_score_crowded(used) || a + b < PERMILLE)
		return true;
	if (gain <= loss)
		return false;
	return prng_below(&g->prng, PERMILLE) <
	       (gain - loss) / ((a + b) / PERMILLE) * PERMILLE / users_a;
}
