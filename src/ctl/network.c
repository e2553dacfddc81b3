/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network - the methods that list what the engine of the network knows. */
#include "ctl/network.h"
#include <stdio.h>
#include <stdlib.h>
#include "ctl/json.h"
#include "ctl/tunnels.h"
#include "node/node.h"

json_t *network_port_json(const struct ctl *ctl, uint8_t port)
{
	const struct ctl_host *host = ctl->host;

	return host->network_port_name ? json_text(host->network_port_name(host->ctx, port))
				       : json_null();
}

void network_put_node(json_t *o, const char *prefix, const struct l3_node_view *v)
{
	char key[32];

	json_put_digest(o, prefix[0] != '\0' ? prefix : "id", &v->id);
	snprintf(key, sizeof(key), "%s%sname", prefix, prefix[0] != '\0' ? "_" : "");
	json_put_text_or_null(o, key, v->name);
}

/* ---- what the engine gives, in arrays ---- */

struct l3_node_view *network_nodes(const struct l3 *l3, instant now, size_t *count)
{
	size_t most = l3_nodes(l3, now, NULL, 0);
	struct l3_node_view *views = calloc(most + 1, sizeof(*views));

	*count = views ? l3_nodes(l3, now, views, most) : 0;
	return views;
}

struct l3_claim_view *network_claims(const struct l3 *l3, instant now, const struct l3_node_view *v,
				     size_t *count)
{
	size_t most = l3_claims(l3, now, &v->id, NULL, 0);
	struct l3_claim_view *claims = calloc(most + 1, sizeof(*claims));

	*count = claims ? l3_claims(l3, now, &v->id, claims, most) : 0;
	return claims;
}

struct l3_network_view *network_networks(const struct l3 *l3, size_t *count)
{
	size_t most = l3_networks(l3, NULL, 0);
	struct l3_network_view *networks = calloc(most + 1, sizeof(*networks));

	*count = networks ? l3_networks(l3, networks, most) : 0;
	return networks;
}

struct l3_published_view *network_published(const struct l3 *l3, const struct digest *id,
					    size_t *count)
{
	size_t most = l3_published(l3, id, NULL, 0);
	struct l3_published_view *links = calloc(most + 1, sizeof(*links));

	*count = links ? l3_published(l3, id, links, most) : 0;
	return links;
}

bool network_chosen(const struct l3 *l3, instant now, const struct l3_node_view *v,
		    struct l3_claim_view *claim)
{
	size_t count;
	struct l3_claim_view *claims = v->metric > 0 ? network_claims(l3, now, v, &count) : NULL;
	bool found = false;

	for (size_t i = 0; claims && i < count && !found; i++) {
		found = claims[i].excluded == L3_CHOSEN;
		*claim = claims[i];
	}
	free(claims);
	return found;
}

/* ---- nodes ---- */

static const char *state_name(enum l3_node_state s)
{
	switch (s) {
	case L3_NODE_LISTED: return "listed";
	case L3_NODE_TRACKED: return "tracked";
	case L3_NODE_BLOCKED: return "blocked";
	case L3_NODE_DESCRIBED: return "described";
	}
	return "?";
}

void network_put_way(const struct call *call, const struct l3 *l3, json_t *o,
		     const struct l3_node_view *v)
{
	struct l3_node_view next = {.id = v->next_hop};
	bool routed = v->metric > 0;

	if (routed)
		l3_node_find(l3, call->now, &v->next_hop, &next);
	network_put_node(o, "next_hop", &next);
	json_put_ipv6(o, "via", v->via);
	json_object_set_new(o, "port",
			    routed ? network_port_json(call->ctl, v->port) : json_null());
	json_put_count(o, "metric_bps", v->metric);
	json_put_count(o, "hops", v->hops);
}

json_t *network_node_json(const struct call *call, const struct l3 *l3,
			  const struct l3_node_view *v)
{
	json_t *o = json_object();

	network_put_node(o, "", v);
	json_put_ipv6(o, "primary", v->primary);
	json_put_text(o, "state", state_name(v->state));
	json_put_bool(o, "neighbour", v->neighbour);
	if (v->state == L3_NODE_DESCRIBED)
		json_put_span_ms(o, "described_ms", v->described);
	else
		json_object_set_new(o, "described_ms", json_null());
	json_put_count(o, "description", v->desc_sqn);
	network_put_way(call, l3, o, v);
	json_put_count(o, "ogm", v->ogm_sqn);
	json_put_count(o, "candidates", v->candidates);
	return o;
}

json_t *network_nodes_json(const struct call *call, const struct l3 *l3)
{
	size_t count;
	struct l3_node_view *views = network_nodes(l3, call->now, &count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, network_node_json(call, l3, &views[i]));
	free(views);
	return list;
}

/* ---- neighbours ---- */

static json_t *link_json(const struct call *call, const struct l3_link_view *k)
{
	struct l3_node_view node = {.id = k->node};
	json_t *o = json_object();

	snprintf(node.name, sizeof(node.name), "%s", k->name);
	network_put_node(o, "", &node);
	json_object_set_new(o, "port", network_port_json(call->ctl, k->port));
	json_put_ipv6(o, "link_local", k->link_local);
	json_put_count(o, "device", k->dev_idx);
	json_put_count(o, "rq", k->rq);
	json_put_count(o, "tq", k->tq);
	json_put_bool(o, "usable", k->usable);
	json_put_bool(o, "doubted", k->doubted);
	json_put_count(o, "rate_bps", k->rate_bps);
	json_put_span_ms(o, "last_heard_ms", k->heard);
	return o;
}

