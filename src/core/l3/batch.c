/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/internal.h"

enum {
	CALM_S = 60,		 /* without a loss our OGMs become rare */
	GUARANTEE_PERCENT = 110, /* of the interval: not without company before this */
	JOIN_MS = 150,		 /* an own OGM so young is not repeated */
};

enum err batches_init(struct l3 *l3, instant now)
{
	struct batches *s = &l3->batches;

	s->max = (uint16_t)prng_u64(&l3->prng);
	s->calm_since = now;
	s->own_at = now;
	for (unsigned i = 0; i < BATCHES_KEPT; i++)
		list_init(&s->at[i].nodes);
	bucket_init(&s->extra, OGM_EXTRA_BURST, span_s(OGM_EXTRA_S), now);
	return timer_init(&l3->timers, &s->own, TIMER_OWN_OGM) ? OK : ERR_FULL;
}

void batches_fini(struct l3 *l3)
{
	timer_fini(&l3->timers, &l3->batches.own);
}

static struct batch *batch_of(struct batches *s, uint16_t sqn)
{
	return &s->at[sqn % BATCHES_KEPT];
}

void batch_drop(struct l3 *l3, struct l3_node *n)
{
	struct batches *s = &l3->batches;
	struct batch *b = n->route.batch;

	if (!b)
		return;
	list_del(&n->route.of_batch);
	b->len = (uint16_t)(b->len - n->route.batch_len);
	n->route.batch = NULL;
	while (s->size > 0 && list_empty(&batch_of(s, (uint16_t)(s->max - s->size + 1))->nodes) &&
	       !(s->open && s->size == 1))
		s->size--;
}

/* The next number; what only the oldest of a full ring said is not said any more. */
static void batch_open(struct l3 *l3)
{
	struct batches *s = &l3->batches;
	struct batch *b = batch_of(s, (uint16_t)(s->max + 1));

	while (!list_empty(&b->nodes))
		batch_drop(l3, container_of(b->nodes.next, struct l3_node, route.of_batch));
	s->max++;
	if (s->size < BATCHES_KEPT)
		s->size++;
	b->sqn = s->max;
	b->len = 0;
	s->open = true;
}

static void batch_put(struct l3 *l3, struct l3_node *n, uint8_t len)
{
	struct batch *b = batch_of(&l3->batches, l3->batches.max);

	list_append(&b->nodes, &n->route.of_batch);
	b->len = (uint16_t)(b->len + len);
	n->route.batch = b;
	n->route.batch_len = len;
}

static void batch_post(struct l3 *l3, instant now)
{
	struct post p = {.kind = POST_OGM_ADV, .port = POST_ALL_PORTS, .number = l3->batches.max};

	l3->batches.open = false;
	post_add(l3, now, &p);
}

void batch_add(struct l3 *l3, instant now, struct l3_node *n)
{
	struct batches *s = &l3->batches;
	uint8_t len = (uint8_t)(BMX7_OGM_LEN + n->route.path.history_count * BMX7_HISTORY_LEN);

	batch_drop(l3, n);
	if (n->iid == 0 || !n->description || n->route.sqn == 0)
		return;
	if (flood_waits(n, FLOOD_DESCRIPTION, UINT16_MAX))
		return; /* comes again when it has left */
	if (n != l3->self && n->route.hops >= n->description->metric.hops_max)
		return;
	if (s->open && batch_of(s, s->max)->len + len > BMX7_BATCH_MAX)
		batch_post(l3, now);
	if (!s->open)
		batch_open(l3);
	batch_put(l3, n, len);
	post_hurry(l3, now, now);
}

void batches_leave(struct l3 *l3, instant now)
{
	l3->batches.leaving = true;
	batch_add(l3, now, l3->self);
	list_each (n, &l3->nodes.all, struct l3_node, all) {
		if (n->route.link)
			batch_add(l3, now, n);
	}
}

/* ---- our own ---- */

static bool is_calm(const struct l3 *l3, instant now)
{
	return !span_less(instant_since(now, l3->batches.calm_since), span_s(CALM_S));
}

static span own_pace(const struct l3 *l3, instant now)
{
	if (l3->nodes.foreign > 0)
		return l3->conf.ogm_foreign;
	return is_calm(l3, now) ? l3->conf.ogm_stable : l3->conf.ogm_young;
}

