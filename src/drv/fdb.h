/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fdb - which clients the bridge has seen on the LAN's ports.
 *
 * Source  linux/neighbour.h, rtnetlink(7); DESIGN 1 (roaming).
 * Shape   A table (MAC, VLAN) -> port that follows the bridge's own, without what
 *         is behind bat0, without the bridge's own addresses and the sources of hellos.
 *         - An entry appears or moves to another LAN port: CLIENT_SEEN.
 *         - It moves behind bat0: forgotten; the engine knows where it went.
 *         - It is deleted sooner than the bridge would by age, or its port loses
 *           its carrier or leaves the bridge: CLIENT_GONE.
 *         - It is deleted by age: silent is not gone; the engine has its own age.
 *         At most FDB_MAX entries; more are not followed (counted).
 * Time    comes in as now.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "core/ev.h"
#include "drv/netlink.h"

enum {
	FDB_MAX = 4096,
	FDB_AGE_S = 300,    /* the bridge's default: no entry is aged out sooner */
	FDB_FORGET_S = 600, /* an aged entry, here */
	FDB_FRESH_S = 30,   /* found in a dump: heard within this time, or not believed */
};

struct fdb {
	struct pool pool;
	struct map map;
	struct list all;
	uint32_t count;
	uint64_t refused;
	int bridge, cloud_port; /* ifindex; 0: not there yet */
	void (*tell)(void *ctx, const struct ev_client *c);
	void *ctx;
};

void fdb_init(struct fdb *f, uint64_t seed, void (*tell)(void *ctx, const struct ev_client *c),
	      void *ctx);
void fdb_fini(struct fdb *f);

/* Another bridge or cloud port: all that was known is forgotten, without a word. */
void fdb_set_bridge(struct fdb *f, int bridge, int cloud_port);

/* A message of a listening socket; others than the bridge's are ignored. */
void fdb_rx(struct fdb *f, instant now, const struct nlmsghdr *h);
/* Asks for the bridge's whole table. tell() must not use this socket. Negative errno. */
int fdb_dump(struct fdb *f, instant now, struct netlink *ask);

/* A port of the bridge lost its carrier, or left: its clients are gone. */
void fdb_port_gone(struct fdb *f, int ifindex);
/* Is there an entry of this port that is not a node's? Aged ones count. */
bool fdb_has_client(const struct fdb *f, int ifindex, bool (*is_node)(void *ctx, struct mac mac),
		    void *ctx);
/* The ifindex of the LAN port where it was seen, without a VLAN; 0: nowhere. */
int fdb_port(const struct fdb *f, struct mac mac);
/* Forgets what was aged long ago. */
void fdb_expire(struct fdb *f, instant now);