json_t *network_links_json(const struct call *call, const struct l3 *l3, const struct digest *of)
{
	size_t count = l3_links(l3, call->now, NULL, 0);
	struct l3_link_view *links = calloc(count + 1, sizeof(*links));
	json_t *list = json_array();

	for (size_t i = links ? l3_links(l3, call->now, links, count) : 0; i-- > 0;)
		if (!of || digest_equal(of, &links[i].node))
			json_array_insert_new(list, 0, link_json(call, &links[i]));
	free(links);
	return list;
}

json_t *network_neighbours_json(const struct call *call, const struct l3 *l3)
{
	return network_links_json(call, l3, NULL);
}

/* ---- routes ---- */

static json_t *route_json(const struct call *call, const struct l3 *l3,
			  const struct l3_network_view *n, const struct l3_node_view *v)
{
	struct l3_claim_view claim;
	json_t *o = json_object();

	json_put_prefix(o, "network", n->net);
	network_put_node(o, "", v);
	network_put_way(call, l3, o, v);
	if (network_chosen(l3, call->now, v, &claim))
		json_put_span_ms(o, "age_ms", claim.age);
	else
		json_object_set_new(o, "age_ms", json_null());
	return o;
}

json_t *routes_query(struct call *call)
{
	const struct l3 *l3 = call_network(call);
	struct l3_node_view v;
	size_t count;

	if (!l3)
		return NULL;

	struct l3_network_view *networks = network_networks(l3, &count);
	json_t *o = json_object(), *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (l3_node_find(l3, call->now, &networks[i].node, &v) && v.metric > 0)
			json_array_append_new(list, route_json(call, l3, &networks[i], &v));
	free(networks);
	json_object_set_new(o, "routes", list);
	json_object_set_new(o, "tunnels", tunnels_routes_json(call, l3));
	return o;
}

/* ---- the node itself ---- */

const struct l3 *call_network(struct call *call)
{
	const struct node *node = call->ctl->node;

	if (node->l3)
		return node->l3;
	if (node->conf.plan.network)
		call_refuse(call, "network-starting",
			    "the network of all clouds does not run yet: the node's key is being "
			    "made, or \"network\" tells what is wrong");
	else
		call_refuse(call, "network-off",
			    "this node is not in the network of all clouds; list bmx7:18 among the "
			    "protocols to join it");
	return NULL;
}

static json_t *counters_of(const struct l3 *l3)
{
	const struct l3_counters *n = l3_counters(l3);
	json_t *o = json_object();

#define PUT_COUNTER(name, meaning) json_put_count(o, #name, n->name);
	L3_COUNTERS(PUT_COUNTER)
#undef PUT_COUNTER
	return o;
}

static json_t *dropped_of(const struct l3 *l3)
{
	json_t *o = json_object();

	for (int e = OK + 1; e < ERR_COUNT; e++)
		json_put_count(o, err_name((enum err)e), l3_counters(l3)->dropped[e]);
	return o;
}

/* How many nodes are in which state, are neighbours, have a route. */
static void nodes_put(json_t *o, const struct l3 *l3, instant now)
{
	size_t count, state[L3_NODE_DESCRIBED + 1] = {0}, neighbours = 0, routed = 0;
	struct l3_node_view *views = network_nodes(l3, now, &count);

	for (size_t i = 0; i < count; i++) {
		state[views[i].state]++;
		neighbours += views[i].neighbour;
		routed += views[i].metric > 0;
	}
	free(views);
	json_put_count(o, "nodes", state[L3_NODE_DESCRIBED]);
	json_put_count(o, "nodes_routed", routed);
	json_put_count(o, "nodes_blocked", state[L3_NODE_BLOCKED]);
	json_put_count(o, "nodes_unknown", state[L3_NODE_LISTED] + state[L3_NODE_TRACKED]);
	json_put_count(o, "neighbours", neighbours);
}

json_t *network_status_json(const struct node *node, instant now)
{
	const struct l3 *l3 = node->l3;
	json_t *o = json_object();
	struct digest id;

	json_put_text(o, "state", l3 ? "running" : node->conf.plan.network ? "starting" : "off");
	if (!l3)
		return o;
	id = l3_id(l3);
	json_put_digest(o, "id", &id);
	json_put_ipv6(o, "primary", l3_primary(l3));
	nodes_put(o, l3, now);
	json_put_count(o, "links", l3_links(l3, now, NULL, 0));
	json_put_count(o, "networks", l3_networks(l3, NULL, 0));
	json_put_count(o, "memory_bytes", l3_memory(l3));
	json_object_set_new(o, "counters", counters_of(l3));
	json_object_set_new(o, "dropped", dropped_of(l3));
	return o;
}

json_t *network_query(struct call *call)
{
	json_t *o = network_status_json(call->ctl->node, call->now);

	json_object_set_new(o, "host", call_host_part(call, "network"));
	return o;
}
