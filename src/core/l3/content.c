/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/content.h"
#include <assert.h>
#include "core/l3/described.h"
#include "core/l3/internal.h"
#include "wire/bmx7_info.h"

enum {
	ROUNDS_QUICK = 5, /* of asking without an answer, short ones ... */
	ROUNDS = 17,	  /* ... and all; then until somebody wants it again */
	ASK_AGAIN_MS = 900,
	NODES_PER_CALL = 32,
	SOON_APART_US = 2000, /* what many neighbours may make us verify */
	/* Signatures that those who are no neighbours may make us verify; one costs 0.1 ms. */
	STRANGERS_BURST = 64,
	STRANGERS_MS = 20,
	/* Descriptions of one node: each floods the whole network. */
	NEWS_BURST = 8,
	NEWS_S = 2,
};

enum err content_init(struct l3 *l3, instant now)
{
	struct contents *s = &l3->contents;

	map_init(&s->by_hash, &l3->pool, prng_u64(&l3->prng));
	list_init(&s->ready);
	for (unsigned i = 0; i < WAITS; i++)
		list_init(&s->wait[i]);
	bucket_init(&s->strangers, STRANGERS_BURST, span_ms(STRANGERS_MS), now);
	self_init(l3, now);
	return timer_init(&l3->timers, &s->due, TIMER_CONTENT) ? OK : ERR_FULL;
}

void content_fini(struct l3 *l3)
{
	self_fini(l3);
	map_fini(&l3->contents.by_hash);
	timer_fini(&l3->timers, &l3->contents.due);
}

void content_node_init(struct l3 *l3, struct l3_node *n)
{
	n->content = (struct node_content){.refused = 0};
	bucket_init(&n->content.news, NEWS_BURST, span_s(NEWS_S), (instant){0});
	(void)l3;
}

static void pursuit_free(struct l3 *l3, struct l3_node *n)
{
	struct pursuit *c = n->content.pursuit;

	if (!c)
		return;
	described_free(l3, c->fresh);
	described_free(l3, c->candidate);
	use_free(l3, c->key);
	list_del(&c->queue);
	n->content.pursuit = NULL;
	pool_free(&l3->pool, c, sizeof(*c));
}

/* Finds or makes; NULL: no memory. */
static struct pursuit *pursuit_get(struct l3 *l3, struct l3_node *n)
{
	struct pursuit *c = n->content.pursuit;

	if (c)
		return c;
	c = pool_alloc(&l3->pool, sizeof(*c));
	if (!c) {
		l3->count.dropped[ERR_FULL]++;
		return NULL;
	}
	c->node = n;
	list_init(&c->queue);
	n->content.pursuit = c;
	return c;
}

/* Is it over? */
static void pursuit_review(struct l3 *l3, struct l3_node *n)
{
	const struct pursuit *c = n->content.pursuit;

	if (!c->wanted && !c->fresh && !c->candidate && !c->key)
		pursuit_free(l3, n);
}

void content_node_fini(struct l3 *l3, struct l3_node *n)
{
	assert(!n->description);
	pursuit_free(l3, n);
	use_set_free(l3, n->content.uses);
}

/* ---- when is it whose turn? ---- */

static instant first_at(const struct list *l)
{
	return list_empty(l) ? NEVER : container_of(l->next, struct pursuit, queue)->at;
}

static void due_arm(struct l3 *l3, instant now)
{
	struct contents *s = &l3->contents;
	instant at = list_empty(&s->ready) ? s->self.renew_at : now;

	for (unsigned i = 0; i < WAITS; i++)
		at = instant_min(at, first_at(&s->wait[i]));
	timer_set(&l3->timers, &s->due, at);
}

static void node_wait(struct l3 *l3, instant now, struct l3_node *n, enum content_wait why)
{
	static const int delay_ms[WAITS] = {
		[WAIT_SOON] = 200, [WAIT_QUICK] = 1000, [WAIT_LATER] = 5000, [WAIT_BLOCKED] = 5000};

	struct contents *s = &l3->contents;
	instant at = instant_add(now, span_ms(delay_ms[why]));

	/* When thousands are known at once they are not all tried again each time. */
	if (why == WAIT_SOON) {
		instant turn = instant_add(s->last_soon, span_us(SOON_APART_US));

		at = instant_before(at, turn) ? turn : at;
		s->last_soon = at;
	}
	list_del(&n->content.pursuit->queue);
	list_append(&s->wait[why], &n->content.pursuit->queue);
	n->content.pursuit->at = at;
	due_arm(l3, now);
}

