/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_conf - what the node's identity is derived from.
 *
 * Source  specs/libremesh.md 1.1 to 1.4; the names are LibreMesh's option names.
 * Shape   plain data; texts end in NUL. A template may hold %N1..%N6 (network id),
 *         %M1..%M6 (primary MAC), %m1..%m6 (its hash) and, for the hostname, no %H.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/mac.h"

enum {
	SSID_MAX = 32,		 /* bytes that Wi-Fi allows, IEEE 802.11 9.4.2.2 */
	PLAN_SSID_ROOM = 128,	 /* a longer SSID is cut on the air, but hashed whole */
	PLAN_TEMPLATE_ROOM = 64, /* an address or hostname template and its NUL */
	PLAN_DOMAIN_ROOM = 128,
};

struct plan_conf {
	char ssid[PLAN_SSID_ROOM];		    /* ap_ssid; default LibreMesh.org */
	char hostname[PLAN_TEMPLATE_ROOM];	    /* default LiMe-%M4%M5%M6 */
	char domain[PLAN_DOMAIN_ROOM];		    /* default thisnode.info */
	struct mac primary_mac;			    /* of primary_interface; the host reads it */
	char main_ipv4_address[PLAN_TEMPLATE_ROOM]; /* default 10.%N1.0.0/16 */
	char main_ipv6_address[PLAN_TEMPLATE_ROOM]; /* default fd%N1:%N2%N3:%N4%N5::/64 */
	char anygw_mac[PLAN_TEMPLATE_ROOM];	    /* default aa:aa:aa:%N1:%N2:aa */
	uint32_t anygw_dhcp_start;		    /* first host number of the pool; default 2 */
	uint32_t anygw_dhcp_limit;		    /* addresses in the pool; 0: to the last host */
	bool network; /* protocol bmx7: part of the network of all clouds; default false */
	bool anygw;   /* protocol anygw: reserve the first host address */
	char cloud_protocol[PLAN_TEMPLATE_ROOM]; /* batadv:VID[:8021ad|8021q], VID = %N1, a number,
						    or 0 for no VLAN; default batadv:%N1 */
};

/* The defaults above; primary_mac is zero. */
struct plan_conf plan_conf_default(void);
