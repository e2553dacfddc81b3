/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hello - what nodes say to each other on the cables of their LANs: parse and write.
 *
 * Source  ours; src/core/cable/README.md. All fields big-endian.
 * Shape   behind the Ethernet header, 32 bytes, what follows is padding:
 *         "NVLH" (4), version (1), flags (1), port (1), 0 (3), node (6), network (16).
 *         A later version keeps the first 32 bytes' meaning and appends.
 * Memory  nothing is allocated.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/err.h"
#include "base/mac.h"

enum {
	ETHERTYPE_HELLO = 0x88b5, /* IEEE 802 local experimental 1 */
	HELLO_LEN = 32,
	HELLO_VERSION = 1,
};

enum hello_flag {
	HELLO_BRIDGES = 0x01,	/* the port is in the sender's bridge */
	HELLO_LISTENING = 0x02, /* it has just begun, and does not yet insist on anything */
	HELLO_ASKS = 0x04,	/* who bridges here is to answer at once */
	HELLO_LEAVES = 0x08,	/* it will not speak on this port any more */
	HELLO_CLIENTS = 0x10,	/* it bridges, and there are clients on the segment */
};

struct hello {
	uint8_t flags;		/* of enum hello_flag */
	uint8_t port;		/* one node, two ports: not the same */
	struct mac node;	/* primary MAC */
	uint8_t network_id[16]; /* of its SSID */
};

/* ERR_SHORT: less than HELLO_LEN. ERR_UNKNOWN: no hello of ours. ERR_VERSION: 0.
 * ERR_MALFORMED: node is no station's address. */
enum err hello_parse(const void *data, size_t len, struct hello *h);
void hello_write(struct wr *w, const struct hello *h);

/* The Ethernet source of hellos: nobody's address, so that bridges and switches do not
 * learn a node's own from them; and who sees one knows that it is no client's. */
struct mac hello_source(struct mac node, uint8_t port);
bool hello_is_source(struct mac m);