static void node_ready(struct l3 *l3, instant now, struct l3_node *n)
{
	list_del(&n->content.pursuit->queue);
	list_append(&l3->contents.ready, &n->content.pursuit->queue);
	due_arm(l3, now);
}

void content_renew(struct l3 *l3, instant now)
{
	self_renew(l3, now);
	due_arm(l3, now);
}

/* ---- asking ---- */

/* len 0: not here. */
static struct tlv_data key_of(const struct l3_node *n)
{
	const struct use *u = n->content.pursuit ? n->content.pursuit->key : NULL;

	if (n->description)
		return n->description->tlv[BMX7_NODE_PUBKEY];
	if (u && u->stored->bytes)
		return (struct tlv_data){u->stored->c.body, u->stored->c.body_len};
	return (struct tlv_data){NULL, 0};
}

/* A content is asked for once in a round. false: there was no room for the request. */
static bool content_ask(struct l3 *l3, instant now, struct stored *s, const struct digest *to,
			uint8_t port)
{
	struct post p = {.kind = POST_CONTENT_REQ, .port = port, .to = *to, .what = s->hash};

	if (s->was_asked && instant_before(now, instant_add(s->asked, span_ms(ASK_AGAIN_MS))))
		return true;
	if (post_add(l3, now, &p) != OK)
		return false;
	s->asked = now;
	s->was_asked = true;
	return true;
}

static bool description_ask(struct l3 *l3, instant now, struct l3_node *n)
{
	struct pursuit *c = n->content.pursuit;
	struct post p = {.kind = POST_DESC_REQ, .port = c->ask_port, .to = c->ask, .what = n->id};

	if (!c->asked && post_add(l3, now, &p) != OK)
		return false;
	c->asked = true;
	return true;
}

/* ---- from the first byte to the accepted whole ---- */

static void wish_granted(struct l3_node *n)
{
	struct pursuit *c = n->content.pursuit;

	c->wanted = 0;
	c->rounds = 0;
	c->asked = false;
	list_del(&c->queue);
}

static void candidate_refuse(struct l3 *l3, struct l3_node *n, enum err why)
{
	struct pursuit *c = n->content.pursuit;

	n->content.refused = c->candidate->d.version.desc_sqn;
	l3->count.dropped[why]++;
	described_free(l3, c->candidate);
	c->candidate = NULL;
	if (c->wanted <= n->content.refused)
		wish_granted(n);
}

/* Others could be blocked by what is gone now. */
static void blocked_again(struct l3 *l3, instant now)
{
	list_each (c, &l3->contents.wait[WAIT_BLOCKED], struct pursuit, queue)
		node_ready(l3, now, c->node);
}

void content_forget(struct l3 *l3, struct l3_node *n, const struct description *d)
{
	description_free(l3, d);
	use_set_free(l3, n->content.uses);
	n->content.uses = NULL;
}

/* Its own words have made it unbelievable. */
static void node_block(struct l3 *l3, instant now, struct l3_node *n, const struct l3_node *other,
		       struct fx *fx)
{
	struct pursuit *c = n->content.pursuit;
	const struct description *old = n->description;

	if (!c->blocked)
		l3_note(fx, NETWORK_NOTE_NODE_BLOCKED, n, other, 0);
	c->blocked = true;
	if (old) {
		n->description = NULL;
		plane_undescribed(l3, now, n, old, fx);
		content_forget(l3, n, old);
		blocked_again(l3, now);
	}
	node_wait(l3, now, n, WAIT_BLOCKED);
}

/* Is this neighbour the only one who hears us on that port? */
static bool hears_alone(const struct l3 *l3, const struct l3_node *n, uint8_t port)
{
	const struct l3_port *p = &l3->port[port];

	if (p->link_count != 1)
		return false;
	const struct l3_link *link = container_of(p->links.next, struct l3_link, of_port);
	return link->near->node == n;
}

void content_flood(struct l3 *l3, instant now, struct l3_node *n, const struct source *giver,
		   bool with_key)
{
	uint16_t ports = flood_ports(l3);

	if (giver && hears_alone(l3, giver->node, giver->port))
		ports &= (uint16_t) ~(1u << giver->port);
	flood_add(l3, now, n, FLOOD_DESCRIPTION, ports);
	if (with_key)
		flood_add(l3, now, n, FLOOD_KEY, ports);
}

