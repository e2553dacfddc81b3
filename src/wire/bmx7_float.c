/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bmx7_float.h"
#include <assert.h>

static unsigned log2_floor(uint64_t v)
{
	return 63 - (unsigned)__builtin_clzll(v);
}

struct bmx7_float bmx7_float_from(uint64_t metric)
{
	if (metric < METRIC_UNROUTABLE)
		return (struct bmx7_float){0, 0};
	if (metric >= METRIC_MAX)
		return (struct bmx7_float){METRIC_EXPONENT_MAX, METRIC_MANTISSA_TOP};
	unsigned exponent = log2_floor(metric) - 6;
	return (struct bmx7_float){(uint8_t)exponent,
				   (uint8_t)(metric >> exponent & METRIC_MANTISSA_MAX)};
}

uint64_t bmx7_metric_below(uint64_t metric)
{
	assert(metric > METRIC_INVALID);
	return bmx7_metric_round(bmx7_metric_round(metric) - 1);
}

uint8_t bmx7_bandwidth_byte(uint64_t bps)
{
	if (bps < BANDWIDTH_MIN)
		return 0;
	if (bps >= bmx7_bandwidth(UINT8_MAX))
		return UINT8_MAX;
	unsigned exponent = log2_floor(bps) - 6;
	return (uint8_t)(exponent << 3 | (bps >> (exponent + 3) & 7));
}
