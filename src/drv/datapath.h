/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * datapath - payload between bat0 and the mesh ports, in user space.
 *
 * Source  specs/datapath.md 3 to 5 ("portable fallback"); core/l2/forward.h.
 * Shape   Each frame gets a verdict of l2_forward; what it gives up on goes to the
 *         node as an event. A super-frame from the TAP gets one verdict, is cut,
 *         and its segments leave with headers written anew and payload that stays
 *         where it was read. TCP segments that no longer fit a port's MTU are cut
 *         smaller, which TCP allows, instead of in two pieces each. Frames for the
 *         TAP are joined again. One call does bounded work; what is left over
 *         shows as a file descriptor that is still readable.
 * Time    comes in as now.
 * Memory  buffers are allocated at init; tap and packets are the caller's.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "core/ev.h"
#include "core/fx.h"
#include "drv/gro.h"
#include "drv/gso.h"
#include "drv/packet.h"
#include "drv/tap.h"
#include "node/node.h"

enum {
	DATAPATH_TAP_FRAMES = 64,	/* read from the TAP in one call, at most ... */
	DATAPATH_TAP_BYTES = 256 << 10, /* ... and no more after this many bytes */
	DATAPATH_BATCHES = 4,		/* read from a port in one call, at most */
	DATAPATH_SLAB = 2 * GSO_FRAME_MAX,
	DATAPATH_ARENA = 128 << 10,
};

struct datapath_counters {
	uint64_t malformed; /* super-frames and others with headers that cannot be */
	uint64_t no_port;   /* for a port that is gone */
	uint64_t cut;	    /* super-frames cut into segments ... */
	uint64_t segments;  /* ... how many */
	uint64_t shrunk;    /* of the former: into smaller ones than asked, to fit the MTU */
	uint64_t joined;    /* super-frames written to the TAP */
};

struct datapath {
	struct node *node;
	struct fx *fx; /* what the node wants done; the host hands frames back here */
	struct tap *tap;
	struct packet *port[PORT_MAX]; /* NULL: there is none */
	uint16_t mtu_bytes[PORT_MAX];  /* of a batman-adv packet, as the node was told */
	struct datapath_counters count;
	struct packet_rx rx;
	struct gro gro;
	uint8_t *slab;	/* frames from the TAP, or segments of one from the mesh */
	uint8_t *arena; /* frames that the node delivers, until the GRO is flushed */
	size_t arena_used;
	uint8_t *segment; /* one segment of a super-frame, for the node */
};

/* false: no memory; nothing to free then. */
bool datapath_init(struct datapath *d, struct node *node, struct fx *fx, struct tap *tap);
void datapath_fini(struct datapath *d);

/* A port for frames, or none (p NULL). false: no memory for frames of its size. */
bool datapath_set_port(struct datapath *d, uint8_t port, struct packet *p, uint16_t mtu_bytes);

/* The TAP is readable. 0, or the negative errno that tap_read gave. */
int datapath_tap_ready(struct datapath *d, instant now);
/* The port's socket is readable. 0, or a negative errno of packet_read. */
int datapath_port_ready(struct datapath *d, instant now, uint8_t port);

/* Carries out FX_SEND and FX_DELIVER, as far as queueing. */
void datapath_effect(struct datapath *d, const struct effect *e);
/* Sends and writes all that is queued. To be called after each event that the host
 * gave to the node by itself. */
void datapath_flush(struct datapath *d);
