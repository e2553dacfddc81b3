/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l3_route - the choice among the claims for a node, and what we told others.
 *
 * Source  specs/bmx7.md 6.6, 7, 9; repair and withdrawal: ours, README.md "Repair".
 * Shape   (desc_sqn, sqn, metric) is what was sent last, or will be with the next batch; floor is
 *         the feasibility minimum: what is not newer nor better than it could lead back to us.
 * Memory  embedded in struct l3_node.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "base/timer.h"
#include "core/fx.h"
#include "core/l3/description.h"
#include "core/l3/kept_path.h"
#include "core/l3/l3.h"

struct l3_node;
struct l3_link;
struct claim;

enum {
	ROUTE_FIRST_S = 5, /* after its first OGM only newer numbers of a node count */
};

struct floor {
	uint32_t desc_sqn;
	uint16_t sqn;
	uint64_t metric; /* as on the wire */
};

/* A candidate waits out its lateHysteresis. */
struct late {
	struct timer timer;
	struct l3_node *node;
};

struct l3_route {
	struct claim *claims; /* the first, by neighbour's id */
	uint16_t claim_count;
	struct l3_link *link; /* NULL: no route */
	struct list of_link;
	struct claim *chosen; /* of the neighbour of link */
	uint16_t sqn;	      /* sent; 0: none */
	struct kept_path path;
	uint8_t hops;
	uint64_t metric_told; /* to other cores; 0: no path */
	struct floor floor;
	instant first;	   /* when its first OGM was taken; NEVER: none yet */
	uint16_t newest;   /* number that anybody claimed, 0: none ... */
	instant newest_at; /* ... and when it came first */
	/* in a batch that waits to be sent or asked for */
	struct batch *batch;
	struct list of_batch;
	uint8_t batch_len;
	struct late *late;   /* NULL: no candidate waits */
	struct list of_lost; /* of l3.lost: it had a way, and has none */
};

/* METRIC_UNROUTABLE: none, or a doubted one. */
static inline uint64_t l3_route_metric(const struct l3_route *r)
{
	return kept_path_metric(&r->path);
}

void l3_route_init(struct l3 *l3, struct l3_node *n);
void l3_route_fini(struct l3 *l3, struct l3_node *n);
/* c has something new to say: take it? */
void l3_route_offer(struct l3 *l3, instant now, struct claim *c, struct fx *fx);
/* The route's link or claim is lost, or (keep) doubted: takes the best feasible other, at once.
 * When there is none it is withdrawn; with `keep` only from others, the kernel keeps it. */
void l3_route_repair(struct l3 *l3, instant now, struct l3_node *n, bool keep, struct fx *fx);
/* The link of n's hash chain that the number sent stands for, in disguise; ours too. */
struct bmx7_link l3_route_link(struct l3 *l3, const struct l3_node *n);
/* n has a new description: numbers start anew, its networks may have changed. old: what it was
 * before, or NULL. The route stays until newer numbers come. */
void l3_route_described(struct l3 *l3, struct l3_node *n, const struct description *old,
			struct fx *fx);
/* n has none any more; old: what it was. */
void l3_route_undescribed(struct l3 *l3, struct l3_node *n, const struct description *old,
			  struct fx *fx);
/* Is there a node that we lost, and others say that they reach, but perhaps through us? */
bool l3_routes_lack(const struct l3 *l3);
/* TIMER_LATE fired. */
void l3_route_late(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx);

/* Why c is not the way, and what it would be worth. */
enum l3_exclusion l3_route_excluded(const struct l3 *l3, instant now, const struct claim *c,
				    uint64_t *metric);
