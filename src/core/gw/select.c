/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <string.h>
#include "core/gw/internal.h"
#include "core/gw/match.h"

/* ---- routes ---- */

static uint32_t key_hash(const struct gw *g, const struct tunnel_key *k)
{
	uint8_t bytes[TUNNEL_KEY_BYTES];

	tunnel_key_bytes(k, bytes);
	return map_hash(&g->routes, bytes, sizeof(bytes));
}

static struct gw_route *route_find(const struct gw *g, const struct tunnel_key *k)
{
	struct map_node *m = map_first(&g->routes, key_hash(g, k));

	for (; m; m = map_next(m)) {
		struct gw_route *r = container_of(m, struct gw_route, by_key);

		if (tunnel_key_equal(&r->key, k))
			return r;
	}
	return NULL;
}

/* It exists already, or is made; NULL: no memory. */
static struct gw_route *route_enter(struct gw *g, const struct tunnel_key *k)
{
	struct gw_route *r = route_find(g, k);

	if (r)
		return r;
	r = pool_alloc(g->pool, sizeof(*r));
	if (!r)
		return NULL;
	if (!map_add(&g->routes, &r->by_key, key_hash(g, k))) {
		pool_free(g->pool, r, sizeof(*r));
		return NULL;
	}
	r->key = *k;
	r->better_since = NEVER;
	list_init(&r->candidates);
	list_init(&r->dirty);
	list_append(&g->all_routes, &r->all);
	g->of_bits[k->prefix.v6][k->prefix.net.bits]++;
	return r;
}

void gw_route_del(struct gw *g, struct gw_route *r)
{
	assert(list_empty(&r->candidates));
	g->of_bits[r->key.prefix.v6][r->key.prefix.net.bits]--;
	map_del(&g->routes, &r->by_key);
	list_del(&r->all);
	list_del(&r->dirty);
	pool_free(g->pool, r, sizeof(*r));
}

void gw_route_touch(struct gw *g, struct gw_route *r)
{
	if (list_empty(&r->dirty))
		list_append(&g->dirty, &r->dirty);
}

/* ---- candidates ---- */

static void candidate_refuse(struct gw *g)
{
	g->count.matches_refused++;
	g->starved_at = g->matches;
}

static void candidate_add(struct gw *g, struct gw_node *n, unsigned slot, uint32_t network)
{
	const struct gw_search *s = &g->search[slot];
	struct tunnel_key key = {s->preference, s->table, s->ip_metric,
				 gw_match_prefix(s, &n->network[network])};

	if (g->matches >= g->conf.matches_max) {
		candidate_refuse(g);
		return;
	}
	struct gw_candidate *c = pool_alloc(g->pool, sizeof(*c));
	struct gw_route *r = c ? route_enter(g, &key) : NULL;

	if (!r) {
		pool_free(g->pool, c, sizeof(*c));
		candidate_refuse(g);
		return;
	}
	c->node = n;
	c->route = r;
	c->network = network;
	c->slot = (uint8_t)slot;
	if (gw_search_holds(g, s) && !g->held[slot]) {
		g->held[slot] = true;
		g->holder[slot] = n->id;
	}
	list_append(&n->candidates, &c->of_node);
	list_append(&r->candidates, &c->of_route);
	g->matches++;
	gw_route_touch(g, r);
}

void gw_candidates_add(struct gw *g, struct gw_node *n, unsigned slot)
{
	if (!g->used[slot])
		return;
	for (uint32_t i = 0; i < n->networks; i++) {
		if (gw_match(g, &g->search[slot], n, &n->network[i]) == GW_CHOSEN)
			candidate_add(g, n, slot, i);
	}
}

void gw_candidate_del(struct gw *g, struct gw_candidate *c)
{
	gw_route_touch(g, c->route);
	list_del(&c->of_node);
	list_del(&c->of_route);
	g->matches--;
	pool_free(g->pool, c, sizeof(*c));
}

/* Not by its address: a description that comes anew makes all candidates of its node anew. */
bool gw_candidate_active(const struct gw_candidate *c)
{
	const struct gw_route *r = c->route;
	const struct gw_network *net = &c->node->network[c->network];

	return r->active && r->slot == c->slot && digest_equal(&r->gateway.node, &c->node->id) &&
	       r->network.tunnel == net->tunnel && r->network.proto == net->proto &&
	       prefix_equal(&r->network.prefix, &net->prefix);
}

/* ---- evaluation ---- */

