/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tunnels - the methods that list what goes through one-way tunnels. */
#include "ctl/tunnels.h"
#include <stdlib.h>
#include "ctl/json.h"
#include "node/node.h"

static struct tunnels_out_view *out_views(const struct tunnels *t, instant now, size_t *count)
{
	size_t most = t ? tunnels_outs(t, now, NULL, 0) : 0;
	struct tunnels_out_view *views = calloc(most + 1, sizeof(*views));

	*count = t && views ? tunnels_outs(t, now, views, most) : 0;
	return views;
}

struct tunnels_route_view *tunnels_route_views(const struct tunnels *t, instant now, size_t *count)
{
	size_t most = t ? tunnels_routes(t, now, NULL, 0) : 0;
	struct tunnels_route_view *views = calloc(most + 1, sizeof(*views));

	*count = t && views ? tunnels_routes(t, now, views, most) : 0;
	return views;
}

/* ---- what was chosen, by core/gw ---- */

void explained_add(struct explained *e, const struct gw_why *why)
{
	if (e->count == e->room) {
		size_t room = e->room * 2 + 16;
		struct gw_why *more = realloc(e->at, room * sizeof(*more));

		if (!more)
			return;
		e->at = more;
		e->room = room;
	}
	e->at[e->count++] = *why;
}

static void choice_add(void *ctx, const struct gw_why *why)
{
	if (why->reason == GW_CHOSEN)
		explained_add(ctx, why);
}

/* NULL: it is not told any more. */
static const struct gw_why *choice_of(const struct explained *c, const struct tunnels_route_view *r)
{
	for (size_t i = 0; i < c->count; i++)
		if (tunnel_key_equal(&c->at[i].key, &r->key) &&
		    digest_equal(c->at[i].node, &r->to.node))
			return &c->at[i];
	return NULL;
}

/* ---- routes ---- */

static json_t *route_json(const struct call *call, const struct l3 *l3,
			  const struct tunnels_route_view *r, const struct gw_why *why)
{
	struct l3_node_view v = {.id = r->to.node};
	json_t *o = json_object();

	l3_node_find(l3, call->now, &r->to.node, &v);
	json_put_network(o, "network", &r->key.prefix);
	network_put_node(o, "", &v);
	network_put_way(call, l3, o, &v);
	json_put_bool(o, "lost", r->lost);
	json_put_text_or_null(o, "search", why ? why->search->label : "");
	json_put_count(o, "bandwidth_bps", why ? bmx7_bandwidth(why->network->bandwidth) : 0);
	json_put_count(o, "worth_bps", why ? why->metric : 0);
	json_put_span_ms(o, "since_ms", r->since);
	json_put_count(o, "preference", r->key.preference);
	json_put_count(o, "table", r->key.table);
	json_put_count(o, "ip_metric", r->key.ip_metric);
	return o;
}

json_t *tunnels_routes_json(const struct call *call, const struct l3 *l3)
{
	const struct tunnels *t = call->ctl->node->tunnels;
	struct tunnels_route_view *routes;
	struct explained chosen = {NULL, 0, 0};
	json_t *list = json_array();
	size_t count;

	if (!t)
		return list;
	routes = tunnels_route_views(t, call->now, &count);
	gw_explain(tunnels_gw(t), choice_add, &chosen);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			list, route_json(call, l3, &routes[i], choice_of(&chosen, &routes[i])));
	free(chosen.at);
	free(routes);
	return list;
}

/* ---- offers ---- */

static json_t *offer_json(const struct gw_network *n)
{
	json_t *o = json_object();

	json_put_network(o, "network", &n->prefix);
	json_put_count(o, "bandwidth_bps", bmx7_bandwidth(n->bandwidth));
	json_put_count(o, "proto", n->proto);
	json_put_count(o, "tunnel", n->tunnel);
	return o;
}

json_t *tunnels_offers_json(const struct call *call, const struct digest *id)
{
	const struct tunnels *t = call->ctl->node->tunnels;
	struct gw_network network[TUNNEL_NETWORKS_MAX];
	json_t *list = json_array();
	size_t count = t ? gw_networks(tunnels_gw(t), id, network, TUNNEL_NETWORKS_MAX) : 0;

	for (size_t i = 0; i < count && i < TUNNEL_NETWORKS_MAX; i++)
		json_array_append_new(list, offer_json(&network[i]));
	return list;
}

static json_t *own_offers_json(const struct tunnels *t)
{
	struct gw_network network[TUNNEL_OFFERED_MAX];
	json_t *list = json_array();
	size_t count = tunnels_offered(t, network, TUNNEL_OFFERED_MAX);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, offer_json(&network[i]));
	return list;
}

/* ---- tunnels out ---- */

/* What goes into the tunnel. */
static json_t *networks_json(const struct tunnels_route_view *routes, size_t count,
			     const struct tunnel_to *to)
{
	char text[IPV6_PREFIX_TEXT];
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (digest_equal(&routes[i].to.node, &to->node) &&
		    ipv6_equal(routes[i].to.dummy, to->dummy))
			json_array_append_new(
				list, json_string(prefix_print(&routes[i].key.prefix, text)));
	return list;
}

