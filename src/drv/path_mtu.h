/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path_mtu - how big a packet may be on the way to a node of the network.
 *
 * Source  RFC 8201; specs/bmx7.md 8.3; docs/decisions.md.
 * Shape   The kernel knows it per destination: from the first interface, and from what routers
 *         say of packets that were too big. Of packets in a tunnel they tell the gateway's
 *         dummy address, which nobody has; so we ask, with a full-sized echo request from
 *         our own address to the gateway, and the word about that one reaches us.
 * Units   bytes of IPv6, header included.
 */
#pragma once
#include <stdint.h>

#include "base/ip.h"
#include "drv/link.h"

struct path_mtu {
	int ifindex;	    /* the first one */
	uint32_t mtu_bytes; /* of the whole way, as far as is known */
	uint32_t first_mtu_bytes;
};

/* Negative errno: there is no way. */
int path_mtu_find(struct netlink *ask, const struct links *links, struct ipv6 to,
		  struct path_mtu *p);

/* A socket for path_mtu_probe that never has anything to read, or a negative errno. */
int path_mtu_open(void);
/* Asks the way by a packet of that size. 0 or a negative errno. */
int path_mtu_probe(int fd, struct ipv6 from, struct ipv6 to, uint32_t bytes);