static void route_weigh(const struct gw *g, struct gw_route *r)
{
	r->best = NULL;
	r->refused = false;
	list_each (c, &r->candidates, struct gw_candidate, of_route) {
		c->metric = gw_candidate_weigh(g, c);
		enum gw_reason reason = gw_candidate_check(g, c);

		r->refused |= reason == GW_DEAD || reason == GW_ASKED || reason == GW_UNWISHED;
		if (reason == GW_CHOSEN && (!r->best || gw_candidate_better(g, c, r->best)))
			r->best = c;
	}
}

/* Has a route that contains c's a candidate, chosen or not, that c must not break? */
static bool candidate_overlapped(const struct gw *g, const struct gw_candidate *c)
{
	const struct prefix *prefix = &c->route->key.prefix;
	bool breaks = g->search[c->slot].break_overlap;
	struct tunnel_key key = c->route->key;

	for (uint8_t bits = 0; bits < prefix->net.bits; bits++) {
		if (g->of_bits[prefix->v6][bits] == 0)
			continue;
		key.prefix = prefix_cut(*prefix, bits);
		const struct gw_route *wide = route_find(g, &key);

		if (!wide)
			continue;
		list_each (w, &wide->candidates, struct gw_candidate, of_route) {
			if (w->metric > c->metric && !(breaks && g->search[w->slot].allow_overlap))
				return true;
		}
	}
	return false;
}

/* Its best becomes what is used; true: something changed, the search or network too. */
static bool route_apply(struct gw *g, struct gw_route *r, gw_change *tell, void *ctx)
{
	struct gw_candidate *c = r->overlapped ? NULL : r->best;
	struct tunnel_to was = r->gateway;
	bool had = r->active;
	bool changed = c ? !gw_candidate_active(c) : had;
	bool lost = !c && r->refused;

	r->active = c != NULL;
	if (c) {
		r->network = c->node->network[c->network];
		r->slot = c->slot;
		r->gateway.node = c->node->id;
		r->gateway.dummy = c->node->tunnel[r->network.tunnel];
	}
	bool same = c && had && digest_equal(&was.node, &r->gateway.node) &&
		    ipv6_equal(was.dummy, r->gateway.dummy);

	if (!same && (c || had || lost != r->lost)) {
		g->count.changes++;
		tell(ctx, &r->key, c ? &r->gateway : NULL, lost);
	}
	r->lost = lost;
	return changed;
}

static bool overlap_matters(const struct gw *g)
{
	for (unsigned i = 0; i < GW_SEARCHES_MAX; i++) {
		if (g->used[i] && (!g->search[i].allow_overlap || !g->search[i].break_overlap))
			return true;
	}
	return false;
}

/* Who was refused may have room now; not before an eighth is free, so that it is worth it. */
static void refill(struct gw *g)
{
	if (g->matches + g->starved_at / 8 >= g->starved_at)
		return;
	g->starved_at = 0;
	gw_match_all(g);
}

bool gw_due(const struct gw *g)
{
	return g->walk_all || !list_empty(&g->dirty);
}

void gw_routes(const struct gw *g, gw_change *tell, void *ctx)
{
	list_each (r, &g->all_routes, struct gw_route, all) {
		if (r->active || r->lost)
			tell(ctx, &r->key, r->active ? &r->gateway : NULL, r->lost);
	}
}

instant gw_deadline(const struct gw *g)
{
	return g->again;
}

/* Who was better for a while may be so for long enough now. */
static void held_touch(struct gw *g, instant now)
{
	if (!instant_reached(g->again, now))
		return;
	g->again = NEVER;
	list_each (r, &g->all_routes, struct gw_route, all) {
		if (r->holds)
			gw_route_touch(g, r);
	}
}

bool gw_evaluate(struct gw *g, instant now, gw_change *tell, void *ctx)
{
	bool strict = overlap_matters(g);
	bool changed = false;

	refill(g);
	held_touch(g, now);
	/* Any route may depend on any wider one then. */
	if (g->walk_all || (strict && !list_empty(&g->dirty))) {
		list_each (r, &g->all_routes, struct gw_route, all)
			gw_route_touch(g, r);
	}
	g->walk_all = false;
	list_each (r, &g->dirty, struct gw_route, dirty) {
		route_weigh(g, r);
		gw_hold(g, now, r);
	}
	g->free = false;
	list_each (r, &g->dirty, struct gw_route, dirty)
		r->overlapped = strict && r->best && candidate_overlapped(g, r->best);
	list_each (r, &g->dirty, struct gw_route, dirty) {
		list_del(&r->dirty);
		changed |= route_apply(g, r, tell, ctx);
		if (list_empty(&r->candidates))
			gw_route_del(g, r);
	}
	g->walk_all = strict && changed;
	return g->walk_all;
}
