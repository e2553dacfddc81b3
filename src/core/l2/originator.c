/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/originator.h"
#include <assert.h>
#include "core/l2/internal.h"

static size_t originator_size(const struct l2 *l2)
{
	return sizeof(struct originator) + oif_count(l2) * sizeof(struct route);
}

static size_t path_size(const struct l2 *l2)
{
	return sizeof(struct path) + oif_count(l2) * sizeof(struct path_oif);
}

/* ---- the table ---- */

enum err originators_init(struct l2 *l2)
{
	l2->originators = (struct originators){.count = 0};
	map_init(&l2->originators.map, &l2->pool, prng_u64(&l2->prng));
	list_init(&l2->originators.all);
	return OK;
}

static void path_free(struct l2 *l2, struct path *p)
{
	list_del(&p->of_originator);
	pool_free(&l2->pool, p, path_size(l2));
}

/* Nothing points to it any more but its own paths. */
static void originator_release(struct l2 *l2, struct originator *o)
{
	forwarding_mark_node(l2, o->mac);
	list_each (p, &o->paths, struct path, of_originator)
		path_free(l2, p);
	tt_remote_fini(l2, &o->tt);
	frag_forget(l2, o);
	list_del(&o->all);
	map_del(&l2->originators.map, &o->node);
	timer_fini(&l2->timers, &o->expiry);
	assert(l2->originators.count > 0);
	l2->originators.count--;
	l2->originators.full_told = false;
	pool_free(&l2->pool, o, originator_size(l2));
}

void originators_fini(struct l2 *l2)
{
	list_each (o, &l2->originators.all, struct originator, all)
		originator_release(l2, o);
	map_fini(&l2->originators.map);
}

struct originator *originator_find(const struct l2 *l2, struct mac mac)
{
	const struct map *m = &l2->originators.map;
	struct map_node *node = map_first(m, map_hash(m, mac.b, sizeof(mac.b)));

	for (; node; node = map_next(node)) {
		struct originator *o = container_of(node, struct originator, node);

		if (mac_equal(o->mac, mac))
			return o;
	}
	return NULL;
}

static struct originator *originator_new(struct l2 *l2, struct mac mac)
{
	struct originators *all = &l2->originators;

	if (all->count >= l2->conf.originators_max)
		return NULL;
	struct originator *o = pool_alloc(&l2->pool, originator_size(l2));

	if (!o)
		return NULL;
	if (!timer_init(&l2->timers, &o->expiry, TIMER_ORIGINATOR)) {
		pool_free(&l2->pool, o, originator_size(l2));
		return NULL;
	}
	if (!map_add(&all->map, &o->node, map_hash(&all->map, mac.b, sizeof(mac.b)))) {
		timer_fini(&l2->timers, &o->expiry);
		pool_free(&l2->pool, o, originator_size(l2));
		return NULL;
	}
	o->mac = mac;
	list_init(&o->paths);
	tt_remote_init(&o->tt);
	list_append(&all->all, &o->all);
	all->count++;
	return o;
}

struct originator *originator_get(struct l2 *l2, instant now, struct mac mac, struct fx *fx)
{
	struct originator *o = originator_find(l2, mac);

	if (o)
		return o;
	assert(mac_is_station(mac) && port_of_mac(l2, mac) < 0);
	o = originator_new(l2, mac);
	if (!o) {
		l2->count.originator_full++;
		if (!l2->originators.full_told)
			l2_note(fx, NOTE_TABLE_FULL, mac, (struct mac){{0}}, ERR_FULL);
		l2->originators.full_told = true;
		return NULL;
	}
	o->last_seen = now;
	forwarding_mark_node(l2, mac);
	timer_set(&l2->timers, &o->expiry, instant_add(now, span_s(PATH_TIMEOUT_S)));
	l2_note(fx, NOTE_NODE_NEW, mac, (struct mac){{0}}, 0);
	return o;
}

void originator_free(struct l2 *l2, instant now, struct originator *o, struct fx *fx)
{
	route_set(l2, now, o, OIF_DEFAULT, NULL, fx);
	tt_global_clear(l2, now, o, fx); /* what it told before it had a route */
	l2_note(fx, NOTE_NODE_GONE, o->mac, (struct mac){{0}}, 0);
	originator_release(l2, o);
}

