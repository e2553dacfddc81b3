/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uplinks - this node's own ways to the Internet, and what is offered of them. */
#include "core/uplink/uplink.h"
#include "ctl/json.h"
#include "ctl/method.h"
#include "node/node.h"

static const char *family_name(bool v6)
{
	return v6 ? "ipv6" : "ipv4";
}

static const char *health_name(enum uplink_health h)
{
	switch (h) {
	case LEG_UNKNOWN: return "unknown";
	case LEG_GOOD: return "good";
	case LEG_DEAD: return "dead";
	}
	return "?";
}

static const char *web_name(enum uplink_web w)
{
	switch (w) {
	case WEB_UNKNOWN: return "unknown";
	case WEB_GOOD: return "good";
	case WEB_BAD: return "missing";
	case WEB_PORTAL: return "portal";
	}
	return "?";
}

static json_t *way_json(const struct uplink *u, instant now, uint8_t slot, bool v6)
{
	const struct uplink_slot *s = &u->slot[slot];
	const struct uplink_way *w = &s->way[v6];
	const struct uplink_family *f = &u->family[v6];
	json_t *o = json_object();

	json_put_text(o, "interface", s->name);
	json_put_text(o, "family", family_name(v6));
	json_put_text(o, "state", uplink_state_name(w->state));
	json_put_text_or_null(o, "fault", uplink_fault_name(w->fault));
	json_put_bool(o, "doubted", uplink_way_doubted(w));
	json_put_bool(o, "used", f->used && f->slot == slot);
	json_put_ago_ms(o, "since_ms", now, w->since);
	json_put_count(o, "metric", w->metric);
	json_put_count(o, "rtt_us", w->rtt_us);
	json_put_text(o, "reach", health_name(w->leg[UPLINK_REACH].health));
	json_put_text(o, "names", health_name(w->leg[UPLINK_NAMES].health));
	json_put_text(o, "page", u->conf.web ? web_name(w->web) : "off");
	json_put_count(o, "fails", w->fails);
	json_put_count(o, "rx_bps", s->rx_bps);
	json_put_count(o, "tx_bps", s->tx_bps);
	json_put_count(o, "best_bps", s->best_bps);
	return o;
}

static json_t *offer_json(const struct uplink *u, instant now, bool v6)
{
	const struct uplink_family *f = &u->family[v6];
	json_t *o = json_object();

	json_put_text(o, "family", family_name(v6));
	json_put_bool(o, "offered", f->offered);
	json_put_count(o, "bandwidth_bps", f->offered_bps);
	json_put_text_or_null(o, "interface", f->used ? u->slot[f->slot].name : "");
	json_put_bool(o, "carries", f->carries);
	json_put_ago_ms(o, "since_ms", now, f->offered ? f->offered_at : NEVER);
	return o;
}

static json_t *counters_of(const struct uplink *u)
{
	json_t *o = json_object();

	json_put_count(o, "checks", u->count.checks);
	json_put_count(o, "answers", u->count.answers);
	json_put_count(o, "bad", u->count.bad);
	json_put_count(o, "late", u->count.late);
	json_put_count(o, "offers", u->count.offers);
	json_put_count(o, "withdrawals", u->count.withdrawals);
	return o;
}

static json_t *offers_json(const struct uplink *u, instant now)
{
	json_t *offers = json_array();

	for (unsigned v6 = 0; v6 < 2; v6++)
		json_array_append_new(offers, offer_json(u, now, v6));
	return offers;
}

json_t *uplinks_status_json(const struct node *node, instant now)
{
	const struct uplink *u = &node->uplink;
	json_t *o = json_object();
	uint64_t ways = 0;

	for (unsigned i = 0; i < 2 * UPLINK_SLOTS; i++)
		ways += u->slot[i / 2].way[i % 2].state != UPLINK_AWAY;
	json_put_bool(o, "on", u->conf.on);
	json_put_count(o, "ways", ways);
	json_object_set_new(o, "offers", offers_json(u, now));
	return o;
}

json_t *uplinks_query(struct call *call)
{
	const struct uplink *u = &call->ctl->node->uplink;
	json_t *o = json_object(), *ways = json_array();

	for (uint8_t i = 0; i < UPLINK_SLOTS; i++)
		for (unsigned v6 = 0; v6 < 2; v6++)
			if (u->slot[i].way[v6].state != UPLINK_AWAY)
				json_array_append_new(ways, way_json(u, call->now, i, v6));
	json_put_bool(o, "on", u->conf.on);
	json_object_set_new(o, "uplinks", ways);
	json_object_set_new(o, "offers", offers_json(u, call->now));
	json_object_set_new(o, "counters", counters_of(u));
	return o;
}
