/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnels - what the methods tell of one-way tunnels to networks outside.
 *
 * Source  ours; read-only views of node/tunnels and core/gw.
 * Memory  results are new references, or NULL without memory.
 */
#pragma once
#include <jansson.h>
#include "ctl/method.h"
#include "ctl/network.h"
#include "node/tunnels.h"

/* All routes into tunnels; the caller frees. NULL: no memory, *count is 0. */
struct tunnels_route_view *tunnels_route_views(const struct tunnels *t, instant now, size_t *count);

/* What gw_explain told, as many as are wanted; {0} is none, and the owner frees at. */
struct explained {
	struct gw_why *at;
	size_t count, room;
};

/* Without memory it is left out. */
void explained_add(struct explained *e, const struct gw_why *why);

/* The routes into tunnels; empty when there are no tunnels. */
json_t *tunnels_routes_json(const struct call *call, const struct l3 *l3);
/* What a node offers behind its tunnels. */
json_t *tunnels_offers_json(const struct call *call, const struct digest *id);
/* The tunnels out, all or those to one node. */
json_t *tunnels_outs_json(const struct call *call, const struct l3 *l3, const struct digest *of);

/* ---- why_tunnel.c ---- */

/* Is text the address or prefix of no node, so that only a tunnel could lead there? */
bool why_tunnel_is_meant(const struct call *call, const char *text, struct prefix *p);
/* Which tunnel packets for p (its first address, when it is a prefix) take, and why. */
json_t *why_tunnel(struct call *call, const struct l3 *l3, const struct prefix *p);
/* "worse": "another gateway of this network is worth more" */
const char *tunnel_reason_words(enum gw_reason reason);
