/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * described - a description as its node made it, from the first byte that came in to the
 * accepted whole.
 *
 * Source  specs/bmx7.md 4.1-4.3, 2, 7, 10.1.
 * Shape   A body; the contents that it refers to (uses); at last the expanded TLVs (d). One
 *         description holds at most DESCRIBED_CONTENTS contents and DESCRIBED_EXPANDED bytes.
 *         What all together have beyond DESCRIBED_SMALL contents each may take a quarter of the
 *         memory: a few large ones do not displace the many that are as they should be.
 *         Once accepted all that others see is copied together, in as little as it takes, and may
 *         be shared with other nodes of this process (core/shared.h). The node's key is in it: as
 *         a content it is not kept any more.
 * Memory  allocated from the pool; d.tlv points into the body, into stored contents, or into
 *         what was put together (grown).
 */
#pragma once
#include "core/l3/description.h"
#include "core/l3/stored.h"

struct l3;
struct l3_node;

enum {
	DESCRIBED_CONTENTS = 128,
	DESCRIBED_SMALL = 16,
	DESCRIBED_CONTENT_COST = 2600, /* bytes of memory for a content, expanded too */
	DESCRIBED_EXPANDED = 131072,
};

/* What the head of a body says. */
struct described_head {
	struct digest node;
	struct bmx7_key signature;
	struct bmx7_version version;
	struct tlv_data signs; /* what the signature is of */
};

/* Contents that a description needs. */
struct use_set {
	struct list uses; /* struct use.of_user */
	unsigned count;
};

struct described {
	struct description d; /* complete at the end; hash and version at once */
	struct l3_node *node;
	struct digest from; /* who gave it to us, and has its contents ... */
	uint8_t port;	    /* ... and where */
	uint32_t serial;    /* of its verification */
	struct bmx7_key signature;
	struct digest signed_hash;
	struct use_set set;
	uint8_t *grown[BMX7_TLV_TYPES]; /* d.tlv[type].len bytes, or NULL */
	size_t len;
	uint8_t body[BMX7_DESCRIPTION_MAX];
};

/* Reads a body's head and checks the shape of the rest: the first three TLVs, the order, every
 * reference. ERR_SHORT, ERR_MALFORMED, ERR_VERSION, ERR_UNKNOWN (a key type). */
enum err described_head(const void *body, size_t len, struct described_head *h);
/* NULL: no memory. body has passed described_head. */
struct described *described_new(struct l3 *l3, struct l3_node *n, const void *body, size_t len,
				const struct described_head *h);
void described_free(struct l3 *l3, struct described *k);

/* k has a use from now on. */
void described_use(struct l3 *l3, struct described *k, struct use *u);
/* Takes note of every content that k needs and that is known to be needed by now.
 * ERR_UNKNOWN: some are wanted still. ERR_MALFORMED, ERR_TOO_BIG: it cannot be a description.
 * ERR_FULL: no memory now. */
enum err described_gather(struct l3 *l3, struct described *k);
/* All contents are there: puts the TLVs together and tests each. Errors as above. */
enum err described_finish(struct l3 *l3, struct described *k);

/* k is in force from now on: what it says becomes its node's description, with what else it needs;
 * k is freed. The caller frees what was there before, afterwards. false: no memory. */
bool described_accept(struct l3 *l3, instant now, struct described *k);
void description_free(struct l3 *l3, const struct description *d);
/* As its node made it. */
struct tlv_data description_body(const struct description *d);
/* NULL is ignored. */
void use_set_free(struct l3 *l3, struct use_set *s);

/* May a node have this network? Not link-local ones, and of the block around primary addresses
 * only addresses with its own id. */
bool described_may_have(const struct l3 *l3, const struct digest *node, const struct ipv6 *net);
