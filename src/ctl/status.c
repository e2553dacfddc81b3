/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status - the methods about the node itself: version, status, config. */
#include <stdio.h>
#include <stdlib.h>
#include "ctl/json.h"
#include "ctl/method.h"
#include "ctl/place.h"
#include "node/node.h"

json_t *version_query(struct call *call)
{
	json_t *o = json_object();
	json_t *names = json_array();

	(void)call;
	json_put_text(o, "name", "nuvold");
	json_put_text(o, "version", NUVOL_VERSION);
	json_put_count(o, "protocol", CTL_VERSION);
	for (const struct method *m = methods; m->name; m++)
		json_array_append_new(names, json_text(m->name));
	json_object_set_new(o, "methods", names);
	return o;
}

json_t *config_query(struct call *call)
{
	const struct ctl_host *host = call->ctl->host;

	if (!host->config)
		return call_refuse(call, "unsupported", "this host of a node has no configuration");

	char *text = host->config(host->ctx);

	if (!text)
		return NULL;

	json_t *o = json_object();
	/* Not json_text: newlines and tabs belong to it. */
	json_t *string = json_string(text);

	free(text);
	if (!string) {
		json_decref(o);
		return call_refuse(call, "not-utf8",
				   "the configuration holds bytes that are not UTF-8 (the SSID?)");
	}
	json_object_set_new(o, "text", string);
	return o;
}

static json_t *vlan_json(uint16_t vid, uint16_t tpid)
{
	json_t *o = json_object();

	json_put_count(o, "id", vid);
	json_put_text(o, "protocol", tpid == TPID_8021AD ? "802.1ad" : "802.1q");
	return o;
}

static json_t *warnings_json(const struct plan *p)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < p->warning_count; i++) {
		json_t *w = json_object();

		json_put_text(w, "kind", plan_warning_name(p->warnings[i].kind));
		json_put_text(w, "text", p->warnings[i].text);
		json_put_text(w, "remedy", p->warnings[i].remedy);
		json_array_append_new(list, w);
	}
	return list;
}

static void put_ipv4(json_t *o, const char *key, struct ipv4 a)
{
	char text[IPV4_PREFIX_TEXT];

	json_put_text(o, key, ipv4_prefix_print(a, text));
}

static json_t *anygw_json(const struct plan *p)
{
	json_t *o = json_object();

	json_put_mac(o, "mac", p->anygw_mac);
	put_ipv4(o, "ipv4", p->anygw_ipv4);
	json_put_prefix(o, "ipv6", p->anygw_ipv6);
	return o;
}

static json_t *identity_json(const struct plan *p)
{
	json_t *o = json_object();

	json_put_text(o, "hostname", p->hostname);
	json_put_text(o, "domain", p->domain);
	json_put_text(o, "ssid", p->ssid);
	json_put_mac(o, "primary_mac", p->primary_mac);
	json_object_set_new(o, "cloud_vlan",
			    p->cloud_tagged ? vlan_json(p->cloud_vid, p->cloud_tpid) : json_null());
	put_ipv4(o, "ipv4", p->ipv4);
	json_put_prefix(o, "ipv6", p->ipv6);
	json_object_set_new(o, "anycast_gateway", anygw_json(p));
	json_object_set_new(o, "warnings", warnings_json(p));
	json_put_count(o, "warnings_dropped", p->warnings_dropped);
	return o;
}

static json_t *port_json(const struct ctl *c, uint8_t index)
{
	const struct ports *ports = &c->node->l2.ports;
	const struct port *p = &ports->at[index];
	json_t *o = json_object();

	json_put_text(o, "name", call_port_name(c, index));
	json_put_count(o, "index", index);
	json_put_bool(o, "up", p->up);
	json_put_bool(o, "primary", ports->primary == index);
	json_put_bool(o, "wifi", p->wifi);
	json_put_mac(o, "mac", p->mac);
	json_put_count(o, "mtu_bytes", p->mtu_bytes);
	json_put_count(o, "hop_penalty", p->hop_penalty);
	json_put_count(o, "neighbours", p->neighbour_count);
	json_put_count(o, "rx", p->rx);
	json_put_count(o, "rx_bytes", p->rx_bytes);
	json_put_count(o, "tx", p->tx);
	json_put_count(o, "tx_bytes", p->tx_bytes);
	return o;
}

