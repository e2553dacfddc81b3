/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * segment - what joins the nodes: Linux bridges in the air, or the medium.
 *
 * Source  ours.
 */
#pragma once
#include "nuvol-lab/batch.h"
#include "nuvol-lab/lab.h"

#define SEGMENT_BRIDGE "s%u"  /* segment */
#define SEGMENT_PORT "s%un%u" /* segment, node: the node's mesh<n> is its other end */

/* Adds to b, for the air, the bridge of a segment that needs no medium. */
void segment_plan(const struct lab *lab, unsigned segment, struct batch *b);
/* Starts the medium if a segment needs it; false: told why. */
bool medium_start(struct lab *lab);
/* Does some segment need the medium? */
bool medium_is_needed(const struct town *t);

/* Cuts one node (or all, TOWN_NONE) off the segment, or heals that with CUT_NONE;
 * lab then says so. false: told why. */
bool segment_cut(struct lab *lab, unsigned segment, unsigned node, enum cut how);