/* A neighbour has the description that we have: no need to send it. */
static void heard_too(struct l3 *l3, instant now, struct l3_node *n, const struct source *from)
{
	const uint16_t bit = (uint16_t)(1u << from->port);

	if (!hears_alone(l3, from->node, from->port))
		return;
	flood_done(l3, now, n, FLOOD_DESCRIPTION, bit);
	flood_done(l3, now, n, FLOOD_KEY, bit);
}

/* false: no memory. */
static bool candidate_accept(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx)
{
	struct pursuit *c = n->content.pursuit;
	const struct description *old = n->description;
	struct use_set *uses = n->content.uses;
	const struct source giver = {.port = c->candidate->port,
				     .node = l3_node_by_id(l3, &c->candidate->from)};

	if (!described_accept(l3, now, c->candidate))
		return false;
	c->candidate = NULL;
	use_free(l3, c->key);
	c->key = NULL;
	c->blocked = false;
	n->content.refused = n->description->version.desc_sqn;
	content_flood(l3, now, n, &giver, !old); /* before what follows from it */
	plane_described(l3, now, n, old, fx);
	if (old) {
		description_free(l3, old);
		blocked_again(l3, now);
	}
	use_set_free(l3, uses);
	if (c->wanted <= n->content.refused)
		wish_granted(n);
	return true;
}

/* Is the description that is wanted neither here nor on its way from here? */
static bool description_missing(const struct pursuit *c)
{
	return c->wanted > 0 && !c->fresh &&
	       (!c->candidate || c->candidate->d.version.desc_sqn < c->wanted);
}

/* The candidate has all contents, or is refused, or waits. true: it waits for contents. */
static bool candidate_step(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx)
{
	struct described *k = n->content.pursuit->candidate;
	const struct l3_node *other;
	enum err e = described_gather(l3, k);

	if (e == ERR_UNKNOWN || e == ERR_FULL)
		return true;
	if (e == OK && k->d.tlv[BMX7_VERSION_TLV].len == 0)
		e = described_finish(l3, k);
	if (e == ERR_FULL)
		return true;
	if (e != OK) {
		candidate_refuse(l3, n, e);
		return false;
	}
	other = plane_conflict(l3, n, &k->d);
	if (!other)
		return !candidate_accept(l3, now, n, fx);
	node_block(l3, now, n, other, fx);
	return false;
}

/* Asks for what the candidate misses. false: not for all. */
static bool candidate_ask(struct l3 *l3, instant now, struct l3_node *n)
{
	const struct described *k = n->content.pursuit->candidate;
	bool all = true;

	list_each (u, &k->set.uses, struct use, of_user) {
		if (!u->stored->bytes)
			all = content_ask(l3, now, u->stored, &k->from, k->port) && all;
	}
	return all;
}

/* Who pays for a verification? */
static struct bucket *verify_bucket(struct l3 *l3, const struct described *k)
{
	struct l3_node *from = l3_node_by_id(l3, &k->from);

	return from && from->near && from->near->verified ? &from->near->verifies
							  : &l3->contents.strangers;
}

/* false: not now. */
static bool fresh_verify(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx)
{
	struct described *k = n->content.pursuit->fresh;
	const struct tlv_data key = key_of(n);
	struct job job = {.kind = JOB_RSA_VERIFY,
			  .public = {key.at, key.len},
			  .signature = {k->signature.data, k->signature.len},
			  .hash = k->signed_hash};
	struct job_bill bill = {.owner = JOB_FOR_CONTENT,
				.node = n->id,
				.tag = ++l3->contents.serial,
				.ours = true};

	/* Later, then: a newer one takes its place meanwhile. Only right ones are counted as news:
	 * else others could silence a node. */
	bucket_fill(&n->content.news, now);
	if (n->content.news.tokens == 0 || !bucket_take(verify_bucket(l3, k), now)) {
		l3->count.jobs_refused++;
		return false;
	}
	if (job_ask(l3, now, &bill, &job, fx) != OK)
		return false;
	k->serial = bill.tag;
	n->content.pursuit->verifying = true;
	return true;
}

static bool key_ask(struct l3 *l3, instant now, struct l3_node *n)
{
	struct pursuit *c = n->content.pursuit;

	if (!c->key)
		c->key = use_new(l3, &n->id, n);
	return c->key && content_ask(l3, now, c->key->stored, &c->ask, c->ask_port);
}

