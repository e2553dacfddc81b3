/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * default_route - the default routes of this machine that are not ours, and what lies beside them.
 *
 * Source  rtnetlink(7). DHCP clients, PPP, static set-ups and router advertisements make them.
 * Shape   Of the main table. For each interface and family the one of the best metric; not ours
 *         by protocol number, nor by the interface. Beside it: what the main table reaches
 *         by such an interface without the default route, such as a home's own network.
 *         A change marks the table as dirty; default_routes_settle reads all of it again.
 * Memory  tables of a fixed size; what has no room is left out.
 */
#pragma once
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/prefix.h"
#include "drv/link.h"
#include "drv/netlink.h"

enum { DEFAULT_ROUTES_MAX = 16, BESIDE_MAX = 32 };

struct default_route {
	bool v6;
	int ifindex;
	char name[IFNAMSIZ];
	bool has_gateway; /* else the interface itself is the way */
	struct prefix gateway;
	uint32_t metric;
	bool up; /* the interface has a carrier */
};

struct default_routes {
	struct netlink monitor, ask;
	uv_poll_t poll;
	const struct links *links;
	/* Is that an interface of ours? */
	bool (*ours)(void *ctx, const char *name);
	/* The tables were read again and differ. */
	void (*changed)(void *ctx);
	void *ctx;
	bool dirty;
	struct default_route at[DEFAULT_ROUTES_MAX];
	unsigned count;
	struct prefix beside[BESIDE_MAX];
	unsigned beside_count;
};

/* links, ours, changed and ctx are set by the caller. Negative errno. */
int default_routes_open(struct default_routes *d, uv_loop_t *uv);
void default_routes_close(struct default_routes *d);
/* An interface changed: its carrier, perhaps. */
void default_routes_touch(struct default_routes *d);
/* Before the loop sleeps. */
void default_routes_settle(struct default_routes *d);
