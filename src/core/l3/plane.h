/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plane - what the content plane tells the link and routing planes.
 *
 * Source  README.md "Who owns what".
 * Shape   Called when something has happened; the callee takes all that follows from it.
 */
#pragma once
#include "core/fx.h"
#include "core/l3/description.h"

struct l3;
struct l3_node;

/* A description of n is whole and every TLV is well formed. May it be accepted? The node whose
 * address overlaps one of d's (n must be blocked then), or NULL. */
const struct l3_node *plane_conflict(const struct l3 *l3, const struct l3_node *n,
				     const struct description *d);

/* n->description was replaced (n is accepted, or accepted anew). `restarted`: another bootSqn:
 * all that was known of paths to it is forgotten first. */
void plane_described(struct l3 *l3, instant now, struct l3_node *n, bool restarted, struct fx *fx);

/* n->description is NULL now: forgotten, or blocked. */
void plane_undescribed(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx);

/* Our own description was replaced (l3->self->description), signed with the keys that
 * link_keys_next() gave; own is its chain, disguised. Links and OGMs go over to it. */
void plane_self_described(struct l3 *l3, instant now, struct fx *fx);

/* n is referred to by nobody any more and not heard: it may be freed. Called by the node
 * table itself, and by the content plane when a pursuit ends. */
void plane_unused(struct l3 *l3, instant now, struct l3_node *n, struct fx *fx);
