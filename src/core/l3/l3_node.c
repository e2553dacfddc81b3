/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include "core/l3/internal.h"

enum err l3_nodes_init(struct l3 *l3)
{
	struct l3_nodes *s = &l3->nodes;

	map_init(&s->by_id, &l3->pool, prng_u64(&l3->prng));
	list_init(&s->all);
	list_init(&s->unused);
	return timer_init(&l3->timers, &s->expiry, TIMER_NODES) ? OK : ERR_FULL;
}

struct l3_node *l3_node_by_id(const struct l3 *l3, const struct digest *id)
{
	const struct map *m = &l3->nodes.by_id;
	struct map_node *at = map_first(m, map_hash(m, id->b, sizeof(id->b)));

	for (; at; at = map_next(at)) {
		struct l3_node *n = container_of(at, struct l3_node, by_id);

		if (digest_equal(&n->id, id))
			return n;
	}
	return NULL;
}

static void node_free(struct l3 *l3, struct l3_node *n)
{
	assert(!n->near && n->route.claim_count == 0 && !n->description);
	content_node_fini(l3, n);
	l3_route_fini(l3, n);
	flood_free(l3, n);
	map_del(&l3->nodes.by_id, &n->by_id);
	list_del(&n->all);
	list_del(&n->unused);
	l3->nodes.count--;
	pool_free(&l3->pool, n, sizeof(*n));
}

/* Nobody refers to n. */
static void node_forget(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx)
{
	const struct description *d = n->description;

	if (d) {
		n->description = NULL;
		plane_undescribed(l3, now, n, d, fx);
		content_forget(l3, n, d);
		l3_note(fx, NETWORK_NOTE_NODE_GONE, n, NULL, 0);
	}
	l3->count.nodes_gone++;
	node_free(l3, n);
}

static bool node_evict(struct l3 *l3, instant now, struct fx *fx)
{
	struct l3_nodes *s = &l3->nodes;

	if (list_empty(&s->unused) && !nears_evict(l3, now, fx))
		return false;
	if (list_empty(&s->unused))
		return false;
	l3->count.nodes_evicted++;
	node_forget(l3, now, container_of(s->unused.next, struct l3_node, unused), fx);
	return true;
}

struct l3_node *l3_node_get(struct l3 *l3, instant now, const struct digest *id, struct fx *fx)
{
	struct l3_nodes *s = &l3->nodes;
	struct l3_node *n = l3_node_by_id(l3, id);

	if (n)
		return n;
	if (s->count >= l3->conf.nodes_max && !node_evict(l3, now, fx))
		return NULL;
	n = pool_alloc(&l3->pool, sizeof(*n));
	if (!n)
		return NULL;
	n->id = *id;
	list_init(&n->unused);
	l3_route_init(l3, n);
	if (!map_add(&s->by_id, &n->by_id, map_hash(&s->by_id, id->b, sizeof(id->b)))) {
		l3_route_fini(l3, n);
		pool_free(&l3->pool, n, sizeof(*n));
		return NULL;
	}
	list_append(&s->all, &n->all);
	s->count++;
	content_node_init(l3, n);
	l3_node_review(l3, now, n);
	return n;
}

void l3_node_review(struct l3 *l3, instant now, struct l3_node *n)
{
	struct l3_nodes *s = &l3->nodes;
	bool used = n == l3->self || n->near || n->route.claim_count > 0;

	if (used != list_empty(&n->unused)) {
		if (used)
			list_del(&n->unused);
		else
			list_append(&s->unused, &n->unused);
		n->unused_at = now;
	}
	if (!used && !timer_is_set(&s->expiry))
		timer_set(&l3->timers, &s->expiry, instant_add(now, span_s(NODE_LINGER_S)));
}

void l3_nodes_expire(struct l3 *l3, instant now, struct fx *fx)
{
	struct l3_nodes *s = &l3->nodes;

	while (!list_empty(&s->unused)) {
		struct l3_node *n = container_of(s->unused.next, struct l3_node, unused);
		instant end = instant_add(n->unused_at, span_s(NODE_LINGER_S));

		if (!instant_reached(end, now)) {
			timer_set(&l3->timers, &s->expiry, end);
			return;
		}
		node_forget(l3, now, n, fx);
	}
}

void l3_nodes_fini(struct l3 *l3)
{
	struct l3_nodes *s = &l3->nodes;

	list_each (n, &s->all, struct l3_node, all) {
		const struct description *d = n->description;

		if (d) {
			n->description = NULL;
			hnas_remove(l3, n, d);
			content_forget(l3, n, d);
		}
		node_free(l3, n);
	}
	timer_fini(&l3->timers, &s->expiry);
	map_fini(&s->by_id);
}
