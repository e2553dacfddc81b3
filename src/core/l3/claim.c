/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include "core/l3/internal.h"

enum err claims_init(struct l3 *l3)
{
	list_init(&l3->claims.searching);
	return timer_init(&l3->timers, &l3->claims.search, TIMER_SEARCH) ? OK : ERR_FULL;
}

void claims_fini(struct l3 *l3)
{
	timer_fini(&l3->timers, &l3->claims.search);
}

/* ---- pages ---- */

static struct claim_page *page_find(const struct near *r, unsigned iid)
{
	unsigned i = iid / CLAIM_PAGE;

	return i < r->claims.room ? r->claims.page[i] : NULL;
}

static struct claim *claim_find(const struct near *r, uint16_t iid)
{
	struct claim_page *g = page_find(r, iid);

	return g && g->claim[iid % CLAIM_PAGE].iid ? &g->claim[iid % CLAIM_PAGE] : NULL;
}

struct claim *claim_next(const struct near *r, unsigned *iid)
{
	while (*iid < r->claims.room * (unsigned)CLAIM_PAGE) {
		struct claim_page *g = page_find(r, *iid);
		unsigned end = (*iid / CLAIM_PAGE + 1) * CLAIM_PAGE;

		for (; g && *iid < end; ++*iid) {
			if (g->claim[*iid % CLAIM_PAGE].iid)
				return &g->claim[(*iid)++ % CLAIM_PAGE];
		}
		*iid = end;
	}
	return NULL;
}

/* Room for the page of iid. */
static bool pages_grow(struct l3 *l3, struct claim_pages *p, unsigned iid)
{
	unsigned room = p->room > 0 ? p->room : 1;
	struct claim_page **page;

	if (iid / CLAIM_PAGE < p->room)
		return true;
	while (room <= iid / CLAIM_PAGE)
		room *= 2;
	page = pool_alloc(&l3->pool, room * sizeof(struct claim_page *));
	if (!page)
		return false;
	if (p->room > 0)
		memcpy(page, p->page, p->room * sizeof(struct claim_page *));
	pool_free(&l3->pool, p->page, p->room * sizeof(struct claim_page *));
	p->page = page;
	p->room = (uint16_t)room;
	return true;
}

/* The place of a claim that is not there yet; NULL: no memory. */
static struct claim *place_get(struct l3 *l3, struct near *r, uint16_t iid)
{
	struct claim_pages *p = &r->claims;
	struct claim_page **g;

	if (!pages_grow(l3, p, iid))
		return NULL;
	g = &p->page[iid / CLAIM_PAGE];
	if (!*g)
		*g = pool_alloc(&l3->pool, sizeof(**g));
	if (!*g)
		return NULL;
	(*g)->near = r;
	(*g)->count++;
	p->count++;
	return &(*g)->claim[iid % CLAIM_PAGE];
}

static void place_leave(struct l3 *l3, struct claim *c)
{
	struct claim_pages *p = &claim_near(c)->claims;
	struct claim_page **g = &p->page[c->iid / CLAIM_PAGE];

	*c = (struct claim){.iid = 0};
	p->count--;
	if (--(*g)->count > 0)
		return;
	pool_free(&l3->pool, *g, sizeof(**g));
	*g = NULL;
}

void claim_pages_free(struct l3 *l3, struct near *r)
{
	assert(r->claims.count == 0);
	pool_free(&l3->pool, r->claims.page, r->claims.room * sizeof(struct claim_page *));
}

/* ---- claims ---- */

static struct claim *claim_of_node(const struct near *r, const struct l3_node *n)
{
	struct claim *c = n->route.claims;

	while (c && claim_near(c) != r)
		c = c->next;
	return c;
}

/* Room for another: of one page that one which was used longest ago. */
static bool claim_evict(struct l3 *l3, instant now, struct near *r, struct fx *fx)
{
	struct claim_pages *p = &r->claims;
	struct claim *oldest = NULL;
	struct claim_page *g;

	if (p->count == 0)
		return false;
	do {
		p->hand = (uint16_t)(p->hand + 1u < p->room ? p->hand + 1u : 0);
		g = p->page[p->hand];
	} while (!g);
	for (unsigned i = 0; i < CLAIM_PAGE; i++) {
		struct claim *c = &g->claim[i];

		if (c->iid && (!oldest || instant_before(c->used, oldest->used)))
			oldest = c;
	}
	claim_free(l3, now, oldest, fx);
	return true;
}

