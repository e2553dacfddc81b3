/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft - rules of nftables, as text, put in force by a child of ours.
 *
 * Source  libnftables(3), linux/netfilter/nf_tables.h.
 * Shape   The library allocates much and ends the program when it cannot: so a child applies the
 *         rules, in one transaction, and nobody waits for it (some 20 ms). Somebody who
 *         removes rules of ours is found by their number.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "drv/netlink.h"

enum { NFT_LOOK_MS = 5, NFT_CHILD_S = 10, NFT_FAULT_ROOM = 160 };

struct nft_child {
	uv_timer_t look; /* is it done? */
	pid_t pid;	 /* 0: none */
	int says;	 /* a pipe */
	/* fault: "" when the rules are in force. */
	void (*done)(void *ctx, const char *fault);
	void *ctx;
};

/* done and ctx are set by the caller. uv: the timer is closed by whoever ends the loop. */
void nft_child_init(struct nft_child *c, uv_loop_t *uv);
/* None is at work. rules: NULL, no memory. Negative errno: done is not called. */
int nft_child_start(struct nft_child *c, const char *rules);
/* Waits; done is not called. */
void nft_child_wait(struct nft_child *c);

/* How many rules a table has. */
unsigned nft_rules_count(struct netlink *ask, uint8_t family, const char *table);
/* Calls each for the table's named counters. */
void nft_counters(struct netlink *ask, uint8_t family, const char *table,
		  void (*each)(void *ctx, const char *name, uint64_t packets), void *ctx);
