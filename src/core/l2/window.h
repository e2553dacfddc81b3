/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * window - which of the last 64 sequence numbers were heard?
 *
 * Source  specs/batman-adv.md 6, 10.3.
 * Shape   bit 0 is the newest sequence number, 1 = heard. OGM windows (a bare
 *         uint64_t beside a shared last_seqno) and broadcast windows (with
 *         their own) use the same rules.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/err.h"

enum {
	WINDOW_BITS = 64,
	WINDOW_RESTART = 65536, /* a jump of this much ahead, or WINDOW_BITS back, is a restart */
	WINDOW_PROTECTION_MS = 30000,
	WINDOW_LATE_MS = 1000, /* a node that sent a number just now has not restarted below it */
};

/* Is d (seqno minus the newest) so far off that it must be a restart? */
static inline bool window_is_restart(int32_t d)
{
	return d <= -WINDOW_BITS || d >= WINDOW_RESTART;
}

/* Shifts in d newer sequence numbers; d >= 0, 64 and more clears. */
static inline uint64_t window_shift(uint64_t bits, int32_t d)
{
	return d < WINDOW_BITS ? bits << d : 0;
}

/* Was the number heard that lies age behind the newest? false outside the window. */
static inline bool window_has(uint64_t bits, int32_t age)
{
	return age >= 0 && age < WINDOW_BITS && (bits >> age & 1);
}

/* Would a restart at now be the second one within WINDOW_PROTECTION_MS? */
static inline bool window_is_protected(bool was_reset, instant reset_at, instant now)
{
	return was_reset && span_less(instant_since(now, reset_at), span_ms(WINDOW_PROTECTION_MS));
}

/* How many are set: 0..64. */
static inline unsigned window_count(uint64_t bits)
{
	return (unsigned)__builtin_popcountll(bits);
}

/* A window with its own newest number, for broadcasts of one originator. */
struct flood_window {
	uint64_t bits;
	uint32_t newest;
	bool started;
	bool was_reset;
	instant reset_at;
	instant newest_at; /* when newest came */
};

/* Marks seqno as heard. ERR_DUPLICATE: heard before. ERR_OLD: a copy that lags, by less
 * than WINDOW_RESTART, behind a number that came within WINDOW_LATE_MS; later it cannot be
 * told from a restart. ERR_PROTECTED: it looks like a second restart within 30 s. On an
 * error w is unchanged.
 * SPEC: each number WINDOW_BITS behind is a restart / OURS: a slow node's copies of a burst
 * would turn the window back, and all after them would go out twice. */
enum err flood_window_mark(struct flood_window *w, instant now, uint32_t seqno);
