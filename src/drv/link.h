/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * link - the network interfaces of this machine, and changing them.
 *
 * Source  rtnetlink(7), linux/if_link.h.
 * Shape   A table that follows the kernel: a dump at start, then RTM_NEWLINK and
 *         RTM_DELLINK. After messages were lost, links_resync compares all.
 * Memory  entries are allocated; pointers stay valid until the link is gone.
 */
#pragma once
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/mac.h"
#include "drv/netlink.h"

enum { LINK_KIND_ROOM = 16 };

struct link {
	struct list all; /* by ifindex */
	int ifindex;
	char name[IFNAMSIZ];
	char kind[LINK_KIND_ROOM]; /* "bridge", "veth", "tun" ...; "" for hardware */
	bool ethernet;		   /* ARPHRD_ETHER, not loopback */
	bool up;		   /* switched on */
	bool carrier;		   /* and nothing else keeps it from running */
	int master;		   /* ifindex of the bridge that it is in, or 0 */
	int lower;		   /* ifindex that it lies on (VLAN, macvlan), or 0 */
	struct mac mac;
	uint32_t mtu_bytes;
	bool stale; /* during a resync: not seen yet */
};

struct links {
	struct list all;
	struct netlink *ask;
	/* l is new or has changed; gone: it is about to be freed. May ask the kernel
	 * for things, but not for links_resync. */
	void (*changed)(void *ctx, const struct link *l, bool gone);
	void *ctx;
};

/* Negative errno. changed is called for each link that is there. */
int links_init(struct links *ls, struct netlink *ask,
	       void (*changed)(void *ctx, const struct link *l, bool gone), void *ctx);
void links_fini(struct links *ls);

/* A message of a listening socket; others than links are ignored. */
void links_rx(struct links *ls, const struct nlmsghdr *h);
int links_resync(struct links *ls);
/* Asks for one link. */
int links_refresh(struct links *ls, int ifindex);

/* NULL: there is none. */
const struct link *link_find(const struct links *ls, int ifindex);
const struct link *link_find_name(const struct links *ls, const char *name);

/* Wishes to the kernel. 0 or its negative errno. The table follows with the
 * kernel's message, or with links_resync. */
int link_set_up(struct netlink *ask, int ifindex, bool up);
int link_set_mtu(struct netlink *ask, int ifindex, uint32_t mtu_bytes);
int link_set_mac(struct netlink *ask, int ifindex, struct mac mac);
int link_set_master(struct netlink *ask, int ifindex, int master); /* 0: none */
int link_delete(struct netlink *ask, int ifindex);

/* New interfaces with the MAC, switched off. -EEXIST: a name is taken; -EOPNOTSUPP: the kernel
 * has no such kind. */
int link_add_macvlan(struct netlink *ask, const char *name, struct mac mac, int lower);
struct link_end {
	const char *name;
	struct mac mac;
};
int link_add_veth(struct netlink *ask, const struct link_end *one, const struct link_end *other,
		  uint32_t mtu_bytes);

/* Is the other end of a veth an end for itself: in no bridge and under no other interface, so
 * that only a program that listens there gets its frames? false too: we may not look. */
bool link_other_end_is_bare(struct netlink *ask, int ifindex);

/* Is there a carrier right now? The kernel tells of changes up to a second late.
 * socket: any. 0, 1, or a negative errno: the driver does not know. */
int link_has_carrier(int socket, const char *name);
