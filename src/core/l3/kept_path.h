/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kept_path - a path's worth, as small as on the wire: there is one for each claim and each node.
 *
 * Source  ours; what is kept came from the wire or goes there, so that nothing is lost.
 * Memory  the history of links in the air from the pool, if there is one.
 */
#pragma once
#include "base/pool.h"
#include "core/l3/metric.h"

struct kept_path {
	struct bmx7_history *history; /* history_count, or NULL */
	struct bmx7_float metric;
	uint8_t history_count;
};

/* Of all zeros: METRIC_INVALID. */
static inline uint64_t kept_path_metric(const struct kept_path *k)
{
	return bmx7_float_value(k->metric);
}

struct metric_path kept_path_get(const struct kept_path *k);
/* Without memory for the history there is no path: METRIC_UNROUTABLE. */
void kept_path_set(struct pool *pool, struct kept_path *k, const struct metric_path *path);
/* METRIC_UNROUTABLE; no memory is in use any more. */
void kept_path_clear(struct pool *pool, struct kept_path *k);
