/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path_mtu - how big a packet may be on the way to a node of the network.
 *
 * Source  RFC 8201; specs/bmx7.md 8.3; docs/decisions.md.
 * Shape   The kernel knows it per destination: from the first interface, and from what routers
 *         say of packets that were too big. Of packets in a tunnel they tell the gateway's
 *         dummy address, which nobody has; so we ask, with a full-sized echo request from
 *         our own address to the gateway, and the word about that one reaches us.
 *         What the kernel knows is a limit, but no proof: a question may be lost, and the
 *         word is forgotten after ten minutes. So a size counts when the gateway has answered
 *         a question of that size (RFC 8899 proves sizes so, too); until then the smallest.
 * Units   bytes of IPv6, header included.
 * Memory  embedded by the caller; uv_close is called on poll.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/ip.h"
#include "drv/link.h"

enum {
	PATH_MTU_MIN = 1280, /* of any way: RFC 8200 */
	PATH_MTU_ASKS = 5,   /* quickly one after the other, then now and then */
};

/* All zero: nothing is known. */
struct path_mtu {
	int ifindex;	       /* the first one; 0: to be asked anew */
	uint32_t mtu_bytes;    /* of the whole way, as far as the kernel knows */
	uint32_t first_bytes;  /* of the first interface */
	uint32_t proven_bytes; /* such packets have arrived */
	bool answered;	       /* of mtu_bytes, since the way is as it is */
	unsigned asked;	       /* since then */
};

/* Looks at what the kernel knows. Negative errno: there is no way. */
int path_mtu_look(struct netlink *ask, const struct links *links, struct ipv6 to,
		  struct path_mtu *p);
/* What counts: PATH_MTU_MIN at least. */
uint32_t path_mtu_bytes(const struct path_mtu *p);
/* A question of that size was answered. */
void path_mtu_answered(struct path_mtu *p, uint32_t bytes);

struct path_mtu_asker {
	int fd; /* -1: there is none */
	uint16_t id;
	void (*heard)(void *ctx, struct ipv6 from, uint32_t bytes);
	void *ctx;
	uv_poll_t poll;
};

/* heard and ctx are set by the caller. Negative errno; nothing to close then. */
int path_mtu_open(struct path_mtu_asker *a, uv_loop_t *uv);
void path_mtu_close(struct path_mtu_asker *a);
/* Asks by packets as big as what is known, and as the first interface allows: the way may have
 * become wider. */
void path_mtu_ask(struct path_mtu_asker *a, struct ipv6 from, struct ipv6 to, struct path_mtu *p);
