/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claim - what a neighbour says about a node: its number (IID) for it, and the path that it has.
 *
 * Source  specs/bmx7.md 6.5, 6.6.
 * Shape   key: neighbour and iid; once resolved, neighbour and node are unique too. A neighbour
 *         gives the lowest numbers that are free: so its claims stand in pages, by iid.
 * Memory  pages are allocated, at most one for each claim; claims at most claims_max, and per
 *         neighbour what nodes_max allows. When full, a page's claim that was used longest ago is
 *         evicted, of one page of that neighbour after the other. Unused for CLAIM_TIMEOUT_S:
 *         freed, by a look at CLAIM_SWEEP numbers a time.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "base/timer.h"
#include "core/fx.h"
#include "core/l3/chain.h"
#include "core/l3/kept_path.h"

struct l3;
struct near;
struct l3_node;

enum {
	CLAIM_TIMEOUT_S = 72,
	CLAIM_PAGE = 16,
	CLAIM_SWEEP = 1024,
	CLAIM_SWEEP_MS = 500,
	CLAIM_SEARCH_SLICE = 1500, /* hashes of a search made at once ... */
	CLAIM_SEARCH_MS = 1,	   /* ... each so often */
};

/* An OGM whose number we cannot tell yet: until IID_ADV or a description comes. */
struct claim_wait {
	struct list searching; /* in order of wish, or in no list */
	struct claim *claim;
	uint16_t batch;
	struct bmx7_ogm ogm;
};

struct claim {
	struct l3_node *node;	 /* NULL: unresolved */
	struct claim *next;	 /* of the node's, by neighbour's id */
	struct claim_wait *wait; /* for the newest OGM that was not understood, or NULL */
	instant used;
	/* newest OGM that was understood */
	instant at; /* when that number came */
	struct kept_path path;
	uint32_t desc_sqn;
	uint16_t iid;	       /* the neighbour's; 0: no claim */
	uint16_t sqn;	       /* 0: none */
	uint16_t batch;	       /* that said it last */
	uint16_t better_since; /* number since which it was better than the route; 0: it is not */
	uint8_t hops;	       /* to the node, over this neighbour */
};

/* The claims of a neighbour with numbers from a multiple of CLAIM_PAGE on. */
struct claim_page {
	struct near *near;
	uint32_t count;
	struct claim claim[CLAIM_PAGE];
};

/* Of a neighbour. */
struct claim_pages {
	struct claim_page **page; /* by iid / CLAIM_PAGE */
	uint16_t room;
	uint16_t hand;	/* whose turn it is to be evicted from */
	uint16_t sweep; /* from here on numbers are looked at next ... */
	instant end;	/* ... and this is when the first of those before ends */
	uint32_t count; /* claims */
};

struct claims {
	uint32_t count;
	/* Numbers far ahead are searched one after the other, a piece at a time. */
	struct list searching; /* struct claim_wait */
	struct timer search;
	const struct claim *walking; /* the first, if its search has begun */
	uint32_t walk_desc_sqn;
	uint16_t walk_batch;
	struct bmx7_ogm walk_ogm;
	struct chain_walk walk;
};

static inline struct near *claim_near(const struct claim *c)
{
	const struct claim *first = c - c->iid % CLAIM_PAGE;

	return container_of(first, struct claim_page, claim[0])->near;
}

/* That of r with the lowest number from *iid on, or NULL; *iid is behind it then. It may be freed
 * before the next is asked for. */
struct claim *claim_next(const struct near *r, unsigned *iid);

enum err claims_init(struct l3 *l3);
void claims_fini(struct l3 *l3);

/* An OGM of a neighbour, in a batch of that number. */
void claim_ogm(struct l3 *l3, instant now, struct near *r, uint16_t batch, const struct bmx7_ogm *o,
	       struct fx *fx);
/* IID_ADV of a neighbour. */
enum err claim_iid(struct l3 *l3, instant now, struct near *r, const struct bmx7_iid *i,
		   struct fx *fx);
/* n has a new description: claims that waited for it are tried again. */
void claims_described(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx);
/* TIMER_SEARCH fired. */
void claims_search(struct l3 *l3, instant now, struct fx *fx);
/* n was forgotten: who claims a path to it has to say so again. */
void claims_forget(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx);
/* Frees it, nothing else; for the end of the engine. */
void claim_drop(struct l3 *l3, struct claim *c);
/* r has no claims any more, and goes. */
void claim_pages_free(struct l3 *l3, struct near *r);
/* Frees it; a route over it looks for another way. */
void claim_free(struct l3 *l3, instant now, struct claim *c, struct fx *fx);
/* Is an IID_REQ for it still worth sending? */
bool claim_wants_iid(const struct l3 *l3, const struct near *r, uint16_t iid);
/* Frees those of r that were not used; when to look again. */
instant claims_expire(struct l3 *l3, instant now, struct near *r, struct fx *fx);
