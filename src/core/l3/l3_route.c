/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include "core/l3/internal.h"
#include "wire/bmx7_prefix.h"

void l3_route_init(struct l3 *l3, struct l3_node *n)
{
	struct l3_route *r = &n->route;

	list_init(&r->of_link);
	list_init(&r->of_batch);
	list_init(&r->of_lost);
	r->first = NEVER;
	kept_path_clear(&l3->pool, &r->path);
}

static void late_end(struct l3 *l3, struct l3_route *r)
{
	if (!r->late)
		return;
	timer_fini(&l3->timers, &r->late->timer);
	pool_free(&l3->pool, r->late, sizeof(*r->late));
	r->late = NULL;
}

void l3_route_fini(struct l3 *l3, struct l3_node *n)
{
	batch_drop(l3, n);
	list_del(&n->route.of_link);
	list_del(&n->route.of_lost);
	late_end(l3, &n->route);
	kept_path_clear(&l3->pool, &n->route.path);
}

/* ---- what is told to the kernel ---- */

static void hna_tell(const struct l3_route *r, const struct ipv6 *net, bool gone, struct fx *fx)
{
	struct effect e = {.kind = FX_NETWORK,
			   .network = {.kind = NETWORK_ROUTE,
				       .route = {ipv6_network(*net), r->link->link_local,
						 r->link->port, gone}}};

	fx->emit(fx, &e);
}

/* d's networks go, or do not go any more, over the link of the route. */
static void nets_tell(const struct l3_node *n, const struct description *d, bool gone,
		      struct fx *fx)
{
	struct rd r = rd_over(d->tlv[BMX7_HNA6].at, d->tlv[BMX7_HNA6].len);
	struct bmx7_hna h;

	if (!n->route.link)
		return;
	while (bmx7_hna_next(&r, &h)) {
		if (!(h.flags & BMX7_HNA_RESERVED))
			hna_tell(&n->route, &h.net, gone, fx);
	}
}

/* k: NULL for none. The prefix is the key: a change needs no removal first. */
static void link_set(struct l3 *l3, struct l3_node *n, struct l3_link *k, struct fx *fx)
{
	struct l3_route *r = &n->route;

	if (r->link == k)
		return;
	l3->count.route_changes++;
	if (!k)
		nets_tell(n, n->description, true, fx);
	list_del(&r->of_link);
	r->link = k;
	if (!k) {
		l3_note(fx, NETWORK_NOTE_ROUTE_LOST, n, NULL, 0);
		return;
	}
	list_append(&k->routes, &r->of_link);
	nets_tell(n, n->description, false, fx);
	l3_note(fx, NETWORK_NOTE_ROUTE, n, k->near->node, k->port);
}

/* What others of this node take the path for. It sinks in many small steps: not each is told. */
static void path_tell(struct l3_node *n, struct fx *fx)
{
	struct l3_route *r = &n->route;
	uint64_t now = l3_route_metric(r), told = r->metric_told;

	/* Without a path but with a link: doubted, for those who have no other. */
	if (!r->link)
		now = 0;
	else if (now < METRIC_ROUTABLE)
		now = METRIC_ROUTABLE;
	uint64_t off = now > told ? now - told : told - now;

	if (off == 0 || (now > METRIC_ROUTABLE && told > METRIC_ROUTABLE && off <= told / 16))
		return;
	r->metric_told = now;
	struct effect e = {.kind = FX_NETWORK,
			   .network = {.kind = NETWORK_PATH, .path = {n->id, now}}};

	fx->emit(fx, &e);
}

/* ---- the choice ---- */

/* Is (desc_sqn, sqn, metric) newer, or equal and better? */
static bool is_above(const struct floor *f, uint32_t desc_sqn, uint16_t sqn, uint64_t metric)
{
	if (desc_sqn != f->desc_sqn)
		return desc_sqn > f->desc_sqn;
	if (sqn != f->sqn)
		return sqn > f->sqn;
	return metric > f->metric;
}

/* What is told now, or has been, is never offered back to us as a way. */
static void floor_raise(instant now, struct l3_node *n)
{
	struct l3_route *r = &n->route;
	struct floor told = {n->description->version.desc_sqn, r->sqn, l3_route_metric(r)};

	if (r->first.us == NEVER.us)
		r->first = now;
	if (span_less(instant_since(now, r->first), span_s(ROUTE_FIRST_S))) {
		told.sqn++;
		told.metric = METRIC_INVALID;
	}
	if (is_above(&r->floor, told.desc_sqn, told.sqn, told.metric))
		r->floor = told;
}

