/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timer - many deadlines in a heap; the earliest is known at once.
 *
 * Source  ours.
 * Shape   A timer is embedded in the object that waits; kind says what for,
 *         so that one switch serves a whole core. Equal deadlines come out in
 *         the order in which they were set: no pointer decides.
 * Memory  the heap's array comes from the pool; timer_set never fails for a
 *         timer that was registered by timer_init (room is made there).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/pool.h"

struct timer {
	instant at;
	uint32_t place; /* 0: not set; else index + 1 in the heap */
	uint8_t kind;
};

/* What decides stands in the heap itself: no timer is touched to compare it. */
struct timer_entry {
	instant at;
	uint64_t order;
	struct timer *timer;
};

struct timers {
	struct pool *pool;
	struct timer_entry *heap;
	uint32_t count;	     /* set */
	uint32_t registered; /* known by timer_init */
	uint32_t room;
	uint64_t order;
};

void timers_init(struct timers *ts, struct pool *pool);
void timers_fini(struct timers *ts);

/* Registers t, unset. false: no memory. */
bool timer_init(struct timers *ts, struct timer *t, uint8_t kind);
/* Cancels and forgets t. */
void timer_fini(struct timers *ts, struct timer *t);

/* Sets, or moves. NEVER cancels. */
void timer_set(struct timers *ts, struct timer *t, instant at);
void timer_cancel(struct timers *ts, struct timer *t);
static inline bool timer_is_set(const struct timer *t)
{
	return t->place != 0;
}

/* The earliest deadline, or NEVER. */
static inline instant timers_next(const struct timers *ts)
{
	return ts->count > 0 ? ts->heap[0].at : NEVER;
}
/* Takes out the earliest timer whose deadline is reached, or NULL. */
struct timer *timers_pop(struct timers *ts, instant now);
