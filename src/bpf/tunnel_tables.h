/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel_tables - what the programs of the tunnels read and write: the layout of their maps.
 *
 * Source  drv/tunnel_user.h, whose work these programs do.
 * Shape   Whatever is missing here means "up": the packet goes to the TUN's reader, or to the
 *         raw sockets. end: one, with ifindex 0 while there is none. out: interface -> where
 *         packets that leave by it go. count: interface -> what was carried.
 * Memory  Included by programs, which have no C library, and by drv.
 */
#pragma once
#include <stdint.h>

enum { TUNNEL_TABLE_OUTS = 512 };

/* Ours: what comes from dummy to primary goes into the interface, but for packets from our
 * own cloud to our own cloud. */
struct tunnel_end_value {
	uint32_t ifindex;
	uint8_t has_cloud4, has_cloud6;
	uint8_t pad[2];
	uint8_t primary[16], dummy[16];
	uint8_t cloud4[4], mask4[4];
	uint8_t cloud6[16], mask6[16];
};

struct tunnel_out_value {
	uint8_t primary[16], dummy[16]; /* outer destination and source */
	uint32_t front; /* bytes before the IP header: none at a TUN, Ethernet's in tests */
};

struct tunnel_counter {
	uint64_t packets, bytes; /* a super-packet counts its segments */
	uint64_t failed;	 /* the kernel refused to change the packet: dropped */
};
