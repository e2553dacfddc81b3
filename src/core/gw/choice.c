/* SPDX-License-Identifier: GPL-2.0-or-later */
/* choice - what counts of gateways for the Internet beyond the reference's rules. */
#include <assert.h>
#include "core/gw/internal.h"

enum { RANK_BAD, RANK_UNPROVEN, RANK_GOOD, RANK_PREFERRED };

/* ---- what is known, and wished ---- */

static bool is_internet(const struct gw_route *r)
{
	return r->key.prefix.net.bits == 0;
}

bool gw_candidate_is_internet(const struct gw_candidate *c)
{
	return is_internet(c->route);
}

void gw_internet_touch(struct gw *g)
{
	list_each (r, &g->all_routes, struct gw_route, all) {
		if (is_internet(r))
			gw_route_touch(g, r);
	}
}

void gw_prove(struct gw *g, bool v6, bool on)
{
	if (g->proves[v6] == on)
		return;
	g->proves[v6] = on;
	g->known[v6] = false;
	list_each (n, &g->all_nodes, struct gw_node, all)
		n->verdict[v6] = GW_UNPROVEN;
	gw_internet_touch(g);
}

void gw_judge(struct gw *g, bool v6, const struct digest *node, enum gw_verdict verdict)
{
	struct gw_node *n = gw_node_find(g, node);

	if (!n || n->verdict[v6] == verdict)
		return;
	n->verdict[v6] = verdict;
	list_each (c, &n->candidates, struct gw_candidate, of_node) {
		if (is_internet(c->route) && c->route->key.prefix.v6 == v6)
			gw_route_touch(g, c->route);
	}
	if (verdict != GW_GOOD || g->known[v6])
		return;
	g->known[v6] = true; /* the bad ones are out now */
	gw_internet_touch(g);
}

void gw_prefer(struct gw *g, const struct digest *node, bool strict)
{
	g->prefers = node != NULL;
	g->strict = node && strict;
	if (node)
		g->preferred = *node;
	g->free = true;
	gw_internet_touch(g);
}

static struct tunnel_to end_of(const struct gw_candidate *c)
{
	const struct gw_node *n = c->node;

	return (struct tunnel_to){n->id, n->tunnel[n->network[c->network].tunnel]};
}

static bool is_preferred(const struct gw *g, const struct gw_candidate *c)
{
	return g->prefers && digest_equal(&c->node->id, &g->preferred);
}

enum gw_reason gw_candidate_check(const struct gw *g, const struct gw_candidate *c)
{
	const bool v6 = c->route->key.prefix.v6;

	if (c->node->metric < METRIC_ROUTABLE)
		return GW_NO_ROUTE;
	if (c->metric == 0)
		return GW_WORTHLESS;
	if (!is_internet(c->route))
		return GW_CHOSEN;
	if (g->strict && !is_preferred(g, c))
		return GW_UNWISHED;
	/* Until one was good, the fault may be ours, or that of who is asked. */
	if (!g->proves[v6] || !g->known[v6])
		return GW_CHOSEN;
	switch (c->node->verdict[v6]) {
	case GW_BAD: return GW_DEAD;
	case GW_UNPROVEN: return gw_candidate_active(c) ? GW_CHOSEN : GW_ASKED;
	case GW_GOOD: break;
	}
	return GW_CHOSEN;
}

/* ---- the order ---- */

static unsigned rank(const struct gw *g, const struct gw_candidate *c)
{
	const bool v6 = c->route->key.prefix.v6;

	if (!is_internet(c->route))
		return RANK_UNPROVEN;
	if (is_preferred(g, c) && c->node->verdict[v6] != GW_BAD)
		return RANK_PREFERRED;
	if (!g->proves[v6])
		return RANK_UNPROVEN;
	switch (c->node->verdict[v6]) {
	case GW_UNPROVEN: return RANK_UNPROVEN;
	case GW_GOOD: return RANK_GOOD;
	case GW_BAD: break;
	}
	return RANK_BAD;
}

static bool worth_more(const struct gw_candidate *a, const struct gw_candidate *b)
{
	int node = digest_compare(&a->node->id, &b->node->id);

	if (a->metric != b->metric)
		return a->metric > b->metric;
	if (node != 0)
		return node < 0;
	if (a->slot != b->slot)
		return a->slot < b->slot;
	const struct gw_network *x = &a->node->network[a->network];
	const struct gw_network *y = &b->node->network[b->network];

	if (x->tunnel != y->tunnel)
		return x->tunnel < y->tunnel;
	if (x->prefix.net.bits != y->prefix.net.bits)
		return x->prefix.net.bits > y->prefix.net.bits;
	return x->proto < y->proto;
}

