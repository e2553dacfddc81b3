/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include "core/l3/internal.h"

enum err claims_init(struct l3 *l3)
{
	map_init(&l3->claims.by_iid, &l3->pool, prng_u64(&l3->prng));
	list_init(&l3->claims.searching);
	return timer_init(&l3->timers, &l3->claims.search, TIMER_SEARCH) ? OK : ERR_FULL;
}

void claims_fini(struct l3 *l3)
{
	timer_fini(&l3->timers, &l3->claims.search);
	map_fini(&l3->claims.by_iid);
}

static uint32_t iid_hash(const struct claims *s, const struct near *r, uint16_t iid)
{
	uint8_t key[sizeof(struct digest) + 2];
	struct wr w = wr_over(key, sizeof(key));

	wr_digest(&w, &r->node->id);
	wr_u16(&w, iid);
	return map_hash(&s->by_iid, key, sizeof(key));
}

static struct claim *claim_find(const struct l3 *l3, const struct near *r, uint16_t iid)
{
	const struct map *m = &l3->claims.by_iid;
	struct map_node *at = map_first(m, iid_hash(&l3->claims, r, iid));

	for (; at; at = map_next(at)) {
		struct claim *c = container_of(at, struct claim, by_iid);

		if (c->near == r && c->iid == iid)
			return c;
	}
	return NULL;
}

static struct claim *claim_of_node(const struct near *r, const struct l3_node *n)
{
	list_each (c, &n->route.claims, struct claim, of_node) {
		if (c->near == r)
			return c;
	}
	return NULL;
}

static void claim_use(instant now, struct claim *c)
{
	c->used = now;
	list_del(&c->of_near);
	list_append(&c->near->claims, &c->of_near);
}

static bool claim_evict(struct l3 *l3, instant now, struct near *r, struct fx *fx)
{
	if (list_empty(&r->claims))
		return false;
	claim_free(l3, now, container_of(r->claims.next, struct claim, of_near), fx);
	return true;
}

static struct claim *claim_get(struct l3 *l3, instant now, struct near *r, uint16_t iid,
			       struct fx *fx)
{
	struct claim *c = claim_find(l3, r, iid);
	bool full = l3->claims.count >= l3->conf.claims_max || r->claim_count >= l3->conf.nodes_max;

	if (c) {
		claim_use(now, c);
		return c;
	}
	if (full && !claim_evict(l3, now, r, fx))
		return NULL;
	c = pool_alloc(&l3->pool, sizeof(*c));
	if (!c)
		return NULL;
	c->near = r;
	c->iid = iid;
	if (!map_add(&l3->claims.by_iid, &c->by_iid, iid_hash(&l3->claims, r, iid))) {
		pool_free(&l3->pool, c, sizeof(*c));
		return NULL;
	}
	list_init(&c->of_near);
	list_init(&c->of_node);
	list_init(&c->searching);
	l3->claims.count++;
	r->claim_count++;
	claim_use(now, c);
	return c;
}

static void search_leave(struct l3 *l3, struct claim *c)
{
	list_del(&c->searching);
	if (l3->claims.walking == c)
		l3->claims.walking = NULL;
}

void claim_drop(struct l3 *l3, struct claim *c)
{
	search_leave(l3, c);
	list_del(&c->of_near);
	if (c->node) {
		list_del(&c->of_node);
		c->node->route.claim_count--;
		if (c->node->route.chosen == c)
			c->node->route.chosen = NULL;
	}
	map_del(&l3->claims.by_iid, &c->by_iid);
	l3->claims.count--;
	c->near->claim_count--;
	pool_free(&l3->pool, c, sizeof(*c));
}

void claim_free(struct l3 *l3, instant now, struct claim *c, struct fx *fx)
{
	struct l3_node *n = c->node;
	bool chosen = n && n->route.chosen == c;

	claim_drop(l3, c);
	if (chosen)
		l3_route_repair(l3, now, n, false, fx);
	if (n)
		l3_node_review(l3, now, n);
}

/* From now on c is about n. Claims of a node are in the order of their neighbours' ids: what
 * is taken must not depend on who was heard first. */
static void claim_attach(struct l3 *l3, instant now, struct claim *c, struct l3_node *n)
{
	struct list *before = &n->route.claims;

	list_each (other, &n->route.claims, struct claim, of_node) {
		if (digest_compare(&other->near->node->id, &c->near->node->id) > 0) {
			before = &other->of_node;
			break;
		}
	}
	c->node = n;
	list_insert(before, &c->of_node);
	n->route.claim_count++;
	l3_node_review(l3, now, n);
}

static void number_ask(struct l3 *l3, instant now, const struct claim *c)
{
	const struct l3_link *k = near_best_link(l3, now, c->near);
	struct post p = {.kind = POST_IID_REQ, .number = c->iid, .to = c->near->node->id};

	if (!k)
		return;
	p.port = k->port;
	post_add(l3, now, &p);
}

