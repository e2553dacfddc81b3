/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leases - the methods that list who has which address and which name. */
#include <strings.h>
#include "ctl/json.h"
#include "ctl/lease_nodes.h"
#include "ctl/method.h"
#include "node/node.h"

enum { SECOND_MS = 1000 };

/* What the functions that are shown leases and nodes put together. */
struct listing {
	json_t *list;
	struct lease_nodes nodes;
};

const struct leases *call_leases(struct call *call)
{
	const struct leases *l = call->ctl->node->leases;

	if (!l)
		call_refuse(call, "unsupported", "this node takes no part in sharing leases");
	return l;
}

static void listing_init(struct listing *t, const struct call *call, const struct leases *l)
{
	*t = (struct listing){.list = json_array()};
	lease_nodes_read(&t->nodes, l, call->now);
}

static json_t *conflict_json(const struct lease_view *v)
{
	if (!v->conflict)
		return json_null();

	json_t *o = json_object();

	json_put_mac(o, "winner", v->winner);
	json_put_text(o, "text",
		      "the winner has the older right to this address; this lease is withdrawn at "
		      "its next renewal");
	return o;
}

static bool lease_add(void *ctx, const struct lease_view *v)
{
	struct listing *t = ctx;
	json_t *o = json_object();

	json_put_ipv4(o, "ipv4", v->lease.ip);
	json_put_mac(o, "mac", v->lease.mac);
	json_put_text_or_null(o, "name", v->shown);
	json_put_text_or_null(o, "own_name", v->lease.name);
	json_put_mac_or_null(o, "node", v->node);
	json_put_text_or_null(o, "node_name", lease_nodes_name(&t->nodes, v->node));
	json_put_bool(o, "here", v->here);
	if (lease_is_one(v))
		json_put_count(o, "left_ms", (uint64_t)v->lease.left_s * SECOND_MS);
	else
		json_object_set_new(o, "left_ms", json_null());
	json_put_count(o, "version", v->lease.version);
	json_put_count(o, "since_unix_s", v->lease.since_unix_s);
	json_put_bool(o, "reserved", v->reserved);
	json_object_set_new(o, "conflict", conflict_json(v));
	json_array_append_new(t->list, o);
	return true;
}

static json_t *counters_of(const struct leases *l)
{
	json_t *o = json_object();

	for (int c = 0; c < LEASES_COUNTERS; c++)
		json_put_count(o, leases_counter_name((enum leases_counter)c),
			       leases_count(l, (enum leases_counter)c));
	return o;
}

json_t *leases_status_json(const struct node *node, instant now)
{
	const struct leases *l = node->leases;

	if (!l)
		return json_null();

	struct leases_status s = leases_status(l, now);
	json_t *o = json_object();

	json_put_count(o, "leases", s.leases);
	json_put_count(o, "here", s.here);
	json_put_count(o, "conflicts", s.conflicts);
	json_put_count(o, "pool", s.pool);
	json_put_count(o, "slice_size", s.slice_size);
	json_put_count(o, "slices", s.slices);
	json_put_count(o, "slices_ours", s.slices_ours);
	json_put_count(o, "slices_others", s.slices_others);
	json_put_count(o, "free_here", s.free_here);
	json_put_bool(o, "settled", s.settled);
	json_object_set_new(o, "counters", counters_of(l));
	return o;
}

json_t *leases_query(struct call *call)
{
	const struct leases *l = call_leases(call);

	if (!l)
		return NULL;

	struct listing t;
	json_t *o = json_object();

	listing_init(&t, call, l);
	leases_each(l, call->now, lease_add, &t);
	lease_nodes_free(&t.nodes);
	json_object_set_new(o, "leases", t.list);
	json_object_set_new(o, "pool", leases_status_json(call->ctl->node, call->now));
	return o;
}

/* ---- names ---- */

/* own_name: as the owner calls itself, when that differs; "" otherwise. */
static json_t *name_json(const char *kind, struct mac mac, const char *name, const char *own_name)
{
	json_t *o = json_object();

	json_put_text(o, "name", name);
	json_put_text(o, "kind", kind);
	json_put_mac(o, "mac", mac);
	json_put_text_or_null(o, "instead_of", strcasecmp(name, own_name) == 0 ? "" : own_name);
	return o;
}

static void names_of_nodes(struct listing *t)
{
	for (size_t i = 0; i < t->nodes.count; i++) {
		const struct node_view *v = &t->nodes.at[i];

		if (v->hostname[0] == '\0')
			continue;

		json_t *o = name_json("node", v->mac, v->hostname, v->hostname);

		json_put_ipv4(o, "ipv4", v->ip4);
		json_put_ipv6(o, "ipv6", v->ip6);
		json_put_bool(o, "here", v->self);
		json_put_bool(o, "alive", v->alive);
		json_array_append_new(t->list, o);
	}
}

static bool name_of_client(void *ctx, const struct lease_view *v)
{
	struct listing *t = ctx;

	if (v->shown[0] == '\0')
		return true;

	json_t *o = name_json("client", v->lease.mac, v->shown, v->lease.name);

	json_put_ipv4(o, "ipv4", v->lease.ip);
	json_put_ipv6(o, "ipv6", (struct ipv6){{0}, 0});
	json_put_bool(o, "here", v->here);
	json_put_bool(o, "alive", true);
	json_array_append_new(t->list, o);
	return true;
}

json_t *names_query(struct call *call)
{
	const struct leases *l = call_leases(call);

	if (!l)
		return NULL;

	struct listing t;
	json_t *o = json_object();

	listing_init(&t, call, l);
	names_of_nodes(&t);
	leases_each(l, call->now, name_of_client, &t);
	lease_nodes_free(&t.nodes);
	json_put_text(o, "domain", call->ctl->node->plan.domain);
	json_object_set_new(o, "names", t.list);
	return o;
}
