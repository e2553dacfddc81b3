/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * now - the daemon's clock: time since boot, sleep included.
 *
 * Source  clock_gettime(2), CLOCK_BOOTTIME.
 */
#pragma once
#include <time.h>

#include "base/clock.h"

static inline instant now_boottime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (instant){(int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000};
}