/* The age from which on our last is renewed when another's leaves. */
static span own_company(const struct l3 *l3, instant now)
{
	if (l3->nodes.foreign > 0)
		return l3->conf.ogm_foreign;
	return is_calm(l3, now) ? span_us(l3->conf.ogm_stable.us * 3 / 4) : l3->conf.ogm_young;
}

/* When the next one leaves, without company too. */
static instant own_latest(const struct l3 *l3, instant now)
{
	return instant_add(now, span_us(own_pace(l3, now).us * GUARANTEE_PERCENT / 100));
}

/* When our next is due at the latest. Nobody may have heard that we lack a way that others have. */
static instant own_next(struct l3 *l3, instant now)
{
	struct batches *s = &l3->batches;
	span next = s->insist;

	if (s->again) {
		s->again = false;
		return instant_add(now, span_ms(OGM_AGAIN_MS));
	}
	if (span_less(next, span_ms(OGM_INSIST_MAX_MS)) && l3_routes_lack(l3)) {
		s->again = true;
		s->insist = span_us(next.us * 2);
		return instant_add(now, next);
	}
	return own_latest(l3, now);
}

static void own_add(struct l3 *l3, instant now)
{
	struct batches *s = &l3->batches;
	struct l3_route *r = &l3->self->route;

	if (!l3->self->description || s->leaving)
		return;
	if (r->sqn == l3->chain.range) {
		content_renew(l3, now);
		return;
	}
	r->sqn++;
	kept_path_set(&l3->pool, &r->path, &(struct metric_path){.metric = METRIC_MAX});
	s->own_at = now;
	timer_set(&l3->timers, &s->own, own_next(l3, now));
	batch_add(l3, now, l3->self);
}

void batch_disturbed(struct l3 *l3, instant now, bool lost)
{
	l3->batches.calm_since = now;
	if (lost) {
		l3->batches.again = true;
		l3->batches.insist = span_ms(OGM_INSIST_MS);
	}
	batch_own_soon(l3, now);
}

/* Our next leaves by then at the latest. */
static void own_hurry(struct l3 *l3, instant at)
{
	if (instant_before(at, l3->batches.own.at))
		timer_set(&l3->timers, &l3->batches.own, at);
}

void batch_own_soon(struct l3 *l3, instant now)
{
	struct batches *s = &l3->batches;

	if (!l3->self->description)
		return;
	if (l3->self->route.sqn > 0 && span_less(instant_since(now, s->own_at), span_ms(JOIN_MS)) &&
	    s->open) { /* it has not left yet */
		if (s->again)
			own_hurry(l3, instant_add(now, span_ms(OGM_AGAIN_MS)));
	} else if (bucket_take(&s->extra, now)) {
		own_add(l3, now);
	} else {
		own_hurry(l3, bucket_next(&s->extra, now));
	}
}

void batch_own_follow(struct l3 *l3, instant now)
{
	struct batches *s = &l3->batches;
	instant at = instant_add(s->own_at, span_ms(OGM_FOLLOW_MS));

	if (instant_reached(at, now))
		batch_own_soon(l3, now);
	else
		own_hurry(l3, at);
}

void batch_own_review(struct l3 *l3, instant now)
{
	struct batches *s = &l3->batches;

	if (timer_is_set(&s->own) && instant_before(own_latest(l3, now), s->own.at))
		timer_set(&l3->timers, &s->own, own_latest(l3, now));
}

void batch_own_due(struct l3 *l3, instant now)
{
	bucket_take(&l3->batches.extra, now);
	own_add(l3, now);
}

void batch_close(struct l3 *l3, instant now)
{
	struct batches *s = &l3->batches;

	if (!s->open)
		return;
	/* What leaves anyway takes ours along: so those of all nodes come to leave together. */
	if (instant_reached(instant_add(s->own_at, own_company(l3, now)), now))
		own_add(l3, now);
	if (s->open && !list_empty(&batch_of(s, s->max)->nodes))
		batch_post(l3, now);
}

uint16_t batches_newest(const struct l3 *l3)
{
	const struct batches *s = &l3->batches;

	return (uint16_t)(s->max - (s->open && s->size > 0));
}

struct bmx7_aggregations batches_told(const struct l3 *l3, uint16_t told)
{
	const struct batches *s = &l3->batches;
	uint16_t hidden = (uint16_t)(s->max - told);

	return (struct bmx7_aggregations){told,
					  (uint16_t)(s->size > hidden ? s->size - hidden : 0)};
}

