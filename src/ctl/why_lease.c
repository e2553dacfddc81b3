/* SPDX-License-Identifier: GPL-2.0-or-later */
/* why_lease - why a client has the address that it has. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "ctl/json.h"
#include "ctl/lease_nodes.h"
#include "ctl/method.h"
#include "node/node.h"

enum { REASON_ROOM = 320 };

/* Who is looked for, and what was found. */
struct search {
	const char *name;
	struct lease_view *view;
	bool found;
};

/* A name as DNS has it is one client's; as clients call themselves, the first's. */
static bool by_name(void *ctx, const struct lease_view *v)
{
	struct search *s = ctx;
	bool exact = strcasecmp(v->shown, s->name) == 0;

	if (exact || (!s->found && strcasecmp(v->lease.name, s->name) == 0)) {
		*s->view = *v;
		s->found = true;
	}
	return !exact;
}

bool call_find_lease(const struct call *call, const struct leases *l, const char *client,
		     struct lease_view *v)
{
	char name[LEASE_NAME_ROOM + 8];
	struct search s = {.name = name, .view = v};
	const char *dot = strchr(client, '.');
	struct ipv4 ip;
	struct mac m;

	if (mac_parse(client, &m))
		return leases_find(l, call->now, m, v);
	if (ipv4_parse(client, &ip))
		return leases_find_ip(l, call->now, ip, v);
	if (dot && strcasecmp(dot + 1, call->ctl->node->plan.domain) != 0)
		return false;
	snprintf(name, sizeof(name), "%.*s", dot ? (int)(dot - client) : (int)strlen(client),
		 client);
	leases_each(l, call->now, by_name, &s);
	return s.found;
}

