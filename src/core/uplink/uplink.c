/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <string.h>
#include "core/uplink/internal.h"
#include "wire/bmx7_float.h"

void uplink_init(struct uplink *u, const struct uplink_conf *conf)
{
	assert(conf->targets <= UPLINK_TARGETS_MAX);
	*u = (struct uplink){.conf = *conf, .due = NEVER};
	for (unsigned i = 0; i < UPLINK_SLOTS; i++) {
		u->slot[i].shrink = NEVER;
		for (unsigned v6 = 0; v6 < 2; v6++)
			way_init(&u->slot[i].way[v6]);
	}
}

/* ---- which way is used, and offered ---- */

/* The operator's order, as the kernel has it: metrics. UPLINK_SLOTS: none works. */
static uint8_t slot_best(const struct uplink *u, bool v6)
{
	uint8_t best = UPLINK_SLOTS;

	for (uint8_t i = 0; i < UPLINK_SLOTS; i++) {
		const struct uplink_way *w = &u->slot[i].way[v6];

		if (w->state == UPLINK_WORKS &&
		    (best == UPLINK_SLOTS || w->metric < u->slot[best].way[v6].metric))
			best = i;
	}
	return best;
}

/* A portal wants to be seen, and who has no names may know addresses. Where nobody has ever
 * answered, our checks may be at fault. */
static bool is_dead(const struct uplink *u, bool v6)
{
	bool any = false;

	for (uint8_t i = 0; i < UPLINK_SLOTS; i++) {
		const struct uplink_way *w = &u->slot[i].way[v6];

		if (w->state == UPLINK_AWAY)
			continue;
		if (w->state != UPLINK_FAILED || w->fault != UPLINK_SILENT || w->fails == 0)
			return false;
		any = true;
	}
	return any;
}

static void use_settle(struct uplink *u, bool v6, struct fx *fx)
{
	struct uplink_family *f = &u->family[v6];
	uint8_t best = slot_best(u, v6);
	bool dead = is_dead(u, v6);
	struct effect e = {.kind = FX_UPLINK, .uplink = {.kind = UPLINK_USE}};

	if (best == (f->used ? f->slot : UPLINK_SLOTS) && dead == f->dead)
		return;
	f->used = best != UPLINK_SLOTS;
	f->slot = f->used ? best : 0;
	f->dead = dead;
	e.uplink.use =
		(struct fx_uplink_use){.v6 = v6, .none = !f->used, .dead = dead, .slot = f->slot};
	fx->emit(fx, &e);
}

/* On the wire it is one byte. */
static bool is_same_rate(uint64_t a, uint64_t b)
{
	return bmx7_bandwidth_byte(a) == bmx7_bandwidth_byte(b);
}

static void offer_settle(struct uplink *u, instant now, bool v6, struct fx *fx)
{
	struct uplink_family *f = &u->family[v6];
	bool on = f->used && f->carries;
	uint64_t bps = on ? rate_offered(u, f->slot) : 0;
	struct effect e = {.kind = FX_UPLINK, .uplink = {.kind = UPLINK_OFFER}};

	if (on == f->offered &&
	    (!on || is_same_rate(bps, f->offered_bps) ||
	     !instant_reached(instant_add(f->offered_at, span_s(UPLINK_OFFER_GAP_S)), now)))
		return;
	u->count.offers += on && !f->offered;
	u->count.withdrawals += !on;
	f->offered = on;
	f->offered_bps = bps;
	f->offered_at = now;
	e.uplink.offer = (struct fx_uplink_offer){.v6 = v6, .on = on, .bandwidth_bps = bps};
	fx->emit(fx, &e);
}

