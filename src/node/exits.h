/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exits - by which gateway each client of the cloud goes to the Internet, on this node.
 *
 * Source  core/gw/README.md, "Clients", for the rules; core/gw/pin.h decides, core/share/pins.h
 *         tells the cloud.
 * Shape   client: whoever has a pin or a wish in the cloud, or has sent something to the Internet
 *         here. gate: a gateway that some client goes out by, with a table of routes of its own
 *         (core/tunnel.h).
 *         All that is known of the whole cloud is laid out in advance, also for clients that are
 *         elsewhere: who roams hither goes on by its gateway with its first packet, and nothing
 *         has to happen for that.
 *         Our own uplink needs no gate: it is where packets go that have no table.
 * Time    comes in as now. All clients are looked at when something changed, and each
 *         EXITS_LOOK_MS.
 * Memory  a pool of its own, for at most clients_max clients; gates are of a fixed number.
 */
#pragma once
#include "core/fx.h"
#include "core/gw/pin.h"
#include "core/l2/l2.h"
#include "core/share/pins.h"
#include "core/uplink/uplink.h"
#include "node/tunnels.h"

enum {
	EXITS_LOOK_MS = 1000,
	EXITS_LATE_MS = 3000, /* after a client came, what others say of it counts more than what
				 we chose or found out: it may be late, or we */
	EXITS_SAY_MS = 5000,  /* between two answers to somebody who says something else of ours */
};

struct exits_conf {
	struct mac self; /* as in share_conf */
	uint32_t clients_max;
};

/* All of the caller, and lives longer; tunnels and id change when the network starts. */
struct exits_env {
	struct share *share;
	const struct l2 *l2;
	const struct uplink *uplink;
};

struct exits;

/* NULL: no memory. */
struct exits *exits_new(const struct exits_conf *conf, const struct exits_env *env, instant now,
			uint64_t seed);
void exits_free(struct exits *x);
/* The node's tunnels are there now, or not any more (NULL); self: its id in the network. */
void exits_network(struct exits *x, struct tunnels *t, const struct digest *self);

/* share_env.changed is to be handed here. */
void exits_record(struct exits *x, instant now, const struct share_record *r, bool gone,
		  struct fx *fx);
/* EV_TUNNEL: TUNNEL_SEEN, TUNNEL_PREFER_CLIENT, TUNNEL_RECALL_CLIENT; and EV_DEADLINE. Others are
 * ignored. After what it looks at: l2, uplink, tunnels. */
void exits_handle(struct exits *x, instant now, const struct ev *ev, struct fx *fx);
instant exits_deadline(const struct exits *x);

/* ---- read-only views ---- */

struct exits_family_view {
	enum pin_cause cause;
	struct digest to; /* of causes that have one */
	bool own;	  /* by our own uplink */
	span since;
	span quiet; /* since it was seen to send; only of clients here that were */
	bool seen;
};

struct exits_view {
	struct mac mac;
	bool here;
	bool wished;
	struct tunnel_preference wish;
	struct exits_family_view family[2]; /* [1]: IPv6 */
};

/* false: nothing is known of it, and it goes as the node itself. */
bool exits_find(const struct exits *x, instant now, struct mac mac, struct exits_view *v);
/* false from show: stop. */
void exits_each(const struct exits *x, instant now,
		bool (*show)(void *ctx, const struct exits_view *v), void *ctx);
/* How many clients of the cloud go out by that node, as far as that is possible here. */
uint32_t exits_users(const struct exits *x, bool v6, const struct digest *gateway);

struct exits_counters {
	uint32_t clients;
	uint64_t moves;	    /* clients here that changed their gateway */
	uint64_t refused;   /* clients, and gates, for which there was no room */
	uint64_t malformed; /* records */
};
struct exits_counters exits_counters(const struct exits *x);
