/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/prefix.h"
#include <assert.h>
#include <string.h>

struct prefix prefix_of4(struct ipv4 a)
{
	struct prefix p = {.net.bits = a.bits};

	assert(a.bits <= 32);
	memcpy(p.net.b, a.b, sizeof(a.b));
	p.net = ipv6_network(p.net);
	return p;
}

struct prefix prefix_of6(struct ipv6 a)
{
	assert(a.bits <= 128);
	return (struct prefix){.v6 = true, .net = ipv6_network(a)};
}

struct prefix prefix_cut(struct prefix p, uint8_t bits)
{
	assert(bits <= p.net.bits);
	p.net.bits = bits;
	p.net = ipv6_network(p.net);
	return p;
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->v6 == b->v6 && ipv6_equal(a->net, b->net);
}

bool prefix_contains(const struct prefix *outer, const struct prefix *inner)
{
	if (outer->v6 != inner->v6 || outer->net.bits > inner->net.bits)
		return false;
	struct prefix cut = prefix_cut(*inner, outer->net.bits);

	return prefix_equal(outer, &cut);
}
