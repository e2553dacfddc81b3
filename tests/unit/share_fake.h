/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * share_fake - as much of core/share as leases need, without a wire.
 *
 * Source  core/share/share.h; tests that link this do not link core/share's own.
 * Shape   What was put last by type; a peer list and a neighbour that the test fills.
 * Memory  all inside; records up to SHARE_DATA_MAX bytes come from malloc.
 */
#pragma once
#include "core/share/share.h"

enum { FAKE_PEERS_MAX = 16 };

struct fake_record {
	uint8_t *data;
	size_t len;
	uint8_t version;
	bool there;
	bool fresh; /* put, and not taken by the test yet */
};

struct share {
	struct fake_record record[256];
	unsigned puts;
	enum err refuse; /* what share_put says */
	struct share_peer peer[FAKE_PEERS_MAX];
	unsigned peers;
	/* Of whom share_find and share_each find records. */
	struct mac known_mac;
	const struct share *known;
};

void share_fake_free(struct share *s);
