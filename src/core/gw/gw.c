/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/gw/gw.h"
#include <assert.h>
#include <string.h>
#include "core/gw/internal.h"

struct gw_search gw_search_default(struct prefix prefix)
{
	return (struct gw_search){
		.prefix = prefix,
		.proto = GW_PROTO_ANY,
		.bits_min = GW_BITS_OWN,
		.bits_max = 128,
		.rating = 100,
		.hysteresis = 20,
		.bandwidth_min = 1000,
		.preference = 32767,
		.table = 254,
		.ip_metric = 1024,
		.allow_overlap = true,
		.break_overlap = true,
	};
}

struct gw *gw_new(struct pool *pool, const struct gw_conf *conf)
{
	assert(conf->per_node > 0);
	struct gw *g = pool_alloc(pool, sizeof(*g));

	if (!g)
		return NULL;
	g->pool = pool;
	g->conf = *conf;
	map_init(&g->nodes, pool, conf->hash_key);
	map_init(&g->routes, pool, conf->hash_key);
	list_init(&g->all_nodes);
	list_init(&g->all_routes);
	list_init(&g->dirty);
	g->again = NEVER;
	prng_seed(&g->prng, conf->hash_key);
	return g;
}

/* ---- nodes ---- */

struct gw_node *gw_node_find(const struct gw *g, const struct digest *id)
{
	struct map_node *m = map_first(&g->nodes, map_hash(&g->nodes, id->b, sizeof(id->b)));

	for (; m; m = map_next(m)) {
		struct gw_node *n = container_of(m, struct gw_node, by_id);

		if (digest_equal(&n->id, id))
			return n;
	}
	return NULL;
}

static void node_free(struct gw *g, struct gw_node *n)
{
	pool_free(g->pool, n->network, n->networks_room * sizeof(*n->network));
	pool_free(g->pool, n->ingress, n->ingresses_room * sizeof(*n->ingress));
	pool_free(g->pool, n, sizeof(*n));
}

static void node_empty(struct gw *g, struct gw_node *n)
{
	list_each (c, &n->candidates, struct gw_candidate, of_node)
		gw_candidate_del(g, c);
}

static void node_del(struct gw *g, struct gw_node *n)
{
	node_empty(g, n);
	map_del(&g->nodes, &n->by_id);
	list_del(&n->all);
	node_free(g, n);
}

void gw_free(struct gw *g)
{
	if (!g)
		return;
	list_each (n, &g->all_nodes, struct gw_node, all)
		node_del(g, n);
	list_each (r, &g->all_routes, struct gw_route, all)
		gw_route_del(g, r);
	map_fini(&g->nodes);
	map_fini(&g->routes);
	pool_free(g->pool, g, sizeof(*g));
}

/* ---- offers ---- */

static void node_match(struct gw *g, struct gw_node *n)
{
	for (unsigned slot = 0; slot < GW_SEARCHES_MAX; slot++)
		gw_candidates_add(g, n, slot);
}

static bool network_known(const struct gw_node *n, const struct gw_network *net)
{
	for (uint32_t i = 0; i < n->networks; i++) {
		const struct gw_network *has = &n->network[i];

		if (has->tunnel == net->tunnel && has->proto == net->proto &&
		    prefix_equal(&has->prefix, &net->prefix))
			return true;
	}
	return false;
}

static void node_fill(struct gw *g, struct gw_node *n, const struct gw_offer *o)
{
	n->id = o->node;
	memcpy(n->name, o->name, sizeof(n->name));
	n->name[GW_NAME - 1] = '\0';
	n->metric = o->metric;
	n->tunnels = o->tunnels < GW_TUNNELS_MAX ? (uint32_t)o->tunnels : GW_TUNNELS_MAX;
	for (uint32_t i = 0; i < n->tunnels; i++)
		n->tunnel[i] = o->tunnel[i];
	for (uint32_t i = 0; i < n->ingresses_room; i++)
		n->ingress[i] = o->ingress[i];
	n->ingresses = n->ingresses_room;
	g->count.networks_refused += o->networks - n->networks_room;
	for (uint32_t i = 0; i < n->networks_room; i++) {
		if (o->network[i].tunnel < n->tunnels && !network_known(n, &o->network[i]))
			n->network[n->networks++] = o->network[i];
		else
			g->count.networks_refused++;
	}
}

/* A node with room for what o says; NULL: no memory. */
static struct gw_node *node_new(struct gw *g, const struct gw_offer *o)
{
	struct gw_node *n = pool_alloc(g->pool, sizeof(*n));

