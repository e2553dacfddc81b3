/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include "core/l3/internal.h"

enum {
	PACE_MAX_MS = 10000,	/* the slowest that the reference may be set to */
	DOUBTED_LOOK_MS = 1000, /* how often a doubted link is looked at */
};

struct l3_link *l3_link_find(const struct near *r, uint8_t dev_idx, uint8_t port)
{
	list_each (k, &r->links, struct l3_link, of_near) {
		if (k->dev_idx == dev_idx && k->port == port)
			return k;
	}
	return NULL;
}

/* How long it may be silent before it is asked. */
static span ask_after(const struct l3_link *k)
{
	return span_us(k->pace.us * LINK_ASK_PERCENT / 100);
}

static instant ask_at(const struct l3_link *k)
{
	instant late = instant_add(k->heard, ask_after(k));

	return instant_before(k->heard, k->suspected) ? instant_min(k->suspected, late) : late;
}

static instant doubt_at(const struct l3_link *k)
{
	int64_t times_x255 = 255 + LINK_ANSWER_MORE * (255 - k->rq.told);

	return instant_add(ask_at(k), span_us(span_ms(LINK_ANSWER_MS).us * times_x255 / 255));
}

bool l3_link_silent(instant now, const struct l3_link *k)
{
	return instant_reached(instant_add(k->heard, ask_after(k)), now);
}

/* A second word while it is asked gives it no more time to answer. */
void l3_link_suspect(struct l3 *l3, instant now, struct l3_link *k)
{
	if (instant_before(k->heard, k->suspected))
		return;
	k->suspected = now;
	timer_set(&l3->timers, &k->silence, now);
}

bool l3_link_asks(instant now, const struct l3_link *k)
{
	return instant_reached(ask_at(k), now);
}

/* Whoever hears it answers at once: real nodes do too. */
static void link_ask(struct l3 *l3, instant now, const struct l3_link *k)
{
	struct post p = {.kind = POST_IID_REQ,
			 .port = k->port,
			 .number = BMX7_IID_SELF,
			 .to = k->near->node->id};

	post_add(l3, now, &p);
}

static struct l3_link *link_new(struct l3 *l3, instant now, struct near *r, uint8_t dev_idx,
				const struct ipv6 *from, uint8_t port)
{
	struct l3_link *k = l3->links < l3->conf.links_max ? pool_alloc(&l3->pool, sizeof(*k))
							   : NULL;

	if (!k)
		return NULL;
	if (!timer_init(&l3->timers, &k->silence, TIMER_LINK)) {
		pool_free(&l3->pool, k, sizeof(*k));
		return NULL;
	}
	k->near = r;
	k->port = port;
	k->dev_idx = dev_idx;
	k->link_local = *from;
	k->burst_sqn = r->node->burst_sqn;
	k->pace = span_ms(LINK_PACE_MS);
	k->heard = k->hello_at = now;
	k->replied = (instant){0};
	list_init(&k->routes);
	list_append(&r->links, &k->of_near);
	list_append(&l3->port[port].links, &k->of_port);
	l3->port[port].link_count++;
	l3->links++;
	timer_set(&l3->timers, &k->silence, instant_add(now, ask_after(k)));
	return k;
}

/* Its neighbour's claims may be taken now. */
static void claims_offer(struct l3 *l3, instant now, struct near *r, struct fx *fx)
{
	unsigned iid = 0;

	for (struct claim *c; (c = claim_next(r, &iid));) {
		if (c->node && c->sqn > 0)
			l3_route_offer(l3, now, c, fx);
	}
}

struct l3_link *l3_link_heard(struct l3 *l3, instant now, struct near *r, uint8_t dev_idx,
			      const struct ipv6 *from, uint8_t port, struct fx *fx)
{
	list_each (k, &r->links, struct l3_link, of_near) {
		if (k->dev_idx != dev_idx || memcmp(k->link_local.b, from->b, 16) == 0)
			continue;
		l3_link_gone(l3, now, k, fx);
		return NULL;
	}
	struct l3_link *k = l3_link_find(r, dev_idx, port);

	if (k) {
		bool was_doubted = k->doubted;

		/* Several packets of a run have one number, and so has what is said again later by
		 * who heard it: only the first shows that the neighbour is there. */
		if (k->burst_sqn == r->node->burst_sqn)
			return k;
		k->burst_sqn = r->node->burst_sqn;
		k->heard = now;
		k->doubted = false;
		if (was_doubted) {
			l3_port_warm(l3, now, port);
			claims_offer(l3, now, r, fx);
		}
		return k;
	}
	k = link_new(l3, now, r, dev_idx, from, port);
	if (!k)
		return NULL;
	r->verified = true;
	l3_note(fx, NETWORK_NOTE_LINK_NEW, r->node, NULL, port);
	l3_port_warm(l3, now, port);
	return k;
}

uint8_t l3_link_rq(const struct l3 *l3, instant now, const struct l3_link *k)
{
	return quality_aged(k->rq, now, l3->conf.link_timeout);
}

