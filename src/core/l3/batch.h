/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch - OGMs that leave together, ours and those passed on, and asking for what was lost.
 *
 * Source  specs/bmx7.md 6.3, 6.4; pace of our own: ours, README.md "Pace".
 * Shape   a ring of the last BATCHES_KEPT; a node is in at most one, with its newest OGM: what a
 *         batch says is built when it leaves. [max - size + 1, max] have content.
 *         In a network with nodes of another program OGMs are never rare: bmx7 keeps the time in
 *         which a neighbour spoke of a node in 16 bits, and forgets the node (and its route, until
 *         the next OGM) if it looks exactly 6464 ms after an OGM, which it does each second.
 * Memory  embedded in struct l3.
 */
#pragma once
#include "base/bucket.h"
#include "base/list.h"
#include "base/timer.h"
#include "core/fx.h"
#include "core/l3/near.h"
#include "wire/bmx7_ogm.h"

struct wr;
struct l3_node;

enum {
	BATCHES_KEPT = BMX7_AGGREGATIONS_MAX,
	OGM_EXTRA_BURST = 3, /* own OGMs before their time ... */
	OGM_EXTRA_S = 3,     /* ... one more each */
	OGM_AGAIN_MS = 80,   /* after one that tells of a loss comes another, ... */
	OGM_EARLY_MS = 1000, /* which is so soon behind it that others follow; ... */
	/* ... and one that follows is never that soon, by more than a lost batch comes later when
	 * it is asked for: so it goes on no further */
	OGM_FOLLOW_MS = 3000,
	OGM_INSIST_MS = 1000, /* what is still lost is told again after this, twice this, ... */
	OGM_INSIST_MAX_MS = 6000,
};

struct batch {
	uint16_t sqn;
	uint16_t len;	   /* bytes of OGMs */
	struct list nodes; /* struct l3_route.of_batch */
};

struct batches {
	struct batch at[BATCHES_KEPT]; /* sqn at sqn % BATCHES_KEPT */
	uint16_t max, size;
	bool again;	    /* our next is followed by another at once */
	span insist;	    /* how long until what is lost is told again */
	bool open;	    /* max was not sent yet: OGMs may join */
	bool leaving;	    /* whatever is said: there is no way by us, nor to us */
	instant calm_since; /* no route was lost, no link came or went */
	struct timer own;   /* our next OGM */
	instant own_at;	    /* our last */
	struct bucket extra;
};

enum err batches_init(struct l3 *l3, instant now);
void batches_fini(struct l3 *l3);

/* n's OGM goes out with the next batch; a withdrawal too. */
void batch_add(struct l3 *l3, instant now, struct l3_node *n);
/* Withdraws all that we have a way to, and ourselves, from others; the kernel keeps its ways. */
void batches_leave(struct l3 *l3, instant now);
/* n's OGM is no more. */
void batch_drop(struct l3 *l3, struct l3_node *n);
/* Another's OGM came before its time: ours follows, once. */
void batch_own_follow(struct l3 *l3, instant now);
/* An own OGM before its time, as the limit allows. */
void batch_own_soon(struct l3 *l3, instant now);
/* The same, and calm ended: a link became usable; or (lost) a route was lost without another:
 * then a second one follows, by which others know. */
void batch_disturbed(struct l3 *l3, instant now, bool lost);
/* The pace is faster now: our next is not later than by that. */
void batch_own_review(struct l3 *l3, instant now);
/* TIMER_OWN_OGM fired. */
void batch_own_due(struct l3 *l3, instant now);
/* Before a run of sending: closes the open batch and posts it. */
void batch_close(struct l3 *l3, instant now);
/* The newest but for the open one. */
uint16_t batches_newest(const struct l3 *l3);
/* What OGM_AGGREG_SQN_ADV says where `told` was the newest to leave: of what waits to be sent
 * others must not think that they lost it. */
struct bmx7_aggregations batches_told(const struct l3 *l3, uint16_t told);
/* Appends OGM_ADV of a batch; false: it is not there any more. */
bool batch_write(struct l3 *l3, uint16_t sqn, struct wr *w);

/* OGM_AGGREG_SQN_ADV, OGM_ADV and OGM_REQ of a neighbour. */
void batch_rx_window(struct near *r, struct bmx7_aggregations a);
/* At the end of its packet: asks for the batches that it told of and we did not get. */
void batch_rx_missing(struct l3 *l3, instant now, const struct near *r);
enum err batch_rx(struct l3 *l3, instant now, struct near *r, const struct bmx7_tlv *t,
		  struct fx *fx);
void batch_rx_request(struct l3 *l3, instant now, uint8_t port, uint16_t sqn);
/* Is a batch of r still missing? */
bool batch_wanted(const struct near *r, uint16_t sqn);
