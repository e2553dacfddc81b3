/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * near - a node that is heard directly: what verifies its packets and ours, its links, and how
 * far we have followed its OGMs.
 *
 * Source  specs/bmx7.md 3, 5.5, 6.4.
 * Shape   A stranger until one of its packets is verified, then a neighbour. secret[KEY_x] is
 *         what our link key x and its own make together.
 * Memory  allocated, at most neighbours_max. A full table evicts the stranger that was silent
 *         longest, else refuses.
 */
#pragma once
#include "base/bucket.h"
#include "base/digest.h"
#include "base/ip.h"
#include "base/list.h"
#include "base/timer.h"
#include "core/fx.h"
#include "core/l3/claim.h"

struct l3;
struct l3_node;
struct l3_link;

enum {
	NEAR_STRANGER_S = 30,	   /* silence after which a stranger is forgotten */
	NEAR_JOBS_BURST = 4,	   /* public-key work that one node can cause ... */
	NEAR_JOBS_PERIOD_S = 5,	   /* ... and one more in this time */
	NEAR_SEARCHES_BURST = 512, /* searches of a whole chain, 5 ms at most ... */
	NEAR_SEARCHES_MS = 100,
	NEAR_REMINDERS_BURST = 2, /* of its newest description to itself ... */
	NEAR_REMINDERS_S = 10,
	NEAR_VERIFIES_BURST = 256, /* signatures of descriptions that it relays: 0.1 ms each */
	NEAR_VERIFIES_MS = 10,
};

enum key_age { KEY_NOW, KEY_BEFORE, KEY_NEXT, KEY_AGES };

struct secret {
	bool there;
	uint32_t job; /* that makes it; 0: none */
	struct digest s;
};

/* Batches of OGMs that it told of, and which of these we had. */
struct batches_seen {
	bool started;
	uint16_t max, size;
	uint64_t had[4]; /* bit (number % 256) */
};

struct near {
	struct list all; /* the one heard last is the last */
	struct l3_node *node;
	instant heard;	/* any packet of it */
	uint16_t ports; /* bit i: heard on port i lately */
	bool verified;
	bool leaving; /* near_gone is at work */
	struct secret secret[KEY_AGES];
	struct list links; /* struct l3_link.of_near */
	struct claim_pages claims;
	struct batches_seen batches;
	struct digest key;	/* hash of its DH key that the secrets were made with */
	struct bucket jobs;	/* public-key work */
	struct bucket proofs;	/* RSA signatures of its packets */
	struct bucket searches; /* long searches in hash chains */
	struct bucket reminders;
	struct bucket verifies; /* descriptions that it relays; of the content plane */
	struct timer expiry;	/* of a stranger; of its oldest claim */
};

struct nears {
	struct list all;
	uint32_t count;
};

void nears_init(struct l3 *l3);
void nears_fini(struct l3 *l3);

/* A packet of n came in by a port: makes it near. NULL: full. */
struct near *near_heard(struct l3 *l3, instant now, struct l3_node *n, uint8_t port, struct fx *fx);
/* n's description is new (or gone): its secrets are made anew, links that it does not list end. */
void near_described(struct l3 *l3, instant now, struct near *r, struct fx *fx);
/* Asks for the secrets that are missing and can be made, as the limits allow. */
void near_secrets_want(struct l3 *l3, instant now, struct near *r, struct fx *fx);
/* JOB_FOR_SECRET is done. */
void near_secret_done(struct l3 *l3, instant now, struct near *r, const struct job_done *d,
		      struct fx *fx);
/* Packets in its name do not go with its description: their number is older, or their address is
 * not in it. It lost what it kept, or it is another with the same key. Its newest description
 * tells it so. */
void near_remind(struct l3 *l3, instant now, struct near *r, uint8_t port);
/* Does its description list this link-local address? */
bool near_lists(const struct near *r, const struct ipv6 *a);
/* The last of its links ended. */
void near_linkless(struct l3 *l3, instant now, struct near *r, struct fx *fx);
/* Ends its links and claims, and frees it. */
void near_gone(struct l3 *l3, instant now, struct near *r, struct fx *fx);
/* Room is needed: the stranger that was silent longest goes; false: there is none. */
bool nears_evict(struct l3 *l3, instant now, struct fx *fx);
/* TIMER_NEAR fired. */
void near_expire(struct l3 *l3, instant now, struct near *r, struct fx *fx);

/* The link to ask it by: of the best tq, else the best rq; NULL: none. */
struct l3_link *near_best_link(const struct l3 *l3, instant now, const struct near *r);
