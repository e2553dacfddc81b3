/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * series - how a town fared over time, in a bounded number of points.
 *
 * Source  ours.
 * Shape   A row is a fraction; a point has its two parts over one step. When all points are used,
 *         each two become one and the step doubles: a run of any length has SERIES_POINTS / 2 to
 *         SERIES_POINTS of them, but a short one has one for each second.
 * Time    point i is of (i * step_s, (i + 1) * step_s] after the start.
 * Memory  embedded in struct run.
 */
#pragma once
#include <stdint.h>
#include "sim/fault.h"

struct run;

enum { SERIES_POINTS = 600 };

enum series_row {
	SERIES_REACHED,	      /* watched pairs that could have a way: had one */
	SERIES_ROUTES,	      /* routes of all nodes to all others: are there */
	SERIES_UP,	      /* nodes: run */
	SERIES_ADDRESSED,     /* clients that want an address: have one */
	SERIES_DELIVERED,     /* frames of clients that were sent: came */
	SERIES_EXITS,	      /* watched nodes that could have the Internet: had it */
	SERIES_ANSWERED,      /* packets of clients to the Internet: came back */
	SERIES_CLOUD_BYTES,   /* of batman-adv, clients' frames too, for each node and second */
	SERIES_NETWORK_BYTES, /* of BMX7, the same */
	SERIES_ROWS
};

struct series_part {
	uint64_t num, den;
};

struct series_point {
	struct series_part row[SERIES_ROWS];
	uint32_t faults[FAULT_KINDS]; /* under way, or begun since: the most at once */
};

struct series {
	struct series_point at[SERIES_POINTS];
	unsigned count, step_s, passed_s;
	struct series_part before[SERIES_ROWS]; /* of what only grows */
	uint64_t faults_before[FAULT_KINDS];
};

/* A second has passed. */
void series_second(struct series *s, const struct run *r);

/* "reached"; "percent" or "bytes/s" */
const char *series_name(enum series_row row);
bool series_is_percent(enum series_row row);
/* Percent, or bytes in a second; negative: nothing was to be seen then. */
double series_value(const struct series *s, unsigned point, enum series_row row);
