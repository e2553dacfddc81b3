/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "sim/check.h"
#include "sim/run.h"
#include "sim/world_internal.h"

enum {
	TWINS_SLACK_S = 10, /* after the renewal at which the younger lease is withdrawn */
	RIGHTS_S = 20,
	RIGHTS_EACH_S = 5, /* a fifth of the nodes each second */
};

/* Whose address it is; sorted, equal ones are neighbours. */
struct owned {
	uint64_t key; /* cloud, part, address */
	unsigned client;
};

static int by_key(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->client > y->client) - (x->client < y->client);
}

static void twin(struct run *r, const struct check *self, const struct owned *a,
		 const struct owned *b)
{
	struct run_client *c = &r->client[b->client];
	const int most_s = RUN_LEASE_S / 2 + TWINS_SLACK_S;
	char text[IPV4_TEXT];

	if (check_lasts(&c->twin, true, world_now(r->world), span_s(most_s)))
		run_violated(r, self, "clients %u and %u have %s for %d s", a->client, b->client,
			     ipv4_print(world_address(r->world, a->client).ip, text), most_s);
}

/* Of those that can reach each other: cut off from each other, two may have been given the same
 * address, and they keep it until half of their lease is over after the merge. */
void check_twins(struct run *r, const struct check *self)
{
	struct owned *all = world_alloc((r->conf.clients + 1) * sizeof(*all));
	unsigned count = 0;
	bool without = false;

	for (unsigned i = 0; i < r->conf.clients; i++) {
		struct world_address has = world_address(r->world, i);
		unsigned at = world_client_at(r->world, i);

		if (has.wants && ipv4_to_u32(has.ip) == 0)
			without = true;
		if (ipv4_to_u32(has.ip) == 0 || at == WORLD_NOWHERE || r->part[at] == UINT32_MAX)
			r->client[i].twin = (instant){0};
		else
			all[count++] = (struct owned){
				(uint64_t)r->client[i].cloud << 48 |
					(uint64_t)(uint16_t)r->part[at] << 32 | ipv4_to_u32(has.ip),
				i};
	}
	qsort(all, count, sizeof(*all), by_key);
	for (unsigned i = 0; i < count; i++) {
		if (i > 0 && all[i - 1].key == all[i].key)
			twin(r, self, &all[i - 1], &all[i]);
		else
			r->client[all[i].client].twin = (instant){0};
	}
	if (!without && r->figures.arrivals >= r->conf.clients && r->figures.addressed.us < 0)
		r->figures.addressed = instant_since(world_now(r->world), (instant){1000000});
	free(all);
}

bool check_addresses(struct run *r, char why[CHECK_TEXT])
{
	unsigned without = 0, first = 0;

	for (unsigned i = 0; i < r->conf.clients; i++) {
		struct world_address has = world_address(r->world, i);

		if (!has.wants || ipv4_to_u32(has.ip) > 0 || !run_client_served(r, i))
			continue;
		first = without++ == 0 ? i : first;
	}
	if (without > 0)
		snprintf(why, CHECK_TEXT, "%u clients have no address, client %u at node %u first",
			 without, first, world_client_at(r->world, first));
	return without == 0;
}

bool check_leases_agree(struct run *r, char why[CHECK_TEXT])
{
	for (unsigned i = 0; i < r->conf.clients; i++) {
		struct world_address has = world_address(r->world, i);
		unsigned at = world_client_at(r->world, i), cloud = r->client[i].cloud;

		if (ipv4_to_u32(has.ip) == 0 || !run_client_served(r, i))
			continue;
		for (uint32_t k = r->cloud_first[cloud]; k < r->cloud_first[cloud + 1]; k++) {
			unsigned node = r->cloud_node[k];
			struct lease_view v;

			if (!run_joined(r, node, at))
				continue;
			if (leases_find(world_node_at(r->world, node)->leases,
					world_node_now(r->world, node),
					world_client_mac(r->world, i), &v) &&
			    ipv4_to_u32(v.lease.ip) == ipv4_to_u32(has.ip))
				continue;
			snprintf(why, CHECK_TEXT, "node %u does not know the lease of client %u",
				 node, i);
			return false;
		}
	}
	return true;
}

/* ---- what nodes believe ---- */

struct rights {
	uint32_t *ip;
	unsigned count, room;
};

static bool right_add(void *ctx, const struct lease_view *v)
{
	struct rights *x = ctx;

	if (v->conflict)
		return true;
	world_grow(&x->ip, x->count, &x->room, sizeof(*x->ip));
	x->ip[x->count++] = ipv4_to_u32(v->lease.ip);
	return true;
}

static int by_ip(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* An address that two have a right to, as node believes; 0: there is none. */
static uint32_t twice_right(const struct run *r, unsigned node)
{
	struct rights x = {.count = 0};
	uint32_t twice = 0;

	leases_each(world_node_at(r->world, node)->leases, world_node_now(r->world, node),
		    right_add, &x);
	if (x.count > 1)
		qsort(x.ip, x.count, sizeof(*x.ip), by_ip);
	for (unsigned i = 1; i < x.count && twice == 0; i++)
		if (x.ip[i] == x.ip[i - 1])
			twice = x.ip[i];
	free(x.ip);
	return twice;
}

void check_rights(struct run *r, const struct check *self)
{
	const instant now = world_now(r->world);

	for (unsigned i = (unsigned)(now.us / 1000000 % RIGHTS_EACH_S); i < r->layout.nodes;
	     i += RIGHTS_EACH_S) {
		const bool lives = world_alive(r->world, i) && !r->world->place[i]->hangs;
		const uint32_t ip = lives ? twice_right(r, i) : 0;
		char text[IPV4_TEXT];

		if (check_lasts(&r->two_rights[i], ip != 0, now, span_s(RIGHTS_S)))
			run_violated(r, self, "node %u gives two the right to %s for %d s", i,
				     ipv4_print(ipv4_from_u32(ip, 32), text), RIGHTS_S);
	}
}