/* May sqn be sent? The open one changes yet: who had it would not ask for it again. */
static bool is_told(const struct batches *s, uint16_t sqn)
{
	return (uint16_t)(s->max - sqn) < s->size && !(s->open && sqn == s->max);
}

bool batch_write(struct l3 *l3, uint16_t sqn, struct wr *w)
{
	struct batches *s = &l3->batches;
	const struct batch *b = batch_of(s, sqn);

	if (!is_told(s, sqn))
		return false;
	size_t opened = bmx7_batch_open(w, sqn);

	list_each (route, &b->nodes, struct l3_route, of_batch) {
		const struct l3_node *n = container_of(route, struct l3_node, route);
		struct bmx7_ogm o = {.chain = l3_route_link(l3, n),
				     .iid = n->iid,
				     .hops = route->hops,
				     .history_count = route->path.history_count,
				     .metric = l3_route_metric(route)};

		if (route->path.history)
			memcpy(o.history, route->path.history,
			       o.history_count * sizeof(*o.history));
		if (l3->batches.leaving)
			o = (struct bmx7_ogm){.chain = o.chain,
					      .iid = n->iid,
					      .hops = route->hops,
					      .metric = METRIC_UNROUTABLE};
		bmx7_ogm_write(w, &o);
		l3->count.ogm_tx++;
	}
	bmx7_close(w, opened);
	return true;
}

/* ---- those of neighbours ---- */

static bool had(const struct batches_seen *b, uint16_t sqn)
{
	return b->had[sqn % BATCHES_KEPT / 64] >> (sqn % 64) & 1;
}

static void had_set(struct batches_seen *b, uint16_t sqn, bool on)
{
	uint64_t bit = UINT64_C(1) << (sqn % 64);

	if (on)
		b->had[sqn % BATCHES_KEPT / 64] |= bit;
	else
		b->had[sqn % BATCHES_KEPT / 64] &= ~bit;
}

bool batch_wanted(const struct near *r, uint16_t sqn)
{
	return r->batches.started && (uint16_t)(r->batches.max - sqn) < r->batches.size &&
	       !had(&r->batches, sqn);
}

void batch_rx_missing(struct l3 *l3, instant now, const struct near *r)
{
	const struct l3_link *k = near_best_link(l3, now, r);
	struct post p = {.kind = POST_OGM_REQ, .to = r->node->id};

	for (uint16_t i = 0; k && i < r->batches.size; i++) {
		p.number = (uint16_t)(r->batches.max - i);
		p.port = k->port;
		if (batch_wanted(r, p.number) && post_add(l3, now, &p) == OK)
			l3->count.batches_lost++;
	}
}

void batch_rx_window(struct near *r, struct bmx7_aggregations a)
{
	struct batches_seen *b = &r->batches;
	uint16_t ahead = (uint16_t)(a.max - b->max);

	if (b->started && ahead != 0 && (uint16_t)(b->max - a.max) <= BATCHES_KEPT)
		return; /* an old packet */
	if (!b->started || ahead >= a.size) {
		memset(b->had, 0, sizeof(b->had));
	} else {
		for (uint16_t i = 1; i <= ahead; i++)
			had_set(b, (uint16_t)(b->max + i), false);
	}
	b->started = true;
	b->max = a.max;
	b->size = a.size;
}

enum err batch_rx(struct l3 *l3, instant now, struct near *r, const struct bmx7_tlv *t,
		  struct fx *fx)
{
	struct rd ogms, again;
	struct bmx7_ogm o;
	struct l3_node *n = r->node;
	uint16_t sqn;
	enum err e = bmx7_batch_parse(t->data, t->len, &sqn, &ogms);

	if (e != OK)
		return e;
	if (!batch_wanted(r, sqn))
		return OK;
	had_set(&r->batches, sqn, true);
	again = ogms;
	while (bmx7_ogm_next(&again, &o))
		;
	if (again.bad) {
		l3->count.dropped[ERR_MALFORMED]++;
		return OK; /* of this batch nothing is believed; the frame was whole */
	}
	/* One that lies about us ends the neighbour. */
	while (n->near == r && bmx7_ogm_next(&ogms, &o)) {
		l3->count.ogm_rx++;
		claim_ogm(l3, now, r, sqn, &o, fx);
	}
	return OK;
}

void batch_rx_request(struct l3 *l3, instant now, uint8_t port, uint16_t sqn)
{
	struct post p = {.kind = POST_OGM_ADV, .port = port, .number = sqn};

	if (is_told(&l3->batches, sqn))
		post_add(l3, now, &p);
}
