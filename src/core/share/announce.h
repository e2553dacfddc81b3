/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announce - that we are here and where our set stands; and what we lack of others'.
 *
 * Source  docs/specs/alfred.md; README.md here, "Announcements", "Wants".
 * Time    each share_conf.announce, and some times soon after a change.
 */
#pragma once
#include "core/share/share.h"
#include "wire/alfred.h"

struct peer;

enum {
	WANT_SOON_MS = 20, /* what was pushed may still be on its way: 1 to 2 times this */
	WANT_AGAIN_MS = 200,
	WANT_DOUBLINGS = 6,
	WANT_BULK = 3,	     /* so many sets of which we have nothing are asked of one peer */
	WANT_BULK_MS = 1000, /* and again, if that did not give them, plus ... */
	WANT_BULK_EACH_MS = 8,
	WANTS_PER_CALL = 16,
	GREET_MS = 200,
	GREET_AGAIN_MS = 3000, /* a new one that announces itself again may have missed it */
	MET_MS = 500,
	MET_AGAIN_MS = 2000,
	REFRESHES = 4,	   /* editions within share_conf.keep */
	EDITION_MS = 2000, /* between two because something was withdrawn */
	REPAIRS = 3,	   /* intervals for which alfred gets a change again */
};

/* Timers. */
void announce_period(struct share *s, instant now, struct fx *fx);
void announce_hurry(struct share *s, instant now, struct fx *fx);
void announce_edition(struct share *s, instant now);
/* All changes are out: say so some times soon. */
void announce_soon(struct share *s, instant now);
/* Something left our set. */
void announce_withdrawn(struct share *s, instant now);
/* To a peer that is new to us. */
void announce_greet(struct share *s, instant now, const struct peer *p, struct fx *fx);
/* A peer that is new to us said this: two parts of the cloud have met, perhaps. */
void announce_met(struct share *s, instant now, struct alfred_state state);

/* What a peer says of its set. */
void state_rx(struct share *s, instant now, struct peer *p, struct alfred_state state);
/* A range of a set came: is there a gap before it? false: it is not to be read. */
bool range_open(struct share *s, instant now, struct peer *sender, struct peer *publisher,
		const struct alfred_range *range);
void range_close(struct share *s, instant now, struct peer *sender, struct peer *publisher,
		 const struct alfred_range *range);
/* Do we lack something of its set, now that this was heard of it? */
void behind_update(struct share *s, instant now, struct peer *p);
/* The timer: asks for what we lack. */
void want_ask(struct share *s, instant now, struct fx *fx);
