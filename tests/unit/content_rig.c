/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "content_rig.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include "drv/crypto.h"
#include "drv/public_key.h"
#include "sim/cheap_crypto.h"

enum { TICK_MS = 100 };

/* ---- stand-ins for the other planes ---- */

static struct station *station_of(const struct l3 *l3)
{
	return container_of((struct l3 *)(uintptr_t)l3, struct station, l3);
}

struct l3_node *l3_node_by_id(const struct l3 *l3, const struct digest *id)
{
	list_each (n, &l3->nodes.all, struct l3_node, all) {
		if (digest_equal(&n->id, id))
			return n;
	}
	return NULL;
}

struct l3_node *l3_node_get(struct l3 *l3, instant now, const struct digest *id, struct fx *fx)
{
	struct l3_node *n = l3_node_by_id(l3, id);

	(void)now;
	(void)fx;
	if (n)
		return n;
	if (l3->nodes.count >= l3->conf.nodes_max)
		return NULL;
	n = pool_alloc(&l3->pool, sizeof(*n));
	assert(n);
	n->id = *id;
	list_append(&l3->nodes.all, &n->all);
	l3->nodes.count++;
	content_node_init(l3, n);
	return n;
}

static void node_free(struct l3 *l3, struct l3_node *n)
{
	const struct description *d = n->description;

	n->description = NULL;
	if (d)
		content_forget(l3, n, d);
	content_node_fini(l3, n);
	list_del(&n->all);
	pool_free(&l3->pool, n->near, sizeof(*n->near));
	pool_free(&l3->pool, n, sizeof(*n));
}

const struct l3_node *plane_conflict(const struct l3 *l3, const struct l3_node *n,
				     const struct description *d)
{
	const struct station *s = station_of(l3);

	assert(d->tlv[BMX7_HNA6].len > 0);
	return n == s->conflict_of ? s->conflict : NULL;
}

void plane_described(struct l3 *l3, instant now, struct l3_node *n, const struct description *old,
		     struct fx *fx)
{
	(void)now;
	(void)fx;
	assert(n->description && n->description != old);
	assert(!old || old->version.desc_sqn < n->description->version.desc_sqn);
	station_of(l3)->described++;
}

void plane_undescribed(struct l3 *l3, instant now, struct l3_node *n, const struct description *old,
		       struct fx *fx)
{
	(void)now;
	(void)fx;
	assert(!n->description && old);
	station_of(l3)->undescribed++;
}

void plane_self_described(struct l3 *l3, instant now, const struct description *old,
			  const struct own_chain *chain, struct fx *fx)
{
	const struct description *d = l3->self->description;

	(void)now;
	(void)old;
	(void)fx;
	assert(memcmp(chain->kept[0].b, d->version.anchor.b, BMX7_LINK) == 0);
	station_of(l3)->self_described++;
}

const struct link_key *link_keys_next(const struct l3 *l3)
{
	const struct link_key *k = &station_of(l3)->link_key;

	return k->there ? k : NULL;
}

static bool same_post(const struct post *a, const struct post *b)
{
	return a->kind == b->kind && digest_equal(&a->to, &b->to) &&
	       digest_equal(&a->what, &b->what);
}

void flood_add(struct l3 *l3, instant now, struct l3_node *n, enum flood_kind what, uint16_t ports)
{
	struct post p = {.kind = what == FLOOD_KEY ? POST_CONTENT_ADV : POST_DESC_ADV,
			 .what = n->id};

	assert(what != FLOOD_NUMBER);
	for (p.port = 0; p.port < PORT_MAX; p.port++) {
		if (ports >> p.port & 1)
			post_add(l3, now, &p);
	}
}

uint16_t flood_ports(const struct l3 *l3)
{
	uint16_t ports = 0;

	for (uint8_t port = 0; port < PORT_MAX; port++)
		ports |= (uint16_t)(l3->port[port].up << port);
	return ports;
}

bool flood_waits(const struct l3_node *n, enum flood_kind what, uint16_t ports)
{
	(void)n;
	(void)what;
	(void)ports;
	return false;
}

void flood_done(struct l3 *l3, instant now, struct l3_node *n, enum flood_kind what, uint16_t ports)
{
	(void)l3;
	(void)now;
	(void)n;
	(void)what;
	(void)ports;
}

enum err post_add(struct l3 *l3, instant now, const struct post *item)
{
	struct station *s = station_of(l3);

