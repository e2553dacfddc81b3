/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held - packets that wait until their RSA signature is verified.
 *
 * Source  specs/bmx7.md 3.2, 3.3 (5). The reference signs so when it hears more than 17 nodes
 *         or somebody without a Diffie-Hellman key.
 * Shape   A packet in which no MAC is for us, by a near node that describes an RSA link key, is
 *         kept while a job looks at its signature, and read once more when that is right.
 *         At most HELD_MAX, and as many a second as the buckets give: a near node's own, and one
 *         for all. What is beyond stays unverified; the sender speaks again soon.
 * Memory  allocated.
 */
#pragma once
#include "base/bucket.h"
#include "base/list.h"
#include "core/fx.h"
#include "wire/bmx7_frame.h"

struct l3;
struct near;

enum {
	HELD_MAX = 64,
	HELD_BURST = 64, /* of all: a signature costs 0.05 ms ... */
	HELD_MS = 5,
	HELD_NEAR_BURST = 8, /* ... of one near node */
	HELD_NEAR_MS = 100,
};

struct held {
	struct list all;
	uint32_t tag;
	uint8_t port;
	struct ipv6 from;
	size_t len;
	uint8_t data[BMX7_PACKET_MAX];
};

struct helds {
	struct list all;
	uint32_t count;
	uint32_t tag; /* the last */
	struct bucket rate;
};

void helds_init(struct l3 *l3, instant now);
void helds_fini(struct l3 *l3);

/* Keeps a packet of r with these signatures, of which none is a MAC for us; hash is what is
 * signed. ERR_UNKNOWN: it has no RSA signature, or r describes no RSA key. ERR_MALFORMED: its
 * signature is of another type than r describes. ERR_RATE, ERR_FULL: not kept. */
enum err held_keep(struct l3 *l3, instant now, struct near *r, const struct ev_network_datagram *d,
		   const struct bmx7_signatures *s, const struct digest *hash, struct fx *fx);
/* JOB_FOR_PACKET is done. */
void held_done(struct l3 *l3, instant now, uint32_t tag, const struct job_done *d, struct fx *fx);
