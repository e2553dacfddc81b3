/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * match - is an offered network what a search wants, and what is it worth?
 *
 * Source  specs/bmx7.md 8.2, 6.2.
 * Shape   integers of 64 bits; METRIC_MAX, rated and with hysteresis, is less than 2^58.
 */
#pragma once
#include "core/gw/gw.h"

struct gw_node;

/* GW_CHOSEN: it matches; else why not. */
enum gw_reason gw_match(const struct gw *g, const struct gw_search *s, const struct gw_node *n,
			const struct gw_network *net);
/* The route's prefix: the longer one of search and network, which overlap. */
struct prefix gw_match_prefix(const struct gw_search *s, const struct gw_network *net);
/* path: 0 without a route. 0: worth nothing. */
uint64_t gw_match_metric(const struct gw_search *s, uint8_t bandwidth, uint64_t path, bool active);
/* What one of its users may expect of a gateway: bandwidth counts above the search's minimum, too,
 * and is shared; and loss and delay count. */
struct gw_worth {
	uint8_t bandwidth;
	uint32_t users;	 /* with us; > 0 */
	uint32_t damage; /* permille that loss and delay take, < 1000 */
};
uint64_t gw_match_worth(const struct gw_search *s, const struct gw_worth *w, uint64_t path,
			bool active);
