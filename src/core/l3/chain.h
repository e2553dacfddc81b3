/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chain - the hash chain that numbers a node's OGMs: only the node can make the next one.
 *
 * Source  specs/bmx7.md 6.1, 10.1.
 * Shape   Link i is hashed to link i-1; a description tells link 0 (the anchor). On the wire a
 *         link goes in disguise (XOR a mask that depends on the description). chain: a node's,
 *         as far as it is known; there is one for each node: so only the newest links are kept,
 *         and those before are made of them. own_chain: ours, every CHAIN_STRIDEth link kept and
 * the block in use spread out. Memory  the caller's; nothing is allocated.
 */
#pragma once
#include "base/digest.h"
#include "core/crypto.h"
#include "wire/bmx7_description.h"

enum {
	CHAIN_STEPS = 10,  /* an OGM may be so much newer than the newest that is known */
	CHAIN_MEMORY = 16, /* the newest, and links before it, that are still recognised */
	CHAIN_KEPT = 2,	   /* of these */
	CHAIN_STRIDE = 64,
};

/* What a link is hashed with. */
struct chain_salt {
	struct bmx7_link seed;
	struct digest node;
	uint32_t desc_sqn;
};

struct chain {
	const struct digest *node;
	const struct bmx7_version *version;
	struct bmx7_link mask;
	uint16_t newest;		     /* number of the newest link known; 0: the anchor */
	struct bmx7_link recent[CHAIN_KEPT]; /* link newest - i; there is none before the anchor */
};

/* Of a description: node, its version and the hash of its body; node and version stay where they
 * are as long as the chain is used. */
void chain_init(struct chain *c, const struct crypto *crypto, const struct digest *node,
		const struct bmx7_version *v, const struct digest *description);

/* A search for a link that may be far ahead, made in pieces. */
struct chain_walk {
	struct bmx7_link at;		     /* hashed so far */
	struct bmx7_link passed[CHAIN_KEPT]; /* passed[i]: i steps back from the link */
	struct bmx7_link from;		     /* the newest link when it began ... */
	uint16_t from_number;
	uint16_t done, most; /* steps */
};
/* The number, if it is one of those kept; else 0, and there is something to search. */
uint16_t chain_walk_begin(struct chain_walk *w, const struct chain *c,
			  const struct bmx7_link *disguised, unsigned steps);
/* The number, if it is one of the CHAIN_MEMORY newest, else 0; *hashes grows by what it cost. */
uint16_t chain_behind(const struct chain *c, const struct crypto *crypto,
		      const struct bmx7_link *disguised, uint64_t *hashes);
/* Link sqn in disguise; 1 .. newest. */
struct bmx7_link chain_link(const struct chain *c, const struct crypto *crypto, uint16_t sqn);
/* Goes on for so many steps; c may have learnt newer links meanwhile, but is of the same
 * description. The number, as chain_find gives it; 0: not found yet; *hashes is how many steps it
 * took: less than `steps`: it is over. */
uint16_t chain_walk_go(struct chain_walk *w, struct chain *c, const struct crypto *crypto,
		       unsigned steps, unsigned *hashes);

/* The number of a link in disguise; 0: it is none of the chain, or more than `steps` newer than
 * the newest, or too old. A newer one becomes the newest. *hashes grows by what it cost. */
uint16_t chain_find(struct chain *c, const struct crypto *crypto, const struct bmx7_link *disguised,
		    unsigned steps, uint64_t *hashes);

struct own_chain {
	struct chain_salt salt;
	struct bmx7_link mask;
	uint16_t range;
	struct bmx7_link kept[BMX7_SQN_RANGE_MAX / CHAIN_STRIDE + 1]; /* link i * CHAIN_STRIDE */
	struct bmx7_link last;					      /* link range */
	uint16_t to_make;	 /* links that are not made yet */
	struct bmx7_link newest; /* that was made */
	bool block_filled;
	struct bmx7_link block[CHAIN_STRIDE];
	uint16_t block_at; /* number of block[0] */
};

/* A chain of `range` links that ends in `last`; both random numbers are the caller's. It has to
 * grow before it can be used. */
void own_chain_init(struct own_chain *c, const struct chain_salt *salt,
		    const struct bmx7_link *last, uint16_t range);
/* Makes so many links more, from the last to the first: a hash each. true: all are there; the
 * anchor is kept[0], and own_chain_disguise gives it its mask once the description is known. */
bool own_chain_grow(struct own_chain *c, const struct crypto *crypto, unsigned links);
void own_chain_disguise(struct own_chain *c, const struct crypto *crypto,
			const struct digest *description);
/* Link sqn in disguise; 1 .. range. */
struct bmx7_link own_chain_link(struct own_chain *c, const struct crypto *crypto, uint16_t sqn);
