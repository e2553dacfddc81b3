/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ogm - originator messages: ours, and those that we hear.
 *
 * Source  specs/batman-adv.md 4-8; extra and warming OGMs: README.md.
 * Shape   `hasten` asks for an own OGM out of turn; a token bucket keeps these
 *         few. Our OGM is built when it leaves, never before.
 */
#pragma once
#include "base/bucket.h"
#include "base/clock.h"
#include "base/timer.h"
#include "core/ev.h"
#include "core/fx.h"

struct l2;
struct port;

enum {
	OGM_EXTRA_BURST = 5,	    /* extra OGMs at once ... */
	OGM_EXTRA_PERIOD_MS = 1000, /* ... then one each */
	OGM_EXTRA_COLLECT_MS = 10,  /* a change waits so long for others: they come in crowds */
	OGM_EXTRA_GAP_MS = 50,	    /* at least, between two full OGMs */
	OGM_JITTER_MS = 20,	    /* either way; the kernel's */
	OGM_SHORT_TTL = 2,	    /* of a non-primary port, and of warming ones */
	OGM_WARM_COUNT = 64,	    /* after the last new neighbour: fills every window */
	OGM_WARM_PACE = 5,	    /* in one interval */
};

struct ogm {
	struct bucket extras;
	struct timer extra_timer;
	instant last_full; /* when the last one with all containers left */
};

enum err ogm_init(struct l2 *l2, instant now);
void ogm_fini(struct l2 *l2);

/* A frame of OGMs from neighbour src on port. ERR: the whole frame is refused;
 * a bad member ends the walk, members before it count. */
enum err ogm_rx(struct l2 *l2, instant now, uint8_t port, struct mac src, const uint8_t *packet,
		size_t len, struct fx *fx);

/* Something that others should know changed (a client came, left, moved; a port
 * came): send an own OGM as soon as the rate limit allows. */
void ogm_hasten(struct l2 *l2, instant now);

/* Timers: the regular OGM of a port; the extra one; a warming one. */
void ogm_due(struct l2 *l2, instant now, struct port *p, struct fx *fx);
void ogm_extra_due(struct l2 *l2, instant now, struct fx *fx);
void ogm_warm_due(struct l2 *l2, instant now, struct port *p, struct fx *fx);
/* A port came up: its OGM leaves now. renamed: with a MAC that it did not have before,
 * so that its counter starts anew, at random. */
void ogm_port_up(struct l2 *l2, instant now, struct port *p, bool renamed);
/* A young neighbour was found: warm the link for the next 64 OGMs. */
void ogm_warm(struct l2 *l2, instant now, struct port *p);