/* One round is over and nothing came. */
static void round_end(struct l3 *l3, struct l3_node *n)
{
	struct pursuit *c = n->content.pursuit;

	c->asked = false;
	if (++c->rounds < ROUNDS)
		return;
	described_free(l3, c->fresh);
	c->fresh = NULL;
	c->verifying = false;
	described_free(l3, c->candidate);
	c->candidate = NULL;
	wish_granted(n);
	pursuit_review(l3, n);
}

/* Does whatever can be done for n now, and says when to look again. */
static void node_step(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx)
{
	struct pursuit *c = n->content.pursuit;
	bool waiting = false, all = true;

	if (c->candidate && candidate_step(l3, now, n, fx)) {
		waiting = true;
		all = candidate_ask(l3, now, n) && all;
	}
	if ((c->fresh || c->wanted) && key_of(n).len == 0) {
		waiting = true;
		all = key_ask(l3, now, n) && all;
	}
	if (c->fresh && key_of(n).len > 0 && !c->verifying) {
		waiting = true;
		all = fresh_verify(l3, now, n, fx) && all;
	}
	if (description_missing(c)) {
		waiting = true;
		all = description_ask(l3, now, n) && all;
	}
	if (!waiting)
		pursuit_review(l3, n);
	else if (all)
		node_wait(l3, now, n, c->rounds < ROUNDS_QUICK ? WAIT_QUICK : WAIT_LATER);
	else
		node_wait(l3, now, n, WAIT_SOON);
}

static void wait_advance(struct l3 *l3, instant now, enum content_wait why)
{
	struct list *l = &l3->contents.wait[why];

	while (instant_reached(first_at(l), now)) {
		struct pursuit *c = container_of(l->next, struct pursuit, queue);

		list_del(&c->queue);
		list_append(&l3->contents.ready, &c->queue);
		if (why == WAIT_QUICK || why == WAIT_LATER)
			round_end(l3, c->node);
	}
}

void content_due(struct l3 *l3, instant now, struct fx *fx)
{
	struct contents *s = &l3->contents;

	if (instant_reached(s->self.renew_at, now))
		self_build(l3, now, fx);
	for (unsigned i = 0; i < WAITS; i++)
		wait_advance(l3, now, i);
	for (int i = 0; i < NODES_PER_CALL && !list_empty(&s->ready); i++) {
		struct pursuit *c = container_of(s->ready.next, struct pursuit, queue);

		list_del(&c->queue);
		node_step(l3, now, c->node, fx);
	}
	due_arm(l3, now);
}

void content_want(struct l3 *l3, instant now, struct l3_node *n, uint32_t desc_sqn,
		  const struct source *from, struct fx *fx)
{
	uint32_t number = desc_sqn > 0 ? desc_sqn : 1;
	uint32_t known = n->description ? n->description->version.desc_sqn : 0;

	if (n == l3->self || number <= known || (desc_sqn > 0 && desc_sqn <= n->content.refused) ||
	    n->content.refused == UINT32_MAX)
		return;
	struct pursuit *c = pursuit_get(l3, n);
	if (!c)
		return;
	bool pursued = c->wanted > 0;
	if (number > c->wanted)
		c->wanted = number;
	/* The one asked first may have gone. */
	if (!pursued || c->rounds > 0 || from->node == n) {
		c->ask = from->node->id;
		c->ask_port = from->port;
	}
	if (!pursued)
		node_step(l3, now, n, fx);
}

/* ---- packets ---- */

/* Whom do we take a description of n from, and is it newer than what we have? */
static enum err fresh_check(const struct l3_node *n, const struct source *from,
			    const struct described_head *h)
{
	const struct pursuit *c = n->content.pursuit;
	uint32_t sqn = h->version.desc_sqn;
	bool neighbour = from->node->near && from->node->near->verified;

	if (sqn <= n->content.refused ||
	    (n->description && sqn <= n->description->version.desc_sqn))
		return ERR_OLD;
	if (c && c->candidate && sqn <= c->candidate->d.version.desc_sqn)
		return ERR_DUPLICATE;
	if (!neighbour && from->node != n && !(c && c->wanted))
		return ERR_UNKNOWN;
	return c && c->verifying ? ERR_RATE : OK;
}

