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
#include "base/prng.h"
#include "core/gw/gw.h"

struct gw_node {
	struct map_node by_id;
	struct list all;
	struct digest id;
	char name[GW_NAME];
	enum gw_verdict verdict[2]; /* [1]: IPv6 */
	uint32_t users[2];	    /* clients of our cloud */
	uint32_t damage[2];	    /* permille that loss and delay take */
	bool pinned[2];
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
	bool refused; /* at the last evaluation: some candidate is not proved, or not wished */
	bool lost;    /* so that there is none; told */
	instant better_since, held_until; /* see gw_hold */
	instant moved;			  /* by its own will ... */
	uint32_t hold_s;		  /* ... and for how long it stays; 0: never */
	struct gw_candidate *best;	  /* during an evaluation */
	bool overlapped;		  /* ... so that the best must not be chosen */
	bool holds;	      /* ... what is used is kept, though the best is another ... */
	uint64_t held_metric; /* ... worth this */
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
	bool held[GW_SEARCHES_MAX]; /* a search by name for the Internet has found its node ... */
	struct digest holder[GW_SEARCHES_MAX]; /* ... this one */
	bool proves[2];
	bool known[2]; /* some gateway of the family was good once */
	bool prefers, strict;
	struct digest preferred;
	struct prng prng; /* who of a crowd goes */
	bool free;	  /* people have just decided: nothing is held */
	instant again;	  /* of gw_deadline */
	struct gw_counters count;
};

/* NULL: it offers nothing. */
struct gw_node *gw_node_find(const struct gw *g, const struct digest *id);
/* Is it a search for the Internet by a name, which anybody may take, so that the first who has it
 * keeps it? */
bool gw_search_holds(const struct gw *g, const struct gw_search *s);
/* For the Internet, so that it is proved and preferred? */
bool gw_candidate_is_internet(const struct gw_candidate *c);
/* What c is worth now: for the Internet, if that is proved, by the whole bandwidth. */
uint64_t gw_candidate_weigh(const struct gw *g, const struct gw_candidate *c);
/* Do several clients use it? */
bool gw_score_crowded(const struct gw_candidate *c);
/* best is better: is it we who go? */
bool gw_score_moves(struct gw *g, const struct gw_candidate *used, const struct gw_candidate *best);
/* All routes for the Internet may change. */
void gw_internet_touch(struct gw *g);
/* Why c cannot be used, though it matches: GW_NO_ROUTE, GW_WORTHLESS, GW_DEAD, GW_ASKED,
 * GW_UNWISHED; else GW_CHOSEN. */
enum gw_reason gw_candidate_check(const struct gw *g, const struct gw_candidate *c);
/* Of two of one route: a total order, in which nothing but what was told decides. */
bool gw_candidate_better(const struct gw *g, const struct gw_candidate *a,
			 const struct gw_candidate *b);
/* What is used may become r's best again, though another one is better. */
void gw_hold(struct gw *g, instant now, struct gw_route *r);

/* Enters what n's networks are to the search, if it matches them. */
void gw_candidates_add(struct gw *g, struct gw_node *n, unsigned slot);
/* All anew. What is used stays so, by hysteresis too, as long as it is among them. */
void gw_match_all(struct gw *g);
void gw_candidate_del(struct gw *g, struct gw_candidate *c);
void gw_route_touch(struct gw *g, struct gw_route *r);
void gw_route_del(struct gw *g, struct gw_route *r);
/* Is it what its route uses? */
bool gw_candidate_active(const struct gw_candidate *c);
