/* SPDX-License-Identifier: GPL-2.0-or-later */
/* way - one family of one interface: its checks and its states; see README.md. */
#include <assert.h>
#include <string.h>
#include "core/uplink/internal.h"

static void leg_init(struct uplink_leg *l)
{
	*l = (struct uplink_leg){.next = l->next, .since = NEVER, .burst = NEVER, .good = NEVER};
}

void way_init(struct uplink_way *w)
{
	w->good_since = w->web_last = w->web_until = w->round = NEVER;
	w->web = WEB_UNKNOWN;
	w->rtt_us = 0;
	for (unsigned i = 0; i < UPLINK_LEGS; i++)
		leg_init(&w->leg[i]);
}

static void state_set(const struct at_way *a, enum uplink_state state, enum uplink_fault fault)
{
	struct uplink_way *w = way_of(a);
	struct effect e = {.kind = FX_UPLINK, .uplink = {.kind = UPLINK_NOTE}};

	if (w->state == state && w->fault == fault)
		return;
	if (w->state == UPLINK_WORKS) {
		if (w->failures < UINT16_MAX)
			w->failures++;
		w->fails++;
	}
	if (w->state != state)
		w->since = a->now;
	w->state = state;
	w->fault = fault;
	w->good_since = NEVER;
	e.uplink.note = (struct fx_uplink_note){.v6 = a->v6, .state = state, .fault = fault};
	memcpy(e.uplink.note.name, a->u->slot[a->slot].name, UPLINK_NAME);
	a->fx->emit(a->fx, &e);
}

/* ---- whom to ask ---- */

static enum uplink_leg_name leg_of(enum uplink_means m)
{
	return m == UPLINK_DNS ? UPLINK_NAMES : UPLINK_REACH;
}

/* The n'th target of a leg, in this family; NULL: it has no more. */
static const struct uplink_target *target_find(const struct uplink *u, enum uplink_leg_name leg,
					       bool v6, unsigned n)
{
	for (unsigned i = 0; i < u->conf.targets; i++) {
		const struct uplink_target *t = &u->conf.target[i];

		if (t->at.v6 == v6 && leg_of(t->means) == leg && n-- == 0)
			return t;
	}
	return NULL;
}

static void ask(const struct at_way *a, const struct uplink_target *t)
{
	struct uplink *u = a->u;
	struct uplink_asked *place = &u->asked[u->token % UPLINK_ASKED_MAX];
	struct effect e = {.kind = FX_UPLINK, .uplink = {.kind = UPLINK_CHECK}};

	u->token++;
	if (u->token == 0) /* means: free */
		u->token++;
	*place = (struct uplink_asked){u->token, a->slot, a->v6, t->means, a->now};
	u->count.checks++;
	e.uplink.check = (struct fx_uplink_check){u->token, a->slot, *t};
	a->fx->emit(a->fx, &e);
}

static span patience(const struct uplink_way *w)
{
	int64_t us = 3 * (int64_t)w->rtt_us;

	if (us < UPLINK_PATIENCE_MS * 1000)
		us = UPLINK_PATIENCE_MS * 1000;
	return span_us(us < UPLINK_PATIENCE_MAX_MS * 1000 ? us : UPLINK_PATIENCE_MAX_MS * 1000);
}

/* A dead leg is asked in regular rounds only. */
static void leg_armed(const struct at_way *a, struct uplink_leg *l)
{
	if (l->health == LEG_DEAD || l->since.us != NEVER.us)
		return;
	l->since = a->now;
	l->burst = instant_add(a->now, patience(way_of(a)));
}

/* The next one in turn; NULL: there is none. */
static const struct uplink_target *leg_next(const struct at_way *a, enum uplink_leg_name name)
{
	struct uplink_leg *l = &way_of(a)->leg[name];
	const struct uplink_target *t = target_find(a->u, name, a->v6, l->next++);

	if (t)
		return t;
	l->next = 1;
	return target_find(a->u, name, a->v6, 0);
}

static void leg_ask(const struct at_way *a, enum uplink_leg_name name)
{
	const struct uplink_target *t = leg_next(a, name);

	if (!t)
		return;
	ask(a, t);
	leg_armed(a, &way_of(a)->leg[name]);
}