bool gw_candidate_better(const struct gw *g, const struct gw_candidate *a,
			 const struct gw_candidate *b)
{
	unsigned x = rank(g, a), y = rank(g, b);

	return x != y ? x > y : worth_more(a, b);
}

/* ---- why one was left ---- */

/* The best of what a node offers for a route; NULL: nothing. */
static const struct gw_candidate *candidate_of(const struct gw *g, const struct tunnel_key *key,
					       const struct digest *node)
{
	const struct gw_node *n = gw_node_find(g, node);
	const struct gw_candidate *best = NULL;

	if (!n)
		return NULL;
	list_each (c, &n->candidates, struct gw_candidate, of_node) {
		if (tunnel_key_equal(&c->route->key, key) &&
		    (!best || gw_candidate_better(g, c, best)))
			best = c;
	}
	return best;
}

enum gateway_why gw_why_left(const struct gw *g, const struct tunnel_key *key,
			     const struct tunnel_to *was, const struct tunnel_to *to)
{
	const struct gw_candidate *c = candidate_of(g, key, &was->node);
	enum gw_reason reason = c ? gw_candidate_check(g, c) : GW_APART;

	if (!c)
		return GATEWAY_GONE;
	if (reason == GW_NO_ROUTE || reason == GW_WORTHLESS)
		return GATEWAY_UNREACHABLE;
	if (reason == GW_DEAD || c->node->verdict[key->prefix.v6] == GW_BAD)
		return GATEWAY_SILENT;
	if (reason == GW_UNWISHED)
		return GATEWAY_UNWISHED;
	if (to && g->prefers && digest_equal(&to->node, &g->preferred))
		return GATEWAY_PREFERRED;
	return GATEWAY_BETTER;
}

/* ---- nothing flaps ---- */

static struct gw_candidate *active_find(const struct gw_route *r)
{
	if (!r->active)
		return NULL;
	list_each (c, &r->candidates, struct gw_candidate, of_route) {
		if (gw_candidate_active(c))
			return c;
	}
	return NULL;
}

/* What is used need not be left at once for best. One that is not proved yet will be soon, and of
 * two bad ones neither is a reason to hurry. Never a question of how many use which: our clients
 * follow at once, and would send us back at the same instant, for ever. */
static bool is_bearable(const struct gw *g, const struct gw_candidate *used,
			const struct gw_candidate *best)
{
	return gw_candidate_check(g, used) == GW_CHOSEN &&
	       (rank(g, used) != RANK_BAD || rank(g, best) == RANK_BAD) &&
	       rank(g, best) != RANK_PREFERRED;
}

/* crowd: with others, who see the same; what comes of it is seen when their clients have followed.
 */
static void moves(struct gw_route *r, instant now, bool crowd)
{
	bool quiet = r->hold_s == 0 ||
		     instant_reached(instant_add(r->moved, span_s(GW_HOLD_FORGET_S)), now);

	r->hold_s = quiet ? GW_HOLD_S : r->hold_s * 2;
	if (r->hold_s > GW_HOLD_MAX_S || crowd)
		r->hold_s = GW_HOLD_MAX_S;
	r->moved = now;
	r->held_until = instant_add(now, span_s(r->hold_s));
	r->better_since = NEVER;
}

void gw_hold(struct gw *g, instant now, struct gw_route *r)
{
	struct gw_candidate *used;
	instant due;

	r->holds = false;
	if (!is_internet(r) || !g->proves[r->key.prefix.v6])
		return;
	used = active_find(r);
	if (used && r->best && !is_bearable(g, used, r->best))
		r->held_until = now; /* what had to stay is gone */
	if (!used || !r->best || used == r->best || g->free || !is_bearable(g, used, r->best)) {
		r->better_since = NEVER;
		return;
	}
	r->better_since = instant_min(r->better_since, now);
	due = instant_add(r->better_since, span_s(GW_BETTER_S));
	if (instant_before(due, r->held_until))
		due = r->held_until;
	if (instant_reached(due, now) && gw_score_moves(g, used, r->best)) {
		moves(r, now, gw_score_crowded(used));
		return;
	}
	if (instant_reached(due, now))
		r->held_until = due = instant_add(now, span_s(GW_CROWD_S));
	g->again = instant_min(g->again, due);
	r->best = used;
	r->holds = true;
	r->held_metric = used->metric;
}

