/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/tunnel.h"
#include <string.h>

bool tunnel_key_equal(const struct tunnel_key *a, const struct tunnel_key *b)
{
	return a->preference == b->preference && a->table == b->table &&
	       a->ip_metric == b->ip_metric && prefix_equal(&a->prefix, &b->prefix);
}

void tunnel_key_bytes(const struct tunnel_key *k, uint8_t bytes[TUNNEL_KEY_BYTES])
{
	memcpy(bytes, &k->preference, 4);
	memcpy(bytes + 4, &k->table, 4);
	memcpy(bytes + 8, &k->ip_metric, 4);
	bytes[12] = k->prefix.v6;
	bytes[13] = k->prefix.net.bits;
	memcpy(bytes + 14, k->prefix.net.b, 16);
}
