/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cables - the Ethernet ports of the LAN: hellos on them, and what the node decides about each.
 *
 * Source  DESIGN 1; src/core/cable/README.md; packet(7).
 * Shape   Slots 0 .. LAN_PORT_MAX-1 are the node's port numbers; an interface keeps its
 *         slot, by name. Which interfaces: those that the configuration calls LAN ports,
 *         and whatever else is found in the bridge, if they are Ethernet and neither
 *         Wi-Fi nor made by us. Wi-Fi, and what finds no slot, are ports of the bridge as
 *         before. Each has a packet socket for hellos, in the bridge or not.
 *         Roles are carried out by cables_settle, before the loop sleeps: effects come
 *         while netlink sockets are busy.
 * Memory  all that it points to is the caller's.
 */
#pragma once
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/clock.h"
#include "base/mac.h"
#include "conf/host_conf.h"
#include "core/ev.h"
#include "core/fx.h"
#include "drv/fdb.h"
#include "drv/lan.h"
#include "drv/link.h"
#include "node/node.h"

enum {
	CABLES_FOUND_MS = 1000,
	/* The mesh may need a moment until it knows the new ways. */
	CABLES_ANNOUNCEMENTS = 4,
	CABLES_ANNOUNCE_MS = 1500,
};

struct cables;
struct mesh_ports;

/* A socket that is polled; it outlives its slot until uv has closed it. */
struct cable_watch {
	uv_poll_t poll;
	struct cables *cables;
	uint8_t port;
};

struct cable_slot {
	char name[IFNAMSIZ]; /* "": the slot was never used */
	int ifindex;	     /* 0: the interface is away */
	int fd;		     /* -1: no socket, nobody is heard: a port of the bridge */
	struct cable_watch *watch;
	struct ev_lan_port told;
	struct fx_lan_role role; /* what is wished ... */
	struct fx_lan_role done; /* ... and what role_done was told */
	bool meshes;		 /* what mesh_ports was told */
	uint8_t changes;	 /* of the segment that were told */
	uint8_t announcements;	 /* still to make, at announce_at */
	instant announce_at;
	bool found;  /* in the bridge, and not up yet: somebody makes it ready, ... */
	instant met; /* ... but not for longer than CABLES_FOUND_MS */
	int error;   /* why it could not be moved; 0 */
};

struct cables {
	const struct host_conf *conf;
	const struct node *node;
	uv_loop_t *uv;
	struct links *links;
	struct lan *lan;
	const struct fdb *fdb;
	struct mesh_ports *mesh;
	/* News for the node. */
	void (*tell)(void *ctx, const struct ev *ev);
	/* A role was carried out on this port. */
	void (*role_done)(void *ctx, const char *name, const struct fx_lan_role *role);
	void *ctx;
	bool unsettled;
	bool full; /* a port found no slot */
	struct cable_slot slot[LAN_PORT_MAX];
};

/* The fields up to ctx are set by the caller. */
void cables_init(struct cables *c);
/* Says goodbye, closes the sockets, whose handles the caller's loop runs to their end. Before
 * lan_leave. */
void cables_stop(struct cables *c);

/* links.changed for all links; before lan_link and mesh_ports_link. */
void cables_link(struct cables *c, const struct link *l, bool gone);
/* FX_HELLO, FX_LAN_ROLE; others are ignored. */
void cables_effect(struct cables *c, const struct effect *e);
/* Before the loop sleeps. */
void cables_settle(struct cables *c);
/* Each LOOP_CARRIER_MS: carriers, clients, and whether all is as we made it. */
void cables_look(struct cables *c);

/* The slot of a watched port, or NULL. */
const struct cable_slot *cables_find(const struct cables *c, const char *name);
/* Is this LAN port to be in the bridge now? */
bool cables_bridge(const struct cables *c, const struct link *l);
