/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include "core/l3/internal.h"

void nears_init(struct l3 *l3)
{
	list_init(&l3->nears.all);
}

bool nears_evict(struct l3 *l3, instant now, struct fx *fx)
{
	list_each (r, &l3->nears.all, struct near, all) {
		if (r->verified)
			continue;
		near_gone(l3, now, r, fx);
		return true;
	}
	return false;
}

static struct near *near_new(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx)
{
	struct nears *s = &l3->nears;

	if (s->count >= l3->conf.neighbours_max && !nears_evict(l3, now, fx)) {
		l3_note_rarely(l3, now, fx, NETWORK_NOTE_TABLE_FULL, n, NULL);
		return NULL;
	}
	struct near *r = pool_alloc(&l3->pool, sizeof(*r));

	if (!r)
		return NULL;
	if (!timer_init(&l3->timers, &r->expiry, TIMER_NEAR)) {
		pool_free(&l3->pool, r, sizeof(*r));
		return NULL;
	}
	r->node = n;
	r->heard = now;
	list_init(&r->links);
	list_init(&r->all);
	bucket_init(&r->jobs, NEAR_JOBS_BURST, span_s(NEAR_JOBS_PERIOD_S), now);
	bucket_init(&r->proofs, HELD_NEAR_BURST, span_ms(HELD_NEAR_MS), now);
	bucket_init(&r->searches, NEAR_SEARCHES_BURST, span_ms(NEAR_SEARCHES_MS), now);
	bucket_init(&r->verifies, NEAR_VERIFIES_BURST, span_ms(NEAR_VERIFIES_MS), now);
	bucket_init(&r->reminders, NEAR_REMINDERS_BURST, span_s(NEAR_REMINDERS_S), now);
	timer_set(&l3->timers, &r->expiry, instant_add(now, span_s(NEAR_STRANGER_S)));
	s->count++;
	n->near = r;
	l3_node_review(l3, now, n);
	return r;
}

struct near *near_heard(struct l3 *l3, instant now, struct l3_node *n, uint8_t port, struct fx *fx)
{
	struct near *r = n->near ? n->near : near_new(l3, now, n, fx);

	if (!r)
		return NULL;
	list_del(&r->all);
	list_append(&l3->nears.all, &r->all);
	r->heard = now;
	if (!(r->ports & 1u << port)) {
		r->ports |= (uint16_t)(1u << port);
		near_described(l3, now, r, fx);
	}
	return r;
}

void near_remind(struct l3 *l3, instant now, struct near *r, uint8_t port)
{
	const struct post p = {.kind = POST_DESC_ADV, .port = port, .what = r->node->id};

	if (bucket_take(&r->reminders, now))
		post_add(l3, now, &p);
}

static bool lists_address(const struct description *d, const struct ipv6 *a)
{
	struct rd r = rd_over(d->tlv[BMX7_LLIP].at, d->tlv[BMX7_LLIP].len);
	struct ipv6 listed;

	while (bmx7_address_next(&r, &listed)) {
		if (memcmp(listed.b, a->b, sizeof(a->b)) == 0)
			return true;
	}
	return false;
}

bool near_lists(const struct near *r, const struct ipv6 *a)
{
	return r->node->description && lists_address(r->node->description, a);
}

static void secrets_drop(struct near *r)
{
	for (unsigned i = 0; i < KEY_AGES; i++)
		r->secret[i] = (struct secret){.there = false};
}

/* Did its key change? Then so do the secrets. */
static void key_review(struct l3 *l3, struct near *r)
{
	const struct description *d = r->node->description;
	struct digest key = {{0}};

	if (d && d->tlv[BMX7_DHM_LINK_PUBKEY].len > 0)
		key = crypto_hash(l3->crypto, d->tlv[BMX7_DHM_LINK_PUBKEY].at,
				  d->tlv[BMX7_DHM_LINK_PUBKEY].len);
	if (!digest_equal(&key, &r->key))
		secrets_drop(r);
	r->key = key;
}

void near_described(struct l3 *l3, instant now, struct near *r, struct fx *fx)
{
	key_review(l3, r);
	list_each (k, &r->links, struct l3_link, of_near) {
		if (near_lists(r, &k->link_local))
			continue;
		l3_link_gone(l3, now, k, fx);
		return; /* r may be gone with it; the others end when they are heard or silent */
	}
	near_secrets_want(l3, now, r, fx);
}