static void leg_ask_all(const struct at_way *a, enum uplink_leg_name name)
{
	unsigned count = 0;

	while (count < UPLINK_BURST_MAX && target_find(a->u, name, a->v6, count))
		count++;
	for (unsigned i = 0; i < (count < UPLINK_BURST_MIN ? UPLINK_BURST_MIN : count); i++)
		ask(a, leg_next(a, name));
}

/* An answer is missing: all are asked, and again; then the leg is dead. */
static void leg_settle(const struct at_way *a, enum uplink_leg_name name)
{
	struct uplink_way *w = way_of(a);
	struct uplink_leg *l = &w->leg[name];

	if (!instant_reached(l->burst, a->now))
		return;
	if (l->bursts == UPLINK_BURSTS) {
		leg_init(l);
		l->health = LEG_DEAD;
		return;
	}
	l->bursts++;
	leg_ask_all(a, name);
	l->burst = instant_add(a->now, patience(w));
}

bool uplink_way_doubted(const struct uplink_way *w)
{
	return w->leg[UPLINK_REACH].bursts > 0 || w->leg[UPLINK_NAMES].bursts > 0;
}

/* ---- the page ---- */

/* It says nothing: a portal that was seen may be there still. */
static void web_silent(struct uplink_way *w)
{
	if (w->web != WEB_PORTAL || w->leg[UPLINK_REACH].health == LEG_GOOD)
		w->web = WEB_BAD;
	w->web_until = NEVER;
}

/* As soon as something is amiss it is looked at more often. */
static instant web_due(const struct uplink_way *w)
{
	bool quiet = w->state == UPLINK_WORKS && !uplink_way_doubted(w);

	if (w->web_until.us != NEVER.us)
		return w->web_until;
	if (w->web_last.us == NEVER.us)
		return w->since;
	return instant_add(w->web_last, span_s(quiet ? UPLINK_WEB_S : UPLINK_WEB_AGAIN_S));
}

static void web_settle(const struct at_way *a)
{
	struct uplink_way *w = way_of(a);
	const struct uplink_target page = {.means = UPLINK_WEB, .at = {.v6 = a->v6}};

	if (!a->u->conf.web)
		return;
	if (instant_reached(w->web_until, a->now))
		web_silent(w);
	if (w->web_until.us != NEVER.us || !instant_reached(web_due(w), a->now))
		return;
	ask(a, &page);
	w->web_last = a->now;
	w->web_until = instant_add(a->now, span_s(UPLINK_WEB_WAIT_S));
}

static void web_answered(struct uplink_way *w, enum uplink_result r)
{
	if (r == UPLINK_BAD) {
		web_silent(w);
		return;
	}
	w->web = r == UPLINK_GOOD ? WEB_GOOD : WEB_PORTAL;
	w->web_until = NEVER;
}

/* ---- what it all means ---- */

static enum uplink_health leg_health(const struct at_way *a, enum uplink_leg_name name)
{
	const struct uplink_way *w = way_of(a), *twin = &a->u->slot[a->slot].way[!a->v6];
	const struct uplink_leg *l = &w->leg[name];
	enum uplink_leg_name other = name == UPLINK_REACH ? UPLINK_NAMES : UPLINK_REACH;

	/* Who has IPv4 too resolves names by it. */
	if (a->v6 && name == UPLINK_NAMES && l->health != LEG_GOOD && twin->state != UPLINK_AWAY &&
	    twin->leg[name].health == LEG_GOOD)
		return LEG_GOOD;
	/* Nobody to ask: the other leg says it. */
	return target_find(a->u, name, a->v6, 0) ? l->health : w->leg[other].health;
}

static enum uplink_fault fault_find(const struct at_way *a)
{
	if (way_of(a)->web == WEB_PORTAL)
		return UPLINK_PORTAL;
	if (leg_health(a, UPLINK_REACH) == LEG_DEAD)
		return UPLINK_SILENT;
	return leg_health(a, UPLINK_NAMES) == LEG_DEAD ? UPLINK_NO_DNS : UPLINK_FINE;
}

static bool is_well(const struct at_way *a)
{
	return leg_health(a, UPLINK_REACH) == LEG_GOOD && leg_health(a, UPLINK_NAMES) == LEG_GOOD &&
	       (!a->u->conf.web || way_of(a)->web != WEB_UNKNOWN);
}

