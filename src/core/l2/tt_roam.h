/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tt_roam - roaming advertisements: a client that another node announces is here.
 *
 * Source  specs/batman-adv.md 11 "Roaming".
 * Shape   A ring remembers how often each of the last TT_ROAMS clients was
 *         advertised, so that a client which two LANs claim cannot make us shout.
 *         The oldest gives way.
 * Memory  embedded in struct tt_global.
 */
#pragma once
#include "base/clock.h"
#include "base/err.h"
#include "base/mac.h"
#include "core/fx.h"

struct l2;
struct batadv_utvlv;
struct batadv_tvlv;

enum {
	TT_ROAMS = 128,
	TT_ROAM_MAX = 5,       /* advertisements for a client ... */
	TT_ROAM_WINDOW_S = 20, /* ... within this time */
};

struct tt_roam {
	struct mac mac;
	uint16_t vid;
	uint32_t count; /* 0: the slot was never used */
	instant since;	/* the first of them */
};

struct tt_roams {
	struct tt_roam at[TT_ROAMS];
	uint32_t next;
};

/* A client that the global table has elsewhere was heard here: tells each home
 * that it has not left yet (at most 5 times in 20 s per client) and marks the
 * entry ROAM. Nothing when there is no entry. */
void tt_roam_in(struct l2 *l2, instant now, struct mac mac, uint16_t vid, struct fx *fx);

/* A ROAM container for us: a client of ours is at u->src now.
 * ERR_UNKNOWN: no such originator. ERR_MALFORMED, ERR_SHORT: bad container.
 * ERR_BLOCKED: a permanent client of ours. ERR_OLD: it is not here any more, and a
 * third node has announced it since. ERR_FULL: see tt_global_add. */
enum err tt_roam_rx(struct l2 *l2, instant now, const struct batadv_utvlv *u,
		    const struct batadv_tvlv *t, struct fx *fx);
