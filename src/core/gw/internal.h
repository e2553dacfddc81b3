/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal - the tables that the files of this folder share.
 *
 * Source  ours; README.md here.
 * Shape   node 1:n candidate n:1 route. A route that may have changed is in `dirty`; one without
 *         candidates lives until the evaluation that tells that it is gone.
 * Memory  from the pool.
 */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "core/gw/gw.h"

struct gw_node {
	struct map_node by_id;
	struct list all;
	struct digest id;
	char name[GW_NAME];
	uint64_t metric;
	uint32_t tunnels, networks, ingresses;
	uint32_t networks_room, ingresses_room; /* allocated */
	struct ipv6 tunnel[GW_TUNNELS_MAX];
	struct gw_network *network;
	struct gw_ingress *ingress;
	struct list candidates;
};

/* A network that a search matches. */
struct gw_candidate {
	struct list of_node;
	struct list of_route;
	struct gw_node *node;
	struct gw_route *route;
	uint32_t network; /* which of the node's */
	uint8_t slot;	  /* the search's */
	uint64_t metric;  /* at the last evaluation */
};

struct gw_route {
	struct map_node by_key;
	struct list all;
	struct list dirty;
	struct list candidates;
	struct tunnel_key key;
	bool active; /* there is a gateway; which, and of what it was chosen */
	struct tunnel_to gateway;
	struct gw_network network;
	uint8_t slot;
	struct gw_candidate *best; /* during an evaluation */
	bool overlapped;	   /* ... so that the best must not be chosen */
};

struct gw {
	struct pool *pool;
	struct gw_conf conf;
	struct map nodes;
	struct list all_nodes;
	struct map routes;
	struct list all_routes, dirty;
	uint32_t of_bits[2][129]; /* how many routes of each family and length */
	uint32_t matches;
	uint32_t starved_at; /* how many there were when one was refused; 0: none was */
	bool walk_all;	     /* overlaps anywhere may have changed */
	uint32_t sources, locals;
	struct prefix source[GW_SOURCES_MAX];
	struct prefix local[GW_LOCALS_MAX];
	bool used[GW_SEARCHES_MAX];
	struct gw_search search[GW_SEARCHES_MAX];
	struct gw_counters count;
};

/* Enters what n's networks are to the search, if it matches them. */
void gw_candidates_add(struct gw *g, struct gw_node *n, unsigned slot);
/* All anew. What is used stays so, by hysteresis too, as long as it is among them. */
void gw_match_all(struct gw *g);
void gw_candidate_del(struct gw *g, struct gw_candidate *c);
void gw_route_touch(struct gw *g, struct gw_route *r);
void gw_route_del(struct gw *g, struct gw_route *r);
/* Is it what its route uses? */
bool gw_candidate_active(const struct gw_candidate *c);
