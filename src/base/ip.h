/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ip - IPv4 and IPv6 addresses with their prefix length.
 *
 * Source  RFC 4632 (prefix), RFC 4291 (IPv6), RFC 5952 (IPv6 text).
 * Shape   bytes in network order; bits 0..32 or 0..128.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/mac.h"

struct ipv4 {
	uint8_t b[4];
	uint8_t bits; /* of the prefix */
};

struct ipv6 {
	uint8_t b[16];
	uint8_t bits;
};

enum { IPV4_TEXT = 16, IPV4_PREFIX_TEXT = 19, IPV6_TEXT = 40, IPV6_PREFIX_TEXT = 44 };

uint32_t ipv4_to_u32(struct ipv4 a);
struct ipv4 ipv4_from_u32(uint32_t v, uint8_t bits);
/* The first and the last address of a's prefix. */
struct ipv4 ipv4_network(struct ipv4 a);
struct ipv4 ipv4_broadcast(struct ipv4 a);
struct ipv6 ipv6_network(struct ipv6 a);
bool ipv4_equal(struct ipv4 a, struct ipv4 b);
bool ipv6_equal(struct ipv6 a, struct ipv6 b);
/* fe80:: and the EUI-64 of m, /64. */
struct ipv6 ipv6_link_local(struct mac m);
/* The MAC that such an address was made of. */
struct mac ipv6_link_local_mac(struct ipv6 a);

/* Dotted decimal; false: not an address, *a unchanged. bits becomes 32 or 128. */
bool ipv4_parse(const char *text, struct ipv4 *a);
bool ipv6_parse(const char *text, struct ipv6 *a);

/* Without and with "/bits"; return text. */
char *ipv4_print(struct ipv4 a, char text[IPV4_TEXT]);
char *ipv6_print(struct ipv6 a, char text[IPV6_TEXT]);
char *ipv4_prefix_print(struct ipv4 a, char text[IPV4_PREFIX_TEXT]);
char *ipv6_prefix_print(struct ipv6 a, char text[IPV6_PREFIX_TEXT]);
