/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * admit - which senders of shared records are nodes of the cloud?
 *
 * Source  ours; DESIGN "Shared leases". ALFRED itself believes everybody.
 * Shape   Records come from a node's LAN side, whose MAC need not be an originator's. A
 *         sender is admitted if it is not a client of this node, and
 *         (a) its MAC is an originator's, or
 *         (b) an originator announces it, and their last three bytes are the same: so
 *             do LibreMesh and we derive the MACs of mesh ports from the node's, or
 *         (c) an originator announces it, not as a client of a radio, and has no other
 *             sender that was heard within ADMIT_ALIVE_S: one for each, who comes first.
 *             That is a plain kernel's node. A sender by (a) or (b) takes the place.
 *         A client of another node that takes a MAC after (b) is the affair of that
 *         node: ours let no client's records pass.
 * Time    comes in as now; a question costs three look-ups.
 * Memory  one entry for each originator with a sender, in a pool of its own, at most
 *         ADMIT_MAX; then the one that was heard longest ago gives way.
 */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "core/l2/l2.h"

enum { ADMIT_MAX = 1024, ADMIT_ALIVE_S = 60 };

struct admit {
	const struct l2 *l2;
	struct pool pool;
	struct map map;
	struct list senders; /* heard longest ago first */
	uint32_t count;
};

/* l2 is the caller's, and lives longer. */
void admit_init(struct admit *a, const struct l2 *l2, uint64_t seed);
void admit_fini(struct admit *a);
/* Is who a node of the cloud? It is heard now. */
bool admit_ask(struct admit *a, instant now, struct mac who);
