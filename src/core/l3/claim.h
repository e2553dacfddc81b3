/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claim - what a neighbour says about a node: its number (IID) for it, and the path that it has.
 *
 * Source  specs/bmx7.md 6.5, 6.6.
 * Shape   key: neighbour and iid; once resolved, neighbour and node are unique too. waiting: an
 *         OGM whose number we cannot tell yet keeps its claim until IID_ADV or a description
 *         comes.
 * Memory  allocated, at most claims_max, and per neighbour what nodes_max allows; when full the
 *         claim of that neighbour that was used longest ago is evicted. Unused for CLAIM_TIMEOUT_S:
 *         freed. No walk: the list of a neighbour is in order of use.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timer.h"
#include "core/fx.h"
#include "core/l3/chain.h"
#include "core/l3/metric.h"

struct l3;
struct near;
struct l3_node;

enum {
	CLAIM_TIMEOUT_S = 72,
	CLAIM_SEARCH_SLICE = 1500, /* hashes of a search made at once ... */
	CLAIM_SEARCH_MS = 1,	   /* ... each so often */
};

struct claim {
	struct map_node by_iid;
	struct list of_near;   /* in order of use */
	struct list of_node;   /* by neighbour's id; in no list while unresolved */
	struct list searching; /* in order of wish, or in no list */
	struct near *near;
	struct l3_node *node; /* NULL: unresolved */
	uint16_t iid;	      /* the neighbour's */
	instant used;
	/* newest OGM that was understood */
	uint32_t desc_sqn;
	uint16_t sqn;		/* 0: none */
	struct bmx7_link chain; /* in disguise, as it is passed on */
	struct metric_path path;
	uint16_t batch;	       /* that said it last */
	uint8_t hops;	       /* to the node, over this neighbour */
	instant at;	       /* when that number came */
	uint16_t better_since; /* number since which it was better than the route; 0: it is not */
	/* newest OGM that was not */
	bool waiting;
	uint16_t wait_batch;
	struct bmx7_ogm wait;
};

struct claims {
	struct map by_iid;
	uint32_t count;
	/* Numbers far ahead are searched one after the other, a piece at a time. */
	struct list searching;
	struct timer search;
	const struct claim *walking; /* the first, if its search has begun */
	uint32_t walk_desc_sqn;
	uint16_t walk_batch;
	struct bmx7_ogm walk_ogm;
	struct chain_walk walk;
};

enum err claims_init(struct l3 *l3);
void claims_fini(struct l3 *l3);

/* An OGM of a neighbour, in a batch of that number. */
void claim_ogm(struct l3 *l3, instant now, struct near *r, uint16_t batch, const struct bmx7_ogm *o,
	       struct fx *fx);
/* IID_ADV of a neighbour. */
enum err claim_iid(struct l3 *l3, instant now, struct near *r, const struct bmx7_iid *i,
		   struct fx *fx);
/* n has a new description: claims that waited for it are tried again. */
void claims_described(struct l3 *l3, instant now, struct l3_node *n);
/* TIMER_SEARCH fired. */
void claims_search(struct l3 *l3, instant now, struct fx *fx);
/* n was forgotten: who claims a path to it has to say so again. */
void claims_forget(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx);
/* Frees it, nothing else; for the end of the engine. */
void claim_drop(struct l3 *l3, struct claim *c);
/* Frees it; a route over it looks for another way. */
void claim_free(struct l3 *l3, instant now, struct claim *c, struct fx *fx);
/* Is an IID_REQ for it still worth sending? */
bool claim_wants_iid(const struct l3 *l3, const struct near *r, uint16_t iid);
/* Frees those of r that were not used; when the next ends. */
instant claims_expire(struct l3 *l3, instant now, struct near *r, struct fx *fx);
