/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft_table - a table of nftables that is ours: kept in force, mended, taken away.
 *
 * Source  ours; drv/nft.h says how.
 * Shape   Whoever owns it writes the rules, as text that makes the whole table anew. While the
 *         child is at work another change waits, and only the last one counts.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "drv/netlink.h"
#include "drv/nft.h"

struct nft_table {
	/* Set by the caller, before the start. */
	uint8_t family; /* NFPROTO_BRIDGE, NFPROTO_INET */
	const char *name;
	const char *mending; /* for people: somebody changed "the filter; making it again" */
	/* What is to be in force. NULL: no memory. Freed by us. */
	char *(*rules)(void *ctx);
	/* For people: why they are missing, when that is news. */
	void (*missing)(void *ctx, const char *why);
	/* Put in force (in_force, which may be taken back), or failed. */
	void (*settled)(void *ctx, bool recovered);
	void *ctx;

	struct netlink netfilter; /* asks */
	struct nft_child child;
	bool again; /* something changed while the child was at work */
	bool in_force;
	unsigned rules_made;
	char fault[NFT_FAULT_ROOM]; /* why they are missing, for people; "" */
};

/* Makes nothing yet. uv: the timer is closed by whoever ends the loop. */
void nft_table_init(struct nft_table *t, uv_loop_t *uv);
/* Until then, and without nftables, nothing is done. Negative errno: this kernel has none. */
int nft_table_open(struct nft_table *t);
/* The same, and an error is why the rules are missing. */
bool nft_table_open_or_fail(struct nft_table *t);
/* The rules are others now. */
void nft_table_apply(struct nft_table *t);
/* Now and then: is all still there? */
void nft_table_check(struct nft_table *t);
/* They cannot be. */
void nft_table_fail(struct nft_table *t, const char *why);
/* Rules that the kernel has. */
unsigned nft_table_rules(struct nft_table *t);
/* Calls each for the named counters. */
void nft_table_counters(struct nft_table *t,
			void (*each)(void *ctx, const char *name, uint64_t packets), void *ctx);
/* Takes the table away, also one that a former daemon left, and waits for that. */
void nft_table_stop(struct nft_table *t);
