/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel_filter - what comes out of the kernel's tunnel from our own cloud to our own cloud is
 * dropped: nftables.
 *
 * Source  docs/decisions.md, "What comes out of a tunnel"; drv/nft.h.
 * Shape   tunnel_user.h does the same where we carry the packets; here the kernel does. A table of
 *         its own in family inet, as the uplinks' is there with uplinks only. It is wished
 *         while our end is one of ip6_tunnel, and comes some 20 ms after it. Like the
 *         interface it outlives a crash, and the next daemon replaces it.
 * Memory  nothing but the struct.
 */
#pragma once
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/ip.h"
#include "drv/nft_table.h"

struct tunnel_filter_wish {
	char name[IFNAMSIZ]; /* of our end; "": no rules */
	struct ipv4 cloud4;  /* an address of our cloud and its prefix's length; 0 bits: none */
	struct ipv6 cloud6;
};

struct tunnel_filter {
	struct tunnel_filter_wish wish;
	struct nft_table table;
};

/* Only a wish changes anything: what a former daemon left stays until then. */
void tunnel_filter_start(struct tunnel_filter *f, uv_loop_t *uv);
void tunnel_filter_set(struct tunnel_filter *f, const struct tunnel_filter_wish *wish);
/* Now and then: is all still there? */
void tunnel_filter_check(struct tunnel_filter *f);
/* Takes the table away; waits for that. */
void tunnel_filter_stop(struct tunnel_filter *f);

/* What is to be in force, as text for nft. NULL: no memory. The caller frees. */
char *tunnel_filter_rules(const struct tunnel_filter *f);
/* Packets that were dropped, since the table was replaced last. */
uint64_t tunnel_filter_count(struct tunnel_filter *f);
