/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gateway - what a node offers to its LAN: the anycast gateway, its filter, DHCP and
 * DNS, and the cloud's shared records.
 *
 * Source  DESIGN 1; specs/libremesh.md 1.4, 1.5, 1.9.
 * Shape   one struct that holds these parts, so that the loop knows one thing only. A
 *         part that cannot be had is logged and shown in the status; the others go on.
 *         Without `anygw` among the node's protocols only the shared records run.
 * Memory  all that gateway_env points to is the caller's, and lives longer.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "conf/conf.h"
#include "core/ev.h"
#include "core/fx.h"
#include "core/plan/plan.h"
#include "drv/alfred_socket.h"
#include "drv/anygw.h"
#include "drv/dhcp.h"
#include "drv/filter.h"
#include "drv/lan.h"
#include "drv/link.h"
#include "drv/netlink.h"
#include "drv/run_dir.h"
#include "drv/share_socket.h"

struct gateway_env {
	const struct conf *conf;
	const struct plan *plan;
	const struct run_dir *run;
	struct links *links;
	struct netlink *ask;
	struct netlink *effect_ask; /* for effects, which come while `ask` is busy */
	struct lan *lan;
	uv_loop_t *uv;
	struct node *node; /* its share NULL: switched off */
	bool fast;	   /* the fast path's programs see all that crosses the cloud's port */
	struct fx *fx;	   /* what the node emits */
	/* An event for the node: EV_DATAGRAM, EV_LEASE. */
	void (*tell)(void *ctx, const struct ev *ev);
	void *ctx;
};

struct gateway {
	struct gateway_env env;
	bool anycast; /* protocol anygw */
	struct anygw anygw;
	struct dhcp dhcp;
	struct filter filter;
	struct share_socket share;
	char alfred_path[RUN_PATH_ROOM];
	struct alfred_socket alfred;
};

/* After the bridge and bat0 are there, before privileges are given away. Never fails as a
 * whole. */
void gateway_start(struct gateway *g, const struct gateway_env *env);
/* Takes away what we made; uv handles are closed, the caller runs the loop to the end. */
void gateway_stop(struct gateway *g);

/* FX_DATAGRAM, FX_LEASE, FX_RESERVE, FX_RANGES, FX_NAME, FX_UPLINK; others are ignored. */
void gateway_effect(struct gateway *g, const struct effect *e);
/* FX_LAN_ROLE was carried out on the port of this name. */
void gateway_lan_role(struct gateway *g, const char *name, const struct fx_lan_role *role);
/* links.changed for all links; gateway_start has been called. */
void gateway_link(struct gateway *g, const struct link *l, bool gone);
/* Now and then (LOOP_CHORES_MS): is all still as we made it? */
void gateway_chores(struct gateway *g);
/* Its part of the status, into a JSON object. */
void gateway_status(struct gateway *g, json_t *into);
