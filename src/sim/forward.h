/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forward - where does a node's kernel send an IPv4 packet? Rules, tables and routes, as our
 * drivers set them.
 *
 * Source  ip-rule(8), ip-route(8); core/steer.h, core/tunnel.h; drv/steer.h, drv/tunnel.h,
 *         drv/exit_map.h.
 * Shape   In the order of their priority, rules name tables; the longest prefix that contains the
 *         destination decides, then the lower metric; a table without one passes on to the next
 *         rule. Main has the LAN's prefix and the machine's own default route, if it has one.
 * Memory  none.
 */
#pragma once
#include "node/node.h"
#include "sim/tunnel_kernel.h"

/* What the kernel of a host knows. */
struct forward_host {
	const struct plan *plan;
	const struct tunnel_kernel *tunnels;
	bool default_route; /* somebody gave the machine one */
	bool uplink_used;   /* ... and it is in STEER_UPLINKS: UPLINK_USE */
};

enum forward_kind {
	FORWARD_REFUSE, /* who sends is told so at once */
	FORWARD_HERE,	/* an address of the node itself */
	FORWARD_LAN,
	FORWARD_UPLINK,
	FORWARD_TUNNEL,
};

struct forward {
	enum forward_kind kind;
	const struct tunnel_out *out; /* of FORWARD_TUNNEL */
};

/* Who sends it: all zero, the node itself. */
struct forward_from {
	struct mac client; /* of the LAN here */
	bool by_tunnel;	   /* it came out of our end */
};
struct forward forward_decide(const struct forward_host *h, struct ipv4 to,
			      const struct forward_from *from);