	(void)now;
	assert(item->port < 2);
	if (item->kind <= POST_CONTENT_ADV && s->sent < sizeof(s->sent_port))
		s->sent_port[s->sent++] = item->port;
	if (s->posts_full || s->posts == STATION_POSTS)
		return ERR_FULL;
	for (unsigned i = 0; i < s->posts; i++) {
		if (same_post(&s->post[i], item))
			return OK;
	}
	s->post[s->posts++] = *item;
	return OK;
}

enum err job_ask(struct l3 *l3, instant now, const struct job_bill *bill, struct job *job,
		 struct fx *fx)
{
	struct station *s = station_of(l3);

	(void)now;
	(void)fx;
	if (s->jobs_full || s->jobs == STATION_JOBS)
		return ERR_FULL;
	job->id = ++s->jobs_asked;
	s->job[s->jobs].bill = *bill;
	s->job[s->jobs].id = job->id;
	s->rig->carry_out(job, &s->job[s->jobs].result);
	s->jobs++;
	return OK;
}

void l3_note(struct fx *fx, enum network_note what, const struct l3_node *node,
	     const struct l3_node *other, uint8_t port)
{
	(void)fx;
	(void)what;
	(void)node;
	(void)other;
	(void)port;
}

/* ---- the wire ---- */

static void emit(struct fx *fx, const struct effect *e)
{
	struct station *s = container_of(fx, struct station, fx);

	assert(e->kind == FX_NETWORK && e->network.kind == NETWORK_KEEP);
	s->kept = e->network.keep.desc_sqn;
	s->keeps++;
}

struct l3_node *station_node(struct station *a, const struct station *b)
{
	return l3_node_by_id(&a->l3, &b->l3.self->id);
}

bool station_knows(struct station *a, const struct station *b)
{
	struct l3_node *n = station_node(a, b);

	return n && n->description && b->l3.self->description &&
	       digest_equal(&n->description->hash, &b->l3.self->description->hash);
}

struct source station_source(struct station *a, const struct station *b)
{
	struct l3_node *n = l3_node_get(&a->l3, a->rig->now, &b->l3.self->id, &a->fx);

	assert(n);
	if (!n->near) {
		n->near = pool_alloc(&a->l3.pool, sizeof(*n->near));
		bucket_init(&n->near->verifies, NEAR_VERIFIES_BURST, span_ms(NEAR_VERIFIES_MS),
			    (instant){0});
	}
	n->near->verified = !a->rig->strangers;
	return (struct source){.port = 0, .verified = n->near->verified, .node = n};
}

enum err station_frame(struct station *a, const struct station *b, uint8_t type, const void *data,
		       size_t len)
{
	struct source from = station_source(a, b);
	struct bmx7_tlv t = {.type = type, .expanded = type, .data = data, .len = len};

	if (type == BMX7_DESC_ADV)
		return content_rx_description(&a->l3, a->rig->now, &from, &t, &a->fx);
	return content_rx_content(&a->l3, a->rig->now, &from, &t, &a->fx);
}

static void advertisement_send(struct rig *rig, struct station *s, const struct post *p)
{
	uint8_t bytes[BMX7_PACKET_MAX];
	struct wr w = wr_over(bytes, sizeof(bytes));

	if (!content_write(&s->l3, p, &w))
		return;
	assert(!w.bad);
	for (unsigned i = 0; i < rig->count; i++) {
		struct station *to = rig->at[i];

		if (to == s || to->deaf || prng_below(&rig->prng, 100) < rig->loss)
			continue;
		enum err e = station_frame(to, s, bytes[0] >> 3, bytes + BMX7_TLV_HEADER,
					   wr_len(&w) - BMX7_TLV_HEADER);
		assert(e == OK);
	}
}

static void request_send(struct rig *rig, struct station *s, const struct post *p)
{
	if (!content_write(&s->l3, p, NULL))
		return;
	s->requests[p->kind == POST_CONTENT_REQ]++;
	for (unsigned i = 0; i < rig->count; i++) {
		struct station *to = rig->at[i];

		if (to == s || to->deaf || prng_below(&rig->prng, 100) < rig->loss ||
		    !digest_equal(&to->l3.self->id, &p->to))
			continue;
		struct source from = station_source(to, s);
		if (p->kind == POST_DESC_REQ)
			content_rx_description_request(&to->l3, rig->now, &from, &p->what, &to->fx);
		else
			content_rx_content_request(&to->l3, rig->now, &from, &p->what, &to->fx);
	}
}

