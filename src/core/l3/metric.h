/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metric - what a path is worth after one more link, by the rules of the node that it leads to.
 *
 * Source  specs/bmx7.md 6.2, 6.7.
 * Shape   A metric is a throughput in bit/s, 65 .. METRIC_MAX, see wire/bmx7_float.h. Integers
 *         only: SPEC: floats and an approximate root / OURS: an exact root of 2^-25, because no
 *         float may decide. On the wire both are cut to 6 bits.
 */
#pragma once
#include "wire/bmx7_metric.h"
#include "wire/bmx7_ogm.h"

enum {
	CHANNEL_WIRE = 0,     /* a medium of its own */
	CHANNEL_SHARED = 255, /* or not known */
};

/* A link as the metric sees it. */
struct metric_link {
	uint8_t tq, rq; /* 0..255 */
	bool wireless;
	uint8_t channel;
	uint64_t rate_bps;   /* the most that it carries */
	uint64_t tx_bps;     /* the driver's averaged rate; 0: not known */
	uint64_t expect_bps; /* the driver's expected throughput; 0: not known */
};

/* A path's metric and, newest hop first, its links in the air. */
struct metric_path {
	uint64_t metric; /* METRIC_UNROUTABLE: none */
	uint8_t history_count;
	struct bmx7_history history[BMX7_HISTORY_MAX];
};

/* What a link without errors is taken to carry when nobody says it. */
uint64_t metric_rate_default(bool wireless);

/* The quality of a link, 0..255, after the curve of m. */
uint8_t metric_quality(const struct bmx7_metric *m, uint8_t tq, uint8_t rq);

/* What a link carries, 0 .. METRIC_MAX. */
uint64_t metric_throughput(const struct bmx7_metric *m, const struct metric_link *l);

/* The path that a neighbour claims, and the link to it: always at least one step of a float
 * below the claim; METRIC_UNROUTABLE when that is not above m->min. */
void metric_extend(const struct bmx7_metric *m, const struct metric_link *l,
		   const struct metric_path *claim, struct metric_path *out);
