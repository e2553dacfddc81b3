/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology - the links that our description tells others of, for their maps.
 *
 * Source  specs/bmx7.md 4.3 (TOPOLOGY), and how the reference's plugin of that name goes about it.
 * Shape   Only if the operator wants: who changes a description floods the network. Looked at
 *         each conf.topology_period, the first time after a tenth of it; told anew when a link
 *         is new or gone, or a quality differs by more than TOPOLOGY_STEP.
 * Memory  embedded; links beyond TOPOLOGY_LINKS_MAX are not told.
 */
#pragma once
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/timer.h"

struct l3;

enum {
	TOPOLOGY_LINKS_MAX = 64,
	TOPOLOGY_STEP = 33, /* of 255 */
};

struct topology_link {
	struct digest neighbour;
	uint8_t port, dev_idx; /* ours; the neighbour's */
	uint8_t tq, rq;
};

struct topology {
	struct timer look;
	uint32_t count;
	struct topology_link told[TOPOLOGY_LINKS_MAX];
};

enum err topology_init(struct l3 *l3, instant now);
void topology_fini(struct l3 *l3);
/* TIMER_TOPOLOGY fired. */
void topology_due(struct l3 *l3, instant now);
