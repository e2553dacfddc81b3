/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steer - the kernel's tables and rules by which packets find uplinks and tunnels.
 *
 * Source  ip-rule(8); docs/decisions.md, "A dead default route is passed by". Carried out by
 *         drv/steer.h; the simulator's nodes decide by the same numbers.
 */
#pragma once

enum {
	ROUTE_TABLE_MAIN = 254,
	ROUTE_MAIN_PRIORITY = 32766, /* of the kernel's own rule */
	STEER_UPLINKS = 71,	     /* the table with the default route of the uplink that works */
	STEER_TUNNELS = 72,	     /* ... with those into tunnels, see conf/searches.c */
	STEER_PRIORITY = 32760,	     /* of the first of our rules */
};
