/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recent - sets that changed lately: each node's announcement speaks for all of them.
 *
 * Source  README.md here, "Announcements".
 * Shape   Behind an announcement to all, HAVE lists what its sender has of the sets that
 *         changed within RECENT_MS. Whoever is listed there as far as it has told need not
 *         announce itself that time; whoever lacks something asks the publisher for it.
 *         So one lost push is noticed as soon as before, but the announcements in a cloud do
 *         not grow with the number of those who have something to tell.
 * Trust   A list is a hint, of one who may lie: it makes us ask the publisher
 *         RECENT_ASKS times, at a pace, and nothing else.
 */
#pragma once
#include "base/bytes.h"
#include "core/share/share.h"

struct peer;

enum {
	RECENT_MS = 8000,  /* as long as what changed is announced */
	RECENT_MAX = 32,   /* sets in a list */
	RECENT_ENOUGH = 1, /* others that have announced it: we need not */
	RECENT_TOLD = 10,  /* what was announced so often by all together is not listed any more */
	RECENT_ASKS = 6,
	RECENT_HINTS = 16, /* that are followed at once, then one each ... */
	RECENT_HINT_MS = 50,
};

/* The publisher of a set itself told of a change, or the same again. */
void recent_note(struct share *s, instant now, struct peer *p, bool change);
/* HAVE, if there is anything to list. */
void recent_write(struct share *s, instant now, struct wr *w);
/* The value of a HAVE. */
void recent_rx(struct share *s, instant now, struct rd r);
