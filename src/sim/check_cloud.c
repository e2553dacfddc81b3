/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "sim/check.h"
#include "sim/run.h"
#include "sim/world_internal.h"

static const struct l2 *engine(const struct run *r, unsigned node)
{
	return &world_node_at(r->world, node)->l2;
}

/* What is looked at between two nodes of one cloud that can reach each other within it. */
typedef bool pair_check(struct run *r, unsigned a, unsigned b, char why[CHECK_TEXT]);

/* Clouds are connected in the layout, and in the calm all links are there; so two living nodes of
 * a cloud can reach each other within it, but in files whose graph is in pieces. */
static bool each_pair(struct run *r, pair_check *check, char why[CHECK_TEXT])
{
	for (unsigned c = 0; c < r->layout.clouds; c++) {
		for (uint32_t i = r->cloud_first[c]; i < r->cloud_first[c + 1]; i++) {
			for (uint32_t k = r->cloud_first[c]; k < r->cloud_first[c + 1]; k++) {
				unsigned a = r->cloud_node[i], b = r->cloud_node[k];

				if (a != b && run_joined(r, a, b) && !check(r, a, b, why))
					return false;
			}
		}
	}
	return true;
}

static const struct originator *known(const struct run *r, unsigned a, unsigned b)
{
	return originator_find(engine(r, a), l2_primary_mac(engine(r, b)));
}

static bool is_routed(struct run *r, unsigned a, unsigned b, char why[CHECK_TEXT])
{
	const struct originator *o = known(r, a, b);

	if (o && originator_tq(o) > 0)
		return true;
	snprintf(why, CHECK_TEXT, "node %u has no route to node %u in their cloud", a, b);
	return false;
}

bool check_cloud_routes(struct run *r, char why[CHECK_TEXT])
{
	return each_pair(r, is_routed, why);
}

/* Does a hold what b announces? */
static bool is_agreed(struct run *r, unsigned a, unsigned b, char why[CHECK_TEXT])
{
	const struct originator *o = known(r, a, b);
	const struct tt_local *own = &engine(r, b)->local;
	uint32_t listed = tt_vlans_listed(&own->vlans);
	bool same = o && o->tt.ttvn == own->ttvn && tt_vlans_listed(&o->tt.vlans) == listed;

	for (uint32_t i = 0; same && i < own->vlans.used; i++) {
		const struct tt_vlan *mine = &own->vlans.at[i];
		const struct tt_vlan *theirs = tt_vlans_find(&o->tt.vlans, mine->vid);

		same = mine->count == 0 || (theirs && theirs->crc == mine->crc);
	}
	if (!same)
		snprintf(why, CHECK_TEXT, "node %u has not node %u's table of clients", a, b);
	return same;
}

bool check_cloud_tables(struct run *r, char why[CHECK_TEXT])
{
	return each_pair(r, is_agreed, why);
}

bool check_clients_known(struct run *r, char why[CHECK_TEXT])
{
	for (unsigned i = 0; i < r->conf.clients; i++) {
		unsigned at = world_client_at(r->world, i), cloud = r->client[i].cloud;

		if (!run_client_served(r, i))
			continue;
		struct mac home = l2_primary_mac(engine(r, at));

		for (uint32_t k = r->cloud_first[cloud]; k < r->cloud_first[cloud + 1]; k++) {
			unsigned node = r->cloud_node[k];
			struct l2_owner o;

			if (!run_joined(r, node, at))
				continue;
			o = l2_owner(engine(r, node), world_client_mac(r->world, i));
			if (node == at ? o.here : o.announced && mac_equal(o.home, home))
				continue;
			snprintf(why, CHECK_TEXT,
				 "node %u does not know that client %u is at %u: %s %u", node, i,
				 at,
				 o.here	       ? "is here"
				 : o.announced ? "at"
					       : "unknown",
				 world_node_of(r->world, o.home));
			return false;
		}
	}
	return true;
}

bool check_circles(struct run *r, char why[CHECK_TEXT])
{
	uint64_t circled = 0;

	for (unsigned i = 0; i < r->layout.nodes; i++)
		circled += world_traffic_of(r->world, i).circled;
	if (circled == r->circled_before)
		return true;
	snprintf(why, CHECK_TEXT, "%u frames took more hops than there are nodes",
		 (unsigned)(circled - r->circled_before));
	r->circled_before = circled;
	return false;
}

/* Does node give addresses of the slice that ip is in? Its last address, too. */
static bool gives(const struct run *r, unsigned node, uint32_t ip, uint32_t *last)
{
	struct slice_view v;

	if (!leases_find_slice(world_node_at(r->world, node)->leases, ipv4_from_u32(ip, 32), &v))
		return false;
	*last = ipv4_to_u32(v.range.last);
	return v.settled;
}

/* All of the pool's slices, one after the other. */
static bool slices_are_apart(struct run *r, unsigned a, unsigned b, char why[CHECK_TEXT])
{
	const struct plan *p = &world_node_at(r->world, a)->plan;
	uint32_t last;

	for (uint32_t ip = ipv4_to_u32(p->dhcp_first); ip <= ipv4_to_u32(p->dhcp_last);
	     ip = last + 1) {
		last = ip;
		if (!gives(r, a, ip, &last) || !gives(r, b, ip, &last))
			continue;
		snprintf(why, CHECK_TEXT, "nodes %u and %u both give the addresses up to %u", a, b,
			 last & 0xff);
		return false;
	}
	return true;
}

bool check_slices(struct run *r, char why[CHECK_TEXT])
{
	return each_pair(r, slices_are_apart, why);
}

/* A node that starts anew may not be believed for 30 s, and asks when it is. */
enum { ASKS_QUIET_S = 60 };

/* Whoever comes late, or has lost an OGM, must ask; where links lose nothing, OGMs tell all. */
void check_asks(struct run *r, const struct check *self)
{
	const span quiet = instant_since(world_now(r->world), r->quiet_from);
	const struct run_conf *c = &r->conf;
	const bool lossless = !c->radio && c->loss_percent == 0 && !c->town;
	uint64_t asks = 0;

	for (unsigned i = 0; i < r->layout.nodes; i++)
		asks += world_traffic_of(r->world, i).tt_requests;
	if (asks > r->asks_before && lossless && span_less(span_s(ASKS_QUIET_S), quiet))
		run_violated(r, self, "tables of clients were asked for %u times",
			     (unsigned)(asks - r->asks_before));
	r->asks_before = asks;
}
