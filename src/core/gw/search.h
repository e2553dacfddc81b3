/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * search - a network outside that is wanted, and what of a gateway for it counts (tunOut).
 *
 * Source  specs/bmx7.md 8.2; specs/libremesh.md 1.8.
 * Shape   plain data: the configuration fills it in.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/digest.h"
#include "base/prefix.h"

enum {
	GW_NAME = 64,  /* of a node (INFO), with its NUL */
	GW_LABEL = 32, /* of a search, with its NUL */
	GW_SEARCHES_MAX = 32,
	GW_PERCENT_MAX = 100000, /* rating and hysteresis; with it, metrics fit 64 bits */
	GW_PROTO_ANY = 256,
	GW_BITS_OWN = 129, /* bits_min: the search's own length */
};

struct gw_search {
	char label[GW_LABEL]; /* what its owner calls it; for people only */
	struct prefix prefix;
	uint16_t proto;	    /* GW_PROTO_ANY */
	uint8_t bits_min;   /* of the offered prefix; GW_BITS_OWN */
	uint8_t bits_max;   /* 128, for IPv4 too */
	char name[GW_NAME]; /* only this node; "": any */
	bool by_node;	    /* only `node` */
	struct digest node;
	uint32_t rating;	/* % */
	uint32_t hysteresis;	/* % */
	uint64_t bandwidth_min; /* bit/s: more than this is not better */
	uint32_t preference;	/* of the IP rule */
	uint32_t table;		/* that it names */
	uint32_t ip_metric;	/* of the route */
	bool allow_overlap;	/* others may have a part of it though they are worse ... */
	bool break_overlap;	/* ... and it may have a part of better ones */
};

/* A search with the reference's defaults. */
struct gw_search gw_search_default(struct prefix prefix);