/* The ports that were ever up: those with a MAC. */
static json_t *ports_json(const struct ctl *c)
{
	json_t *list = json_array();

	for (uint8_t i = 0; i < PORT_MAX; i++)
		if (!mac_is_zero(c->node->l2.ports.at[i].mac))
			json_array_append_new(list, port_json(c, i));
	return list;
}

/* Why nothing crosses between this LAN and the mesh, or null. */
static json_t *lan_blocked_json(const struct node *x, instant now)
{
	const struct guard *g = &x->l2.guard;
	char mac[MAC_TEXT];
	char words[200];

	if (!g->blocked)
		return json_null();

	json_t *o = json_object();

	snprintf(words, sizeof(words),
		 "node %s serves this LAN too (its bridge loop avoidance claims were seen here); "
		 "nothing crosses until %d s pass without one",
		 mac_print(g->gateway, mac), GUARD_HOLD_S);
	json_put_text(o, "reason", words);
	json_put_mac(o, "gateway", g->gateway);
	if (timer_is_set(&g->open))
		json_put_ago_ms(o, "opens_in_ms", g->open.at, now);
	return o;
}

static bool is_up(const struct ports *ports)
{
	for (unsigned i = 0; i < PORT_MAX; i++)
		if (ports->at[i].up)
			return true;
	return false;
}

static json_t *cloud_json(const struct node *x, instant now)
{
	json_t *o = json_object();
	size_t clients = l2_clients(&x->l2, NULL, 0);
	size_t here = x->l2.local.count;

	json_put_bool(o, "up", is_up(&x->l2.ports));
	json_put_mac_or_null(o, "mac", l2_primary_mac(&x->l2));
	json_put_count(o, "nodes", place_node_count(x));
	json_put_count(o, "neighbours", l2_neighbours(&x->l2, NULL, 0));
	json_put_count(o, "clients_here", here);
	json_put_count(o, "clients_elsewhere", clients > here ? clients - here : 0);
	json_put_count(o, "orig_interval_ms", (uint64_t)span_to_ms(x->conf.l2.orig_interval));
	json_object_set_new(o, "lan_blocked", lan_blocked_json(x, now));
	return o;
}

static json_t *memory_json(const struct pool *p)
{
	json_t *o = json_object();

	json_put_count(o, "used_bytes", p->used_bytes);
	json_put_count(o, "limit_bytes", p->limit_bytes);
	json_put_count(o, "refused", p->refused);
	return o;
}

json_t *call_host_part(const struct call *call, const char *name)
{
	const struct ctl_host *host = call->ctl->host;
	json_t *all = json_object(), *part;

	if (host->status)
		host->status(host->ctx, all);
	part = json_incref(json_object_get(all, name));
	json_decref(all);
	return part ? part : json_null();
}

json_t *status_query(struct call *call)
{
	const struct ctl *c = call->ctl;
	json_t *o = json_object();
	json_t *host = json_object();

	json_put_text(o, "version", NUVOL_VERSION);
	json_put_ago_ms(o, "uptime_ms", call->now, c->started);
	json_object_set_new(o, "identity", identity_json(&c->node->plan));
	json_object_set_new(o, "cloud", cloud_json(c->node, call->now));
	json_object_set_new(o, "ports", ports_json(c));
	json_object_set_new(o, "leases", leases_status_json(c->node, call->now));
	json_object_set_new(o, "shared", shared_status_json(c->node, call->now));
	json_object_set_new(o, "network", network_status_json(c->node, call->now));
	json_object_set_new(o, "tunnels", tunnels_status_json(c->node, call->now));
	json_object_set_new(o, "uplinks", uplinks_status_json(c->node, call->now));
	json_object_set_new(o, "counters", counters_json(c->node));
	json_object_set_new(o, "dropped", dropped_json(c->node));
	json_object_set_new(o, "memory", memory_json(&c->node->l2.pool));
	if (c->host->status)
		c->host->status(c->host->ctx, host);
	json_object_set_new(o, "host", host);
	return o;
}
