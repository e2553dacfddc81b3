/* SPDX-License-Identifier: GPL-2.0-or-later */
/* why_route - the methods about one node of the network: what is known, and why its route is as
 * it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/json.h"
#include "ctl/network.h"
#include "ctl/tunnels.h"
#include "node/node.h"

enum { NODE_NODE }; /* in the order of node's row in methods[] */

const char *exclusion_words(enum l3_exclusion e)
{
	switch (e) {
	case L3_CHOSEN: return "chosen";
	case L3_UNRESOLVED: return "it speaks of a description that is not known here yet";
	case L3_NO_LINK: return "no link to it is good enough, both ways";
	case L3_DOUBTED: return "its links are silent; others are preferred";
	case L3_UNTRUSTED: return "the node does not want to be reached through it";
	case L3_WITHDRAWN: return "it says that it has no way any more";
	case L3_TOO_FAR: return "more hops, or less bandwidth, than the node allows";
	case L3_INFEASIBLE:
		return "could lead back here: neither newer nor better than what this node told";
	case L3_OLDER: return "newer numbers of the node came by others";
	case L3_WORSE: return "usable, but worse; taken at once when the chosen one is lost";
	case L3_WAITING: return "better, but not by enough or not for long enough yet";
	}
	return "?";
}

static json_t *candidate_json(const struct call *call, const struct l3 *l3,
			      const struct l3_claim_view *c)
{
	struct l3_node_view v = {.id = c->neighbour};
	json_t *o = json_object();

	l3_node_find(l3, call->now, &c->neighbour, &v);
	network_put_node(o, "next_hop", &v);
	json_put_bool(o, "chosen", c->excluded == L3_CHOSEN);
	json_put_text(o, "excluded", l3_exclusion_name(c->excluded));
	json_put_count(o, "claimed_bps", c->claimed);
	json_put_count(o, "metric_bps", c->metric);
	json_put_count(o, "hops", c->hops);
	json_put_count(o, "ogm", c->ogm_sqn);
	json_put_span_ms(o, "age_ms", c->age);
	json_put_text(o, "reason", exclusion_words(c->excluded));
	return o;
}

json_t *network_candidates_json(const struct call *call, const struct l3 *l3,
				const struct l3_node_view *v)
{
	size_t count;
	struct l3_claim_view *claims = network_claims(l3, call->now, v, &count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *c = candidate_json(call, l3, &claims[i]);

		if (claims[i].excluded == L3_CHOSEN)
			json_array_insert_new(list, 0, c);
		else
			json_array_append_new(list, c);
	}
	free(claims);
	return list;
}

void network_way_words(const struct call *call, const struct l3 *l3, const struct l3_node_view *v,
		       char *words, size_t room)
{
	struct l3_node_view next = {.id = v->next_hop};
	json_t *port = network_port_json(call->ctl, v->port);
	char id[DIGEST_TEXT];

	l3_node_find(l3, call->now, &v->next_hop, &next);
	if (digest_equal(&v->next_hop, &v->id))
		snprintf(words, room, "directly");
	else
		snprintf(words, room, "by %s", network_node_words(&next, id));
	if (json_is_string(port)) {
		size_t at = strlen(words);

		snprintf(words + at, room - at, " on %s", json_string_value(port));
	}
	json_decref(port);
}

/* Where packets for v go, or why nowhere. */
static void node_words(const struct call *call, const struct l3 *l3, const struct l3_node_view *v,
		       char words[NETWORK_WORDS_ROOM])
{
	char id[DIGEST_TEXT], way[NETWORK_WORDS_ROOM / 2];
	const char *who = network_node_words(v, id), *why = "";

	switch (v->state) {
	case L3_NODE_LISTED: why = "it was named only, its key is not here yet"; break;
	case L3_NODE_TRACKED: why = "its description is not here yet"; break;
	case L3_NODE_BLOCKED: why = "it claims an address that another node has"; break;
	case L3_NODE_DESCRIBED:
		why = v->candidates > 0 ? "none of the claimed ways is usable"
					: "no neighbour claims a way to it";
		break;
	}
	if (v->metric == 0) {
		snprintf(words, NETWORK_WORDS_ROOM, "no packet reaches node %s: %s", who, why);
		return;
	}
	network_way_words(call, l3, v, way, sizeof(way));
	snprintf(words, NETWORK_WORDS_ROOM, "packets for node %s leave %s (%u hop%s)", who, way,
		 v->hops, v->hops == 1 ? "" : "s");
}

json_t *why_route(struct call *call, const char *to)
{
	const struct l3 *l3 = call_network(call);
	char words[NETWORK_WORDS_ROOM];
	struct l3_node_view v;
	struct prefix p;

	if (!l3)
		return NULL;
	if (why_tunnel_is_meant(call, to, &p))
		return why_tunnel(call, l3, &p);
	if (!network_find(call, l3, to, &v))
		return NULL;

	json_t *o = json_object();

	node_words(call, l3, &v, words);
	json_put_text(o, "what", "route");
	network_put_node(o, "", &v);
	json_put_ipv6(o, "primary", v.primary);
	json_put_text(o, "text", words);
	json_object_set_new(o, "candidates", network_candidates_json(call, l3, &v));
	json_object_set_new(o, "tunnel", json_null());
	return o;
}

/* ---- node ---- */

static json_t *networks_of(const struct l3 *l3, const struct digest *id)
{
	char text[IPV6_PREFIX_TEXT];
	json_t *list = json_array();
	size_t count;
	struct l3_network_view *networks = network_networks(l3, &count);

	for (size_t i = 0; i < count; i++)
		if (digest_equal(&networks[i].node, id))
			json_array_append_new(
				list, json_string(ipv6_prefix_print(networks[i].net, text)));
	free(networks);
	return list;
}

static json_t *published_of(const struct call *call, const struct l3 *l3, const struct digest *id)
{
	json_t *list = json_array();
	size_t count;
	struct l3_published_view *links = network_published(l3, id, &count);

	for (size_t i = 0; i < count; i++) {
		struct l3_node_view v = {.id = links[i].neighbour};
		json_t *o = json_object();

		l3_node_find(l3, call->now, &v.id, &v);
		network_put_node(o, "", &v);
		json_put_count(o, "tq", links[i].tq);
		json_put_count(o, "rq", links[i].rq);
		json_put_count(o, "tx_bps", links[i].tx_bps);
		json_put_count(o, "rx_bps", links[i].rx_bps);
		json_array_append_new(list, o);
	}
	free(links);
	return list;
}

json_t *node_query(struct call *call)
{
	const struct l3 *l3 = call_network(call);
	char words[NETWORK_WORDS_ROOM];
	struct l3_node_view v;

	if (!l3 || !network_find(call, l3, call->value[NODE_NODE].word, &v))
		return NULL;

	json_t *o = json_object();

	node_words(call, l3, &v, words);
	json_put_text(o, "text", words);
	json_object_set_new(o, "node", network_node_json(call, l3, &v));
	json_object_set_new(o, "networks", networks_of(l3, &v.id));
	json_object_set_new(o, "offers", tunnels_offers_json(call, &v.id));
	json_object_set_new(o, "tunnels", tunnels_outs_json(call, l3, &v.id));
	json_object_set_new(o, "links", network_links_json(call, l3, &v.id));
	json_object_set_new(o, "published", published_of(call, l3, &v.id));
	json_object_set_new(o, "candidates", network_candidates_json(call, l3, &v));
	return o;
}
