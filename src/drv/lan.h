/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lan - our side of the bridge: br-lan, bat0 and LAN ports in it, our addresses.
 *
 * Source  DESIGN 1; specs/libremesh.md 1.4.
 * Shape   lan_settle compares what should be with what is, and mends; it runs at
 *         start and after each change of a link that concerns it. What was there
 *         before is adopted and stays when we leave; what we made goes.
 * Memory  conf, plan, run and links are the caller's.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "conf/host_conf.h"
#include "core/ev.h"
#include "core/plan/plan.h"
#include "drv/link.h"
#include "drv/run_dir.h"

struct cables;

struct lan {
	const struct host_conf *conf;
	const struct plan *plan;
	const struct run_dir *run;
	struct links *links;
	struct netlink *ask;
	const struct cables *cables; /* say which cables are in the bridge */
	struct made made;
	int bridge;	/* ifindex; 0: not there */
	int cloud_port; /* ifindex of bat0; 0: not there */
	struct mac mac; /* of the bridge, as the node was told; zero: not yet */
	bool settling;
	/* The bridge's own address is on the LAN, or is not any more. */
	void (*tell)(void *ctx, const struct ev_client *c);
	/* A port of the bridge lost its carrier or left. */
	void (*port_gone)(void *ctx, int ifindex);
	void *ctx;
};

/* Is this the name of a port of the LAN, by the configuration? */
bool lan_is_port(const struct host_conf *conf, const char *name);

/* The fields up to `cables`, tell, port_gone and ctx are set by the caller. Loads what
 * a former daemon made. */
void lan_init(struct lan *lan);
/* Mends what is not as it should be. 0, or the first negative errno (logged). */
int lan_settle(struct lan *lan);
/* Writes lan->made down, also for others who changed it. */
void lan_save(struct lan *lan);
/* Puts a port into the bridge, or takes it out. Negative errno. */
int lan_move_port(struct lan *lan, const struct link *l, bool in);
/* Was this port in the bridge before us, and did we take it out? It will be put back. */
bool lan_has_taken(struct lan *lan, const char *name);
/* It will not. */
void lan_forget_taken(struct lan *lan, const char *name);
/* links.changed for all links. */
void lan_link(struct lan *lan, const struct link *l, bool gone);
/* Takes away what we made, and gives settings their old values. bat0 must be closed before. */
void lan_leave(struct lan *lan);
