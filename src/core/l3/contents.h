/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * contents - the state of the content plane.
 *
 * Source  specs/bmx7.md 4.
 * Shape   the content plane's own; others do not look inside. Nodes that wait for something
 *         are in one of the lists.
 * Memory  embedded in struct l3.
 */
#pragma once
#include "base/bucket.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timer.h"
#include "core/l3/self.h"

/* What a node waits for. */
enum content_wait {
	WAIT_SOON,    /* something was refused: there was no room for a request or a job */
	WAIT_QUICK,   /* asked; the first rounds are short */
	WAIT_LATER,   /* asked again and again */
	WAIT_BLOCKED, /* for a conflict to end */
	WAITS,
};

struct contents {
	struct timer due;	 /* whatever it has to do next */
	struct map by_hash;	 /* struct stored */
	struct list ready;	 /* struct pursuit.queue: to be looked at now */
	struct list wait[WAITS]; /* each in order of time */
	instant last_soon;	 /* the turn of the last in wait[WAIT_SOON] */
	uint32_t large;		 /* contents beyond DESCRIBED_SMALL of their description */
	uint32_t serial;	 /* of the last verification */
	struct bucket strangers; /* signatures that strangers may make us verify, together */
	struct self self;
};

/* A description goes out of all ports, but not back to its giver alone; with the key too, so that
 * who hears of a new node need not ask for it. giver: NULL for our own. */
void content_flood(struct l3 *l3, instant now, struct l3_node *n, const struct source *giver,
		   bool with_key);
