/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * originator - the nodes that we have heard of, the paths to each, and the
 * choice among these.
 *
 * Source  specs/batman-adv.md 6, 7, 9.
 * Shape   An originator has paths, one for each neighbour that passed on one of
 *         its OGMs; each path has a receive window and a ring of TQ values per
 *         outgoing interface (OIF), and each OIF has its own best path, the
 *         router. OIF_DEFAULT serves what we send ourselves.
 *         The list of paths is shared by all OIFs; windows, rings, last_seqno,
 *         router and reset are per OIF.
 * Memory  allocated from the pool with ports_max + 1 OIFs; at most
 *         originators_max. A full table refuses new originators, counted.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timer.h"
#include "core/fx.h"
#include "core/l2/tt_sync.h"
#include "core/l2/window.h"

struct l2;
struct neighbour;
struct frag_chains;

enum {
	TQ_RING = 5,
	PATH_TIMEOUT_S = 200,
	ORIGINATOR_TIMEOUT_S = 400,
};

struct path_oif {
	uint64_t window; /* OGMs of the originator heard by this path; bit 0 is last_seqno */
	uint8_t ring[TQ_RING];
	uint8_t ring_at;
	uint8_t tq; /* mean of the ring's non-zero values, 0 if none */
};

struct path {
	struct list of_originator;
	struct neighbour *neighbour;
	instant last_seen;
	bool direct;	   /* the neighbour's newest echo says: heard from the originator itself, */
	instant direct_at; /* best so, and this is when it came */
	struct path_oif oif[];
};

struct route {
	struct path *router; /* NULL: no route */
	uint32_t last_seqno;
	uint8_t last_ttl;
	bool started; /* last_seqno was heard */
	bool was_reset;
	instant reset_at; /* the last accepted jump of the sequence number */
};

struct originator {
	struct map_node node;
	struct list all; /* in order of appearance */
	struct mac mac;
	instant last_seen;
	bool hurried; /* a router was chosen because one went; nothing newer was heard since */
	struct timer expiry;
	struct list paths;
	struct tt_remote tt;	   /* its clients, see tt_sync.h */
	struct flood_window bcast; /* which of its broadcasts we had */
	struct frag_chains *frags; /* NULL until it sends a fragment */
	uint32_t gw_down_100kbit, gw_up_100kbit;
	uint32_t news; /* CRC of the containers of its OGM passed on last */
	struct route route[];
};

struct originators {
	struct map map;
	struct list all;
	uint32_t count;
	bool full_told; /* NOTE_TABLE_FULL went out since there was room last */
};

/* conf, pool, prng and timers of l2 are there. ERR_FULL: no memory; nothing to fini. */
enum err originators_init(struct l2 *l2);
/* Before tt_global_fini, frags_fini and ports_fini, into which originators point. */
void originators_fini(struct l2 *l2);

struct originator *originator_find(const struct l2 *l2, struct mac mac);
/* Finds or makes; NULL when full (counted in originator_full). */
struct originator *originator_get(struct l2 *l2, instant now, struct mac mac, struct fx *fx);
/* Its expiry timer fired: drops paths not used for PATH_TIMEOUT_S; re-armed when it
 * was seen meanwhile, else deleted with its TT. */
void originator_expire(struct l2 *l2, instant now, struct originator *o, struct fx *fx);
void originator_free(struct l2 *l2, instant now, struct originator *o, struct fx *fx);

/* The best path for an OIF, or NULL. It uses a doubted neighbour only when there
 * was no other choice. */
static inline struct path *originator_router(const struct originator *o, unsigned oif)
{
	return o->route[oif].router;
}

/* The mean TQ of the best path for OIF_DEFAULT; 0 without a route. */
uint8_t originator_tq(const struct originator *o);

struct path *path_find(const struct originator *o, const struct neighbour *n);
/* Finds or makes; NULL when out of memory. */
struct path *path_get(struct l2 *l2, struct originator *o, struct neighbour *n);
/* Puts a TQ into the ring; 0 for an OGM that came by others only. */
void path_push(struct path_oif *p, uint8_t tq);

/* Makes p (may be NULL) the router for an OIF. For OIF_DEFAULT it tells (notes)
 * and, when the last route went, takes the originator's clients out of the
 * global table (spec 7.5). */
void route_set(struct l2 *l2, instant now, struct originator *o, unsigned oif, struct path *p,
	       struct fx *fx);
/* The router is doubted: looks for the best path over a neighbour that is not, and that
 * brought a newer OGM than the router did; keeps the router when there is none. (When a
 * node dies, its neighbours would else send its frames to each other, in a circle.) */
void route_reselect(struct l2 *l2, instant now, struct originator *o, unsigned oif, struct fx *fx);
/* p has just got a TQ: does it take over (spec 7.4)? A router over a doubted
 * neighbour gives way at once. */
void route_offer(struct l2 *l2, instant now, struct originator *o, unsigned oif, struct path *p,
		 struct fx *fx);

/* Neighbour n is doubted or leaves: re-selects everything over it; with `gone`
 * its paths are removed too. One walk over the originators, for this event only. */
void originators_avoid(struct l2 *l2, instant now, struct neighbour *n, bool gone, struct fx *fx);
/* The same for all neighbours of a port that went down, and forgets what was kept
 * for it as outgoing interface. */
void originators_port_gone(struct l2 *l2, instant now, uint8_t port, struct fx *fx);
/* A port came up. What its neighbours will be told of the others is what it would be had
 * the port been there all the time. SPEC: it is judged from nothing, and good again after
 * 64 OGMs of each neighbour on the other ports / OURS: these links have not changed. */
void originators_port_new(struct l2 *l2, uint8_t port);
