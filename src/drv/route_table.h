/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route_table - the IPv6 routes of the network, in a table of the kernel that is ours.
 *
 * Source  specs/bmx7.md 7; rtnetlink(7).
 * Shape   What the node wishes is kept here by prefix, and told to the kernel in batches by
 *         route_table_settle. Routes of that table with our protocol number that nobody
 *         wishes are deleted; those of others are never touched. What the kernel refuses
 *         is tried again with each settle after route_table_retry.
 * Memory  at most ROUTES_MAX wishes in a pool of its own; more are refused and counted.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "drv/netlink.h"

enum {
	NETWORK_TABLE = 70,    /* and the priority of the rule that leads there */
	ROUTE_PROTOCOL = 0x4e, /* of our routes, in `ip route` */
	NETWORK_METRIC = 1024,
	ROUTES_MAX = 8192,
};

struct route_table {
	struct netlink *ask; /* of its own: nothing else is asked meanwhile */
	struct pool pool;
	struct map map;
	struct list all;
	struct list dirty; /* to be told to the kernel */
	struct list failed;
	uint32_t count;
	uint64_t refused; /* no room */
	uint64_t told;	  /* messages to the kernel */
	int error;	  /* the last one of the kernel's; 0 */
};

void route_table_init(struct route_table *t, struct netlink *ask, uint64_t seed);
/* The routes and the rule stay in the kernel: see route_table_clear. */
void route_table_fini(struct route_table *t);

/* Routes by this table before the main one. Negative errno. */
int route_table_begin(struct route_table *t);
/* A wish; via: a link-local address; ifindex 0: not to be told yet. */
void route_table_set(struct route_table *t, struct ipv6 prefix, struct ipv6 via, int ifindex);
void route_table_del(struct route_table *t, struct ipv6 prefix);
/* The kernel forgets the routes of an interface that goes down: they are told again. */
void route_table_touch(struct route_table *t, int ifindex);
/* Tells the kernel what has changed. */
void route_table_settle(struct route_table *t);
/* What failed is to be told again. true: there is something. */
bool route_table_retry(struct route_table *t);
/* Compares with the kernel's table and mends it. Negative errno. */
int route_table_compare(struct route_table *t);
/* Takes all routes of ours and the rule away. */
void route_table_clear(struct route_table *t);
