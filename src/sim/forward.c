/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/forward.h"
#include <assert.h>
#include "core/steer.h"

enum { RULES_MAX = 48 };

struct rule {
	uint32_t priority, table;
	bool no_default;    /* suppress_prefixlength 0 */
	bool not_by_tunnel; /* not iif X7main */
};

/* In order of priority; those of one priority as they came. */
struct rules {
	struct rule at[RULES_MAX];
	unsigned count;
};

static void rule_add(struct rules *r, struct rule rule)
{
	unsigned i = r->count++;

	assert(r->count <= RULES_MAX);
	for (; i > 0 && r->at[i - 1].priority > rule.priority; i--)
		r->at[i] = r->at[i - 1];
	r->at[i] = rule;
}

/* Into main leads the kernel's own rule. */
static void rule_of_route(struct rules *r, const struct tunnel_key *key)
{
	/* Into tables of clients lead marks. */
	if (key->table == ROUTE_TABLE_MAIN || key->preference == TUNNEL_CLIENT_PREFERENCE)
		return;
	for (unsigned i = 0; i < r->count; i++)
		if (r->at[i].priority == key->preference && r->at[i].table == key->table)
			return;
	rule_add(r, (struct rule){key->preference, key->table, false, true});
}

/* As drv/exit_map.h marks what a client sends, if it has a table of its own. */
static void rules_of_client(struct rules *r, const struct forward_host *h, struct mac client)
{
	const struct tunnel_route *route = tunnel_kernel_client(h->tunnels, client, false);

	if (!route)
		return;
	rule_add(r, (struct rule){TUNNEL_CLIENT_PREFERENCE - 2, ROUTE_TABLE_MAIN, true, false});
	rule_add(r, (struct rule){TUNNEL_CLIENT_PREFERENCE - 1, STEER_TUNNELS, true, false});
	rule_add(r, (struct rule){TUNNEL_CLIENT_PREFERENCE, route->key.table, false, false});
}

static void rules_make(struct rules *r, const struct forward_host *h, struct mac client)
{
	r->count = 0;
	rule_add(r, (struct rule){ROUTE_MAIN_PRIORITY, ROUTE_TABLE_MAIN, false, false});
	if (h->default_route) {
		rule_add(r, (struct rule){STEER_PRIORITY, ROUTE_TABLE_MAIN, true, false});
		rule_add(r, (struct rule){STEER_PRIORITY + 1, STEER_UPLINKS, false, false});
		rule_add(r, (struct rule){STEER_PRIORITY + 2, STEER_TUNNELS, false, true});
	}
	rules_of_client(r, h, client);
	for (unsigned i = 0; i < h->tunnels->routes; i++)
		rule_of_route(r, &h->tunnels->route[i].key);
}

/* The best route so far. */
struct found {
	int bits; /* -1: none */
	uint32_t metric;
	enum { TO_NEXT_TABLE, TO_NOBODY, TO_LAN, TO_UPLINK, TO_TUNNEL } where;
	const struct tunnel_to *to;
};

static void found_better(struct found *f, const struct found *other)
{
	if (other->bits > f->bits || (other->bits == f->bits && other->metric < f->metric))
		*f = *other;
}

static struct found look_up(const struct forward_host *h, uint32_t table, const struct prefix *to)
{
	const struct prefix lan = prefix_of4(h->plan->prefix4);
	struct found best = {.bits = -1};

	if (table == ROUTE_TABLE_MAIN && prefix_contains(&lan, to))
		found_better(&best, &(struct found){.bits = lan.net.bits, .where = TO_LAN});
	if (table == ROUTE_TABLE_MAIN ? h->default_route : table == STEER_UPLINKS && h->uplink_used)
		found_better(&best, &(struct found){.bits = 0, .where = TO_UPLINK});
	for (unsigned i = 0; i < h->tunnels->routes; i++) {
		const struct tunnel_route *r = &h->tunnels->route[i];

		if (r->key.table != table || !prefix_contains(&r->key.prefix, to))
			continue;
		found_better(&best, &(struct found){.bits = r->key.prefix.net.bits,
						    .metric = r->key.ip_metric,
						    .where = r->local  ? TO_NEXT_TABLE
							     : r->lost ? TO_NOBODY
								       : TO_TUNNEL,
						    .to = &r->to});
	}
	return best;
}

struct forward forward_decide(const struct forward_host *h, struct ipv4 to,
			      const struct forward_from *from)
{
	const struct prefix p = prefix_of4((struct ipv4){{to.b[0], to.b[1], to.b[2], to.b[3]}, 32});
	struct rules rules;

	if (ipv4_to_u32(to) == ipv4_to_u32(h->plan->ipv4))
		return (struct forward){.kind = FORWARD_HERE};
	rules_make(&rules, h, from->client);
	for (unsigned i = 0; i < rules.count; i++) {
		const struct rule *r = &rules.at[i];
		struct found f;

		if (r->not_by_tunnel && from->by_tunnel)
			continue;
		f = look_up(h, r->table, &p);
		if (f.bits < 0 || (r->no_default && f.bits == 0))
			continue;
		switch (f.where) {
		case TO_NEXT_TABLE: continue;
		case TO_NOBODY: return (struct forward){.kind = FORWARD_REFUSE};
		case TO_LAN: return (struct forward){.kind = FORWARD_LAN};
		case TO_UPLINK: return (struct forward){.kind = FORWARD_UPLINK};
		case TO_TUNNEL:
			return (struct forward){FORWARD_TUNNEL,
						tunnel_kernel_out(h->tunnels, f.to)};
		}
	}
	return (struct forward){.kind = FORWARD_REFUSE};
}