static void description_ask(struct l3 *l3, instant now, const struct claim *c, struct fx *fx)
{
	const struct l3_link *k = near_best_link(l3, now, c->near);
	struct source from = {.verified = true, .node = c->near->node};

	if (!k)
		return;
	from.port = k->port;
	content_want(l3, now, c->node, c->desc_sqn, &from, fx);
}

/* The neighbour's claim with a number that is understood; ERR_OLD: it said something newer. */
static enum err number_set(struct claim *c, instant now, uint16_t batch, uint16_t sqn,
			   const struct bmx7_ogm *o)
{
	uint32_t desc_sqn = c->node->description->version.desc_sqn;
	bool newer = c->desc_sqn != desc_sqn || sqn > c->sqn;

	/* Within a number the later batch counts: it may be a withdrawal. */
	if (!newer && (sqn < c->sqn || (int16_t)(uint16_t)(batch - c->batch) <= 0))
		return ERR_OLD;
	if (c->desc_sqn != desc_sqn)
		c->better_since = 0;
	if (newer)
		c->at = now;
	c->desc_sqn = desc_sqn;
	c->sqn = sqn;
	c->batch = batch;
	c->chain = o->chain;
	c->path = (struct metric_path){.metric = o->metric, .history_count = o->history_count};
	memcpy(c->path.history, o->history, sizeof(o->history));
	c->hops = (uint8_t)(o->hops + 1);
	return OK;
}

/* An OGM of ours that we never sent, or better than we sent it: its sender lies. */
static bool is_attack(const struct l3 *l3, uint16_t sqn, const struct bmx7_ogm *o)
{
	return sqn > l3->self->route.sqn || (sqn == l3->self->route.sqn && o->metric >= METRIC_MAX);
}

static void attack(struct l3 *l3, instant now, struct near *r, struct fx *fx)
{
	l3->count.attacks++;
	l3_note(fx, NETWORK_NOTE_ATTACK, r->node, l3->self, 0);
	r->node->attacker = r->node->burst_desc_sqn;
	near_gone(l3, now, r, fx);
}

static void number_found(struct l3 *l3, instant now, struct claim *c, uint16_t batch, uint16_t sqn,
			 const struct bmx7_ogm *o, struct fx *fx)
{
	c->waiting = false;
	if (c->node == l3->self) {
		if (is_attack(l3, sqn, o))
			attack(l3, now, c->near, fx);
		return;
	}
	enum err e = number_set(c, now, batch, sqn, o);

	if (e == OK)
		l3_route_offer(l3, now, c, fx);
	else
		l3->count.dropped[e]++;
}

static void claim_wait(struct l3 *l3, struct claim *c, uint16_t batch, const struct bmx7_ogm *o)
{
	l3->count.ogm_unresolved++;
	c->waiting = true;
	c->wait = *o;
	c->wait_batch = batch;
}

static bool is_described(const struct claim *c)
{
	const struct description *d = c->node->description;

	return d && d->version.desc_sqn >= c->desc_sqn;
}

void claim_ogm(struct l3 *l3, instant now, struct near *r, uint16_t batch, const struct bmx7_ogm *o,
	       struct fx *fx)
{
	struct claim *c = claim_get(l3, now, r, o->iid, fx);

	if (!c) {
		l3->count.dropped[ERR_FULL]++;
		return;
	}
	if (!c->node && o->iid == BMX7_IID_SELF && !claim_of_node(r, r->node))
		claim_attach(l3, now, c, r->node);
	if (c->node && is_described(c)) {
		uint16_t sqn = chain_find(&c->node->chain, l3->crypto, &o->chain, CHAIN_STEPS,
					  &l3->count.chain_steps);

		if (sqn > 0) {
			number_found(l3, now, c, batch, sqn, o, fx);
			return;
		}
	}
	claim_wait(l3, c, batch, o);
	if (c->node && !is_described(c))
		description_ask(l3, now, c, fx);
	else
		number_ask(l3, now, c);
}

/* The whole chain is to be searched for what c waits with; a neighbour pays for it. */
static void wait_retry(struct l3 *l3, instant now, struct claim *c)
{
	if (!c->waiting || !is_described(c) || !list_empty(&c->searching) ||
	    !bucket_take(&c->near->searches, now))
		return;
	list_append(&l3->claims.searching, &c->searching);
	timer_set(&l3->timers, &l3->claims.search, now);
}

/* The number, if it is known already. */
static uint16_t walk_begin(struct claims *s, const struct claim *c)
{
	const struct chain *chain = &c->node->chain;

	s->walking = c;
	s->walk_desc_sqn = chain->salt.desc_sqn;
	s->walk_batch = c->wait_batch;
	s->walk_ogm = c->wait;
	return chain_walk_begin(&s->walk, chain, &s->walk_ogm.chain, chain->range);
}

