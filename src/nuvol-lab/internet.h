/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internet - what is behind the uplinks of a town: one place with well-known addresses.
 *
 * Source  ours; nuvol-lab(8). Addresses for documentation (RFC 5737, RFC 3849), for the side of a
 *         provider (RFC 6598), and those of servers that nodes ask by default.
 * Shape   The place PLACE_INTERNET has a cable up<node> to each node's wan0, as fast as the uplink,
 *         with default routes there as a DHCP client makes them. dnsmasq answers for every
 *         name, busybox serves pages: success.txt; bytes, which is long; cgi-bin/from,
 *         which says by whose uplink one comes.
 *         A fault is a table of nft in that place, or in the node's: carrier and neighbours stay.
 */
#pragma once
#include "nuvol-lab/lab.h"

enum internet_fault {
	INTERNET_RETURNS,
	INTERNET_DIES,	 /* nothing comes back */
	INTERNET_NO_DNS, /* but all else does */
	INTERNET_PORTAL, /* DNS passes, each page is the portal's, all else is lost */
	INTERNET_LIES,	 /* the node's own packets pass, those of others are lost */
};

bool internet_is_needed(const struct town *t);
/* The place is there, and empty; so are the nodes' places. false: told why. */
bool internet_make(const struct lab *lab);
bool internet_break(const struct lab *lab, unsigned node, enum internet_fault what);
/* "dies", "returns", "portal", "nodns", "lies"; false: none of these. */
bool internet_fault_parse(const char *word, enum internet_fault *what);
