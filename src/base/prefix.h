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

struct prefix {
	bool v6;
	struct ipv6 net;
};

/* a's prefix; its address is a.bits 32 or 128. */
struct prefix prefix_of4(struct ipv4 a);
struct prefix prefix_of6(struct ipv6 a);
/* The first bits of p, which has at least so many. */
struct prefix prefix_cut(struct prefix p, uint8_t bits);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
/* Every address of inner is in outer; equal ones too. */
bool prefix_contains(const struct prefix *outer, const struct prefix *inner);

/* "10.0.0.0/8" or "fd00::/8"; bits of the address that are not of the prefix are taken for 0.
 * false: not a prefix, *p unchanged. */
bool prefix_parse(const char *text, struct prefix *p);
/* An address alone, "10.0.0.1" or "fd00::1": all its bits. The same errors. */
bool prefix_parse_address(const char *text, struct prefix *p);
/* Its first address, without the bits. Returns text. */
char *prefix_print_address(const struct prefix *p, char text[IPV6_TEXT]);
/* Returns text. */
char *prefix_print(const struct prefix *p, char text[IPV6_PREFIX_TEXT]);
