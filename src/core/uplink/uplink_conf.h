/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplink_conf - what an operator may set of the sharing of uplinks.
 *
 * Source  ours. Plain data; conf/ fills it.
 */
#pragma once
#include "base/clock.h"
#include "core/uplink.h"

struct uplink_conf {
	bool on;
	span check;		/* between two checks of a way that works; default 1 s */
	uint64_t bandwidth_bps; /* as the operator says; 0: as measured */
	struct uplink_target target[UPLINK_TARGETS_MAX]; /* no UPLINK_WEB */
	uint8_t targets;
	bool web; /* there is a page to look at */
};
