/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * town_map - where a town's nodes stand, coloured by a figure of each.
 *
 * Source  ours.
 * Shape   Nodes stand where the layout has them; if it has no places, each stands on a circle
 *         around the node with the most links, further out with each hop.
 * Memory  town_map_fini frees.
 */
#pragma once
#include <stdio.h>
#include "sim/run.h"

struct town_map {
	double *x, *y; /* of each node, 0 .. 1 */
	bool real;     /* they stand there */
};

void town_map_init(struct town_map *m, const struct layout *l, bool has_places);
void town_map_fini(struct town_map *m);
/* value: of each node. */
void town_map_print(const struct town_map *m, FILE *out, const struct layout *l, const char *title,
		    const char *unit, const double *value);
