/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/hello.h"

enum { MAGIC = 0x4e564c48 }; /* "NVLH" */

enum err hello_parse(const void *data, size_t len, struct hello *h)
{
	struct rd r = rd_over(data, len);
	uint32_t magic = rd_u32(&r);
	uint8_t version = rd_u8(&r);

	h->flags = rd_u8(&r);
	h->port = rd_u8(&r);
	rd_take(&r, 3);
	h->node = rd_mac(&r);
	const uint8_t *network = rd_take(&r, sizeof(h->network_id));
	if (!network)
		return ERR_SHORT;
	memcpy(h->network_id, network, sizeof(h->network_id));
	if (magic != MAGIC)
		return ERR_UNKNOWN;
	if (version < HELLO_VERSION)
		return ERR_VERSION;
	return mac_is_station(h->node) ? OK : ERR_MALFORMED;
}

void hello_write(struct wr *w, const struct hello *h)
{
	wr_u32(w, MAGIC);
	wr_u8(w, HELLO_VERSION);
	wr_u8(w, h->flags);
	wr_u8(w, h->port);
	wr_zero(w, 3);
	wr_mac(w, h->node);
	wr_bytes(w, h->network_id, sizeof(h->network_id));
}

/* Locally administered. */
static const uint8_t source_prefix[4] = {0x4e, 0x56, 0x4c, 0x48};

struct mac hello_source(struct mac node, uint8_t port)
{
	struct mac m;

	memcpy(m.b, source_prefix, sizeof(source_prefix));
	m.b[4] = (uint8_t)(node.b[4] ^ (node.b[3] << 4) ^ port);
	m.b[5] = node.b[5];
	return m;
}

bool hello_is_source(struct mac m)
{
	return memcmp(m.b, source_prefix, sizeof(source_prefix)) == 0;
}
