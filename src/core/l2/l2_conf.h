/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2_conf - what an operator may set in the layer 2 engine.
 *
 * Source  specs/batman-adv.md 4, 6, 10.4, 12; LibreMesh's option names are in
 *         conf/options.c.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/ip.h"
#include "base/mac.h"

/* The gateway that each node of the cloud is to its own LAN, from the plan. Not on:
 * routers and DHCP servers are clients as others are. */
struct l2_anycast {
	bool on;
	struct mac mac;
	struct ipv4 ipv4;
	struct ipv6 ipv6, link_local;
};

struct l2_conf {
	span orig_interval;	  /* 40 ms .. 1 h; default 1 s */
	uint8_t hop_penalty;	  /* 0..255; default 30 */
	bool fragmentation;	  /* cut what does not fit; default true */
	bool flood_unknown;	  /* flood frames for clients that nobody announces; default true */
	uint8_t ports_max;	  /* 1..PORT_MAX; default 8 */
	uint32_t originators_max; /* default 2048 */
	uint32_t clients_here_max; /* local clients; default 1024 */
	uint32_t clients_max;	   /* clients elsewhere; default 16384 */
	uint32_t vlans_max;	   /* client VLANs per node; default 16 */
	uint32_t forwards_max;	   /* OGMs waiting per port; default 256 */
	size_t memory_max_bytes;   /* for all tables; default 64 MiB */
	struct l2_anycast anycast; /* default off */
};

/* The defaults above. */
struct l2_conf l2_conf_default(void);
