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
#include "core/job_result.h"
#include "core/l3/internal.h"

enum { RIG_NEIGHBOURS = 4, RIG_NOBODY = -1, RIG_JOBS = 256 };

struct l3_rig {
	struct fx fx;
	struct l3 *l3;
	instant now;
	struct description far_description, described[RIG_NEIGHBOURS];
	struct own_chain far_chain;
	struct l3_node *far, *neighbour[RIG_NEIGHBOURS];
	struct l3_link *link[RIG_NEIGHBOURS];
	uint16_t batch; /* counts what was claimed */
	uint32_t burst; /* and packets heard */
	/* what the kernel has for the far node's primary address */
	int kernel; /* neighbour, or RIG_NOBODY */
	unsigned kernel_changes;
	uint64_t path;	/* what other cores were told of the path to it ... */
	unsigned paths; /* ... and how often */
	bool kept;
	unsigned notes; /* for people */
	struct prng prng;
	struct job_result key; /* of the node */
	unsigned jobs;
	uint32_t job_id[RIG_JOBS]; /* open ones; their answer */
	struct job_result *job[RIG_JOBS];
};

/* alive: it makes keys and a description of its own, and speaks. conf: NULL for the default. */
void l3_rig_init(struct l3_rig *r, const struct l3_conf *conf, bool alive);
void l3_rig_fini(struct l3_rig *r);
/* The engine never forgets the nodes made by hand: their descriptions are not its own to free. */
void l3_rig_keep(struct l3_rig *r);
/* Time passes; timers fire. */
void l3_rig_pass(struct l3_rig *r, span time);
/* Neighbour i claims a path to the far node. */
void l3_rig_claim(struct l3_rig *r, unsigned i, uint16_t sqn, uint64_t metric);
/* A packet of neighbour i comes in, rightly signed, with these frames. */
void l3_rig_hear(struct l3_rig *r, unsigned i, const void *frames, size_t len);
/* Any bytes come in from neighbour i's address. */
void l3_rig_hear_bytes(struct l3_rig *r, unsigned i, const void *bytes, size_t len);
/* The neighbour that the route leads over, or RIG_NOBODY. */
int l3_rig_route(const struct l3_rig *r);
/* The far node makes a new description; a restart has another bootSqn. */
void l3_rig_describe(struct l3_rig *r, bool restart);