/* A way over c, its link and worth; or why there is none. */
struct way {
	enum l3_exclusion excluded; /* L3_CHOSEN: it can be used */
	struct l3_link *link;
	struct metric_path path;
};

/* The best of the usable links to c's neighbour; doubted ones only if `doubted`. */
static void way_link(const struct l3 *l3, instant now, const struct claim *c, bool doubted,
		     struct way *way)
{
	const struct bmx7_metric *m = &c->node->description->metric;
	const struct metric_path claimed = kept_path_get(&c->path);

	way->excluded = L3_NO_LINK;
	list_each (k, &claim_near(c)->links, struct l3_link, of_near) {
		struct metric_link l = l3_link_metric(l3, now, k);
		struct metric_path p;

		if (!k->usable)
			continue;
		if (k->doubted && !doubted) {
			way->excluded = L3_DOUBTED;
			continue;
		}
		metric_extend(m, &l, &claimed, &p);
		if (p.metric > way->path.metric) {
			way->link = k;
			way->path = p;
		}
	}
	if (way->link)
		way->excluded = L3_CHOSEN;
}

static enum l3_exclusion claim_excluded(const struct l3 *l3, const struct claim *c)
{
	const struct l3_node *n = c->node;
	const struct description *d = n->description;

	if (!d || c->sqn == 0 || c->desc_sqn != d->version.desc_sqn)
		return L3_UNRESOLVED;
	if (kept_path_metric(&c->path) <= METRIC_UNROUTABLE)
		return L3_WITHDRAWN;
	if (!trust_allows(l3, n, claim_near(c)->node))
		return L3_UNTRUSTED;
	if (kept_path_metric(&c->path) < d->metric.min || c->hops > d->metric.hops_max)
		return L3_TOO_FAR;
	if (!is_above(&n->route.floor, c->desc_sqn, c->sqn, kept_path_metric(&c->path)))
		return L3_INFEASIBLE;
	return L3_CHOSEN;
}

static struct way claim_way(const struct l3 *l3, instant now, const struct claim *c, bool doubted)
{
	struct way way = {.excluded = claim_excluded(l3, c), .path = {.metric = METRIC_UNROUTABLE}};

	if (way.excluded == L3_CHOSEN)
		way_link(l3, now, c, doubted, &way);
	return way;
}

static void way_take(struct l3 *l3, instant now, struct claim *c, const struct way *way,
		     struct fx *fx)
{
	struct l3_node *n = c->node;
	struct l3_route *r = &n->route;
	bool is_first = r->sqn == 0;

	r->sqn = c->sqn;
	kept_path_set(&l3->pool, &r->path, &way->path);
	r->hops = c->hops;
	r->chosen = c;
	c->better_since = 0;
	list_del(&r->of_lost);
	late_end(l3, r);
	link_set(l3, n, way->link, fx);
	path_tell(n, fx);
	floor_raise(now, n);
	batch_add(l3, now, n);
	/* With its first OGM others learn whom our number for it means: else each had to ask. */
	if (is_first && !flood_waits(n, FLOOD_DESCRIPTION, UINT16_MAX))
		flood_add(l3, now, n, FLOOD_NUMBER, flood_ports(l3));
}

/* Is `metric` better than the route's by so many percent? */
static bool is_better_by(const struct l3_route *r, uint64_t metric, unsigned percent)
{
	return metric > l3_route_metric(r) * (100 + percent) / 100;
}

/* specs/bmx7.md 6.6, rules A to I. A doubted route is as good as none against one that is not. */
static bool is_taken(instant now, const struct claim *c, const struct way *way)
{
	const struct l3_route *r = &c->node->route;
	const struct bmx7_metric *m = &c->node->description->metric;
	bool newer = c->sqn > r->sqn, same = way->link == r->link;
	bool none = l3_route_metric(r) <= METRIC_UNROUTABLE ||
		    (r->link->doubted && !way->link->doubted);
	span age = instant_since(now, c->at);

	if (none) /* B, E */
		return true;
	if (c->sqn > r->sqn + m->sqn_diff_max) /* A */
		return true;
	if (newer && (same || !span_less(age, span_ms(m->late_100ms * 100)))) /* D, C */
		return true;
	if (is_better_by(r, way->path.metric, same ? m->old_path_percent : m->new_path_percent))
		return true; /* G, H */
	return way->path.metric > l3_route_metric(r) && c->better_since > 0 &&
	       m->best_hysteresis > 0 && c->sqn >= m->best_hysteresis + c->better_since; /* I */
}