static void posts_send(struct rig *rig, struct station *s)
{
	unsigned count = s->posts;
	struct post *posts = count > 0 ? malloc(count * sizeof(*posts)) : NULL;

	if (!posts)
		return;
	memcpy(posts, s->post, count * sizeof(*posts));
	s->posts = 0;
	for (unsigned i = 0; i < count; i++) {
		if (posts[i].kind == POST_DESC_ADV || posts[i].kind == POST_CONTENT_ADV)
			advertisement_send(rig, s, &posts[i]);
		else
			request_send(rig, s, &posts[i]);
	}
	free(posts);
}

static void jobs_finish(struct station *s)
{
	for (unsigned i = 0; i < s->jobs; i++) {
		struct job_done d = job_result_done(s->job[i].id, &s->job[i].result);

		content_job_done(&s->l3, s->rig->now, l3_node_by_id(&s->l3, &s->job[i].bill.node),
				 s->job[i].bill.tag, &d, &s->fx);
	}
	s->jobs = 0;
}

static void timers_run(struct station *s)
{
	const struct self *self = &s->l3.contents.self;
	struct timer *t;

	while ((t = timers_pop(&s->l3.timers, s->rig->now))) {
		assert(t->kind == TIMER_CONTENT);
		content_due(&s->l3, s->rig->now, &s->fx);
		/* A tick is long enough for a whole chain. */
		while (self->chain && !self->signing)
			self_build(&s->l3, s->rig->now, &s->fx);
	}
}

void rig_ticks(struct rig *rig, unsigned n)
{
	while (n-- > 0) {
		for (unsigned i = 0; i < rig->count; i++) {
			jobs_finish(rig->at[i]);
			timers_run(rig->at[i]);
		}
		for (unsigned i = 0; i < rig->count; i++)
			posts_send(rig, rig->at[i]);
		rig->now = instant_add(rig->now, span_ms(TICK_MS));
	}
}

/* ---- making and breaking ---- */

static void cheap(const struct job *job, struct job_result *r)
{
	static struct prng prng = {{1, 2, 3, 4}};

	cheap_job(&prng, job, r);
}

void rig_init(struct rig *rig, bool real)
{
	*rig = (struct rig){.crypto = real ? crypto_mbedtls() : cheap_crypto(),
			    .carry_out = real ? public_key_job : cheap};
	prng_seed(&rig->prng, 1);
}

struct station *rig_add(struct rig *rig, uint8_t type, uint32_t kept)
{
	struct station *s = calloc(1, sizeof(*s));
	struct job_result key;
	struct l3 *l3 = &s->l3;
	uint8_t flags = 0;

	assert(s && rig->count < STATIONS_MAX);
	s->rig = rig;
	s->fx.emit = emit;
	l3->conf = l3_conf_default();
	l3->conf.nodes_max = 50;
	l3->conf.desc_sqn_kept = kept;
	snprintf(l3->conf.hostname, sizeof(l3->conf.hostname), "n%u", rig->count);
	l3->crypto = rig->crypto;
	rig->carry_out(&(struct job){.kind = JOB_RSA_KEY, .type = type}, &s->key);
	rig->carry_out(&(struct job){.kind = JOB_DH_KEY, .type = BMX7_DH2048}, &key);
	assert(s->key.ok && key.ok);
	l3->conf.node_secret = (struct job_bytes){s->key.secret, s->key.secret_len};
	l3->conf.node_public = (struct job_bytes){s->key.public, s->key.public_len};
	s->link_key.there = true;
	s->link_key.public_len = key.public_len;
	memcpy(s->link_key.public, key.public, key.public_len);
	pool_init(&l3->pool, 64 << 20);
	prng_seed(&l3->prng, rig->count);
	timers_init(&l3->timers, &l3->pool);
	list_init(&l3->nodes.all);
	l3->port[0] = (struct l3_port){.up = true, .link_local = {{0xfe, 0x80, [15] = 1}, 128}};
	l3->port[0].link_local.b[14] = (uint8_t)rig->count;
	enum err e = content_init(l3, rig->now);
	assert(e == OK);
	(void)e;
	const struct crypto_part parts[] = {{&flags, 1}, {s->key.public, s->key.public_len}};
	struct digest id = rig->crypto->sha224(parts, 2);
	l3->self = l3_node_get(l3, rig->now, &id, &s->fx);
	content_renew(l3, rig->now);
	rig->at[rig->count++] = s;
	return s;
}

void rig_fini(struct rig *rig)
{
	for (unsigned i = 0; i < rig->count; i++) {
		struct station *s = rig->at[i];

		list_each (n, &s->l3.nodes.all, struct l3_node, all)
			node_free(&s->l3, n);
		content_fini(&s->l3);
		timers_fini(&s->l3.timers);
		pool_fini(&s->l3.pool);
		free(s);
	}
}
