/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seqno - arithmetic of counters that wrap.
 *
 * Source  specs/batman-adv.md 6 (32 bits), 10.2 (8 bits, ttvn); RFC 1982.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* How far a is ahead of b: -2^31 .. 2^31-1. */
static inline int32_t seqno_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* Is ttvn a older than ttvn b? (8-bit serial comparison) */
static inline bool ttvn_older(uint8_t a, uint8_t b)
{
	return (int8_t)(uint8_t)(a - b) < 0;
}
