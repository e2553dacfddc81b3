/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnels_internal - what tunnels.c and its views share.
 *
 * Source  ours. Nobody else includes this.
 */
#pragma once
#include "base/bucket.h"
#include "base/list.h"
#include "base/map.h"
#include "node/tunnels.h"

/* The tunnel to a gateway's end. */
struct out {
	struct map_node by_node;
	struct list all;
	struct list idle;
	struct tunnel_out is;
	char name[GW_NAME]; /* of the node, for people */
	uint32_t routes;
	instant made;
	instant idle_since; /* only without routes */
};

struct route {
	struct map_node by_key;
	struct list all;
	struct tunnel_key key;
	struct out *out; /* NULL: it is lost */
	instant since;
};

struct tunnels {
	struct pool pool;
	struct node_tunnel_conf conf;
	const struct plan *plan;
	struct l3 *l3;
	struct gw *gw;
	struct proofs proofs;
	struct uplink_target target[2][UPLINK_TARGETS_MAX]; /* who is asked; [1]: IPv6 */
	uint8_t targets[2];
	bool published;	   /* ... what is offered now */
	bool told;	   /* our end, and what never goes into a tunnel */
	instant decide_at; /* NEVER: nothing changed */
	uint64_t decisions;
	bool starved; /* a route was refused ... */
	bool room;    /* ... and something has gone since */
	struct gw_network offered[TUNNEL_OFFERED_MAX];
	size_t offers;
	struct map outs, routes;
	struct list all_outs, all_routes;
	struct list idle; /* outs without routes, longest first */
	struct prefix local[GW_LOCALS_MAX];
	uint32_t locals;
	struct tunnels_counters count;
	bool had[2];	     /* there was a gateway for the Internet */
	struct bucket notes; /* of gateways */
	struct tunnel_offer reading;
	/* while it runs */
	instant now;
	struct fx *fx;
};
