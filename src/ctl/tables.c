/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tables - the methods that list what the engine knows. */
#include <stdlib.h>
#include <string.h>
#include "ctl/json.h"
#include "ctl/method.h"
#include "ctl/network.h"
#include "ctl/place.h"
#include "node/node.h"

enum { TABLE_OF }; /* in the order of the rows in methods[] */

/* {name: list}, for lists of the cloud and the network; null for the one that was not asked for.
 * NULL after call_refuse. */
static json_t *both_result(struct call *call, const char *name,
			   json_t *(*of_cloud)(const struct call *),
			   json_t *(*of_network)(const struct call *, const struct l3 *))
{
	const char *of = call->value[TABLE_OF].word;
	bool cloud = !of || strcmp(of, "cloud") == 0;
	const struct l3 *l3 = NULL;

	if (!of)
		l3 = call->ctl->node->l3;
	else if (!cloud && !(l3 = call_network(call)))
		return NULL;

	json_t *o = json_object();

	json_object_set_new(o, name, cloud ? of_cloud(call) : json_null());
	json_object_set_new(o, "network", l3 ? of_network(call, l3) : json_null());
	return o;
}

static json_t *neighbour_json(const struct call *call, const struct l2_neighbour_view *v)
{
	json_t *o = json_object();

	json_put_mac(o, "mac", v->mac);
	json_put_text(o, "port", call_port_name(call->ctl, v->port));
	json_put_count(o, "tq", v->tq);
	json_put_count(o, "rq", v->rq);
	json_put_count(o, "eq", v->eq);
	json_put_bool(o, "doubted", v->doubted);
	json_put_ago_ms(o, "last_heard_ms", call->now, v->last_heard);
	return o;
}

static json_t *neighbours_of_cloud(const struct call *call)
{
	const struct l2 *l2 = &call->ctl->node->l2;
	size_t count = l2_neighbours(l2, NULL, 0);
	struct l2_neighbour_view *views = calloc(count + 1, sizeof(*views));

	if (!views)
		return NULL;

	json_t *list = json_array();

	l2_neighbours(l2, views, count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, neighbour_json(call, &views[i]));
	free(views);
	return list;
}

json_t *neighbours_query(struct call *call)
{
	return both_result(call, "neighbours", neighbours_of_cloud, network_neighbours_json);
}

static json_t *gateway_json(const struct l2_originator_view *v)
{
	if (v->gw_down_100kbit == 0 && v->gw_up_100kbit == 0)
		return json_null();

	json_t *o = json_object();

	json_put_count(o, "down_kbit", (uint64_t)v->gw_down_100kbit * 100);
	json_put_count(o, "up_kbit", (uint64_t)v->gw_up_100kbit * 100);
	return o;
}

static json_t *node_json(const struct call *call, const struct l2_originator_view *v)
{
	json_t *o = json_object();
	bool routed = !mac_is_zero(v->next_hop);

	json_put_mac(o, "mac", v->mac);
	json_put_mac_or_null(o, "next_hop", v->next_hop);
	json_object_set_new(o, "port",
			    routed ? json_text(call_port_name(call->ctl, v->port)) : json_null());
	json_put_count(o, "tq", v->tq);
	json_put_count(o, "alternatives", v->alternatives);
	json_put_bool(o, "neighbour", v->is_neighbour);
	json_put_bool(o, "table", place_has_table(call->ctl->node, v->mac));
	json_put_count(o, "clients", v->clients);
	json_put_count(o, "ttvn", v->ttvn);
	json_object_set_new(o, "gateway", gateway_json(v));
	json_put_ago_ms(o, "last_seen_ms", call->now, v->last_seen);
	return o;
}

static json_t *nodes_of_cloud(const struct call *call)
{
	const struct l2 *l2 = &call->ctl->node->l2;
	size_t count = l2_originators(l2, NULL, 0);
	struct l2_originator_view *views = calloc(count + 1, sizeof(*views));

	if (!views)
		return NULL;

	json_t *list = json_array();

	l2_originators(l2, views, count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, node_json(call, &views[i]));
	free(views);
	return list;
}

json_t *nodes_query(struct call *call)
{
	return both_result(call, "nodes", nodes_of_cloud, network_nodes_json);
}

static json_t *client_json(const struct call *call, const struct l2_client_view *v)
{
	json_t *o = json_object();

	json_put_mac(o, "mac", v->mac);
	json_put_vlan(o, "vlan", v->vid);
	json_put_bool(o, "here", v->here);
	json_put_mac_or_null(o, "node", v->home);
	json_put_count(o, "homes", v->homes);
	json_put_bool(o, "wifi", v->wifi);
	json_put_bool(o, "isolated", v->isolated);
	json_put_bool(o, "permanent", v->permanent);
	json_put_bool(o, "temporary", v->temporary);
	json_put_bool(o, "roaming", v->roaming);
	json_put_bool(o, "announced", v->announced);
	json_put_ago_ms(o, "last_seen_ms", call->now, v->here ? v->last_seen : NEVER);
	return o;
}

json_t *clients_query(struct call *call)
{
	size_t count;
	struct l2_client_view *views = place_clients(call->ctl->node, &count);
	json_t *o = json_object(), *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, client_json(call, &views[i]));
	free(views);
	json_object_set_new(o, "clients", list);
	return o;
}

json_t *counters_json(const struct node *node)
{
	const struct l2_counters *n = &node->l2.count;
	json_t *o = json_object();

#define PUT_COUNTER(name) json_put_count(o, #name, n->name);
	L2_COUNTERS(PUT_COUNTER)
#undef PUT_COUNTER
	return o;
}

json_t *dropped_json(const struct node *node)
{
	json_t *o = json_object();

	for (int e = OK + 1; e < ERR_COUNT; e++)
		json_put_count(o, err_name((enum err)e), node->l2.count.dropped[e]);
	return o;
}

json_t *counters_query(struct call *call)
{
	json_t *o = json_object();

	json_object_set_new(o, "counters", counters_json(call->ctl->node));
	json_object_set_new(o, "dropped", dropped_json(call->ctl->node));
	return o;
}
