/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bucket - a token bucket: at most burst at once, then one each period.
 *
 * Source  ours.
 * Shape   tokens 0..burst. Full at start.
 */
#pragma once
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"

struct bucket {
	uint32_t burst;
	uint32_t tokens;
	span period;
	instant filled; /* when the last token came in */
};

static inline void bucket_init(struct bucket *b, uint32_t burst, span period, instant now)
{
	assert(burst > 0 && period.us > 0);
	*b = (struct bucket){burst, burst, period, now};
}

static inline void bucket_fill(struct bucket *b, instant now)
{
	int64_t due = instant_since(now, b->filled).us / b->period.us;

	if (due >= (int64_t)(b->burst - b->tokens)) {
		b->tokens = b->burst;
		b->filled = now;
	} else if (due > 0) {
		b->tokens += (uint32_t)due;
		b->filled = instant_add(b->filled, span_us(due * b->period.us));
	}
}

/* Takes a token; false: none left, come back at bucket_next(). */
static inline bool bucket_take(struct bucket *b, instant now)
{
	bucket_fill(b, now);
	if (b->tokens == 0)
		return false;
	b->tokens--;
	return true;
}

/* When the next bucket_take can succeed. */
static inline instant bucket_next(const struct bucket *b, instant now)
{
	return b->tokens > 0 ? now : instant_add(b->filled, b->period);
}