static void settle(struct uplink *u, instant now, struct fx *fx)
{
	for (uint8_t i = 0; i < UPLINK_SLOTS; i++) {
		rate_shrink(&u->slot[i], now);
		/* IPv4 first: IPv6 may resolve names by it. */
		for (unsigned v6 = 0; v6 < 2; v6++)
			way_settle(&(struct at_way){u, fx, now, i, v6});
	}
	for (unsigned v6 = 0; v6 < 2; v6++) {
		use_settle(u, v6, fx);
		offer_settle(u, now, v6, fx);
	}
}

/* ---- events ---- */

static void result_told(struct uplink *u, instant now, const struct ev_uplink_result *r,
			struct fx *fx)
{
	struct uplink_asked *asked = NULL;

	for (unsigned i = 0; i < UPLINK_ASKED_MAX && r->token != 0; i++)
		if (u->asked[i].token == r->token)
			asked = &u->asked[i];
	if (!asked) {
		u->count.late++;
		return;
	}
	if (r->result == UPLINK_GOOD)
		u->count.answers++;
	else
		u->count.bad++;
	way_answered(&(struct at_way){u, fx, now, asked->slot, asked->v6}, asked, r->result);
	asked->token = 0;
}

/* What was asked by a way that was, says nothing of the one that is. */
static void asked_forget(struct uplink *u, uint8_t slot, bool v6)
{
	for (unsigned i = 0; i < UPLINK_ASKED_MAX; i++)
		if (u->asked[i].slot == slot && u->asked[i].v6 == v6)
			u->asked[i].token = 0;
}

static void way_event(struct uplink *u, instant now, const struct ev_uplink_way *e, struct fx *fx)
{
	struct uplink_slot *s = &u->slot[e->slot];

	if (strcmp(s->name, e->name) != 0) {
		*s = (struct uplink_slot){.shrink = NEVER};
		way_init(&s->way[0]);
		way_init(&s->way[1]);
		memcpy(s->name, e->name, sizeof(s->name));
	}
	if (!e->up)
		asked_forget(u, e->slot, e->v6);
	way_told(&(struct at_way){u, fx, now, e->slot, e->v6}, e);
}

static void told(struct uplink *u, instant now, const struct ev_uplink *e, struct fx *fx)
{
	switch (e->kind) {
	case UPLINK_WAY:
		assert(e->way.slot < UPLINK_SLOTS && e->way.name[UPLINK_NAME - 1] == '\0');
		way_event(u, now, &e->way, fx);
		return;
	case UPLINK_RESULT: result_told(u, now, &e->result, fx); return;
	case UPLINK_COUNTED:
		assert(e->counted.slot < UPLINK_SLOTS);
		rate_counted(&u->slot[e->counted.slot], now, &e->counted);
		return;
	case UPLINK_CARRIES: u->family[e->carries.v6].carries = e->carries.yes; return;
	}
}

static instant offer_deadline(const struct uplink *u, bool v6)
{
	const struct uplink_family *f = &u->family[v6];

	if (!f->offered || !f->used || is_same_rate(rate_offered(u, f->slot), f->offered_bps))
		return NEVER;
	return instant_add(f->offered_at, span_s(UPLINK_OFFER_GAP_S));
}

/* Asked after each event of ours; the deadline after each of the node's. */
static instant due_of(const struct uplink *u)
{
	instant next = NEVER;

	for (uint8_t i = 0; i < UPLINK_SLOTS; i++) {
		next = instant_min(next, u->slot[i].shrink);
		for (unsigned v6 = 0; v6 < 2; v6++)
			next = instant_min(next, way_deadline(u, i, v6));
	}
	return instant_min(next, instant_min(offer_deadline(u, false), offer_deadline(u, true)));
}

void uplink_handle(struct uplink *u, instant now, const struct ev *ev, struct fx *fx)
{
	if (!u->conf.on || (ev->kind != EV_UPLINK && ev->kind != EV_DEADLINE))
		return;
	if (ev->kind == EV_UPLINK)
		told(u, now, &ev->uplink, fx);
	settle(u, now, fx);
	u->due = due_of(u);
}

instant uplink_deadline(const struct uplink *u)
{
	return u->due;
}
