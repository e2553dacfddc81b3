/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/prefix.h"
#include <assert.h>
#include <stdio.h>
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

/* Up to three digits, and nothing else. */
static bool bits_parse(const char *text, unsigned most, uint8_t *bits)
{
	unsigned n = 0;

	if (*text == '\0' || strlen(text) > 3)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned)(*text - '0');
	}
	*bits = (uint8_t)n;
	return n <= most;
}

bool prefix_parse(const char *text, struct prefix *p)
{
	const char *slash = strchr(text, '/');
	char address[IPV6_PREFIX_TEXT];
	struct ipv4 a4;
	struct ipv6 a6;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	if (ipv4_parse(address, &a4) && bits_parse(slash + 1, 32, &a4.bits))
		*p = prefix_of4(a4);
	else if (ipv6_parse(address, &a6) && bits_parse(slash + 1, 128, &a6.bits))
		*p = prefix_of6(a6);
	else
		return false;
	return true;
}

bool prefix_parse_address(const char *text, struct prefix *p)
{
	struct ipv4 a4;
	struct ipv6 a6;

	if (ipv4_parse(text, &a4))
		*p = prefix_of4(a4);
	else if (ipv6_parse(text, &a6))
		*p = prefix_of6(a6);
	else
		return false;
	return true;
}

static struct ipv4 ipv4_of(const struct prefix *p)
{
	struct ipv4 a = {.bits = p->net.bits};

	memcpy(a.b, p->net.b, sizeof(a.b));
	return a;
}

char *prefix_print_address(const struct prefix *p, char text[IPV6_TEXT])
{
	return p->v6 ? ipv6_print(p->net, text) : ipv4_print(ipv4_of(p), text);
}

char *prefix_print(const struct prefix *p, char text[IPV6_PREFIX_TEXT])
{
	return p->v6 ? ipv6_prefix_print(p->net, text) : ipv4_prefix_print(ipv4_of(p), text);
}