static void better_note(struct claim *c, const struct way *way)
{
	if (way->path.metric <= l3_route_metric(&c->node->route))
		c->better_since = 0;
	else if (c->better_since == 0)
		c->better_since = c->sqn;
}

/* A newer number over another link is waited for a while: ours may still bring it. Without memory
 * it is not: the next number comes, too. */
static void late_set(struct l3 *l3, const struct claim *c)
{
	struct l3_route *r = &c->node->route;
	span wait = span_ms(c->node->description->metric.late_100ms * 100);
	instant at = instant_add(c->at, wait);

	if (!r->late) {
		r->late = pool_alloc(&l3->pool, sizeof(*r->late));
		if (!r->late)
			return;
		if (!timer_init(&l3->timers, &r->late->timer, TIMER_LATE)) {
			pool_free(&l3->pool, r->late, sizeof(*r->late));
			r->late = NULL;
			return;
		}
		r->late->node = c->node;
	}
	if (instant_before(at, r->late->timer.at))
		timer_set(&l3->timers, &r->late->timer, at);
}

/* Did its number come for a reason? Perhaps it lost its route to us. */
static void newest_note(struct l3 *l3, instant now, const struct claim *c)
{
	struct l3_route *r = &c->node->route;
	span early = span_ms(OGM_EARLY_MS);

	if (c->sqn <= r->newest)
		return;
	/* Two that came close may have become one on the way. */
	if (r->newest > 0 &&
	    (c->sqn > r->newest + 1 || span_less(instant_since(now, r->newest_at), early)))
		batch_own_follow(l3, now);
	r->newest = c->sqn;
	r->newest_at = now;
}

/* The best way that can be used at once, or none. */
static struct claim *repair_find(const struct l3 *l3, instant now, const struct l3_node *n,
				 bool doubted, struct way *best)
{
	struct claim *found = NULL;

	*best = (struct way){.path = {.metric = METRIC_UNROUTABLE}};
	for (struct claim *c = n->route.claims; c; c = c->next) {
		struct way way = claim_way(l3, now, c, doubted);

		if (way.link && c->sqn >= n->route.sqn && way.path.metric > best->path.metric) {
			found = c;
			*best = way;
		}
	}
	return found;
}

/* Within a number the next hop says less than when it was chosen. It never goes below its own
 * floor, which is above ours: the way is still none that leads back, but worth less. */
static void chosen_sinks(struct l3 *l3, instant now, struct claim *c, struct fx *fx)
{
	struct l3_node *n = c->node;
	struct way way = {.path = {.metric = METRIC_UNROUTABLE}}, other;

	way_link(l3, now, c, true, &way);
	struct claim *better = repair_find(l3, now, n, false, &other);

	if (better && other.path.metric > way.path.metric) {
		way_take(l3, now, better, &other, fx);
		return;
	}
	if (!way.link || way.path.metric >= l3_route_metric(&n->route))
		return;
	kept_path_set(&l3->pool, &n->route.path, &way.path);
	n->route.hops = c->hops;
	path_tell(n, fx);
	batch_add(l3, now, n);
}

void l3_route_offer(struct l3 *l3, instant now, struct claim *c, struct fx *fx)
{
	struct l3_node *n = c->node;
	struct l3_route *r = &n->route;
	struct way way = claim_way(l3, now, c, !r->link);

	if (n->description && c->desc_sqn == n->description->version.desc_sqn)
		newest_note(l3, now, c);
	if (!way.link) {
		bool said_less = way.excluded == L3_WITHDRAWN || way.excluded == L3_TOO_FAR ||
				 way.excluded == L3_UNTRUSTED;

		if (r->chosen == c && r->link && said_less)
			l3_route_repair(l3, now, n, false, fx);
		else if (r->chosen == c && r->link && way.excluded == L3_INFEASIBLE)
			chosen_sinks(l3, now, c, fx);
		return;
	}
	if (c->sqn < r->sqn)
		return;
	if (is_taken(now, c, &way)) {
		way_take(l3, now, c, &way, fx);
		return;
	}
	better_note(c, &way);
	if (c->sqn > r->sqn)
		late_set(l3, c);
}

void l3_route_late(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx)
{
	for (struct claim *c = n->route.claims; c; c = c->next) {
		if (c->sqn > n->route.sqn)
			l3_route_offer(l3, now, c, fx);
	}
}

/* Tells others that there is no way. With `keep` the last one stays for those who have no
 * other: its link is silent, and may speak again. */