static struct claim *claim_get(struct l3 *l3, instant now, struct near *r, uint16_t iid,
			       struct fx *fx)
{
	struct claim *c = claim_find(r, iid);
	bool full = l3->claims.count >= l3->conf.claims_max ||
		    r->claims.count >= l3->conf.nodes_max;

	if (!c) {
		if (full && !claim_evict(l3, now, r, fx))
			return NULL;
		c = place_get(l3, r, iid);
		if (!c)
			return NULL;
		c->iid = iid;
		kept_path_clear(&l3->pool, &c->path);
		l3->claims.count++;
	}
	c->used = now;
	return c;
}

static void search_leave(struct l3 *l3, struct claim *c)
{
	list_del(&c->wait->searching);
	if (l3->claims.walking == c)
		l3->claims.walking = NULL;
}

/* Nothing is waited for any more. */
static void wait_end(struct l3 *l3, struct claim *c)
{
	if (!c->wait)
		return;
	search_leave(l3, c);
	pool_free(&l3->pool, c->wait, sizeof(*c->wait));
	c->wait = NULL;
}

static void claim_detach(struct claim *c)
{
	struct claim **at = &c->node->route.claims;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->node->route.claim_count--;
	if (c->node->route.chosen == c)
		c->node->route.chosen = NULL;
}

void claim_drop(struct l3 *l3, struct claim *c)
{
	wait_end(l3, c);
	if (c->node)
		claim_detach(c);
	kept_path_clear(&l3->pool, &c->path);
	l3->claims.count--;
	place_leave(l3, c);
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
	const struct digest *id = &claim_near(c)->node->id;
	struct claim **at = &n->route.claims;

	while (*at && digest_compare(&claim_near(*at)->node->id, id) <= 0)
		at = &(*at)->next;
	c->node = n;
	c->next = *at;
	*at = c;
	n->route.claim_count++;
	l3_node_review(l3, now, n);
}

static void number_ask(struct l3 *l3, instant now, const struct claim *c)
{
	const struct l3_link *k = near_best_link(l3, now, claim_near(c));
	struct post p = {.kind = POST_IID_REQ, .number = c->iid, .to = claim_near(c)->node->id};

	if (!k)
		return;
	p.port = k->port;
	post_add(l3, now, &p);
}

static void description_ask(struct l3 *l3, instant now, const struct claim *c, struct fx *fx)
{
	const struct l3_link *k = near_best_link(l3, now, claim_near(c));
	struct source from = {.verified = true, .node = claim_near(c)->node};

	if (!k)
		return;
	from.port = k->port;
	content_want(l3, now, c->node, c->desc_sqn, &from, fx);
}

/* The neighbour's claim with a number that is understood; ERR_OLD: it said something newer. */
static enum err number_set(struct l3 *l3, struct claim *c, instant now, uint16_t batch,
			   uint16_t sqn, const struct bmx7_ogm *o)
{
	struct metric_path path = {.metric = o->metric, .history_count = o->history_count};
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
	memcpy(path.history, o->history, sizeof(o->history));
	kept_path_set(&l3->pool, &c->path, &path);
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
	wait_end(l3, c);
	if (c->node == l3->self) {
		if (is_attack(l3, sqn, o))
			attack(l3, now, claim_near(c), fx);
		return;
	}
	enum err e = number_set(l3, c, now, batch, sqn, o);

	if (e == OK)
		l3_route_offer(l3, now, c, fx);
	else
		l3->count.dropped[e]++;
}

/* false: no memory. */
static bool claim_wait(struct l3 *l3, struct claim *c, uint16_t batch, const struct bmx7_ogm *o)
{
	l3->count.ogm_unresolved++;
	if (!c->wait) {
		c->wait = pool_alloc(&l3->pool, sizeof(*c->wait));
		if (!c->wait)
			return false;
		c->wait->claim = c;
		list_init(&c->wait->searching);
	}
	c->wait->ogm = *o;
	c->wait->batch = batch;
	return true;
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
	if (!claim_wait(l3, c, batch, o))
		l3->count.dropped[ERR_FULL]++;
	else if (c->node && !is_described(c))
		description_ask(l3, now, c, fx);
	else
		number_ask(l3, now, c);
}

/* What c waits with may have got a number: a few steps as for any OGM, else the whole chain is to
 * be searched, and its neighbour pays for it. */
