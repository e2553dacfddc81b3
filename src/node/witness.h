/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * witness - who sees all that a node is told, and all that it wants done.
 *
 * Source  ours.
 * Shape   Each input is told, then its effects, then done; inputs do not nest. The same inputs in
 *         the same order give another node the same effects (node_take).
 * Memory  bytes are valid during the call only.
 */
#pragma once
#include "base/clock.h"
#include "core/ev.h"
#include "core/fx.h"

struct node;

enum node_input_kind {
	INPUT_EVENT,   /* node_handle */
	INPUT_CARRIED, /* node_carried: frames of a client here */
	INPUT_PUT,     /* node_put: a program's record */
	INPUT_NETWORK, /* node_network_start */
};

struct node_input_client {
	struct mac mac;
	uint16_t vid;
};

struct node_input_put {
	struct mac source; /* zero: ours */
	uint8_t type, version;
	const uint8_t *data;
	size_t len;
};

/* The node's key for the network of all clouds; its bytes must live as long as the node. */
struct node_key_bytes {
	struct job_bytes secret, public;
};

struct node_input_network {
	struct node_key_bytes key;
	uint32_t desc_sqn;
	uint64_t seed;
};

struct node_input {
	enum node_input_kind kind;
	instant now;
	union {
		struct ev event;
		struct node_input_client carried;
		struct node_input_put put;
		struct node_input_network network;
	};
};

struct node_witness {
	void (*told)(struct node_witness *w, const struct node_input *in);
	void (*emitted)(struct node_witness *w, const struct effect *e);
	void (*done)(struct node_witness *w, const struct node *x);
};
