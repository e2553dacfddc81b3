/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * self - our own description: what goes into it, its number, its signature.
 *
 * Source  specs/bmx7.md 2, 4.1, 4.2, 6.1.
 * Shape   What changes is collected for SELF_COLLECT_MS; then the description is built and
 *         signed by a job; then it is in force. A change in between makes another one.
 *         Its hash chain, 6000 hashes, is made before, some hundred at a time: meanwhile packets
 *         have their turn.
 *         Numbers grow over restarts: the host keeps one of each hundred (NETWORK_KEEP), and a
 *         start begins in the next hundred.
 *         TLVs go in as they are, as long as the body has room; then the largest become
 *         contents of their own, compressed if that makes them smaller.
 *         SPEC: every TLV is a content / OURS: inline first; legal, and a node that hears of us
 *         needs to ask for nothing.
 *         A description of ours that we did not make, with a right signature and a number that is
 *         not below ours: the host lost what it kept, or somebody has our key. It is told, and
 *         our next number is above it; but this not often, for the other may do the same.
 * Memory  allocated from the pool.
 */
#pragma once
#include "base/bucket.h"
#include "base/clock.h"
#include "core/fx.h"
#include "core/l3/chain.h"
#include "core/l3/description.h"
#include "wire/bmx7.h"

struct l3;
struct described;
struct described_head;

enum {
	SELF_COLLECT_MS = 20,
	SELF_CHAIN_SLICE = 400,	    /* links of the chain made at once ... */
	SELF_CHAIN_MS = 1,	    /* ... each so often */
	SELF_SQN_STEP = 100,	    /* numbers between two that are kept */
	SELF_REVISION = 0x4e757600, /* "Nuv", in INFO: a program that is no bmx7 */
	SELF_TLV_MAX = 8192,	    /* bytes of one TLV that others of this node want published */
	SELF_TWINS = 2,		    /* descriptions by a twin that are looked at, at once ... */
	SELF_TWIN_S = 300,	    /* ... and one more each */
};

struct self {
	uint32_t boot_sqn, desc_sqn; /* 0: none yet */
	uint32_t kept;		     /* the last that the host was asked to keep */
	instant renew_at;	     /* NEVER: nothing changed */
	struct described *signing;   /* NULL: none is with a job */
	struct own_chain *chain;     /* growing; then of signing */
	size_t signature_at;	     /* in its body */
	bool again;		     /* something changed since */
	uint32_t twin_sqn;	     /* of a description that is with a job; 0: none */
	uint32_t twin_tag;
	struct bucket twins;
	struct {
		uint8_t *at;
		size_t len;
	} more[BMX7_TLV_TYPES]; /* what others of this node want published */
	bool trusts;		/* even if nobody else: TRUSTS was published */
};

void self_init(struct l3 *l3, instant now);
void self_fini(struct l3 *l3);
/* Our primary address, /128. */
struct ipv6 self_primary(const struct l3 *l3);
/* Something changed: builds anew in a moment. */
void self_renew(struct l3 *l3, instant now);
/* The moment has come. */
void self_build(struct l3 *l3, instant now, struct fx *fx);
/* A description came in that says it is ours. */
void self_heard(struct l3 *l3, instant now, const struct bmx7_tlv *frame,
		const struct described_head *h, struct fx *fx);
/* A job is done: the signature of our own was made, or that of a twin was verified. */
void self_job_done(struct l3 *l3, instant now, uint32_t tag, const struct job_done *d,
		   struct fx *fx);