static void withdraw(struct l3 *l3, instant now, struct l3_node *n, bool keep, struct fx *fx)
{
	struct l3_route *r = &n->route;

	if (!r->link)
		return;
	if (!keep) {
		link_set(l3, n, NULL, fx);
		r->chosen = NULL;
	}
	kept_path_clear(&l3->pool, &r->path);
	list_del(&r->of_lost);
	list_append(&l3->lost, &r->of_lost);
	path_tell(n, fx);
	batch_add(l3, now, n);
	batch_disturbed(l3, now, true);
}

bool l3_routes_lack(const struct l3 *l3)
{
	list_each (r, &l3->lost, struct l3_route, of_lost) {
		for (const struct claim *c = r->claims; c; c = c->next) {
			if (claim_excluded(l3, c) == L3_INFEASIBLE)
				return true;
		}
	}
	return false;
}

void l3_route_repair(struct l3 *l3, instant now, struct l3_node *n, bool keep, struct fx *fx)
{
	struct way way;
	struct claim *c = repair_find(l3, now, n, false, &way);

	if (!c && !keep)
		c = repair_find(l3, now, n, true, &way);
	if (c) {
		l3->count.repairs++;
		way_take(l3, now, c, &way, fx);
	} else {
		withdraw(l3, now, n, keep, fx);
	}
}

struct bmx7_link l3_route_link(struct l3 *l3, const struct l3_node *n)
{
	uint16_t sqn = n->route.sqn;

	return n == l3->self ? own_chain_link(&l3->chain, l3->crypto, sqn)
			     : chain_link(&n->chain, l3->crypto, sqn);
}

static void numbers_restart(struct l3 *l3, struct l3_node *n)
{
	struct l3_route *r = &n->route;

	batch_drop(l3, n);
	r->sqn = 0;
	r->newest = 0;
	late_end(l3, r);
}

static bool lists_net(const struct description *d, const struct ipv6 *net)
{
	struct rd r = rd_over(d->tlv[BMX7_HNA6].at, d->tlv[BMX7_HNA6].len);
	struct bmx7_hna h;

	while (bmx7_hna_next(&r, &h)) {
		if (!(h.flags & BMX7_HNA_RESERVED) && ipv6_equal(h.net, *net))
			return true;
	}
	return false;
}

/* The networks that it had and has not any more go. */
static void nets_prune(const struct l3_node *n, const struct description *old, struct fx *fx)
{
	struct rd r = rd_over(old->tlv[BMX7_HNA6].at, old->tlv[BMX7_HNA6].len);
	struct bmx7_hna h;

	while (n->route.link && bmx7_hna_next(&r, &h)) {
		if (!(h.flags & BMX7_HNA_RESERVED) && !lists_net(n->description, &h.net))
			hna_tell(&n->route, &h.net, true, fx);
	}
}

void l3_route_described(struct l3 *l3, struct l3_node *n, const struct description *old,
			struct fx *fx)
{
	struct l3_route *r = &n->route;
	uint32_t desc_sqn = n->description->version.desc_sqn;

	numbers_restart(l3, n);
	if (desc_sqn > r->floor.desc_sqn)
		r->floor = (struct floor){desc_sqn, 0, METRIC_INVALID};
	if (old)
		nets_prune(n, old, fx);
	nets_tell(n, n->description, false, fx);
}

void l3_route_undescribed(struct l3 *l3, struct l3_node *n, const struct description *old,
			  struct fx *fx)
{
	struct l3_route *r = &n->route;

	numbers_restart(l3, n);
	nets_tell(n, old, true, fx);
	list_del(&r->of_link);
	list_del(&r->of_lost);
	r->link = NULL;
	r->chosen = NULL;
	kept_path_clear(&l3->pool, &r->path);
	path_tell(n, fx);
}

/* ---- why ---- */

enum l3_exclusion l3_route_excluded(const struct l3 *l3, instant now, const struct claim *c,
				    uint64_t *metric)
{
	const struct l3_route *r = &c->node->route;
	struct way way;

	*metric = 0;
	if (r->chosen == c && r->link) {
		*metric = l3_route_metric(r);
		return L3_CHOSEN;
	}
	way = claim_way(l3, now, c, false);
	if (!way.link)
		return way.excluded;
	*metric = way.path.metric;
	if (c->sqn < r->sqn)
		return L3_OLDER;
	return way.path.metric > l3_route_metric(r) || c->sqn > r->sqn ? L3_WAITING : L3_WORSE;
}
