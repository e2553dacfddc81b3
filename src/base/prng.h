/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prng - seeded randomness for jitter and start values; not for secrets.
 *
 * Source  xoshiro256** (Blackman, Vigna 2018), seeded by splitmix64.
 */
#pragma once
#include <stdint.h>
#include "base/clock.h"

struct prng {
	uint64_t s[4];
};

void prng_seed(struct prng *r, uint64_t seed);
uint64_t prng_u64(struct prng *r);

/* 0 .. n-1; n > 0. */
uint32_t prng_below(struct prng *r, uint32_t n);

/* low .. high, both included; low <= high. */
span prng_span(struct prng *r, span low, span high);

/* One step of splitmix64, a good mixer for hash seeds too. */
uint64_t prng_mix(uint64_t x);
