/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l3_rig - one engine of the network with neighbours and a far node that are made by hand: what
 * they claim is said directly, without packets.
 *
 * Source  ours.
 * Shape   Neighbour i has one link, on port i, of full quality until it is told otherwise. The
 *         far node numbers its OGMs with a chain of its own.
 */
#pragma once
#include "core/l3/internal.h"

enum { RIG_NEIGHBOURS = 4, RIG_NOBODY = -1 };

struct l3_rig {
	struct fx fx;
	struct l3 *l3;
	instant now;
	struct description far_description, described[RIG_NEIGHBOURS];
	struct own_chain far_chain;
	struct l3_node *far, *neighbour[RIG_NEIGHBOURS];
	struct l3_link *link[RIG_NEIGHBOURS];
	uint16_t batch; /* counts what was claimed */
	/* what the kernel has for the far node's primary address */
	int kernel; /* neighbour, or RIG_NOBODY */
	unsigned kernel_changes;
};

void l3_rig_init(struct l3_rig *r);
void l3_rig_fini(struct l3_rig *r);
/* Time passes; timers fire. */
void l3_rig_pass(struct l3_rig *r, span time);
/* Neighbour i claims a path to the far node. */
void l3_rig_claim(struct l3_rig *r, unsigned i, uint16_t sqn, uint64_t metric);
/* The neighbour that the route leads over, or RIG_NOBODY. */
int l3_rig_route(const struct l3_rig *r);
/* The far node makes a new description; a restart has another bootSqn. */
void l3_rig_describe(struct l3_rig *r, bool restart);