enum err content_rx_description(struct l3 *l3, instant now, const struct source *from,
				const struct bmx7_tlv *t, struct fx *fx)
{
	struct described_head h;
	enum err e = described_head(t->data, t->len, &h);
	bool neighbour = from->node->near && from->node->near->verified;

	if (e != OK)
		return e;
	struct l3_node *n = neighbour ? l3_node_get(l3, now, &h.node, fx)
				      : l3_node_by_id(l3, &h.node);
	if (!n) {
		l3->count.dropped[neighbour ? ERR_FULL : ERR_UNKNOWN]++;
		return OK;
	}
	if (n == l3->self) {
		self_heard(l3, now, t, &h, fx);
		return OK;
	}
	/* What is not taken is no fault of the rest of the packet. */
	e = fresh_check(n, from, &h);
	if (n->description && h.version.desc_sqn >= n->description->version.desc_sqn)
		heard_too(l3, now, n, from);
	if (e != OK) {
		l3->count.dropped[e] += e != ERR_OLD && e != ERR_DUPLICATE;
		return OK;
	}
	struct pursuit *c = pursuit_get(l3, n);
	if (!c)
		return OK;
	struct described *k = described_new(l3, n, t->data, t->len, &h);
	if (!k) {
		l3->count.dropped[ERR_FULL]++;
		pursuit_review(l3, n);
		return OK;
	}
	described_free(l3, c->fresh);
	c->fresh = k;
	k->from = from->node->id;
	k->port = from->port;
	if (!c->wanted || c->rounds > 0) {
		c->ask = k->from;
		c->ask_port = k->port;
	}
	if (!c->wanted)
		c->wanted = h.version.desc_sqn;
	node_step(l3, now, n, fx);
	return OK;
}

/* Its signature is right. */
static void fresh_verified(struct l3 *l3, instant now, struct l3_node *n)
{
	struct pursuit *c = n->content.pursuit;

	bucket_take(&n->content.news, now);
	described_free(l3, c->candidate);
	c->candidate = c->fresh;
	c->fresh = NULL;
	c->blocked = false;
	c->rounds = 0;
}

void content_job_done(struct l3 *l3, instant now, struct l3_node *n, uint32_t tag,
		      const struct job_done *d, struct fx *fx)
{
	struct pursuit *c = n ? n->content.pursuit : NULL;

	if (n && n == l3->self) {
		self_job_done(l3, now, tag, d, fx);
		due_arm(l3, now);
		return;
	}
	if (!c || !c->verifying || c->fresh->serial != tag)
		return;
	c->verifying = false;
	if (d->ok) {
		fresh_verified(l3, now, n);
	} else {
		l3->count.forged++;
		described_free(l3, c->fresh);
		c->fresh = NULL;
		c->asked = false;
	}
	node_step(l3, now, n, fx);
}

/* A public key of a kind that we do not know: such a node stays a stranger for ever. */
static bool key_good(const struct stored *s)
{
	struct bmx7_key key;

	return s->c.nesting == 0 && !s->c.gzip &&
	       bmx7_rsa_parse(s->c.body, s->c.body_len, &key) == OK;
}

static void node_hopeless(struct l3 *l3, struct l3_node *n)
{
	n->content.refused = UINT32_MAX;
	described_free(l3, n->content.pursuit->fresh);
	n->content.pursuit->fresh = NULL;
	wish_granted(n);
}

enum err content_rx_content(struct l3 *l3, instant now, const struct source *from,
			    const struct bmx7_tlv *t, struct fx *fx)
{
	struct bmx7_content c;
	struct digest hash = crypto_hash(l3->crypto, t->data, t->len);
	struct stored *s = stored_find(l3, &hash);
	enum err e = bmx7_content_parse(t->data, t->len, &c);

	(void)from;
	(void)fx;
	if (e != OK)
		return e;
	if (!s || s->bytes)
		return OK;
	if (!stored_fill(l3, s, t->data, t->len)) {
		l3->count.dropped[ERR_FULL]++;
		return OK;
	}
	list_each (u, &s->uses, struct use, of_stored) {
		struct l3_node *n = u->node;
		struct pursuit *p = n->content.pursuit;

		if (!p)
			continue;
		p->rounds = 0;
		if (p->key == u && !key_good(s))
			node_hopeless(l3, n);
		node_ready(l3, now, n);
	}
	return OK;
}

