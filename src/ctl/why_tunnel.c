/* SPDX-License-Identifier: GPL-2.0-or-later */
/* why_tunnel - the reasons why packets for an address outside take the tunnel that they take. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/json.h"
#include "ctl/tunnels.h"
#include "node/node.h"

enum { PERCENT = 100, GATEWAYS_MAX = 1000 /* that are told */ };

const char *tunnel_reason_words(enum gw_reason reason)
{
	switch (reason) {
	case GW_CHOSEN: return "chosen";
	case GW_WORSE: return "another gateway of this network is worth more";
	case GW_OVERLAPPED:
		return "a gateway of a wider network is worth more, and it may not have a part of "
		       "that (breakOverlappingPrefix, allowOverlappingPrefix)";
	case GW_NO_ROUTE: return "the network has no way to the node";
	case GW_WORTHLESS: return "the way to it, or the search's rating, leaves no bandwidth";
	case GW_DEAD: return "nobody on the Internet answers through it";
	case GW_ASKED: return "it has not been proved yet that it carries anything";
	case GW_UNWISHED: return "another one is preferred, strictly";
	case GW_HELD:
		return "worth more than the one in use, which is kept until that has been so for a "
		       "while";
	case GW_FULL: return "there is no room for more offers";
	case GW_FAMILY: return "the search is of the other family of addresses";
	case GW_PROTO: return "the search wants another kind of route (proto)";
	case GW_LENGTH:
		return "the network is longer or shorter than searched (minPrefixLen, "
		       "maxPrefixLen)";
	case GW_APART: return "no search is for it; add config tunOut to have one";
	case GW_LOCAL: return "what it offers is reached without a tunnel";
	case GW_NAMED: return "the search is for a node of another name (gwName)";
	case GW_NODE: return "the search is for another node (gwId)";
	case GW_NAMESAKE: return "another node had that name before (gwId names one for good)";
	case GW_IGNORED: return "its bandwidth says that it does not want to be used";
	case GW_NO_SOURCE: return "this node has no address of that family in its cloud";
	case GW_INGRESS: return "it takes no packets from this node's addresses";
	case GW_REASONS: break;
	}
	return "?";
}

/* ---- which offers are about the address ---- */

struct answer {
	const struct prefix *p;		  /* the address */
	struct tunnels_route_view *route; /* that packets take; NULL: none */
	struct explained offers;
	size_t more; /* that are left out: whoever wants offers an address thousands of times */
	/* of the node at hand */
	const struct digest *node;
	const struct gw_network *network; /* its first */
	/* Of each of its networks the search that came nearest to take it; reasons are in the order
	 * in which they are looked for. */
	struct {
		bool any, taken; /* taken: by some search, so that no other is told */
		struct gw_why why;
	} nearest[TUNNEL_NETWORKS_MAX];
};

/* Is it what the address needs: an offer that a search takes, whose route has the address? */
static bool is_taken(const struct answer *a, const struct gw_why *why)
{
	if (why->reason >= GW_FAMILY && why->reason <= GW_NAMESAKE)
		return false;
	return prefix_contains(&why->search->prefix, a->p);
}

static void push(struct answer *a, const struct gw_why *why)
{
	if (a->offers.count < GATEWAYS_MAX || why->reason == GW_CHOSEN)
		explained_add(&a->offers, why);
	else
		a->more++;
}

/* All of the node at hand was told. */
static void node_end(struct answer *a)
{
	for (size_t i = 0; i < TUNNEL_NETWORKS_MAX; i++) {
		if (a->nearest[i].any && !a->nearest[i].taken)
			push(a, &a->nearest[i].why);
		a->nearest[i].any = a->nearest[i].taken = false;
	}
}

static void offer_weigh(void *ctx, const struct gw_why *why)
{
	struct answer *a = ctx;
	struct gw_why one = *why;

	if (a->node != why->node) {
		node_end(a);
		a->node = why->node;
		a->network = why->network;
	}
	size_t i = (size_t)(why->network - a->network);

	assert(i < TUNNEL_NETWORKS_MAX);
	if (!prefix_contains(&why->network->prefix, a->p))
		return;
	if (is_taken(a, why)) {
		a->nearest[i].taken = true;
		push(a, why);
		return;
	}
	if (why->reason < GW_FAMILY) { /* its route is for another part */
		one.reason = GW_APART;
		one.metric = 0;
	}
	if (!a->nearest[i].any || one.reason > a->nearest[i].why.reason)
		a->nearest[i].why = one;
	a->nearest[i].any = true;
}