static span steady(const struct uplink_way *w)
{
	int64_t ms = UPLINK_STEADY_AGAIN_MS;

	if (w->failures == 0)
		return span_ms(UPLINK_STEADY_MS);
	for (unsigned i = 1; i < w->failures && ms < UPLINK_STEADY_MAX_MS; i++)
		ms *= 2;
	return span_ms(ms < UPLINK_STEADY_MAX_MS ? ms : UPLINK_STEADY_MAX_MS);
}

static void judge(const struct at_way *a)
{
	struct uplink_way *w = way_of(a);
	enum uplink_fault fault = fault_find(a);

	if (fault != UPLINK_FINE) {
		state_set(a, UPLINK_FAILED, fault);
		return;
	}
	if (w->state == UPLINK_WORKS) {
		if (instant_reached(instant_add(w->since, span_s(UPLINK_FORGIVE_S)), a->now))
			w->failures = 0;
		return;
	}
	if (!is_well(a)) {
		w->good_since = NEVER;
		return;
	}
	state_set(a, UPLINK_TESTING, UPLINK_FINE);
	if (w->good_since.us == NEVER.us)
		w->good_since = a->now;
	if (instant_reached(instant_add(w->good_since, steady(w)), a->now))
		state_set(a, UPLINK_WORKS, UPLINK_FINE);
}

static span round_gap(const struct at_way *a)
{
	const struct uplink_way *w = way_of(a);
	instant late = instant_add(w->since, span_s(UPLINK_RETRY_LATE_AFTER_S));

	switch (w->state) {
	case UPLINK_WORKS: return a->u->conf.check;
	case UPLINK_FAILED:
		return span_ms(instant_reached(late, a->now) ? UPLINK_RETRY_LATE_MS
							     : UPLINK_RETRY_MS);
	case UPLINK_AWAY:
	case UPLINK_TESTING: break;
	}
	return span_ms(UPLINK_TEST_MS);
}

void way_settle(const struct at_way *a)
{
	struct uplink_way *w = way_of(a);

	if (w->state == UPLINK_AWAY)
		return;
	leg_settle(a, UPLINK_REACH);
	leg_settle(a, UPLINK_NAMES);
	judge(a);
	web_settle(a);
	judge(a);
	if (!instant_reached(w->round, a->now))
		return;
	leg_ask(a, UPLINK_REACH);
	leg_ask(a, UPLINK_NAMES);
	w->round = instant_add(a->now, round_gap(a));
}

instant way_deadline(const struct uplink *u, uint8_t slot, bool v6)
{
	const struct uplink_way *w = &u->slot[slot].way[v6];
	instant next = w->round;

	if (w->state == UPLINK_AWAY)
		return NEVER;
	for (unsigned i = 0; i < UPLINK_LEGS; i++)
		next = instant_min(next, w->leg[i].burst);
	if (u->conf.web)
		next = instant_min(next, web_due(w));
	if (w->state == UPLINK_TESTING && w->good_since.us != NEVER.us)
		next = instant_min(next, instant_add(w->good_since, steady(w)));
	return next;
}

/* ---- what is told ---- */

void way_told(const struct at_way *a, const struct ev_uplink_way *e)
{
	struct uplink_way *w = way_of(a);

	w->metric = e->metric;
	if (e->up == (w->state != UPLINK_AWAY))
		return;
	way_init(w);
	state_set(a, e->up ? UPLINK_TESTING : UPLINK_AWAY, UPLINK_FINE);
	if (e->up)
		w->round = a->now;
}

static void rtt_heard(struct uplink_way *w, span took)
{
	uint32_t us = took.us < INT32_MAX ? (uint32_t)took.us : INT32_MAX;

	w->rtt_us = w->rtt_us == 0 ? us : w->rtt_us - w->rtt_us / 8 + us / 8;
}

void way_answered(const struct at_way *a, const struct uplink_asked *asked, enum uplink_result r)
{
	struct uplink_way *w = way_of(a);
	struct uplink_leg *l = &w->leg[leg_of(asked->means)];

	if (w->state == UPLINK_AWAY)
		return;
	if (asked->means == UPLINK_WEB) {
		web_answered(w, r);
		return;
	}
	if (r != UPLINK_GOOD) {
		/* Others may know better, at once. */
		if (l->bursts == 0 && l->since.us != NEVER.us)
			l->burst = a->now;
		return;
	}
	rtt_heard(w, instant_since(a->now, asked->sent));
	leg_init(l);
	l->health = LEG_GOOD;
	l->good = a->now;
}
