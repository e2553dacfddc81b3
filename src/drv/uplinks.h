/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplinks - what core/uplink needs of this machine: default routes, checks, counters, rules.
 *
 * Source  core/uplink.h; DESIGN 1, "Gateways".
 * Shape   one struct that holds these parts, so that the loop knows one thing only. An interface
 *         keeps its slot, by name, as long as it has a default route, and the slot after
 *         that until another needs it. A way whose gateway changes is another way.
 * Memory  all that uplinks_env points to is the caller's, and lives longer.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "conf/conf.h"
#include "core/ev.h"
#include "core/fx.h"
#include "core/plan/plan.h"
#include "drv/default_route.h"
#include "drv/steer.h"
#include "drv/uplink_check.h"
#include "drv/uplink_filter.h"

enum { UPLINKS_COUNT_MS = 1000 };

struct uplinks_env {
	const struct conf *conf;
	const struct plan *plan;
	const struct links *links;
	uv_loop_t *uv;
	void (*tell)(void *ctx, const struct ev *ev); /* EV_UPLINK */
	void *ctx;
};

struct uplink_port {
	char name[IFNAMSIZ];	     /* "": never used */
	bool there[2];		     /* a default route, by family */
	struct default_route way[2]; /* as it was told */
	bool told[2];		     /* up */
};

struct uplinks {
	struct uplinks_env env;
	bool started;
	struct netlink ask;
	struct default_routes routes;
	struct steer steer;
	struct uplink_filter filter;
	struct uplink_checks checks;
	uv_timer_t count;
	struct uplink_port port[UPLINK_SLOTS];
	bool carries[2]; /* as it was told */
	bool used[2];
	uint8_t used_slot[2];
	bool filter_changed;
	bool withdrawn;	   /* nothing is offered any more */
	const char *fault; /* why uplinks are not looked at; NULL */
	int error;	   /* of fault */
};

/* Resolvers are targets of checks too, unless the configuration names others. Before the node is
 * made. */
void uplinks_prepare(struct conf *conf);

/* Are uplinks to be shared, and is the node in the network of all clouds? */
bool uplinks_are_looked_after(const struct conf *conf);
/* Never fails as a whole. Does nothing when they are not looked after. */
void uplinks_start(struct uplinks *u, const struct uplinks_env *env);
/* Nothing is offered from now on, while what still comes is carried. false: nothing was. */
bool uplinks_withdraw(struct uplinks *u);
/* Takes away what we made; uv handles are closed, the caller runs the loop to the end. */
void uplinks_stop(struct uplinks *u);

/* FX_UPLINK. */
void uplinks_effect(struct uplinks *u, const struct fx_uplink *e);
/* links.changed for all links. */
void uplinks_link(struct uplinks *u, const struct link *l);
/* Before the loop sleeps. */
void uplinks_settle(struct uplinks *u);
/* Now and then: is all still as we made it? */
void uplinks_chores(struct uplinks *u);
/* Its part of the status, into a JSON object. */
void uplinks_status(struct uplinks *u, json_t *into);
