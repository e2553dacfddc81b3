/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cable - are there other nodes on the cables of our LAN, and who serves the clients there?
 *
 * Source  ours; specs/needs.md 1; README.md here.
 * Shape   Each port of the bridge says hello (FX_HELLO, which no node lets into the mesh)
 *         and hears those of others (EV_HELLO). Where nobody else is, the port is a port
 *         of the bridge as any other. Where other nodes are, one of them is designated
 *         and serves the clients of the segment; for all of them it is a mesh port too,
 *         and only for that one a port of the bridge. So there is no loop, whatever
 *         cables and radios join the nodes besides.
 * Time    comes in as now and never goes back.
 * Memory  embedded by the caller; at most CABLE_NODES_MAX nodes a port.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/mac.h"
#include "core/ev.h"
#include "core/fx.h"

enum {
	CABLE_ETHERTYPE = 0x88b5, /* IEEE 802 local experimental 1 */
	CABLE_NODES_MAX = 16,
	CABLE_HELLO_MS = 500,
	CABLE_SILENCE_MS = 1800, /* a node that said nothing for so long is gone */
};

struct cable_conf {
	struct mac self;	/* the node's primary MAC */
	uint8_t network_id[16]; /* of the SSID: other clouds are nodes too, but no mesh peers */
};

struct cable_node {
	struct mac mac;
	instant heard;
	bool designated; /* says so */
	bool same_cloud;
};

struct cable_port {
	bool up, clients;
	enum lan_role role;
	bool quiet;
	bool told; /* role and quiet were told */
	uint8_t node_count;
	struct cable_node node[CABLE_NODES_MAX];
	instant next_hello;
	uint8_t hurry; /* hellos that follow soon */
};

struct cable {
	struct cable_conf conf;
	struct cable_port port[LAN_PORT_MAX];
	uint64_t malformed, refused;
};

void cable_init(struct cable *c, const struct cable_conf *conf);
/* EV_LAN_PORT, EV_HELLO, EV_DEADLINE; others are ignored. */
void cable_handle(struct cable *c, instant now, const struct ev *ev, struct fx *fx);
instant cable_deadline(const struct cable *c);
/* "alone", "designated", "standby" */
const char *lan_role_name(enum lan_role role);
