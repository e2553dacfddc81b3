/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_conf - all that an operator may set of what a node decides.
 *
 * Source  ours. Plain data; conf/ fills it, node/ reads it.
 */
#pragma once
#include "core/gw/search.h"
#include "core/l2/l2_conf.h"
#include "core/lease.h"
#include "core/plan/plan_conf.h"
#include "core/uplink/uplink_conf.h"

enum { NODE_RESERVED_MAX = 64 };

/* Of the records that all nodes of the cloud know, and of the leases among them. */
struct node_share_conf {
	bool on;	 /* without, there are no leases either */
	struct mac self; /* who we are there: the LAN bridge's MAC; zero: the primary MAC */
	span announce;	 /* see core/share/share.h for these */
	size_t memory_max_bytes;
	uint32_t leases_max; /* see core/share/leases.h for these */
	span settle;
	struct lease reserved[NODE_RESERVED_MAX]; /* whose addresses are for good: MAC, IP, name */
	uint8_t reserved_count;
};

/* Of the network of all clouds; core/l3/l3_conf.h for these. */
struct node_network_conf {
	uint8_t key_type; /* of a new node key, as on the wire; default 6, RSA-2048 */
	uint32_t nodes_max;
	size_t memory_max_bytes;
	uint32_t topology_period_s; /* 0: never */
};

/* One-way tunnels to networks outside, and our own end for others. Zero: no tunnels. */
struct node_tunnel_conf {
	bool on;
	bool prove; /* gateways for the Internet are used by what is found out about them */
	struct gw_search search[GW_SEARCHES_MAX];
	uint8_t searches;
};

struct node_conf {
	struct plan_conf plan;	      /* who the node is: SSID, MAC, address templates */
	struct l2_conf l2;	      /* the cloud's engine */
	struct node_share_conf share; /* zero: off */
	struct node_network_conf network;
	struct node_tunnel_conf tunnel;
	struct uplink_conf uplink; /* zero: nothing is offered */
};
