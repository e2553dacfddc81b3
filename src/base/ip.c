/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/ip.h"
#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

uint32_t ipv4_to_u32(struct ipv4 a)
{
	return (uint32_t)a.b[0] << 24 | (uint32_t)a.b[1] << 16 | (uint32_t)a.b[2] << 8 | a.b[3];
}

struct ipv4 ipv4_from_u32(uint32_t v, uint8_t bits)
{
	assert(bits <= 32);
	return (struct ipv4){
		{(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v}, bits};
}

/* The bits that number hosts. */
static uint32_t ipv4_host_mask(struct ipv4 a)
{
	return a.bits >= 32 ? 0 : UINT32_MAX >> a.bits;
}

struct ipv4 ipv4_network(struct ipv4 a)
{
	return ipv4_from_u32(ipv4_to_u32(a) & ~ipv4_host_mask(a), a.bits);
}

struct ipv4 ipv4_broadcast(struct ipv4 a)
{
	return ipv4_from_u32(ipv4_to_u32(a) | ipv4_host_mask(a), a.bits);
}

struct ipv6 ipv6_network(struct ipv6 a)
{
	assert(a.bits <= 128);
	for (unsigned i = 0; i < 16; i++) {
		unsigned kept = a.bits <= i * 8 ? 0 : a.bits - i * 8;

		if (kept < 8)
			a.b[i] = (uint8_t)(a.b[i] & ~(0xffu >> kept));
	}
	return a;
}

bool ipv4_equal(struct ipv4 a, struct ipv4 b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0 && a.bits == b.bits;
}

bool ipv6_equal(struct ipv6 a, struct ipv6 b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0 && a.bits == b.bits;
}

/* RFC 4291 appendix A: ff:fe in the middle, universal bit turned over. */
struct ipv6 ipv6_link_local(struct mac m)
{
	return (struct ipv6){{0xfe, 0x80, 0, 0, 0, 0, 0, 0, m.b[0] ^ 2, m.b[1], m.b[2], 0xff, 0xfe,
			      m.b[3], m.b[4], m.b[5]},
			     64};
}

struct mac ipv6_link_local_mac(struct ipv6 a)
{
	return (struct mac){
		{a.b[8] ^ 2, a.b[9], a.b[10], a.b[13], a.b[14], a.b[15]},
	};
}

bool ipv4_parse(const char *text, struct ipv4 *a)
{
	struct in_addr got;

	if (inet_pton(AF_INET, text, &got) != 1)
		return false;
	memcpy(a->b, &got, sizeof(a->b));
	a->bits = 32;
	return true;
}

bool ipv6_parse(const char *text, struct ipv6 *a)
{
	struct in6_addr got;

	if (inet_pton(AF_INET6, text, &got) != 1)
		return false;
	memcpy(a->b, &got, sizeof(a->b));
	a->bits = 128;
	return true;
}

char *ipv4_print(struct ipv4 a, char text[IPV4_TEXT])
{
	snprintf(text, IPV4_TEXT, "%u.%u.%u.%u", a.b[0], a.b[1], a.b[2], a.b[3]);
	return text;
}

char *ipv6_print(struct ipv6 a, char text[IPV6_TEXT])
{
	char longest[INET6_ADDRSTRLEN];
	const char *printed = inet_ntop(AF_INET6, a.b, longest, sizeof(longest));

	assert(printed && strlen(printed) < IPV6_TEXT);
	snprintf(text, IPV6_TEXT, "%s", printed);
	return text;
}

char *ipv4_prefix_print(struct ipv4 a, char text[IPV4_PREFIX_TEXT])
{
	char address[IPV4_TEXT];

	assert(a.bits <= 32);
	snprintf(text, IPV4_PREFIX_TEXT, "%s/%u", ipv4_print(a, address), a.bits & 63u);
	return text;
}

char *ipv6_prefix_print(struct ipv6 a, char text[IPV6_PREFIX_TEXT])
{
	char address[IPV6_TEXT];

	assert(a.bits <= 128);
	snprintf(text, IPV6_PREFIX_TEXT, "%s/%u", ipv6_print(a, address), a.bits & 255u);
	return text;
}
