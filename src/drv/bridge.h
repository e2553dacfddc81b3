/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bridge - making br-lan, its addresses, and what it knows of clients.
 *
 * Source  rtnetlink(7), linux/if_bridge.h; specs/datapath.md 4.7.
 * Shape   wishes to the kernel; 0 or its negative errno.
 *
 * A bridge that we make has multicast snooping off: without a querier snooping
 * prunes nothing, and with one somewhere in the cloud it would cut off listeners
 * behind other nodes. Multicast goes through the cloud as broadcast does. A bridge
 * that was there before keeps its settings.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/mac.h"
#include "drv/netlink.h"

/* mac: zero for one of the kernel's choice. -EEXIST: the name is taken. */
int bridge_add(struct netlink *ask, const char *name, struct mac mac);

/* An address of an interface; route: its prefix is to be found there. -EEXIST: it is
 * there already. */
int bridge_add_ipv4(struct netlink *ask, int ifindex, struct ipv4 a, bool route);
int bridge_add_ipv6(struct netlink *ask, int ifindex, struct ipv6 a, bool route);
int bridge_del_ipv4(struct netlink *ask, int ifindex, struct ipv4 a);
int bridge_del_ipv6(struct netlink *ask, int ifindex, struct ipv6 a);

/* Who has an address of the interface's network, so that nobody has to ask all for it. */
int neighbour_set(struct netlink *ask, int ifindex, struct ipv6 a, struct mac mac);

/* The bridge is to believe that a client is behind its port, in whatever VLAN. */
int bridge_set_fdb(struct netlink *ask, int port, struct mac mac);
/* ... and not to believe it any more. -ENOENT: it did not. */
int bridge_unset_fdb(struct netlink *ask, int port, struct mac mac);
/* The bridge is to give frames for mac to nobody but the port, for good; port: the bridge's
 * own ifindex for what lies on the bridge. */
int bridge_fix_fdb(struct netlink *ask, int port, bool is_bridge, struct mac mac);
int bridge_unfix_fdb(struct netlink *ask, int port, bool is_bridge, struct mac mac);
/* A port that gets only what is fixed, and multicast. */
int bridge_close_port(struct netlink *ask, int port);
/* Frames for mac that reach the bridge by this port are for the host, not for other ports. */
int bridge_own_mac(struct netlink *ask, int port, struct mac mac);
/* The bridge is to forget what it learnt on this port. */
int bridge_flush(struct netlink *ask, int port);

/* Writes a sysctl of the network namespace, such as "net/bridge/bridge-nf-call-iptables".
 * Not there: nothing to do, 0. */
int sysctl_set(const char *name, int value);
/* false: not there, or no number. */
bool sysctl_get(const char *name, int *value);
/* No IPv6 on this interface. */
int sysctl_ipv6_off(const char *interface);
/* Bridged frames are not to walk through iptables. */
void sysctl_bridge_filters_off(void);
