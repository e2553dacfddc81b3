/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * program - what all programs are written with.
 *
 * Source  ours.
 * Shape   All functions go into their caller: Linux 5.15 verifies programs as one piece.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define ALWAYS static __attribute__((always_inline)) inline

ALWAYS uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

ALWAYS bool same(const uint8_t *a, const uint8_t *b, unsigned n)
{
	uint8_t differs = 0;

#pragma unroll
	for (unsigned i = 0; i < n; i++)
		differs |= a[i] ^ b[i];
	return differs == 0;
}
