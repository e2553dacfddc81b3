/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keep - what stays on its own LAN: the anycast gateway, and the services around it.
 *
 * Source  specs/libremesh.md 1.4, 1.5; RFC 826, 2131, 4861, 7113 (headers that hide an
 *         advertisement), 8415; specs/alfred.md; README.md "What stays on its own LAN".
 * Shape   A question about one frame, under any stack of VLAN tags, the same for both
 *         directions; the answer is a reason. Nothing is remembered. Frames of clients
 *         that the mesh carries for others are never asked about.
 * Time    A frame of TCP costs a few comparisons.
 */
#pragma once
#include <stdbool.h>
#include "core/l2/l2_conf.h"
#include "wire/ethernet.h"

enum keep {
	KEEP_NONE,    /* may cross */
	KEEP_MAC,     /* from or to the MAC of an anycast gateway, or ARP in its name */
	KEEP_ADDRESS, /* from, to, or ARP or neighbour discovery about its addresses */
	KEEP_ROUTER,  /* router solicitation or advertisement, or headers that may hide one */
	KEEP_DHCP,    /* DHCPv4, DHCPv6 */
	KEEP_ALFRED,  /* for the shared records of a node; its own may cross */
	KEEP_HELLO,   /* what nodes say on cables (core/cable) */
};

enum {
	KEEP_ALFRED_PORT = 16962,
	KEEP_HEADERS_MAX = 8, /* IPv6 extension headers that are looked through */
};

/* Our anycast MAC, or one of another cloud's that was made as LibreMesh does. */
bool keep_is_anycast(const struct l2_anycast *a, struct mac m);

enum keep keep_why(const struct l2_anycast *a, const struct ethernet *e);
