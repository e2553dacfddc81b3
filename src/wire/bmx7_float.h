/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bmx7_float - metrics and bandwidths of BMX7 on the wire.
 *
 * Source  specs/bmx7.md 6.2.
 * Shape   A metric is (64 + mantissa) << exponent, exponent 0..31, mantissa
 *         0..63, at most METRIC_MAX: an integer of 64 bits everywhere but on the
 *         wire. 64 is invalid, 65 not routable, from 66 on routable.
 *         A bandwidth in one byte, bit/s: (8 + mantissa) << (exponent + 3).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define METRIC_MAX UINT64_C(257698037760)

enum {
	METRIC_INVALID = 64,
	METRIC_UNROUTABLE = 65,
	METRIC_ROUTABLE = 66,
	METRIC_EXPONENT_MAX = 31,
	METRIC_MANTISSA_MAX = 63,
	METRIC_MANTISSA_TOP = 56, /* the largest at exponent 31 */
	BANDWIDTH_MIN = 72,	  /* what is less means: ignore */
};

struct bmx7_float {
	uint8_t exponent;
	uint8_t mantissa;
};

/* Is it one that may be on the wire? */
static inline bool bmx7_float_valid(struct bmx7_float f)
{
	return f.exponent < METRIC_EXPONENT_MAX
		       ? f.mantissa <= METRIC_MANTISSA_MAX
		       : f.exponent == METRIC_EXPONENT_MAX && f.mantissa <= METRIC_MANTISSA_TOP;
}

/* f is valid. */
static inline uint64_t bmx7_float_value(struct bmx7_float f)
{
	return (uint64_t)(64 + f.mantissa) << f.exponent;
}

/* Truncates: below 65 to 64, METRIC_MAX and more to METRIC_MAX. */
struct bmx7_float bmx7_float_from(uint64_t metric);

/* What a receiver will read of it. */
static inline uint64_t bmx7_metric_round(uint64_t metric)
{
	return bmx7_float_value(bmx7_float_from(metric));
}

/* The largest that is less on the wire; metric > 64. */
uint64_t bmx7_metric_below(uint64_t metric);

/* Truncates: below BANDWIDTH_MIN to 0, more than fits to 255. */
uint8_t bmx7_bandwidth_byte(uint64_t bps);

static inline uint64_t bmx7_bandwidth(uint8_t byte)
{
	return (uint64_t)(8 + (byte & 7)) << ((byte >> 3) + 3);
}
