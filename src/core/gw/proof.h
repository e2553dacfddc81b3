/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proof - does a gateway carry what is sent to the Internet through its tunnel?
 *
 * Source  ours; specs/needs.md 4; README.md here has the states.
 * Shape   A proof for each gateway and family that is used or comes next. A probe goes through the
 *         gateway's tunnel to somebody on the Internet; by which way the answer comes does not
 *         matter. What is used is asked each PROOF_ROUND_MS, what comes next each PROOF_STANDBY_S,
 *         who was judged bad after a backoff.
 *         A missing answer is followed by PROOF_BURSTS bursts, a patience apart; when all stay
 *         without any answer, the gateway is bad. A fifth of the packets may be lost each
 *         way: 13 probes of that all get lost once in half a million times.
 * Time    comes in as now.
 * Memory  the caller's struct, of a fixed size; nothing is allocated.
 */
#pragma once
#include "base/clock.h"
#include "base/digest.h"
#include "core/tunnel.h"

enum {
	PROOF_ROUND_MS = 1000,
	PROOF_STANDBY_S = 10,
	PROOF_STANDBYS = 3,	     /* of a family, beside what is used and who is bad ... */
	PROOF_SEEKERS = 8,	     /* ... and while nobody is good */
	PROOF_PATIENCE_MS = 250,     /* an answer is missing after three times what the last ones
					took, but not before this ... */
	PROOF_PATIENCE_MAX_MS = 450, /* ... and not after that */
	PROOF_BURSTS = 3,
	PROOF_BURST = 4,       /* probes at once */
	PROOF_RETRY_MS = 2000, /* first backoff, then twice as long each time, up to ... */
	PROOF_RETRY_MAX_S = 300,
	PROOF_TRIAL_MS = 300, /* between probes of one who was bad and has answered */
	PROOF_TRIAL = 4,      /* so many answers make it good again ... */
	PROOF_TRIALS = 12,    /* ... of so many probes */
	PROOF_LOSSY_MAX = 3,
	PROOF_LATE_MS = 400,	 /* later than this is late, until it is ... */
	PROOF_IN_TIME_MS = 250,	 /* ... less than this */
	PROOF_FORGIVE_S = 600,	 /* who was good for so long has never failed */
	PROOF_FORGET_S = 600,	 /* a bad one that nobody offers any more */
	PROOF_GIVE_UP_MS = 3000, /* an answer that comes later is none */
	PROOFS_MAX = 128,	 /* of a family; who has been bad for longest makes room */
	PROOF_ASKED_MAX = 256,	 /* probes under way; the oldest is forgotten for one more */
};

enum gw_verdict { GW_UNPROVEN, GW_GOOD, GW_BAD };

/* "unproven", "good", "bad" */
const char *gw_verdict_name(enum gw_verdict v);

struct proof {
	bool there;
	bool used;   /* packets go there */
	bool wanted; /* it is offered, and near enough to be used */
	struct tunnel_to to;
	enum gw_verdict verdict;
	instant since; /* of the verdict */
	instant good;  /* the last answer; NEVER: none yet */
	instant round; /* the next regular probe */
	instant burst; /* the next burst, or the end; NEVER: no answer is missing */
	uint8_t bursts;
	uint8_t trial, trials;	/* answers and probes, once a bad one has answered */
	uint16_t failures;	/* in a row, see PROOF_FORGIVE_S */
	uint32_t rtt_us;	/* smoothed; 0: none yet */
	uint32_t loss_permille; /* smoothed; of probes that were answered or given up */
	uint8_t lossy;		/* 0 .. PROOF_LOSSY_MAX: steps of loss, see proof_damage */
	bool late;		/* ... and of delay */
	uint64_t sent, answered;
};

/* How much of what it offers loss and delay take, permille. In steps, each with a margin, so that
 * what is only noise changes nothing. */
uint32_t proof_damage(const struct proof *p);

struct proof_asked {
	uint32_t token; /* 0: free */
	bool v6;
	uint16_t proof;
	instant sent;
};

struct proof_family {
	bool on;    /* else nothing is asked */
	bool known; /* a gateway was good once: there is an Internet, and probes reach it */
	struct proof at[PROOFS_MAX];
};

struct proofs {
	struct proof_family family[2]; /* [1]: IPv6 */
	struct proof_asked asked[PROOF_ASKED_MAX];
	uint32_t token;
	uint32_t turn; /* whom to ask next */
	instant due;   /* when there is something to do */
};

struct proof_probe {
	uint32_t token;
	uint32_t turn; /* 0, 1, 2 ...: another target each time */
	bool v6;
	struct tunnel_to to;
};

struct proof_env {
	void *ctx;
	void (*ask)(void *ctx, const struct proof_probe *probe);
	/* Its verdict or its damage is another. */
	void (*judged)(void *ctx, bool v6, const struct proof *p);
};

/* Who could be used: best first, what is used before all others. */
struct proof_wish {
	struct tunnel_to to;
	bool used;
};

void proofs_init(struct proofs *p);
/* Whether gateways of a family are proved. Off: what was known is forgotten. */
void proofs_set(struct proofs *p, bool v6, bool on);
/* All of a family that can be used, instead of those before. Who is not asked any more is unproven
 * again, which is told. */
void proofs_wish(struct proofs *p, instant now, bool v6, const struct proof_wish *wish,
		 size_t count, const struct proof_env *env);
/* The answer to a probe; of one that is forgotten: nothing happens. */
void proofs_answer(struct proofs *p, instant now, uint32_t token, const struct proof_env *env);
/* It could not be sent: that says nothing of the gateway. */
void proofs_unsent(struct proofs *p, uint32_t token);
/* Does what is due. */
void proofs_run(struct proofs *p, instant now, const struct proof_env *env);
instant proofs_deadline(const struct proofs *p);
/* NULL: it is not proved. */
const struct proof *proofs_find(const struct proofs *p, bool v6, const struct digest *node);