/* As the kernel looks: rules by preference; in a table the longest prefix, then the metric. */
static bool is_before(const struct tunnel_key *a, const struct tunnel_key *b)
{
	if (a->preference != b->preference)
		return a->preference < b->preference;
	if (a->prefix.net.bits != b->prefix.net.bits)
		return a->prefix.net.bits > b->prefix.net.bits;
	return a->ip_metric < b->ip_metric;
}

static struct tunnels_route_view *route_of(struct tunnels_route_view *routes, size_t count,
					   const struct prefix *p)
{
	struct tunnels_route_view *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (prefix_contains(&routes[i].key.prefix, p) &&
		    (!best || is_before(&routes[i].key, &best->key)))
			best = &routes[i];
	return best;
}

/* ---- one offer ---- */

static bool is_chosen(const struct answer *a, const struct gw_why *why)
{
	return why->reason == GW_CHOSEN && a->route &&
	       tunnel_key_equal(&why->key, &a->route->key) &&
	       digest_equal(why->node, &a->route->to.node);
}

/* Another one for the same route that is worth something. */
static const struct gw_why *rival(const struct answer *a, const struct gw_why *chosen)
{
	const struct gw_why *best = NULL;

	for (size_t i = 0; i < a->offers.count; i++) {
		const struct gw_why *w = &a->offers.at[i];

		if (w != chosen && w->reason <= GW_FULL && w->metric > 0 &&
		    tunnel_key_equal(&w->key, &chosen->key) && (!best || w->metric > best->metric))
			best = w;
	}
	return best;
}

static void chosen_words(const struct answer *a, const struct gw_why *why, char *words, size_t room)
{
	const struct gw_why *other = rival(a, why);
	const uint32_t hysteresis = why->search->hysteresis;
	const uint64_t plain = why->metric / (PERCENT + hysteresis) * PERCENT;

	if (!other)
		snprintf(words, room, "chosen: the only one that works");
	else if (other->metric > plain)
		snprintf(words, room,
			 "chosen: it is in use, and none is better by the hysteresis of "
			 "%" PRIu32 " %%",
			 hysteresis);
	else
		snprintf(words, room, "chosen: worth the most");
}

static json_t *gateway_json(const struct call *call, const struct l3 *l3, const struct answer *a,
			    const struct gw_why *why)
{
	struct l3_node_view v = {.id = *why->node};
	bool chosen = is_chosen(a, why);
	json_t *o = json_object();
	char words[NETWORK_WORDS_ROOM];

	snprintf(words, sizeof(words), "%s", tunnel_reason_words(why->reason));
	if (chosen)
		chosen_words(a, why, words, sizeof(words));
	else if (why->reason == GW_CHOSEN && a->route)
		snprintf(words, sizeof(words),
			 "chosen for its network, but a longer network, "
			 "rule or metric comes first");
	else if (why->reason == GW_CHOSEN)
		snprintf(words, sizeof(words), "chosen, but there is no tunnel to it yet");
	l3_node_find(l3, call->now, why->node, &v);
	network_put_node(o, "", &v);
	json_put_network(o, "network", &why->network->prefix);
	json_put_text(o, "search", why->search->label);
	json_put_bool(o, "chosen", chosen);
	json_put_text(o, "excluded",
		      why->reason == GW_CHOSEN && !chosen ? "other-route"
							  : gw_reason_name(why->reason));
	json_put_count(o, "bandwidth_bps", bmx7_bandwidth(why->network->bandwidth));
	json_put_count(o, "metric_bps", v.metric);
	json_put_count(o, "worth_bps", why->metric);
	json_put_text(o, "reason", words);
	return o;
}

/* What is used first, then by worth, then in the order of reasons. */
static int compare(const void *x, const void *y)
{
	const struct gw_why *a = x, *b = y;

	if ((a->metric > 0) != (b->metric > 0))
		return a->metric > 0 ? -1 : 1;
	if (a->reason != b->reason)
		return a->reason < b->reason ? -1 : 1;
	if (a->metric != b->metric)
		return a->metric > b->metric ? -1 : 1;
	if (!digest_equal(a->node, b->node))
		return digest_compare(a->node, b->node);
	if (a->network != b->network)
		return a->network < b->network ? -1 : 1; /* of one list */
	return a->slot < b->slot ? -1 : a->slot > b->slot;
}

static json_t *gateways_json(const struct call *call, const struct l3 *l3, struct answer *a)
{
	json_t *list = json_array();

	if (a->offers.count > 0)
		qsort(a->offers.at, a->offers.count, sizeof(a->offers.at[0]), compare);
	for (size_t i = 0; i < a->offers.count; i++) {
		json_t *o = gateway_json(call, l3, a, &a->offers.at[i]);

		if (is_chosen(a, &a->offers.at[i]))
			json_array_insert_new(list, 0, o);
		else
			json_array_append_new(list, o);
	}
	return list;
}

