/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announce - telling switches and bridges where clients are to be found now.
 *
 * Source  RFC 903 (a reverse request for oneself, which nobody answers: what virtual machines
 *         send after they have moved); src/core/cable/README.md.
 * Shape   A switch on a cable sends frames for a client to where it was heard last. When
 *         another node serves the segment, that one speaks in the name of all clients
 *         that are not there; and the others speak in the name of their own into the
 *         cloud, from where that comes to the segment too.
 * Memory  nothing is kept.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"
#include "drv/fdb.h"
#include "node/node.h"

enum { ANNOUNCE_LEN = 60, ANNOUNCE_CLIENTS_MAX = 1024 };

struct announce {
	const struct node *node;
	const struct fdb *fdb;
	int ifindex;	/* of the port to the segment */
	uint8_t port;	/* its number among the node's cables */
	bool quiet;	/* there is no client: nothing of the gateway */
	struct mac lan; /* our own, on the bridge */
	/* Takes one frame. */
	void (*send)(void *ctx, const uint8_t *frame, size_t len);
	void *ctx;
};

/* We serve the segment: all that is not there, but what nodes of the segment announce in the
 * cloud, which may be there. Without a VLAN tag nodes are not known apart: then only what is
 * here. At most ANNOUNCE_CLIENTS_MAX. */
void announce_to_segment(const struct announce *a);
/* Another serves it: our own clients, on other ports, and ourselves. */
void announce_to_cloud(const struct announce *a);
