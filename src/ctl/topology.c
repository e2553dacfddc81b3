/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology - the network as NetJSON (netjson.org): NetworkGraph and NetworkRoutes.
 *
 * A cost is less when it is better there; BMX7's metrics are bandwidths. So a cost is the time
 * that a bit takes, in nanoseconds: 1 at 1 Gbit/s. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/json.h"
#include "ctl/network.h"
#include "node/node.h"

enum { TOPOLOGY_AS }; /* in the order of topology's row in methods[] */
enum { QUALITY_MAX = 255, COST_WORDS_ROOM = 40 };

static json_t *head(const struct call *call, const struct l3 *l3, const char *type)
{
	json_t *o = json_object();
	struct digest id = l3_id(l3);

	json_put_text(o, "type", type);
	json_put_text(o, "protocol", "bmx7");
	json_put_text(o, "version", "21");
	json_put_text(o, "metric", "ns/bit");
	json_put_digest(o, "router_id", &id);
	json_put_text(o, "label", call->ctl->node->plan.hostname);
	return o;
}

/* bps > 0 */
static void cost_put(json_t *o, uint64_t bps)
{
	char words[COST_WORDS_ROOM];

	json_object_set_new(o, "cost", json_real(1e9 / (double)bps));
	snprintf(words, sizeof(words), "%.3f Mbit/s", (double)bps / 1e6);
	json_put_text(o, "cost_text", words);
}

/* ---- NetworkGraph ---- */

static json_t *vertex_json(const struct digest *id, const char *name, struct ipv6 address)
{
	static const struct ipv6 none;
	json_t *o = json_object(), *addresses = json_array();
	char text[IPV6_TEXT];

	json_put_digest(o, "id", id);
	json_put_text(o, "label", name);
	if (memcmp(address.b, none.b, sizeof(none.b)) != 0)
		json_array_append_new(addresses, json_string(ipv6_print(address, text)));
	json_object_set_new(o, "local_addresses", addresses);
	json_object_set_new(o, "properties", json_object());
	return o;
}

/* An edge as we know it: of our own links, published by its node, or a path. */
struct edge {
	const struct digest *from, *to;
	const char *kind;
	uint64_t bps; /* 0: nothing can pass, there is no edge */
	json_t *port; /* NULL: another node's */
	int tq, rq;   /* -1: not known */
	unsigned hops;
};

/* Takes e.port. */
static void edge_add(json_t *edges, struct edge e)
{
	json_t *port = e.port ? e.port : json_null();

	if (e.bps == 0) {
		json_decref(port);
		return;
	}
	json_t *o = json_object(), *properties = json_object();

	json_put_digest(o, "source", e.from);
	json_put_digest(o, "target", e.to);
	cost_put(o, e.bps);
	json_put_text(properties, "kind", e.kind);
	json_object_set_new(properties, "port", port);
	json_object_set_new(properties, "tq", e.tq < 0 ? json_null() : json_integer(e.tq));
	json_object_set_new(properties, "rq", e.rq < 0 ? json_null() : json_integer(e.rq));
	json_put_count(properties, "hops", e.hops);
	json_object_set_new(o, "properties", properties);
	json_array_append_new(edges, o);
}

/* Our own links. */
static void links_add(const struct call *call, const struct l3 *l3, json_t *edges)
{
	size_t count = l3_links(l3, call->now, NULL, 0);
	struct l3_link_view *links = calloc(count + 1, sizeof(*links));
	struct digest self = l3_id(l3);

	if (links)
		l3_links(l3, call->now, links, count);
	for (size_t i = 0; links && i < count; i++) {
		const struct l3_link_view *k = &links[i];

		if (k->usable)
			edge_add(edges, (struct edge){&self, &k->node, "link",
						      k->rate_bps * k->tq / QUALITY_MAX,
						      network_port_json(call->ctl, k->port), k->tq,
						      k->rq, 1});
	}
	free(links);
}

/* Those that v publishes, to nodes that we know. */
static void published_add(const struct call *call, const struct l3 *l3,
			  const struct l3_node_view *v, json_t *edges)
{
	struct l3_node_view other;
	struct digest self = l3_id(l3);
	size_t count;
	struct l3_published_view *links = network_published(l3, &v->id, &count);

	for (size_t i = 0; i < count; i++) {
		const struct l3_published_view *k = &links[i];

		if (digest_equal(&k->neighbour, &self) ||
		    l3_node_find(l3, call->now, &k->neighbour, &other))
			edge_add(edges, (struct edge){&v->id, &k->neighbour, "published",
						      k->tx_bps * k->tq / QUALITY_MAX, NULL, k->tq,
						      k->rq, 1});
	}
	free(links);
}

/* The way to a node that is further away, from the next hop on. */
static void path_add(const struct call *call, const struct l3 *l3, const struct l3_node_view *v,
		     json_t *edges)
{
	struct l3_claim_view c;

	if (!v->neighbour && network_chosen(l3, call->now, v, &c))
		edge_add(edges, (struct edge){&c.neighbour, &v->id, "path", c.claimed, NULL, -1, -1,
					      c.hops - 1u});
}

static json_t *graph_json(const struct call *call, const struct l3 *l3)
{
	json_t *o = head(call, l3, "NetworkGraph");
	json_t *vertices = json_array(), *edges = json_array();
	struct digest self = l3_id(l3);
	size_t count;
	struct l3_node_view *views = network_nodes(l3, call->now, &count);

	json_array_append_new(vertices,
			      vertex_json(&self, call->ctl->node->plan.hostname, l3_primary(l3)));
	links_add(call, l3, edges);
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(vertices,
				      vertex_json(&views[i].id, views[i].name, views[i].primary));
		published_add(call, l3, &views[i], edges);
		path_add(call, l3, &views[i], edges);
	}
	free(views);
	json_object_set_new(o, "nodes", vertices);
	json_object_set_new(o, "links", edges);
	return o;
}

/* ---- NetworkRoutes ---- */

static json_t *routes_json(const struct call *call, const struct l3 *l3)
{
	json_t *o = head(call, l3, "NetworkRoutes"), *list = json_array();
	struct l3_node_view v;
	size_t count;
	struct l3_network_view *networks = network_networks(l3, &count);

	for (size_t i = 0; i < count; i++) {
		if (!l3_node_find(l3, call->now, &networks[i].node, &v) || v.metric == 0)
			continue;

		json_t *r = json_object();

		json_put_prefix(r, "destination", networks[i].net);
		json_put_ipv6(r, "next", v.via);
		json_object_set_new(r, "device", network_port_json(call->ctl, v.port));
		cost_put(r, v.metric);
		json_array_append_new(list, r);
	}
	free(networks);
	json_object_set_new(o, "routes", list);
	return o;
}

json_t *topology_query(struct call *call)
{
	const struct l3 *l3 = call_network(call);
	const char *as = call->value[TOPOLOGY_AS].word;

	if (!l3)
		return NULL;
	return as && strcmp(as, "routes") == 0 ? routes_json(call, l3) : graph_json(call, l3);
}
