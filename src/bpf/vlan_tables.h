/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vlan_tables - what the programs of VLAN ports read and write: the layout of their maps.
 *
 * Source  drv/vlan_fast.h.
 * Shape   out: the port's interface -> where its frames leave, under which tag. in: interface and
 *         tag -> the port. What is missing is left to others.
 * Memory  Included by programs, which have no C library, and by drv.
 */
#pragma once
#include <stdint.h>

enum { VLAN_TABLE_PORTS = 16 };

struct vlan_out_value {
	uint32_t lower;
	uint16_t vid, tpid;
};

struct vlan_in_key {
	uint32_t lower;
	uint16_t vid, tpid;
};

struct vlan_in_value {
	uint32_t port;
	uint8_t mac[6]; /* of the port */
	uint8_t pad[2];
};