uint8_t originator_tq(const struct originator *o)
{
	const struct path *p = originator_router(o, OIF_DEFAULT);

	return p ? p->oif[OIF_DEFAULT].tq : 0;
}

/* ---- paths ---- */

struct path *path_find(const struct originator *o, const struct neighbour *n)
{
	list_each (p, &o->paths, struct path, of_originator) {
		if (p->neighbour == n)
			return p;
	}
	return NULL;
}

struct path *path_get(struct l2 *l2, struct originator *o, struct neighbour *n)
{
	struct path *p = path_find(o, n);

	if (p)
		return p;
	p = pool_alloc(&l2->pool, path_size(l2));
	if (!p)
		return NULL;
	p->neighbour = n;
	list_append(&o->paths, &p->of_originator);
	return p;
}

void path_push(struct path_oif *p, uint8_t tq)
{
	unsigned sum = 0, heard = 0;

	p->ring[p->ring_at] = tq;
	p->ring_at = (uint8_t)((p->ring_at + 1) % TQ_RING);
	for (unsigned i = 0; i < TQ_RING; i++) {
		sum += p->ring[i];
		heard += p->ring[i] != 0;
	}
	p->tq = (uint8_t)(heard > 0 ? sum / heard : 0);
}

/* ---- routes ---- */

void route_set(struct l2 *l2, instant now, struct originator *o, unsigned oif, struct path *p,
	       struct fx *fx)
{
	assert(oif < oif_count(l2));
	struct path *old = o->route[oif].router;

	if (old == p)
		return;
	o->route[oif].router = p;
	forwarding_mark_node(l2, o->mac);
	if (oif != OIF_DEFAULT)
		return;
	if (!old) /* what it told before it had a route */
		forwarding_mark_clients_of(l2, o);
	if (p) {
		l2_note(fx, NOTE_ROUTE_CHANGED, o->mac, p->neighbour->mac, p->neighbour->port);
	} else {
		l2_note(fx, NOTE_ROUTE_LOST, o->mac, (struct mac){{0}}, 0);
		tt_global_clear(l2, now, o, fx);
	}
}

/* Paths that are about to go: over a neighbour, over a port, or too old. And those that
 * are no choice, because they brought nothing newer than another did. */
struct leaving {
	const struct neighbour *neighbour;
	bool by_port;
	uint8_t port;
	bool by_age;
	const struct path *newer_than;
	instant now;
};

static bool path_leaves(const struct path *p, const struct leaving *l)
{
	if (l->neighbour && p->neighbour == l->neighbour)
		return true;
	if (l->by_port && p->neighbour->port == l->port)
		return true;
	return l->by_age && !span_less(instant_since(l->now, p->last_seen), span_s(PATH_TIMEOUT_S));
}

/* Is a better than b (may be NULL)? Undoubted first, then TQ, then symmetry. */
static bool path_beats(const struct path *a, const struct path *b, unsigned oif)
{
	if (!b)
		return true;
	if (a->neighbour->doubted != b->neighbour->doubted)
		return b->neighbour->doubted;
	if (a->oif[oif].tq != b->oif[oif].tq)
		return a->oif[oif].tq > b->oif[oif].tq;
	return window_count(a->neighbour->own_window) > window_count(b->neighbour->own_window);
}

/* How far behind the newest number that anybody brought is the newest of this path? */
static unsigned path_lag(const struct path *p, unsigned oif)
{
	uint64_t window = p->oif[oif].window;

	return window == 0 ? WINDOW_BITS : (unsigned)__builtin_ctzll(window);
}

/* The best path with a TQ that does not leave; NULL if there is none. */
static struct path *path_best(const struct originator *o, unsigned oif, const struct leaving *l)
{
	struct path *best = NULL;

	list_each (p, &o->paths, struct path, of_originator) {
		if (p->oif[oif].tq == 0 || path_leaves(p, l))
			continue;
		if (l->newer_than && path_lag(p, oif) >= path_lag(l->newer_than, oif))
			continue;
		if (path_beats(p, best, oif))
			best = p;
	}
	return best;
}