static void secret_want(struct l3 *l3, instant now, struct near *r, enum key_age age, struct fx *fx)
{
	const struct link_key *k = &l3->keys.key[age];
	const struct description *d = r->node->description;
	struct tlv_data theirs = d->tlv[BMX7_DHM_LINK_PUBKEY];
	struct job_bill bill = {.owner = JOB_FOR_SECRET,
				.node = r->node->id,
				.tag = age,
				.payer = r,
				.ours = age == KEY_NEXT && r->verified};
	struct job job = {.kind = JOB_DH_SHARED,
			  .type = k->public[0],
			  .secret = {k->secret, k->secret_len},
			  .public = {theirs.at, theirs.len}};

	if (!k->there || r->secret[age].there || r->secret[age].job != 0)
		return;
	if (theirs.len == 0 || theirs.at[0] != k->public[0])
		return;
	if (job_ask(l3, now, &bill, &job, fx) == OK)
		r->secret[age].job = job.id;
}

void near_secrets_want(struct l3 *l3, instant now, struct near *r, struct fx *fx)
{
	if (!r->node->description)
		return;
	secret_want(l3, now, r, KEY_NOW, fx);
	secret_want(l3, now, r, KEY_NEXT, fx);
}

void near_secret_done(struct l3 *l3, instant now, struct near *r, const struct job_done *d,
		      struct fx *fx)
{
	unsigned age = 0;

	/* Keys may have turned since it was asked for: the place moved, the job's id did not. */
	while (age < KEY_AGES && r->secret[age].job != d->id)
		age++;
	if (age == KEY_AGES)
		return;
	r->secret[age].job = 0;
	if (d->ok && d->result.len == sizeof(struct digest)) {
		r->secret[age].there = true;
		r->secret[age].s = digest_from(d->result.at);
	}
	if (age == KEY_NOW && !r->verified) {
		for (uint8_t i = 0; i < PORT_MAX; i++) {
			if (r->ports & 1u << i)
				l3_port_warm(l3, now, i);
		}
	}
	link_keys_review(l3, now, fx);
}

/* Links first: routes over them move, or are withdrawn, while the claims of others are whole. */
void near_gone(struct l3 *l3, instant now, struct near *r, struct fx *fx)
{
	struct l3_node *n = r->node;
	struct claim *c;
	unsigned iid = 0;

	r->leaving = true;
	list_each (k, &r->links, struct l3_link, of_near)
		l3_link_gone(l3, now, k, fx);
	while ((c = claim_next(r, &iid)))
		claim_free(l3, now, c, fx);
	claim_pages_free(l3, r);
	timer_fini(&l3->timers, &r->expiry);
	list_del(&r->all);
	l3->nears.count--;
	n->near = NULL;
	pool_free(&l3->pool, r, sizeof(*r));
	l3_node_review(l3, now, n);
	if (fx)
		link_keys_review(l3, now, fx);
}

void near_linkless(struct l3 *l3, instant now, struct near *r, struct fx *fx)
{
	if (!r->leaving)
		near_gone(l3, now, r, fx);
}

void near_expire(struct l3 *l3, instant now, struct near *r, struct fx *fx)
{
	instant end = instant_add(r->heard, span_s(NEAR_STRANGER_S));

	if (r->verified) {
		end = claims_expire(l3, now, r, fx);
	} else if (instant_reached(end, now)) {
		near_gone(l3, now, r, fx);
		return;
	}
	timer_set(&l3->timers, &r->expiry, end);
}

struct l3_link *near_best_link(const struct l3 *l3, instant now, const struct near *r)
{
	struct l3_link *best = NULL;
	unsigned best_q = 0;

	list_each (k, &r->links, struct l3_link, of_near) {
		unsigned q = l3_link_tq(l3, now, k) * 256u + l3_link_rq(l3, now, k);

		if (!best || q > best_q) {
			best = k;
			best_q = q;
		}
	}
	return best;
}

void nears_fini(struct l3 *l3)
{
	list_each (r, &l3->nears.all, struct near, all) {
		unsigned iid = 0;

		for (struct claim *c; (c = claim_next(r, &iid));)
			claim_drop(l3, c);
		claim_pages_free(l3, r);
		list_each (k, &r->links, struct l3_link, of_near) {
			while (!list_empty(&k->routes))
				list_del(k->routes.next);
			l3_link_drop(l3, k);
		}
		timer_fini(&l3->timers, &r->expiry);
		r->node->near = NULL;
		pool_free(&l3->pool, r, sizeof(*r));
	}
	list_init(&l3->nears.all);
}
