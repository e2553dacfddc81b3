/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplink - does a default route lead to the Internet, and what may be offered of it?
 *
 * Source  ours; specs/needs.md 4; README.md here has the states and the rules.
 * Shape   ways: slot and family. Each has two legs, reach (ping, tcp) and names (dns), which are
 *         good while answers come, doubted when one is missing, dead when none comes of
 *         several targets several times; and a page that shows whether a portal stands between.
 *         The best way of a family that works is used, and offered if what others send can be
 *         carried there.
 * Time    comes in as now and never goes back.
 * Memory  embedded by the caller; nothing is allocated.
 */
#pragma once
#include "base/clock.h"
#include "core/ev.h"
#include "core/fx.h"
#include "core/uplink/uplink_conf.h"

enum {
	UPLINK_TEST_MS = 500, /* between two checks of a way that must prove itself */
	UPLINK_PATIENCE_MS =
		250, /* an answer is missing after three times what the last ones ... */
	UPLINK_PATIENCE_MAX_MS = 500, /* ... took, within these limits */
	UPLINK_BURSTS = 3, /* all targets are asked so often before a leg is dead; each time ... */
	UPLINK_BURST_MIN = 4, /* ... so many checks at least, though there are fewer targets ... */
	UPLINK_BURST_MAX = 8, /* ... and at most: a fifth of all packets may be lost, each way */
	UPLINK_STEADY_MS = 1000, /* so long all must be good the first time ... */
	UPLINK_STEADY_AGAIN_MS =
		5000, /* ... and after a failure, twice as long after each more ... */
	UPLINK_STEADY_MAX_MS = 80000, /* ... up to this */
	UPLINK_FORGIVE_S = 600,	      /* who worked for so long has never failed */
	UPLINK_RETRY_MS = 1000,	      /* between two checks of a way that has failed ... */
	UPLINK_RETRY_LATE_MS = 5000,  /* ... for longer than ... */
	UPLINK_RETRY_LATE_AFTER_S = 60,
	UPLINK_WEB_S = 30,	       /* between two looks at the page while the way works ... */
	UPLINK_WEB_AGAIN_S = 5,	       /* ... and while it does not */
	UPLINK_WEB_WAIT_S = 3,	       /* who has not answered then will not */
	UPLINK_ASKED_MAX = 256,	       /* checks under way; the oldest is forgotten for one more */
	UPLINK_SAMPLES = 4,	       /* a rate is measured over so many counts */
	UPLINK_SHRINK_S = 3600,	       /* what was not seen again for so long shrinks by a 32nd */
	UPLINK_OFFER_GAP_S = 60,       /* between two changes of an offered bandwidth */
	UPLINK_BPS_UNKNOWN = 10000000, /* offered before more was measured */
};

enum uplink_leg_name { UPLINK_REACH, UPLINK_NAMES, UPLINK_LEGS };

enum uplink_health {
	LEG_UNKNOWN, /* nothing has answered yet */
	LEG_GOOD,
	LEG_DEAD,
};

struct uplink_leg {
	enum uplink_health health;
	uint8_t bursts; /* since an answer is missing: doubted */
	uint8_t next;	/* whom to ask */
	instant since;	/* a check was sent and none was answered since; NEVER */
	instant burst;	/* the next one is due; NEVER */
	instant good;	/* the last answer; NEVER: none */
};

enum uplink_web { WEB_UNKNOWN, WEB_GOOD, WEB_BAD /* not there */, WEB_PORTAL };

struct uplink_way {
	enum uplink_state state;
	enum uplink_fault fault;
	uint32_t metric;
	instant since;	    /* in this state */
	instant good_since; /* all is well; NEVER */
	instant round;	    /* the next regular check */
	uint32_t rtt_us;    /* smoothed; 0: none yet */
	uint16_t failures;  /* not forgiven yet */
	uint64_t fails;	    /* ever */
	enum uplink_web web;
	instant web_last;  /* it was asked for; NEVER */
	instant web_until; /* an answer is waited for; NEVER */
	struct uplink_leg leg[UPLINK_LEGS];
};

struct uplink_slot {
	char name[UPLINK_NAME];
	struct uplink_way way[2];				 /* [1]: IPv6 */
	uint64_t rx[UPLINK_SAMPLES + 1], tx[UPLINK_SAMPLES + 1]; /* ring */
	instant at[UPLINK_SAMPLES + 1];
	uint8_t samples, newest;
	uint64_t rx_bps, tx_bps, best_bps; /* best_bps: received */
	instant shrink;
};

struct uplink_asked {
	uint32_t token; /* 0: free */
	uint8_t slot;
	bool v6;
	enum uplink_means means;
	instant sent;
};

struct uplink_family {
	bool carries;
	bool used; /* by slot */
	bool dead; /* there are ways, and all went silent */
	uint8_t slot;
	bool offered;
	uint64_t offered_bps;
	instant offered_at;
};

struct uplink_counters {
	uint64_t checks, answers, bad, late; /* late: of a check that is forgotten */
	uint64_t offers, withdrawals;
};

struct uplink {
	struct uplink_conf conf;
	struct uplink_slot slot[UPLINK_SLOTS];
	struct uplink_family family[2];
	struct uplink_asked asked[UPLINK_ASKED_MAX];
	uint32_t token;
	instant due; /* the deadline, since the last event */
	struct uplink_counters count;
};

void uplink_init(struct uplink *u, const struct uplink_conf *conf);
/* EV_UPLINK, EV_DEADLINE; others are ignored. Emits FX_UPLINK. */
void uplink_handle(struct uplink *u, instant now, const struct ev *ev, struct fx *fx);
instant uplink_deadline(const struct uplink *u);
/* An answer is missing, but the way is not given up yet. */
bool uplink_way_doubted(const struct uplink_way *w);