/* ---- in words ---- */

static void no_route_words(const struct tunnels *t, const struct answer *a, const char *address,
			   char *words, size_t room)
{
	bool taken = false;

	for (size_t i = 0; i < a->offers.count; i++)
		taken |= is_taken(a, &a->offers.at[i]);
	if (!t)
		snprintf(words, room, "no tunnel leads to %s: tunnels are off", address);
	else if (tunnels_is_local(t, a->p))
		snprintf(words, room,
			 "no tunnel leads to %s: it is of this cloud, or of a host or link itself",
			 address);
	else if (a->offers.count == 0)
		snprintf(words, room, "no tunnel leads to %s: no node offers a network with it",
			 address);
	else if (!taken)
		snprintf(words, room, "no tunnel leads to %s: it is offered, but not searched",
			 address);
	else
		snprintf(words, room, "no tunnel leads to %s: none of its gateways is usable",
			 address);
}

static void route_words(const struct call *call, const struct l3 *l3, const struct l3_node_view *v,
			const struct tunnels_route_view *r, const char *address, char *words,
			size_t room)
{
	char network[IPV6_PREFIX_TEXT], id[DIGEST_TEXT], way[NETWORK_WORDS_ROOM / 2] = "";

	if (v->metric > 0)
		network_way_words(call, l3, v, way, sizeof(way));
	snprintf(words, room, "packets for %s (%s) go through the tunnel to node %s, %s%s", address,
		 prefix_print(&r->key.prefix, network), network_node_words(v, id),
		 v->metric > 0 ? "and leave " : "to which there is no way", way);
}

/* ---- the question ---- */

bool why_tunnel_is_meant(const struct call *call, const char *text, struct prefix *p)
{
	const struct l3 *l3 = call->ctl->node->l3;
	struct ipv6 primary = l3_primary(l3);
	struct digest id;

	if (!prefix_parse_address(text, p) && !prefix_parse(text, p))
		return false;
	if (!p->v6)
		return true;
	return memcmp(p->net.b, primary.b, sizeof(primary.b)) != 0 && !l3_node_of(l3, p->net, &id);
}

static json_t *answer_json(const struct call *call, const struct l3 *l3, struct answer *a)
{
	struct l3_node_view v = {.metric = 0};
	char words[2 * NETWORK_WORDS_ROOM], address[IPV6_PREFIX_TEXT];
	const unsigned bits = a->p->v6 ? 128 : 32;
	json_t *o = json_object(), *tunnel = json_object();

	if (a->p->net.bits == bits)
		prefix_print_address(a->p, address);
	else
		prefix_print(a->p, address);
	if (a->route) {
		v.id = a->route->to.node;
		l3_node_find(l3, call->now, &v.id, &v);
		route_words(call, l3, &v, a->route, address, words, sizeof(words));
		json_put_network(tunnel, "network", &a->route->key.prefix);
		json_put_span_ms(tunnel, "since_ms", a->route->since);
	} else {
		no_route_words(call->ctl->node->tunnels, a, address, words, sizeof(words));
		json_object_set_new(tunnel, "network", json_null());
		json_object_set_new(tunnel, "since_ms", json_null());
	}
	json_put_text(o, "what", "route");
	network_put_node(o, "", &v);
	json_put_ipv6(o, "primary", v.primary);
	json_put_text(o, "text", words);
	json_object_set_new(o, "candidates", network_candidates_json(call, l3, &v));
	json_object_set_new(tunnel, "gateways", gateways_json(call, l3, a));
	json_put_count(tunnel, "gateways_more", a->more);
	json_object_set_new(o, "tunnel", tunnel);
	return o;
}

json_t *why_tunnel(struct call *call, const struct l3 *l3, const struct prefix *p)
{
	const struct tunnels *t = call->ctl->node->tunnels;
	struct answer a = {.p = p};
	size_t count;
	struct tunnels_route_view *routes = tunnels_route_views(t, call->now, &count);

	/* What is local is no tunnel's, though a default route has it too. */
	if (t && routes && !tunnels_is_local(t, p)) {
		a.route = route_of(routes, count, p);
		if (a.route && a.route->lost)
			a.route = NULL;
		gw_explain(tunnels_gw(t), offer_weigh, &a);
		node_end(&a);
	}

	json_t *o = answer_json(call, l3, &a);

	free(a.offers.at);
	free(routes);
	return o;
}
