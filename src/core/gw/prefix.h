/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prefix - a network of either family.
 *
 * Source  ours; RFC 4632, RFC 4291.
 * Shape   IPv4 is the first 4 bytes and 0..32 bits of an ipv6. Bits that are not of the prefix
 *         are 0.
 */
#pragma once
#include "base/ip.h"

struct gw_prefix {
	bool v6;
	struct ipv6 net;
};

/* a's prefix; its address is a.bits 32 or 128. */
struct gw_prefix gw_prefix4(struct ipv4 a);
struct gw_prefix gw_prefix6(struct ipv6 a);
/* The first bits of p, which has at least so many. */
struct gw_prefix gw_prefix_cut(struct gw_prefix p, uint8_t bits);
bool gw_prefix_equal(const struct gw_prefix *a, const struct gw_prefix *b);
/* Every address of inner is in outer; equal ones too. */
bool gw_prefix_contains(const struct gw_prefix *outer, const struct gw_prefix *inner);