static void wait_retry(struct l3 *l3, instant now, struct claim *c, struct fx *fx)
{
	uint16_t sqn;

	if (!c->wait || !is_described(c) || !list_empty(&c->wait->searching))
		return;
	/* One about ourselves may end its neighbour: not while others are at work with it. */
	sqn = c->node != l3->self ? chain_find(&c->node->chain, l3->crypto, &c->wait->ogm.chain,
					       CHAIN_STEPS, &l3->count.chain_steps)
				  : 0;
	if (sqn > 0) {
		const struct bmx7_ogm o = c->wait->ogm;

		number_found(l3, now, c, c->wait->batch, sqn, &o, fx);
	} else if (bucket_take(&claim_near(c)->searches, now)) {
		list_append(&l3->claims.searching, &c->wait->searching);
		timer_set(&l3->timers, &l3->claims.search, now);
	}
}

/* The number, if it is known already. */
static uint16_t walk_begin(struct l3 *l3, const struct claim *c)
{
	const struct chain *chain = &c->node->chain;
	struct claims *s = &l3->claims;
	uint16_t known;

	s->walking = c;
	s->walk_desc_sqn = chain->version->desc_sqn;
	s->walk_batch = c->wait->batch;
	s->walk_ogm = c->wait->ogm;
	known = chain_walk_begin(&s->walk, chain, &s->walk_ogm.chain, chain->version->sqn_range);
	return known > 0 ? known
			 : chain_behind(chain, l3->crypto, &s->walk_ogm.chain,
					&l3->count.chain_steps);
}

/* The number of the OGM that c waited with when the search began. */
static void walk_found(struct l3 *l3, instant now, struct claim *c, uint16_t sqn, struct fx *fx)
{
	struct claims *s = &l3->claims;
	struct bmx7_ogm o = c->wait->ogm;
	uint16_t batch = c->wait->batch, newer = 0;

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
	if (s->walking != c || s->walk_desc_sqn != c->node->chain.version->desc_sqn)
		sqn = walk_begin(l3, c);
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
		struct claim *c =
			container_of(s->searching.next, struct claim_wait, searching)->claim;
		unsigned hashes = left;

		if (!is_described(c)) {
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
	struct claim *other = claim_of_node(r, n), *c = claim_find(r, iid);

	if (other && other->iid == iid)
		return other;
	if (other)
		claim_free(l3, now, other, fx);
	if (c && c->node) {
		claim_free(l3, now, c, fx);
		c = NULL;
	}
	/* One that nobody knew whom it was about keeps what it waits with. */
	if (!c)
		c = claim_get(l3, now, r, iid, fx);
	if (!c)
		return NULL;
	c->used = now;
	claim_attach(l3, now, c, n);
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
		wait_retry(l3, now, c, fx);
	else
		description_ask(l3, now, c, fx);
	return OK;
}

void claims_described(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx)
{
	if (n == l3->self)
		return;
	for (struct claim *c = n->route.claims; c; c = c->next)
		wait_retry(l3, now, c, fx);
}

void claims_forget(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx)
{
	for (struct claim *c = n->route.claims; c; c = c->next) {
		c->sqn = 0;
		c->desc_sqn = 0;
		c->better_since = 0;
		kept_path_clear(&l3->pool, &c->path);
	}
	l3_route_repair(l3, now, n, false, fx);
}

bool claim_wants_iid(const struct l3 *l3, const struct near *r, uint16_t iid)
{
	const struct claim *c = claim_find(r, iid);

	(void)l3;
	return c && c->wait && (!c->node || is_described(c));
}

instant claims_expire(struct l3 *l3, instant now, struct near *r, struct fx *fx)
{
	struct claim_pages *p = &r->claims;
	unsigned iid = p->sweep, end = iid + CLAIM_SWEEP;
	instant soon = instant_add(now, span_ms(CLAIM_SWEEP_MS));
	struct claim *c;

	if (p->sweep == 0)
		p->end = instant_add(now, span_s(CLAIM_TIMEOUT_S));
	while (iid < end && (c = claim_next(r, &iid))) {
		instant over = instant_add(c->used, span_s(CLAIM_TIMEOUT_S));

		if (instant_reached(over, now))
			claim_free(l3, now, c, fx);
		else
			p->end = instant_min(p->end, over);
	}
	p->sweep = (uint16_t)(iid < p->room * (unsigned)CLAIM_PAGE ? iid : 0);
	return p->sweep > 0 || instant_before(p->end, soon) ? soon : p->end;
}
