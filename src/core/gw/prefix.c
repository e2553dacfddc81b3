/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/gw/prefix.h"
#include <assert.h>
#include <string.h>

struct gw_prefix gw_prefix4(struct ipv4 a)
{
	struct gw_prefix p = {.net.bits = a.bits};

	assert(a.bits <= 32);
	memcpy(p.net.b, a.b, sizeof(a.b));
	p.net = ipv6_network(p.net);
	return p;
}

struct gw_prefix gw_prefix6(struct ipv6 a)
{
	assert(a.bits <= 128);
	return (struct gw_prefix){.v6 = true, .net = ipv6_network(a)};
}

struct gw_prefix gw_prefix_cut(struct gw_prefix p, uint8_t bits)
{
	assert(bits <= p.net.bits);
	p.net.bits = bits;
	p.net = ipv6_network(p.net);
	return p;
}

bool gw_prefix_equal(const struct gw_prefix *a, const struct gw_prefix *b)
{
	return a->v6 == b->v6 && ipv6_equal(a->net, b->net);
}

bool gw_prefix_contains(const struct gw_prefix *outer, const struct gw_prefix *inner)
{
	if (outer->v6 != inner->v6 || outer->net.bits > inner->net.bits)
		return false;
	struct gw_prefix cut = gw_prefix_cut(*inner, outer->net.bits);

	return gw_prefix_equal(outer, &cut);
}
