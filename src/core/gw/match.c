/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/gw/match.h"
#include <string.h>
#include "core/gw/internal.h"

/* Is one of our addresses taken by the tunnel? */
static enum gw_reason source_match(const struct gw *g, const struct gw_node *n,
				   const struct gw_network *net)
{
	enum gw_reason reason = GW_NO_SOURCE;
	bool limited = false;

	for (uint32_t i = 0; i < g->sources; i++) {
		if (g->source[i].v6 == net->prefix.v6)
			reason = GW_INGRESS;
	}
	if (reason == GW_NO_SOURCE)
		return reason;
	for (uint32_t i = 0; i < n->ingresses; i++) {
		const struct gw_ingress *in = &n->ingress[i];

		if (in->tunnel != net->tunnel || in->prefix.v6 != net->prefix.v6)
			continue;
		limited = true;
		for (uint32_t j = 0; j < g->sources; j++) {
			if (prefix_contains(&in->prefix, &g->source[j]))
				return GW_CHOSEN;
		}
	}
	return limited ? GW_INGRESS : GW_CHOSEN;
}

bool gw_search_holds(const struct gw *g, const struct gw_search *s)
{
	return s->name[0] != '\0' && !s->by_node && s->prefix.net.bits == 0 &&
	       g->proves[s->prefix.v6];
}

static bool is_local(const struct gw *g, const struct gw_search *s, const struct gw_network *net)
{
	struct prefix route = gw_match_prefix(s, net);

	for (uint32_t i = 0; i < g->locals; i++) {
		if (prefix_contains(&g->local[i], &route))
			return true;
	}
	return false;
}

enum gw_reason gw_match(const struct gw *g, const struct gw_search *s, const struct gw_node *n,
			const struct gw_network *net)
{
	uint8_t min = s->bits_min == GW_BITS_OWN ? s->prefix.net.bits : s->bits_min;

	if (s->prefix.v6 != net->prefix.v6)
		return GW_FAMILY;
	if (s->proto != GW_PROTO_ANY && s->proto != net->proto)
		return GW_PROTO;
	if (net->prefix.net.bits < min || net->prefix.net.bits > s->bits_max)
		return GW_LENGTH;
	if (!prefix_contains(&s->prefix, &net->prefix) &&
	    !prefix_contains(&net->prefix, &s->prefix))
		return GW_APART;
	if (is_local(g, s, net))
		return GW_LOCAL;
	if (s->name[0] && strcmp(s->name, n->name) != 0)
		return GW_NAMED;
	if (s->by_node && !digest_equal(&s->node, &n->id))
		return GW_NODE;
	if (gw_search_holds(g, s) && g->held[s - g->search] &&
	    !digest_equal(&g->holder[s - g->search], &n->id))
		return GW_NAMESAKE;
	if (bmx7_bandwidth(net->bandwidth) < BANDWIDTH_MIN)
		return GW_IGNORED;
	return source_match(g, n, net);
}

struct prefix gw_match_prefix(const struct gw_search *s, const struct gw_network *net)
{
	return s->prefix.net.bits > net->prefix.net.bits ? s->prefix : net->prefix;
}

/* v * p / 100, though v * p may not fit. */
static uint64_t percent(uint64_t v, uint32_t p)
{
	return v / 100 * p + v % 100 * p / 100;
}

static uint64_t rated(const struct gw_search *s, uint64_t worth, uint64_t path, bool active)
{
	/* Before the rating, which could make something of it. */
	if (path < METRIC_ROUTABLE)
		return 0;
	if (worth > path)
		worth = path;
	worth = percent(worth, s->rating);
	worth = percent(worth, 100 + (active ? s->hysteresis : 0));
	return worth > METRIC_UNROUTABLE ? worth : 0;
}

uint64_t gw_match_metric(const struct gw_search *s, uint8_t bandwidth, uint64_t path, bool active)
{
	uint64_t rate = bmx7_bandwidth(bandwidth);
	/* The minimum is compared as it would be on the wire. */
	uint64_t enough = bmx7_bandwidth(bmx7_bandwidth_byte(s->bandwidth_min));

	return rated(s, rate >= enough ? METRIC_MAX : rate, path, active);
}

uint64_t gw_match_worth(const struct gw_search *s, const struct gw_worth *w, uint64_t path,
			bool active)
{
	uint64_t share = bmx7_bandwidth(w->bandwidth) / w->users;
	/* What is lost behind the gateway, or late, does not come by a better path. */
	uint64_t worth = share < path ? share : path;

	return path < METRIC_ROUTABLE ? 0
				      : rated(s, worth - worth / 1000 * w->damage, path, active);
}
