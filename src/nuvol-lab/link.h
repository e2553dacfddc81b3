/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * link - the few changes of interfaces that must be quick, by rtnetlink.
 *
 * Source  rtnetlink(7), linux/if_link.h; IEEE 802.11 and 802.2 for the XID frame.
 * Shape   All work in the network namespace that the caller is in, and wait for
 *         the kernel's answer. 0, or its negative errno.
 */
#pragma once
#include <stdbool.h>
#include "base/mac.h"

int link_set_up(const char *name, bool up);
/* Puts an interface into a bridge; NULL: takes it out. */
int link_set_bridge(const char *name, const char *bridge);
/* Lets a bridge's port pass frames, or neither take nor give any; its carrier stays.
 * -ENETDOWN: the bridge has not seen yet that the port has a carrier. */
int link_set_forwarding(const char *name, bool forwarding);
/* Tells the port's bridge for good that m is behind it. */
int link_add_station(const char *name, struct mac m);
/* Moves an interface into the namespace with this path. */
int link_move(const char *name, const char *netns);

/* A packet socket to send on this interface, or a negative errno. Closing it takes the
 * kernel some milliseconds. */
int link_packet_open(const char *name);
/* Sends what an access point's kernel puts on the wire when a station associates:
 * a broadcast 802.2 XID frame that comes from the station. */
int link_send_xid(int packet_socket, struct mac station);