/* ---- clients ---- */

bool gw_best(const struct gw *g, bool v6, struct tunnel_to *to)
{
	list_each (r, &g->all_routes, struct gw_route, all) {
		if (!is_internet(r) || r->key.prefix.v6 != v6 || !r->active)
			continue;
		*to = r->gateway;
		return true;
	}
	return false;
}

bool gw_fit(const struct gw *g, bool v6, const struct digest *node, bool unjudged,
	    struct tunnel_to *to)
{
	const struct gw_node *n = gw_node_find(g, node);

	if (!n)
		return false;
	list_each (c, &n->candidates, struct gw_candidate, of_node) {
		enum gw_reason reason;

		if (!is_internet(c->route) || c->route->key.prefix.v6 != v6)
			continue;
		reason = gw_candidate_check(g, c);
		/* That it was not asked yet here says nothing: others have sent there. */
		if (reason != GW_CHOSEN && reason != GW_UNWISHED && reason != GW_ASKED &&
		    !(reason == GW_DEAD && unjudged))
			continue;
		/* Who is bad is the last resort of those who have no choice. */
		if (!unjudged && g->proves[v6] && n->verdict[v6] == GW_BAD &&
		    !gw_candidate_active(c))
			continue;
		*to = end_of(c);
		return true;
	}
	return false;
}

bool gw_pinned_set(struct gw *g, bool v6, const struct digest *node, bool pinned)
{
	struct gw_node *n = gw_node_find(g, node);
	bool is_new = n && n->pinned[v6] != pinned;

	if (is_new)
		n->pinned[v6] = pinned;
	return is_new;
}

static bool is_used(const struct gw_candidate *c)
{
	return gw_candidate_active(c) || c->node->pinned[c->route->key.prefix.v6];
}

/* ---- whom to prove ---- */

struct wish {
	const struct gw_candidate *c;
	bool used;
};

static bool wish_before(const struct gw *g, const struct wish *a, const struct wish *b)
{
	const bool v6 = a->c->route->key.prefix.v6;
	const bool bad_a = a->c->node->verdict[v6] == GW_BAD;
	const bool bad_b = b->c->node->verdict[v6] == GW_BAD;

	if (a->used != b->used)
		return a->used;
	if (is_preferred(g, a->c) != is_preferred(g, b->c))
		return is_preferred(g, a->c);
	if (bad_a != bad_b)
		return bad_b;
	return worth_more(a->c, b->c);
}

/* Enters one at its place among the first max, each node once. */
static size_t wish_enter(const struct gw *g, struct wish *list, size_t count, size_t max,
			 struct wish one)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (list[i].c->node != one.c->node)
			continue;
		if (!wish_before(g, &one, &list[i]))
			return count;
		for (; i + 1 < count; i++)
			list[i] = list[i + 1];
		count--;
	}
	if (count == max && !wish_before(g, &one, &list[max - 1]))
		return count;
	for (i = count < max ? count++ : max - 1; i > 0 && wish_before(g, &one, &list[i - 1]); i--)
		list[i] = list[i - 1];
	list[i] = one;
	return count;
}

size_t gw_wishes(const struct gw *g, bool v6, struct proof_wish *out, size_t max)
{
	struct wish list[PROOFS_MAX];
	size_t count = 0;

	assert(max > 0 && max <= PROOFS_MAX);
	list_each (r, &g->all_routes, struct gw_route, all) {
		if (!is_internet(r) || r->key.prefix.v6 != v6)
			continue;
		list_each (c, &r->candidates, struct gw_candidate, of_route) {
			enum gw_reason reason = gw_candidate_check(g, c);

			/* A client may be where nobody else would be sent. */
			if (reason == GW_CHOSEN || reason == GW_DEAD || reason == GW_ASKED ||
			    (reason == GW_UNWISHED && is_used(c)))
				count = wish_enter(g, list, count, max,
						   (struct wish){c, is_used(c)});
		}
	}
	for (size_t i = 0; i < count; i++)
		out[i] = (struct proof_wish){end_of(list[i].c), list[i].used};
	return count;
}
