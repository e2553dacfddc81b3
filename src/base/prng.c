/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/prng.h"
#include <assert.h>

uint64_t prng_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t rotate_left(uint64_t x, unsigned k)
{
	return x << k | x >> (64 - k);
}

void prng_seed(struct prng *r, uint64_t seed)
{
	for (unsigned i = 0; i < 4; i++) {
		seed = prng_mix(seed + i);
		r->s[i] = seed;
	}
}

uint64_t prng_u64(struct prng *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint32_t prng_below(struct prng *r, uint32_t n)
{
	assert(n > 0);
	return (uint32_t)((prng_u64(r) >> 32) * n >> 32);
}

span prng_span(struct prng *r, span low, span high)
{
	assert(low.us <= high.us && high.us - low.us < UINT32_MAX);
	return span_us(low.us + prng_below(r, (uint32_t)(high.us - low.us) + 1));
}
