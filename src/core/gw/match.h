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
/* The same, but bandwidth counts above the search's minimum, too. */
uint64_t gw_match_worth(const struct gw_search *s, uint8_t bandwidth, uint64_t path, bool active);
