/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l3_node - all nodes that we have heard of, by their id.
 *
 * Source  specs/bmx7.md 5.5; limits: ours, README.md.
 * Shape   A node is kept while it is heard directly (near), or a neighbour gives it a number
 *         (claims), or it is ourselves; else it goes after NODE_LINGER_S, and sooner when room is
 *         needed: first who was unused longest, then the stranger (heard, not verified) that was
 *         silent longest. With neither, new ones are refused.
 * Memory  allocated, at most nodes_max.
 */
#pragma once
#include "base/digest.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timer.h"
#include "core/l3/chain.h"
#include "core/l3/l3_route.h"
#include "core/l3/node_content.h"

struct l3;
struct near;
struct flood;

enum { NODE_LINGER_S = 70 };

struct l3_node {
	struct map_node by_id;
	struct list all; /* in order of appearance */
	struct digest id;
	const struct description *description; /* accepted, or NULL */
	struct node_content content;	       /* of the content plane */
	struct chain chain;		       /* of description; see plane_described */
	struct near *near;		       /* NULL: not heard directly */
	uint32_t attacker;		       /* its packets count only with a newer description */
	uint32_t burst_desc_sqn, burst_sqn;    /* newest packet, of which description of it; not in
						* near,    for who is near again does not begin anew */
	uint16_t iid;			       /* ours for it; 0 while it is not described */
	struct l3_route route;
	struct flood *flood; /* NULL: others were told of it */
	struct list unused;  /* in l3_nodes.unused, or in no list */
	instant unused_at;
};

struct l3_nodes {
	struct map by_id;
	struct list all;
	struct list unused; /* longest first */
	uint32_t count;
	uint32_t foreign;    /* those whose description is of another program than ours */
	struct timer expiry; /* of the first of unused */
};

enum err l3_nodes_init(struct l3 *l3);
void l3_nodes_fini(struct l3 *l3);

struct l3_node *l3_node_by_id(const struct l3 *l3, const struct digest *id);
/* Finds or makes; NULL: full. */
struct l3_node *l3_node_get(struct l3 *l3, instant now, const struct digest *id, struct fx *fx);
/* Does somebody still need n? Puts it into or takes it out of the unused ones. */
void l3_node_review(struct l3 *l3, instant now, struct l3_node *n);
/* TIMER_NODES fired. */
void l3_nodes_expire(struct l3 *l3, instant now, struct fx *fx);