/* The number of the OGM that c waited with when the search began. */
static void walk_found(struct l3 *l3, instant now, struct claim *c, uint16_t sqn, struct fx *fx)
{
	struct claims *s = &l3->claims;
	struct bmx7_ogm o = c->wait;
	uint16_t batch = c->wait_batch, newer = 0;

	/* Newer ones may have come meanwhile; their way is short now. */
	if (batch != s->walk_batch)
		newer = chain_find(&c->node->chain, l3->crypto, &o.chain, CHAIN_STEPS,
				   &l3->count.chain_steps);
	if (newer > 0)
		number_found(l3, now, c, batch, newer, &o, fx);
	else
		number_found(l3, now, c, s->walk_batch, sqn, &s->walk_ogm, fx);
}

/* Goes on with the first; hashes: at most so many, then how many it were. false: it takes more. */
static bool search_go(struct l3 *l3, instant now, struct claim *c, unsigned *hashes, struct fx *fx)
{
	struct claims *s = &l3->claims;
	unsigned most = *hashes;
	uint16_t sqn = 0;

	*hashes = 0;
	if (s->walking != c || s->walk_desc_sqn != c->node->chain.salt.desc_sqn)
		sqn = walk_begin(s, c);
	if (sqn == 0)
		sqn = chain_walk_go(&s->walk, &c->node->chain, l3->crypto, most, hashes);
	l3->count.chain_steps += *hashes;
	if (sqn == 0 && *hashes == most)
		return false;
	search_leave(l3, c);
	if (sqn > 0)
		walk_found(l3, now, c, sqn, fx);
	return true;
}

void claims_search(struct l3 *l3, instant now, struct fx *fx)
{
	struct claims *s = &l3->claims;
	unsigned left = CLAIM_SEARCH_SLICE;
	bool over = true;

	while (!list_empty(&s->searching) && over && left > 0) {
		struct claim *c = container_of(s->searching.next, struct claim, searching);
		unsigned hashes = left;

		if (!c->waiting || !is_described(c)) {
			search_leave(l3, c);
			continue;
		}
		over = search_go(l3, now, c, &hashes, fx);
		left -= hashes;
	}
	if (!list_empty(&s->searching))
		timer_set(&l3->timers, &s->search, instant_add(now, span_ms(CLAIM_SEARCH_MS)));
}

/* c gets about n, which the neighbour gave another number before, or another node that number. */
static struct claim *claim_about(struct l3 *l3, instant now, struct near *r, uint16_t iid,
				 struct l3_node *n, struct fx *fx)
{
	struct claim *other = claim_of_node(r, n), *c = claim_find(l3, r, iid);
	bool waiting = c && !c->node && c->waiting;
	struct bmx7_ogm wait = {.iid = 0};
	uint16_t batch = 0;

	if (other && other->iid == iid)
		return other;
	if (waiting) {
		wait = c->wait;
		batch = c->wait_batch;
	}
	if (other)
		claim_free(l3, now, other, fx);
	if (c && c->node)
		claim_free(l3, now, c, fx);
	c = claim_get(l3, now, r, iid, fx);
	if (!c)
		return NULL;
	claim_attach(l3, now, c, n);
	if (waiting) {
		c->waiting = true;
		c->wait = wait;
		c->wait_batch = batch;
	}
	return c;
}

enum err claim_iid(struct l3 *l3, instant now, struct near *r, const struct bmx7_iid *i,
		   struct fx *fx)
{
	struct l3_node *n = l3_node_get(l3, now, &i->node, fx);

	if (!n)
		return ERR_FULL;
	struct claim *c = claim_about(l3, now, r, i->iid, n, fx);

	if (!c)
		return ERR_FULL;
	if (i->desc_sqn < c->desc_sqn)
		return ERR_OLD;
	/* A route over it stays until a number of the new description comes. */
	if (i->desc_sqn > c->desc_sqn) {
		c->sqn = 0;
		c->desc_sqn = i->desc_sqn;
	}
	if (is_described(c))
		wait_retry(l3, now, c);
	else
		description_ask(l3, now, c, fx);
	return OK;
}

void claims_described(struct l3 *l3, instant now, struct l3_node *n)
{
	if (n == l3->self)
		return;
	list_each (c, &n->route.claims, struct claim, of_node)
		wait_retry(l3, now, c);
}

void claims_forget(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx)
{
	list_each (c, &n->route.claims, struct claim, of_node) {
		c->sqn = 0;
		c->desc_sqn = 0;
		c->better_since = 0;
		c->path.metric = METRIC_UNROUTABLE;
	}
	l3_route_repair(l3, now, n, false, fx);
}

bool claim_wants_iid(const struct l3 *l3, const struct near *r, uint16_t iid)
{
	const struct claim *c = claim_find(l3, r, iid);

	return c && c->waiting && (!c->node || is_described(c));
}

instant claims_expire(struct l3 *l3, instant now, struct near *r, struct fx *fx)
{
	while (!list_empty(&r->claims)) {
		struct claim *c = container_of(r->claims.next, struct claim, of_near);
		instant end = instant_add(c->used, span_s(CLAIM_TIMEOUT_S));

		if (!instant_reached(end, now))
			return end;
		claim_free(l3, now, c, fx);
	}
	return instant_add(now, span_s(CLAIM_TIMEOUT_S));
}
