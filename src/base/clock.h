/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock - types for time; nothing here reads a clock.
 *
 * Source      ours.
 * Time/units  microseconds in a signed 64-bit integer. An instant counts from
 *             an origin that the host chooses (the daemon: CLOCK_BOOTTIME; the
 *             simulator: 0) and is never negative. Structs, so that an instant
 *             and a span cannot be mixed up.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef struct {
	int64_t us;
} instant;

typedef struct {
	int64_t us;
} span;

#define NEVER ((instant){INT64_MAX})

static inline span span_us(int64_t us)
{
	return (span){us};
}

static inline span span_ms(int64_t ms)
{
	return (span){ms * 1000};
}

static inline span span_s(int64_t s)
{
	return (span){s * 1000000};
}

static inline int64_t span_to_ms(span s)
{
	return s.us / 1000;
}

/* NEVER plus anything is NEVER. */
static inline instant instant_add(instant t, span s)
{
	if (t.us == INT64_MAX || (s.us > 0 && t.us > INT64_MAX - s.us))
		return NEVER;
	return (instant){t.us + s.us};
}

/* later - earlier */
static inline span instant_since(instant later, instant earlier)
{
	return (span){later.us - earlier.us};
}

static inline bool instant_before(instant a, instant b)
{
	return a.us < b.us;
}

static inline bool instant_reached(instant deadline, instant now)
{
	return deadline.us <= now.us;
}

static inline instant instant_min(instant a, instant b)
{
	return a.us < b.us ? a : b;
}

static inline bool span_less(span a, span b)
{
	return a.us < b.us;
}
