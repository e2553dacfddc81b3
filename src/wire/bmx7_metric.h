/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bmx7_metric - METRIC: how others shall compute the metric towards a node.
 *
 * Source  specs/bmx7.md 4.3, 6.6, 6.7.
 * Shape   BMX7_METRIC_DEFAULT is what a node without this TLV means to us.
 * Memory  and errors: as in bmx7.h.
 */
#pragma once
#include "base/clock.h"
#include "wire/bmx7_float.h"
#include "wire/bmx7_frame.h"

enum {
	BMX7_METRIC_LEN = 36,
	BMX7_INTERFERENCES = 4,
	BMX7_OGM_INTERVAL_MAX_S = 60,
	BMX7_INDEPENDENCE_NONE = 31, /* no interference */
};

/* Bits of algorithms; applied from the highest to the lowest. */
enum bmx7_algorithm {
	BMX7_ALGORITHM_CP = 1 << 0,
	BMX7_ALGORITHM_MP = 1 << 8,
	BMX7_ALGORITHM_EP = 1 << 9,
	BMX7_ALGORITHM_MB = 1 << 10,
	BMX7_ALGORITHM_EB = 1 << 11,
	BMX7_ALGORITHM_VB = 1 << 12,
};

struct bmx7_interference {
	uint8_t channel_distance;
	uint8_t hop_distance; /* 0..7 */
	uint8_t independence; /* 0..31 */
};

struct bmx7_metric {
	uint64_t min; /* what is not above is no route */
	uint16_t algorithms;
	uint16_t flags;				     /* 0..1 */
	uint8_t rx_num, rx_div, tx_num, tx_div;	     /* 0..3, divisors 1..3 */
	uint8_t lq_x, lq_y, lq_1;		     /* the knee and the top of the quality curve */
	uint8_t rate_efficiency;		     /* percent */
	uint8_t history;			     /* 0..10 */
	uint8_t hops_max;			     /* 0..63 */
	uint8_t hop_penalty;			     /* of 255 */
	uint8_t best_hysteresis;		     /* sequence numbers */
	uint8_t late_100ms;			     /* late hysteresis */
	uint16_t new_path_percent, old_path_percent; /* hysteresis */
	uint16_t ogm_interval_s;		     /* 0..60 */
	uint8_t sqn_diff_max;			     /* 0..3 */
	uint8_t throughput_efficiency;		     /* percent */
	struct bmx7_interference interference[BMX7_INTERFERENCES];
};

extern const struct bmx7_metric BMX7_METRIC_DEFAULT;

/* More than BMX7_METRIC_LEN bytes are read as these. ERR_MALFORMED: any value out
 * of the ranges above. */
enum err bmx7_metric_parse(const void *data, size_t len, struct bmx7_metric *m);
void bmx7_metric_write(struct wr *w, const struct bmx7_metric *m);