	if (!n)
		return NULL;
	list_init(&n->all);
	list_init(&n->candidates);
	if (o->networks > 0) {
		size_t room = o->networks < g->conf.per_node ? o->networks : g->conf.per_node;

		n->network = pool_alloc(g->pool, room * sizeof(*n->network));
		n->networks_room = n->network ? (uint32_t)room : 0;
	}
	if (o->ingresses > 0) {
		n->ingress = pool_alloc(g->pool, o->ingresses * sizeof(*n->ingress));
		n->ingresses_room = n->ingress ? (uint32_t)o->ingresses : 0;
	}
	if ((o->networks > 0 && !n->network) || (o->ingresses > 0 && !n->ingress)) {
		node_free(g, n);
		return NULL;
	}
	return n;
}

enum err gw_offer_set(struct gw *g, const struct gw_offer *offer)
{
	struct gw_node *old = gw_node_find(g, &offer->node);

	if (digest_equal(&offer->node, &g->conf.self))
		return ERR_OWN;
	/* With only some of its limits we would send it what it does not take. */
	if (offer->ingresses > g->conf.per_node || (!old && g->nodes.count >= g->conf.nodes_max))
		goto full;
	struct gw_node *n = node_new(g, offer);

	if (!n)
		goto full;
	if (!map_add(&g->nodes, &n->by_id,
		     map_hash(&g->nodes, offer->node.b, sizeof(offer->node.b)))) {
		node_free(g, n);
		goto full;
	}
	list_append(&g->all_nodes, &n->all);
	node_fill(g, n, offer);
	if (old) {
		memcpy(n->verdict, old->verdict, sizeof(n->verdict));
		memcpy(n->users, old->users, sizeof(n->users));
		memcpy(n->pinned, old->pinned, sizeof(n->pinned));
		memcpy(n->damage, old->damage, sizeof(n->damage));
		node_del(g, old);
	}
	node_match(g, n);
	return OK;
full:
	g->count.nodes_refused++;
	return ERR_FULL;
}

void gw_offer_gone(struct gw *g, const struct digest *node)
{
	struct gw_node *n = gw_node_find(g, node);

	if (n)
		node_del(g, n);
}

void gw_metric_set(struct gw *g, const struct digest *node, uint64_t metric)
{
	struct gw_node *n = gw_node_find(g, node);

	if (!n || n->metric == metric)
		return;
	n->metric = metric;
	list_each (c, &n->candidates, struct gw_candidate, of_node)
		gw_route_touch(g, c->route);
}

/* ---- searches, sources ---- */

static void search_drop(struct gw *g, unsigned slot)
{
	list_each (n, &g->all_nodes, struct gw_node, all) {
		list_each (c, &n->candidates, struct gw_candidate, of_node) {
			if (c->slot == slot)
				gw_candidate_del(g, c);
		}
	}
}

static bool search_strict(const struct gw_search *s)
{
	return !s->allow_overlap || !s->break_overlap;
}

void gw_search_set(struct gw *g, unsigned slot, const struct gw_search *search)
{
	assert(slot < GW_SEARCHES_MAX);
	if (g->used[slot]) {
		g->walk_all |= search_strict(&g->search[slot]);
		search_drop(g, slot);
	}
	g->used[slot] = search != NULL;
	g->held[slot] = false;
	if (!search)
		return;
	assert(search->rating <= GW_PERCENT_MAX && search->hysteresis <= GW_PERCENT_MAX);
	assert(search->bits_min <= GW_BITS_OWN && search->bits_max <= 128);
	g->search[slot] = *search;
	g->walk_all |= search_strict(search);
	list_each (n, &g->all_nodes, struct gw_node, all)
		gw_candidates_add(g, n, slot);
}

void gw_match_all(struct gw *g)
{
	list_each (n, &g->all_nodes, struct gw_node, all)
		node_empty(g, n);
	list_each (n, &g->all_nodes, struct gw_node, all)
		node_match(g, n);
}

void gw_sources_set(struct gw *g, const struct prefix *source, size_t count)
{
	assert(count <= GW_SOURCES_MAX);
	for (size_t i = 0; i < count; i++)
		g->source[i] = source[i];
	g->sources = (uint32_t)count;
	gw_match_all(g);
}

void gw_locals_set(struct gw *g, const struct prefix *local, size_t count)
{
	assert(count <= GW_LOCALS_MAX);
	for (size_t i = 0; i < count; i++)
		g->local[i] = local[i];
	g->locals = (uint32_t)count;
	gw_match_all(g);
}

const char *gw_name(const struct gw *g, const struct digest *node)
{
	const struct gw_node *n = gw_node_find(g, node);

	return n ? n->name : "";
}

size_t gw_networks(const struct gw *g, const struct digest *node, struct gw_network *out,
		   size_t max)
{
	const struct gw_node *n = gw_node_find(g, node);

	for (uint32_t i = 0; n && i < n->networks && i < max; i++)
		out[i] = n->network[i];
	return n ? n->networks : 0;
}

const struct gw_counters *gw_counters(const struct gw *g)
{
	return &g->count;
}
