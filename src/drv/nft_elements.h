/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft_elements - elements of sets and maps of nftables whose keys are MACs, changed at once.
 *
 * Source  linux/netfilter/nf_tables.h, nfnetlink.
 * Shape   A change of rules by nft.h takes a child and some 20 ms; this is one message to the
 *         kernel. Tables are of family inet.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"
#include "drv/netlink.h"

enum { NFT_ELEMENTS_MAX = 64 /* in one change */ };

struct nft_element {
	struct mac mac;
	uint32_t mark;
};

/* In one transaction: the first `dels` of del go, `adds` of add come. Negative errno, and nothing
 * has changed: one that is to go is not there, or one that is to come is. */
int nft_elements_change(struct netlink *ask, const char *table, const char *map,
			const struct nft_element *del, size_t dels, const struct nft_element *add,
			size_t adds);
/* Shows all keys of a set. Negative errno. */
int nft_elements_each(struct netlink *ask, const char *table, const char *set,
		      void (*seen)(void *ctx, struct mac mac), void *ctx);