static json_t *out_json(const struct call *call, const struct l3 *l3,
			const struct tunnels_out_view *out, const struct tunnels_route_view *routes,
			size_t count)
{
	struct l3_node_view v = {.id = out->out.to.node};
	json_t *o = json_object();

	l3_node_find(l3, call->now, &v.id, &v);
	network_put_node(o, "", &v);
	json_put_ipv6(o, "primary", out->out.primary);
	json_put_ipv6(o, "dummy", out->out.to.dummy);
	network_put_way(call, l3, o, &v);
	json_put_span_ms(o, "since_ms", out->since);
	json_object_set_new(o, "networks", networks_json(routes, count, &out->out.to));
	return o;
}

json_t *tunnels_outs_json(const struct call *call, const struct l3 *l3, const struct digest *of)
{
	const struct tunnels *t = call->ctl->node->tunnels;
	json_t *list = json_array();
	size_t count, route_count;
	struct tunnels_out_view *outs = out_views(t, call->now, &count);
	struct tunnels_route_view *routes = tunnels_route_views(t, call->now, &route_count);

	for (size_t i = 0; i < count; i++)
		if (!of || digest_equal(of, &outs[i].out.to.node))
			json_array_append_new(list,
					      out_json(call, l3, &outs[i], routes, route_count));
	free(routes);
	free(outs);
	return list;
}

/* ---- searches ---- */

/* What came of each search. */
struct found {
	uint64_t matches[GW_SEARCHES_MAX], chosen[GW_SEARCHES_MAX];
};

static void found_add(void *ctx, const struct gw_why *why)
{
	struct found *f = ctx;

	f->matches[why->slot] += why->reason <= GW_FULL;
	f->chosen[why->slot] += why->reason == GW_CHOSEN;
}

static json_t *searches_json(const struct node *node)
{
	const struct node_tunnel_conf *conf = &node->conf.tunnel;
	struct found f = {{0}, {0}};
	json_t *list = json_array();

	gw_explain(tunnels_gw(node->tunnels), found_add, &f);
	for (unsigned i = 0; i < conf->searches; i++) {
		const struct gw_search *s = &conf->search[i];
		json_t *o = json_object();

		json_put_text(o, "search", s->label);
		json_put_network(o, "network", &s->prefix);
		json_put_text_or_null(o, "only_name", s->name);
		json_put_digest(o, "only_id", &s->node);
		json_put_count(o, "rating", s->rating);
		json_put_count(o, "offers", f.matches[i]);
		json_put_count(o, "chosen", f.chosen[i]);
		json_array_append_new(list, o);
	}
	return list;
}

/* ---- all of it ---- */

static json_t *counters_of(const struct tunnels *t)
{
	const struct gw_counters *g = gw_counters(tunnels_gw(t));
	struct tunnels_counters c = tunnels_counters(t);
	json_t *o = json_object();

	json_put_count(o, "nodes_refused", g->nodes_refused);
	json_put_count(o, "networks_refused", g->networks_refused + c.networks_refused);
	json_put_count(o, "matches_refused", g->matches_refused);
	json_put_count(o, "ends_refused", c.ends_refused);
	json_put_count(o, "routes_refused", c.routes_refused);
	json_put_count(o, "notes_untold", c.notes_untold);
	json_put_count(o, "changes", g->changes);
	return o;
}

static const char *state_name(const struct node *node)
{
	if (node->tunnels)
		return "on";
	return node->conf.tunnel.on && node->conf.plan.network && !node->l3 ? "starting" : "off";
}

json_t *tunnels_status_json(const struct node *node, instant now)
{
	const struct tunnels *t = node->tunnels;
	json_t *o = json_object();

	json_put_text(o, "state", state_name(node));
	if (!t)
		return o;
	json_put_count(o, "offers", tunnels_offered(t, NULL, 0));
	json_put_count(o, "out", tunnels_outs(t, now, NULL, 0));
	json_put_count(o, "routes", tunnels_routes(t, now, NULL, 0));
	return o;
}

static json_t *end_json(const struct tunnels *t)
{
	struct tunnel_end end = tunnels_end(t);
	json_t *o = json_object();

	json_put_ipv6(o, "primary", end.primary);
	json_put_ipv6(o, "dummy", end.dummy);
	json_put_ipv4(o, "ipv4", end.inner4);
	json_put_ipv6(o, "ipv6", end.inner6);
	return o;
}

json_t *tunnels_query(struct call *call)
{
	const struct node *node = call->ctl->node;
	json_t *o = json_object();

	json_put_text(o, "state", state_name(node));
	if (node->tunnels) {
		json_object_set_new(o, "end", end_json(node->tunnels));
		json_object_set_new(o, "offers", own_offers_json(node->tunnels));
		json_object_set_new(o, "out", tunnels_outs_json(call, node->l3, NULL));
		json_object_set_new(o, "searches", searches_json(node));
		json_object_set_new(o, "counters", counters_of(node->tunnels));
		json_put_count(o, "memory_bytes", tunnels_memory(node->tunnels));
	}
	json_object_set_new(o, "host", call_host_part(call, "tunnels"));
	return o;
}
