/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/trust.h"
#include "core/l3/internal.h"

enum { TRUST_LEN = 30, LEVEL_AT = 28, LEVEL_SHIFT = 6 };

/* The list of a description is sorted: bmx7_tlv_check has seen to it. 0: not in it. */
static unsigned level_of(struct tlv_data trusts, const struct digest *id)
{
	size_t low = 0, high = trusts.len / TRUST_LEN;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const uint8_t *entry = trusts.at + middle * TRUST_LEN;
		int order = memcmp(entry, id->b, sizeof(id->b));

		if (order == 0)
			return entry[LEVEL_AT] >> LEVEL_SHIFT;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

/* Does a node that is trusted for its trust list id? One without a list names nobody. */
static bool imports(const struct l3 *l3, const struct digest *trusted, const struct digest *id)
{
	const struct l3_node *n = l3_node_by_id(l3, trusted);

	return n && n->description && level_of(n->description->tlv[BMX7_TRUSTS], id) >= TRUST_ROUTE;
}

bool trust_allows(const struct l3 *l3, const struct l3_node *n, const struct l3_node *via)
{
	struct tlv_data trusts = {NULL, 0};
	struct bmx7_trust t;
	unsigned followed = 0;

	if (n->description)
		trusts = n->description->tlv[BMX7_TRUSTS];
	if (trusts.len == 0 || level_of(trusts, &via->id) >= TRUST_ROUTE)
		return true;
	struct rd r = rd_over(trusts.at, trusts.len);
	while (bmx7_trust_next(&r, &t) && followed < TRUST_IMPORTS_MAX) {
		if (t.level != TRUST_IMPORT)
			continue;
		if (imports(l3, &t.node, &via->id))
			return true;
		followed++;
	}
	return false;
}
