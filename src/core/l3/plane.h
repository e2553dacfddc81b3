/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plane - what the content plane tells the link and routing planes.
 *
 * Source  README.md "Who owns what".
 * Shape   Called when something has happened; the callee takes all that follows from it.
 */
#pragma once
#include "core/fx.h"
#include "core/l3/chain.h"
#include "core/l3/description.h"

struct l3;
struct l3_node;

/* A description of n is whole and every TLV is well formed. May it be accepted? The node whose
 * address overlaps one of d's (n must be blocked then), or NULL. */
const struct l3_node *plane_conflict(const struct l3 *l3, const struct l3_node *n,
				     const struct description *d);

/* n->description was replaced; old: what it was, or NULL; freed by the content plane afterwards.
 * With another bootSqn all that was known of paths to it is forgotten first. */
void plane_described(struct l3 *l3, instant now, struct l3_node *n, const struct description *old,
		     struct fx *fx);

/* n->description was old and is NULL now: forgotten, or blocked. */
void plane_undescribed(struct l3 *l3, instant now, struct l3_node *n, const struct description *old,
		       struct fx *fx);

/* Our own description was replaced (l3->self->description; old: as above), with the key that
 * link_keys_next() gave, and with this chain (copied; grown, not disguised yet).
 * Links and OGMs go over to it. */
void plane_self_described(struct l3 *l3, instant now, const struct description *old,
			  const struct own_chain *chain, struct fx *fx);
