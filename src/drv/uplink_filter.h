/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplink_filter - what crosses between our side and the uplinks, and in whose name: nftables.
 *
 * Source  RFC 2827 (no spoofed sources), RFC 1918, RFC 4193;
 *         specs/libremesh.md 1.13; drv/nft.h.
 * Shape   One table of ours in family inet while there are uplinks, replaced as a whole:
 *           from us     the LAN's bridge, the gateway's interface, tunnels (X7*): sources that are
 *                       no cloud's and no connection's are dropped, and what would reach a
 *                       network beside the uplink (a home's own), unless protect is off
 *           from there  only answers, and what the machine's owner forwards by DNAT
 *           both        TCP's segment sizes fit the way out
 *           names       IPv4 leaves as the uplink; IPv6 by its option: the LAN's global prefix
 *                       as it is, clouds' private addresses in this machine's name
 *         Other traffic of the machine is left alone. Somebody who removes rules is found
 *         now and then.
 * Memory  what is pointed to is the caller's.
 */
#pragma once
#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <uv.h>

#include "base/prefix.h"
#include "conf/host_conf.h"
#include "core/plan/plan.h"
#include "core/uplink.h"
#include "drv/default_route.h"
#include "drv/nft_table.h"

/* Named counters of the table, since it was replaced last. */
#define UPLINK_FILTER_COUNTERS(X) X(spoofed) X(invalid) X(beside) X(uninvited)

struct uplink_filter {
	const struct host_conf *conf;
	const struct plan *plan;
	/* In force, or not any more. */
	void (*changed)(void *ctx);
	void *ctx;
	struct nft_table table;		   /* in_force: for the uplinks below */
	char name[UPLINK_SLOTS][IFNAMSIZ]; /* uplinks; "": a free place */
	struct prefix beside[BESIDE_MAX];
	unsigned beside_count;
	bool lan_global; /* the LAN has a global IPv6 prefix */
};

/* conf, plan, changed and ctx are set by the caller. */
void uplink_filter_start(struct uplink_filter *f, uv_loop_t *uv);
/* Takes the table away; waits for that. */
void uplink_filter_stop(struct uplink_filter *f);
/* All uplinks, and what is beside them. */
void uplink_filter_set(struct uplink_filter *f, char name[UPLINK_SLOTS][IFNAMSIZ],
		       const struct default_routes *d, bool lan_global);
/* Now and then: is all still there? */
void uplink_filter_check(struct uplink_filter *f);
/* Can what others send leave by that family? */
bool uplink_filter_carries(const struct uplink_filter *f, bool v6);

/* What is to be in force, as text for nft. NULL: no memory. The caller frees. */
char *uplink_filter_rules(const struct uplink_filter *f);
json_t *uplink_filter_status(struct uplink_filter *f);
