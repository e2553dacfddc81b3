/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fast_port - a program of the fast path at an interface.
 *
 * Source  tc-bpf(8), tc(8) clsact; ethtool's ioctl.
 * Shape   One filter of our own number for each of our programs in the interface's clsact,
 *         which is made when it is not there and goes with its last filter. Others' filters stay
 *         and run after ours.
 * Memory  nothing is kept.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "drv/netlink.h"

/* The side of an interface, and whose program is there: the cloud's, without a name. What
 * comes in is shown to tunnels first, then to VLANs, then to the cloud. */
enum fast_side {
	FAST_INGRESS,
	FAST_EGRESS,
	FAST_TUNNEL_INGRESS,
	FAST_TUNNEL_EGRESS,
	FAST_VLAN_INGRESS,
	FAST_VLAN_EGRESS,
};

/* Puts the program there, instead of a former one of ours. Negative errno. */
int fast_port_attach(uint32_t ifindex, enum fast_side side, int program);
/* Takes it away; ask reads whose filters are left. */
void fast_port_detach(struct netlink *ask, uint32_t ifindex, enum fast_side side);
/* A descriptor of the program of ours that is there, or negative errno. */
int fast_port_program(uint32_t ifindex, enum fast_side side);

/* The kernel would let hardware sum and cut what it takes for IP and is a mesh frame:
 * then it must do so itself. 1: it was switched off by this call, 0: it was off. */
int fast_port_checksum_off(const char *name);
void fast_port_checksum_on(const char *name);
/* Is it to get TCP's super-frames as they are? */
bool fast_port_cuts_tcp(const char *name);
