/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * network_town - a ctl_lab whose node 0 is in a network of engines in virtual time.
 *
 * Source  ours; tests/sim/l3_town.h.
 * Shape   Engines 0 to 4, called node-0 to node-4: two ways from 0 to 3, by 1 and by 2, and 4
 *         behind 3. Node 4 has a network of its own beside its primary address; node 3 publishes
 *         its links to 1 and 4. Nodes 1 and 3 offer another cloud (NETWORK_TOWN_CLOUD4 and 6),
 *         node 3 the Internet and a network that nobody searches, too. Node 0 searches as nodes
 *         do by default.
 * Time    both have the same.
 * Memory  network_town_init takes, network_town_fini, before lab_fini, gives back.
 */
#pragma once
#include "../sim/l3_town.h"
#include "ctl_lab.h"

enum { NETWORK_TOWN_NODES = 5 };

#define NETWORK_TOWN_CLOUD4 "10.20.0.0/16"
#define NETWORK_TOWN_CLOUD6 "fd20:1:2:3::/64"
#define NETWORK_TOWN_ODD "192.168.7.0/24"
#define NETWORK_TOWN_ADDRESS "fd23:1:2:3::4" /* of node 4 */

struct network_town {
	struct l3_town town;
	struct lab *lab;
	struct fx fx;	    /* of node 0's tunnels */
	uint16_t near, far; /* the segments from 0 to 1 and from 0 to 2 */
};

/* Runs the engines until the lab's time, 15 s at least. */
void network_town_init(struct network_town *t, struct lab *lab);
void network_town_fini(struct network_town *t);
/* The engines run on, and the lab's time with them. */
void network_town_run(struct network_town *t, span time);
struct digest network_town_id(const struct network_town *t, unsigned node);