enum err content_rx_description_request(struct l3 *l3, instant now, const struct source *from,
					const struct digest *node, struct fx *fx)
{
	const struct l3_node *n = l3_node_by_id(l3, node);
	struct post p = {.kind = POST_DESC_ADV, .port = from->port, .what = *node};

	(void)fx;
	if (!n || !n->description || (!from->verified && n != l3->self))
		return ERR_UNKNOWN;
	if (flood_waits(n, FLOOD_DESCRIPTION, (uint16_t)(1u << from->port)))
		return OK; /* it is on its way */
	return post_add(l3, now, &p);
}

/* Is it a part of our own description? */
static bool is_own(const struct l3 *l3, const struct stored *s)
{
	list_each (u, &s->uses, struct use, of_stored) {
		if (u->node == l3->self)
			return true;
	}
	return false;
}

/* The content of this hash, if it is here; keys of nodes are in their descriptions. false: it is
 * not. *own: it is of our own description. */
static bool content_get(const struct l3 *l3, const struct digest *hash, struct bmx7_content *c,
			bool *own)
{
	const struct stored *s = stored_find(l3, hash);
	const struct l3_node *n = l3_node_by_id(l3, hash);

	*own = n == l3->self || (s && is_own(l3, s));
	if (s && s->bytes)
		*c = s->c;
	else if (n && n->description)
		*c = stored_key(n->description);
	else
		return false;
	return true;
}

enum err content_rx_content_request(struct l3 *l3, instant now, const struct source *from,
				    const struct digest *hash, struct fx *fx)
{
	struct post p = {.kind = POST_CONTENT_ADV, .port = from->port, .what = *hash};
	struct bmx7_content c;
	bool own;

	(void)fx;
	if (!content_get(l3, hash, &c, &own) || (!from->verified && !own))
		return ERR_UNKNOWN;
	return post_add(l3, now, &p);
}

static bool description_write(const struct l3_node *n, struct wr *w)
{
	if (!n || !n->description)
		return false;
	struct tlv_data body = description_body(n->description);
	size_t frame = bmx7_open(w, BMX7_DESC_ADV);

	wr_bytes(w, body.at, body.len);
	bmx7_close(w, frame);
	return true;
}

bool content_write(struct l3 *l3, const struct post *p, struct wr *w)
{
	const struct l3_node *n;
	const struct stored *s;
	struct bmx7_content c;
	bool own;

	switch (p->kind) {
	case POST_DESC_ADV: return description_write(l3_node_by_id(l3, &p->what), w);
	case POST_CONTENT_ADV:
		if (!content_get(l3, &p->what, &c, &own))
			return false;
		bmx7_content_write(w, &c);
		return true;
	case POST_DESC_REQ:
		n = l3_node_by_id(l3, &p->what);
		return n && n->content.pursuit && description_missing(n->content.pursuit);
	case POST_CONTENT_REQ: s = stored_find(l3, &p->what); return s && !s->bytes;
	case POST_IID_ADV:
	case POST_OGM_ADV:
	case POST_OGM_REQ:
	case POST_IID_REQ:
	case POST_KINDS: break;
	}
	assert(false);
	return false;
}

/* ---- what others ask about a node ---- */

void content_name(const struct l3_node *n, char *name, size_t room)
{
	struct tlv_data t = {NULL, 0};
	struct bmx7_info info;

	assert(room > BMX7_NAME_MAX);
	if (n->description)
		t = n->description->tlv[BMX7_INFO];
	name[0] = '\0';
	if (t.len == 0 || bmx7_info_parse(t.at, t.len, &info) != OK || info.name_len == 0)
		return;
	memcpy(name, info.name, info.name_len);
	name[info.name_len] = '\0';
}

bool content_is_foreign(const struct description *d)
{
	struct tlv_data t = d->tlv[BMX7_INFO];
	struct bmx7_info info;

	return t.len == 0 || bmx7_info_parse(t.at, t.len, &info) != OK ||
	       info.revision != SELF_REVISION;
}

span content_age(const struct l3_node *n, instant now)
{
	return n->description ? instant_since(now, n->content.accepted) : span_us(0);
}

enum l3_node_state content_state(const struct l3_node *n)
{
	if (n->description)
		return L3_NODE_DESCRIBED;
	if (n->content.pursuit && n->content.pursuit->blocked)
		return L3_NODE_BLOCKED;
	return key_of(n).len > 0 ? L3_NODE_TRACKED : L3_NODE_LISTED;
}