void route_reselect(struct l2 *l2, instant now, struct originator *o, unsigned oif, struct fx *fx)
{
	struct leaving none = {.newer_than = originator_router(o, oif), .now = now};
	struct path *best = path_best(o, oif, &none);

	if (best && !best->neighbour->doubted)
		route_set(l2, now, o, oif, best, fx);
}

void route_offer(struct l2 *l2, instant now, struct originator *o, unsigned oif, struct path *p,
		 struct fx *fx)
{
	const struct path *old = o->route[oif].router;

	if (old == p)
		return;
	if (old && (!old->neighbour->doubted || p->neighbour->doubted)) {
		uint8_t old_tq = old->oif[oif].tq, new_tq = p->oif[oif].tq;

		if (old_tq > new_tq)
			return;
		if (old_tq == new_tq && window_count(old->neighbour->own_window) >=
						window_count(p->neighbour->own_window))
			return;
	}
	route_set(l2, now, o, oif, p, fx);
}

/* Re-routes o around the paths that leave, and frees these. */
static void paths_remove(struct l2 *l2, struct originator *o, const struct leaving *l,
			 struct fx *fx)
{
	for (unsigned oif = 0; oif < oif_count(l2); oif++) {
		const struct path *router = o->route[oif].router;

		if (router && path_leaves(router, l)) {
			route_set(l2, l->now, o, oif, path_best(o, oif, l), fx);
			o->hurried = true;
			forwarding_mark_node(l2, o->mac);
		}
	}
	list_each (p, &o->paths, struct path, of_originator) {
		if (path_leaves(p, l))
			path_free(l2, p);
	}
	if (!list_empty(&o->paths))
		return;
	/* Nobody can take a restart for an attack when nothing is heard any more. */
	for (unsigned oif = 0; oif < oif_count(l2); oif++)
		o->route[oif].was_reset = false;
	o->bcast.was_reset = false;
}

void originators_avoid(struct l2 *l2, instant now, struct neighbour *n, bool gone, struct fx *fx)
{
	struct leaving l = {.neighbour = n, .now = now};

	list_each (o, &l2->originators.all, struct originator, all) {
		if (gone) {
			paths_remove(l2, o, &l, fx);
			continue;
		}
		for (unsigned oif = 0; oif < oif_count(l2); oif++) {
			const struct path *router = o->route[oif].router;

			if (router && router->neighbour == n)
				route_reselect(l2, now, o, oif, fx);
		}
	}
}

void originators_port_gone(struct l2 *l2, instant now, uint8_t port, struct fx *fx)
{
	struct leaving l = {.by_port = true, .port = port, .now = now};
	unsigned oif = oif_of_port(port);

	list_each (o, &l2->originators.all, struct originator, all) {
		paths_remove(l2, o, &l, fx);
		o->route[oif] = (struct route){.router = NULL};
		forwarding_mark_node(l2, o->mac);
		list_each (p, &o->paths, struct path, of_originator)
			p->oif[oif] = (struct path_oif){.window = 0};
	}
}

void originators_port_new(struct l2 *l2, uint8_t port)
{
	unsigned oif = oif_of_port(port);

	list_each (o, &l2->originators.all, struct originator, all) {
		o->route[oif] = o->route[OIF_DEFAULT];
		forwarding_mark_node(l2, o->mac);
		list_each (p, &o->paths, struct path, of_originator)
			p->oif[oif] = p->oif[OIF_DEFAULT];
	}
}

void originator_expire(struct l2 *l2, instant now, struct originator *o, struct fx *fx)
{
	instant next = instant_add(o->last_seen, span_s(ORIGINATOR_TIMEOUT_S));
	struct leaving l = {.by_age = true, .now = now};

	if (instant_reached(next, now)) {
		originator_free(l2, now, o, fx);
		return;
	}
	paths_remove(l2, o, &l, fx);
	list_each (p, &o->paths, struct path, of_originator)
		next = instant_min(next, instant_add(p->last_seen, span_s(PATH_TIMEOUT_S)));
	timer_set(&l2->timers, &o->expiry, next);
}
