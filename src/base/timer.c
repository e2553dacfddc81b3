/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/timer.h"
#include <assert.h>
#include <string.h>

void timers_init(struct timers *ts, struct pool *pool)
{
	*ts = (struct timers){.pool = pool};
}

void timers_fini(struct timers *ts)
{
	assert(ts->registered == 0);
	pool_free(ts->pool, ts->heap, ts->room * sizeof(*ts->heap));
	ts->heap = NULL;
	ts->room = 0;
}

bool timer_init(struct timers *ts, struct timer *t, uint8_t kind)
{
	if (ts->registered == ts->room) {
		uint32_t room = ts->room ? ts->room * 2 : 16;
		struct timer_entry *heap = pool_alloc(ts->pool, room * sizeof(*heap));

		if (!heap)
			return false;
		if (ts->count > 0)
			memcpy(heap, ts->heap, ts->count * sizeof(*heap));
		pool_free(ts->pool, ts->heap, ts->room * sizeof(*heap));
		ts->heap = heap;
		ts->room = room;
	}
	*t = (struct timer){.at = NEVER, .kind = kind};
	ts->registered++;
	return true;
}

void timer_fini(struct timers *ts, struct timer *t)
{
	timer_cancel(ts, t);
	assert(ts->registered > 0);
	ts->registered--;
}

static bool earlier(const struct timer_entry *a, const struct timer_entry *b)
{
	return a->at.us != b->at.us ? a->at.us < b->at.us : a->order < b->order;
}

static void put(struct timers *ts, uint32_t i, struct timer_entry e)
{
	ts->heap[i] = e;
	e.timer->place = i + 1;
}

static void sift_up(struct timers *ts, uint32_t i, struct timer_entry e)
{
	while (i > 0 && earlier(&e, &ts->heap[(i - 1) / 2])) {
		put(ts, i, ts->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(ts, i, e);
}

static void sift_down(struct timers *ts, uint32_t i, struct timer_entry e)
{
	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= ts->count)
			break;
		if (child + 1 < ts->count && earlier(&ts->heap[child + 1], &ts->heap[child]))
			child++;
		if (!earlier(&ts->heap[child], &e))
			break;
		put(ts, i, ts->heap[child]);
		i = child;
	}
	put(ts, i, e);
}

/* e takes the place i, which is free. */
static void settle(struct timers *ts, uint32_t i, struct timer_entry e)
{
	if (i > 0 && earlier(&e, &ts->heap[(i - 1) / 2]))
		sift_up(ts, i, e);
	else
		sift_down(ts, i, e);
}

void timer_cancel(struct timers *ts, struct timer *t)
{
	if (!timer_is_set(t))
		return;
	uint32_t i = t->place - 1;
	struct timer_entry last = ts->heap[--ts->count];

	assert(i <= ts->count && (i == ts->count ? last : ts->heap[i]).timer == t);
	t->place = 0;
	t->at = NEVER;
	if (last.timer != t)
		settle(ts, i, last);
}

void timer_set(struct timers *ts, struct timer *t, instant at)
{
	if (at.us == NEVER.us) {
		timer_cancel(ts, t);
		return;
	}
	struct timer_entry e = {at, ts->order++, t};
	bool moves = timer_is_set(t);

	t->at = at;
	if (moves) {
		settle(ts, t->place - 1, e);
		return;
	}
	assert(ts->count < ts->registered);
	sift_up(ts, ts->count++, e);
}

struct timer *timers_pop(struct timers *ts, instant now)
{
	if (ts->count == 0 || !instant_reached(ts->heap[0].at, now))
		return NULL;
	struct timer *t = ts->heap[0].timer;

	timer_cancel(ts, t);
	return t;
}
