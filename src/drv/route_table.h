/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route_table - routes that the node wishes, kept in the kernel: those of the network, and those
 *               into tunnels.
 *
 * Source  specs/bmx7.md 7, 8.2; rtnetlink(7).
 * Shape   What the node wishes is kept here by table, metric and prefix, and told to the kernel
 *         in batches by route_table_settle. Routes with our protocol number that nobody
 *         wishes are deleted; those of others are never touched, and where one has the
 *         place of ours, ours fails. Whose it is that has the place is looked at once: it
 *         may be what a former daemon left, which ours replaces. What the kernel refuses is
 *         tried again with each settle after route_table_retry.
 * Memory  at most ROUTES_MAX wishes in a pool of its own; more are refused and counted.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/prefix.h"
#include "drv/netlink.h"

enum {
	NETWORK_TABLE = 70, /* and the priority of the rule that leads there */
	/* Whose a route is, in `ip route` */
	ROUTE_PROTOCOL = 0x4e,	/* of the network */
	TUNNEL_PROTOCOL = 0x4f, /* into tunnels */
	NETWORK_METRIC = 1024,
	ROUTES_MAX = 8192,
};

struct route_key {
	uint32_t table, metric;
	struct prefix prefix;
};

struct route_way {
	struct ipv6 via;    /* a link-local address; zero: whoever is behind the interface */
	struct ipv6 source; /* of what we send ourselves, IPv4 in the first 4 bytes; zero: any */
	int ifindex;	    /* 0: not to be told yet */
	bool unreachable;   /* who goes there is told so at once */
	bool elsewhere;	    /* the tables that come after this one say where it goes */
	uint32_t group;	    /* of route_table_turn */
};

struct route_table {
	struct netlink *ask; /* of its own: nothing else is asked meanwhile */
	uint8_t protocol;
	bool ipv4;    /* there may be routes of both families */
	bool patient; /* what a former daemon left stays for now */
	bool clashed; /* a place is taken, and nobody has looked by whom */
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

void route_table_init(struct route_table *t, struct netlink *ask, uint8_t protocol, uint64_t seed);
/* The routes stay in the kernel: see route_table_clear. */
void route_table_fini(struct route_table *t);

void route_table_set(struct route_table *t, const struct route_key *key,
		     const struct route_way *way);
void route_table_del(struct route_table *t, const struct route_key *key);
bool route_table_has(const struct route_table *t, const struct route_key *key);
/* All wishes of way's group have another interface, or none, or are unreachable. */
void route_table_turn(struct route_table *t, const struct route_way *way);
/* What we send ourselves has another source, in routes of that family. */
void route_table_source(struct route_table *t, bool v6, struct ipv6 source);
/* The kernel forgets the routes of an interface that goes down: they are told again. */
void route_table_touch(struct route_table *t, int ifindex);
/* Tells the kernel what has changed. */
void route_table_settle(struct route_table *t);
/* What failed is to be told again. true: there is something. */
bool route_table_retry(struct route_table *t);
/* Compares with the kernel's tables; the next settle mends them. Negative errno. */
int route_table_compare(struct route_table *t);
/* Takes all routes of ours away. */
void route_table_clear(struct route_table *t);