uint8_t l3_link_tq(const struct l3 *l3, instant now, const struct l3_link *k)
{
	return quality_aged(k->tq, now, l3->conf.link_timeout);
}

/* The routes over k look for another way; see l3_route_repair. */
static void routes_leave(struct l3 *l3, instant now, struct l3_link *k, bool keep, struct fx *fx)
{
	list_each (route, &k->routes, struct l3_route, of_link)
		l3_route_repair(l3, now, container_of(route, struct l3_node, route), keep, fx);
}

/* Is it still, or has it become, good enough? */
static void link_review(struct l3 *l3, instant now, struct l3_link *k, struct fx *fx)
{
	bool usable = l3_link_rq(l3, now, k) >= l3->conf.link_quality_min &&
		      l3_link_tq(l3, now, k) >= l3->conf.link_quality_min;

	if (usable == k->usable)
		return;
	k->usable = usable;
	if (!usable) {
		routes_leave(l3, now, k, false, fx);
		return;
	}
	l3_note(fx, NETWORK_NOTE_LINK_USABLE, k->near->node, NULL, k->port);
	batch_disturbed(l3, now, false);
	claims_offer(l3, now, k->near, fx);
}

void l3_link_hello(struct l3 *l3, instant now, struct l3_link *k, uint16_t sqn, struct fx *fx)
{
	uint16_t ahead = (uint16_t)(sqn - k->hellos.newest);
	bool first = !k->hellos.started;

	if (!hellos_mark(&k->hellos, sqn))
		return;
	if (!first && ahead > 0 && ahead < HELLOS_WINDOW) {
		int64_t seen = instant_since(now, k->hello_at).us / ahead;
		int64_t pace = seen > k->pace.us ? seen : k->pace.us - (k->pace.us - seen) / 8;

		if (pace < span_ms(LINK_PACE_MS).us)
			pace = span_ms(LINK_PACE_MS).us;
		k->pace = pace < span_ms(PACE_MAX_MS).us ? span_us(pace) : span_ms(PACE_MAX_MS);
	}
	k->hello_at = now;
	k->rq = (struct quality){hellos_quality(&k->hellos), now};
	link_review(l3, now, k, fx);
}

void l3_link_reply(struct l3 *l3, instant now, struct l3_link *k, uint8_t tq, struct fx *fx)
{
	k->tq = (struct quality){tq, now};
	link_review(l3, now, k, fx);
}

bool l3_link_owes_reply(const struct l3 *l3, instant now, const struct l3_link *k)
{
	bool young = l3->port[k->port].young > 0;
	span every = span_ms(young ? LINK_REPLY_YOUNG_MS : LINK_REPLY_MS);

	return k->near->node->description && k->hellos.started &&
	       !span_less(instant_since(now, k->replied), every);
}

struct metric_link l3_link_metric(const struct l3 *l3, instant now, const struct l3_link *k)
{
	const struct l3_port *p = &l3->port[k->port];

	return (struct metric_link){.tq = l3_link_tq(l3, now, k),
				    .rq = l3_link_rq(l3, now, k),
				    .wireless = p->wireless,
				    .channel = p->channel,
				    .rate_bps = p->rate_bps};
}

void l3_link_due(struct l3 *l3, instant now, struct l3_link *k, struct fx *fx)
{
	instant ask = ask_at(k);
	instant doubt = doubt_at(k);
	instant end = instant_add(k->heard, l3->conf.link_timeout);

	if (instant_reached(end, now)) {
		l3_link_gone(l3, now, k, fx);
		return;
	}
	if (!instant_reached(ask, now)) {
		timer_set(&l3->timers, &k->silence, ask);
	} else if (!instant_reached(doubt, now)) {
		link_ask(l3, now, k);
		timer_set(&l3->timers, &k->silence,
			  instant_min(doubt, instant_add(now, span_ms(LINK_ANSWER_MS))));
	} else {
		link_ask(l3, now, k);
		instant look = instant_add(now, span_ms(DOUBTED_LOOK_MS));

		timer_set(&l3->timers, &k->silence, instant_min(look, end));
		if (!k->doubted) {
			k->doubted = true;
			l3_note(fx, NETWORK_NOTE_LINK_DOUBTED, k->near->node, NULL, k->port);
			routes_leave(l3, now, k, true, fx);
		}
	}
	link_review(l3, now, k, fx);
}

void l3_link_drop(struct l3 *l3, struct l3_link *k)
{
	assert(list_empty(&k->routes));
	list_del(&k->of_near);
	list_del(&k->of_port);
	l3->port[k->port].link_count--;
	l3->links--;
	timer_fini(&l3->timers, &k->silence);
	pool_free(&l3->pool, k, sizeof(*k));
}

void l3_link_gone(struct l3 *l3, instant now, struct l3_link *k, struct fx *fx)
{
	struct near *r = k->near;

	l3_note(fx, NETWORK_NOTE_LINK_GONE, r->node, NULL, k->port);
	k->usable = false;
	list_del(&k->of_near);
	routes_leave(l3, now, k, false, fx);
	l3_link_drop(l3, k);
	if (list_empty(&r->links))
		near_linkless(l3, now, r, fx);
}