static void reason_add(json_t *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void reason_add(json_t *list, const char *format, ...)
{
	char words[REASON_ROOM];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	json_array_append_new(list, json_text(words));
}

/* "this node", "node anna (02:00:00:00:01:00)", "node 02:00:00:00:01:00" */
static void node_words(const struct call *call, const struct lease_nodes *nodes, struct mac mac,
		       char *words, size_t room)
{
	const struct node_view *v = lease_nodes_find(nodes, mac);
	char text[MAC_TEXT];

	mac_print(mac, text);
	if (mac_equal(mac, call->ctl->node->plan.primary_mac) || (v && v->self))
		snprintf(words, room, "this node");
	else if (v && v->hostname[0] != '\0')
		snprintf(words, room, "node %s (%s)%s", v->hostname, text,
			 v->alive ? "" : ", which is gone");
	else
		snprintf(words, room, "node %s%s", text, v ? "" : ", which is not known any more");
}

static void origin_reason(const struct call *call, const struct lease_nodes *nodes,
			  const struct lease_view *v, json_t *reasons)
{
	char node[160];

	node_words(call, nodes, v->node, node, sizeof(node));
	if (v->reserved)
		reason_add(reasons, "the configuration reserves this address for it");
	if (mac_is_zero(v->node))
		return;
	reason_add(reasons, "%s gave or renewed it last", node);
	if (v->here)
		reason_add(reasons, "this node's DHCP server has it and renews it");
	else
		reason_add(reasons,
			   "this node's DHCP server knows of it and will give the same address, if "
			   "the client comes here");
}

/* Which part of the pool the address is from, and who gives addresses of it. */
static void slice_reason(const struct call *call, const struct leases *l,
			 const struct lease_nodes *nodes, const struct lease_view *v,
			 json_t *reasons)
{
	const struct plan *p = &call->ctl->node->plan;
	char from[IPV4_TEXT], to[IPV4_TEXT], node[160] = "nobody";
	struct slice_view s;

	if (!leases_find_slice(l, v->lease.ip, &s)) {
		reason_add(reasons, "the address is not of the pool, which is %s to %s",
			   ipv4_print(p->dhcp_first, from), ipv4_print(p->dhcp_last, to));
		return;
	}
	if (!mac_is_zero(s.node))
		node_words(call, nodes, s.node, node, sizeof(node));
	reason_add(reasons,
		   "the address is of slice %u of %u, %s to %s, of which %s gives some to new "
		   "clients",
		   s.number, s.count, ipv4_print(s.range.first, from), ipv4_print(s.range.last, to),
		   node);
}

static void age_reason(const struct lease_view *v, json_t *reasons)
{
	reason_add(reasons,
		   "version %u of what is known of it: the newest holds, on every node; %u s are "
		   "left",
		   v->lease.version, v->lease.left_s);
}

static void conflict_reason(const struct call *call, const struct leases *l,
			    const struct lease_view *v, json_t *reasons)
{
	char mac[MAC_TEXT];
	struct lease_view winner;

	if (!v->conflict)
		return;
	mac_print(v->winner, mac);
	if (leases_find(l, call->now, v->winner, &winner))
		reason_add(reasons,
			   "client %s has the address too, and the older right to it (since %u, "
			   "this one since %u, in Unix seconds; then the lower MAC)",
			   mac, winner.lease.since_unix_s, v->lease.since_unix_s);
	else
		reason_add(reasons, "client %s has the older right to the address", mac);
	reason_add(reasons, "this lease is withdrawn at its next renewal; the client gets another");
}

static void name_reason(const struct lease_view *v, json_t *reasons)
{
	if (v->shown[0] == '\0')
		reason_add(reasons,
			   v->conflict ? "DNS has no name for it until then" : "it told no name");
	else if (strcmp(v->shown, v->lease.name) != 0)
		reason_add(reasons,
			   "it calls itself %s, which a node or an older lease is called; so it is "
			   "%s, from the end of its MAC",
			   v->lease.name, v->shown);
	else
		reason_add(reasons, "it calls itself %s, and nobody before it did", v->shown);
}

/* An address that is nobody's lease, but of a node, of the configuration, or claimed by a
 * node that knows no slices. */
static void holder_words(const struct call *call, const struct lease_nodes *nodes,
			 const struct lease_view *v, char *words, size_t room)
{
	char node[160], mac[MAC_TEXT], ip[IPV4_TEXT];

	mac_print(v->lease.mac, mac);
	ipv4_print(v->lease.ip, ip);
	node_words(call, nodes, v->node, node, sizeof(node));
	if (v->reserved)
		snprintf(words, room, "the configuration reserves %s for %s", ip, mac);
	else if (mac_is_zero(v->node))
		snprintf(words, room, "%s is the anycast gateway's, on every node", ip);
	else if (mac_equal(v->node, v->lease.mac))
		snprintf(words, room, "%s is the address of %s", ip, node);
	else
		snprintf(words, room,
			 "%s says that %s has %s; it knows no slices, so the address is left alone",
			 node, mac, ip);
}

static void lease_reasons(const struct call *call, const struct leases *l,
			  const struct lease_nodes *nodes, const struct lease_view *v,
			  json_t *reasons)
{
	origin_reason(call, nodes, v, reasons);
	slice_reason(call, l, nodes, v, reasons);
	age_reason(v, reasons);
	conflict_reason(call, l, v, reasons);
	name_reason(v, reasons);
}

/* "client 06:00:00:00:00:01 (phone) has 10.35.3.7" */
static void lease_words(const struct lease_view *v, char *words, size_t room)
{
	char mac[MAC_TEXT], ip[IPV4_TEXT];
	bool named = v->shown[0] != '\0';

	snprintf(words, room, "client %s%s%s%s has %s%s", mac_print(v->lease.mac, mac),
		 named ? " (" : "", v->shown, named ? ")" : "", ipv4_print(v->lease.ip, ip),
		 v->conflict ? ", but not for long" : "");
}

json_t *why_lease(struct call *call, const char *client)
{
	const struct leases *l = call_leases(call);
	struct lease_nodes nodes;
	struct lease_view v;
	char words[REASON_ROOM];

	if (!l)
		return NULL;
	if (!call_find_lease(call, l, client, &v))
		return call_refuse(call, "unknown-client",
				   "no lease of %.80s is known; \"leases\" lists them", client);

	json_t *o = json_object(), *reasons = json_array();

	lease_nodes_read(&nodes, l, call->now);
	if (lease_is_one(&v)) {
		lease_words(&v, words, sizeof(words));
		lease_reasons(call, l, &nodes, &v, reasons);
	} else {
		holder_words(call, &nodes, &v, words, sizeof(words));
	}
	lease_nodes_free(&nodes);
	json_put_text(o, "what", "lease");
	json_put_mac_or_null(o, "mac", v.lease.mac);
	json_put_ipv4(o, "ipv4", v.lease.ip);
	json_put_text(o, "text", words);
	json_object_set_new(o, "reasons", reasons);
	return o;
}
