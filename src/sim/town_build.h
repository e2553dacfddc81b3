/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * town_build - the lab's towns in the simulator: a layout and a world of what a town file says.
 *
 * Source  ours; town/town.h.
 * Shape   A cloud for each SSID, in the order of the nodes. A segment of the file is one of the
 *         world, wherein each hears those that the file says, and loses as it says.
 * Memory  layout_fini frees.
 */
#pragma once
#include "sim/layout.h"
#include "town/town.h"

/* false: the town is not for the simulator, and fault says why; nothing is to be freed. */
bool town_layout(struct layout *l, const struct town *t, const char *file,
		 char fault[LAYOUT_FAULT_ROOM]);
/* The nodes and segments of a town whose layout was made. */
void town_build(const struct town *t, struct world *w, const struct crypto *crypto);
