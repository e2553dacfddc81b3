/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * post - what waits to be sent, and the runs in which it leaves.
 *
 * Source  specs/bmx7.md 1.3, 3.2, 5.1.
 * Shape   An item names what to send; its bytes are made when it leaves. Requests are sent up to
 *         POST_TRIES times as long as they are wanted; the same item is not sent again within
 *         POST_REPEAT_MS. A run sends unsigned packets, then signed ones, on each port that has
 *         something to say, at most POST_PACKETS a port; runs are tx_gap apart. A queue holds
 *         only what can leave now: what was sent rests elsewhere, in order of time.
 * Memory  allocated, at most POST_MAX, and as many more of our OGMs, of which nobody else knows;
 *         a full table refuses, who wants it asks again later. What is sent to all unasked is no
 *         item: flood.h.
 */
#pragma once
#include "base/digest.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timer.h"
#include "core/fx.h"
#include "wire/bmx7.h"

struct l3;

enum {
	POST_MAX = 2048,
	POST_TRIES = 4,
	POST_TRY_MS = 200,
	POST_REPEAT_MS = 500,
	POST_PACKETS = 8,
	POST_ALL_PORTS = 0xff,
};

/* In the order of their frames. HELLO and HELLO_REPLY are no items: ports and links know when
 * they are due. */
enum post_kind {
	POST_DESC_ADV,	  /* of node what */
	POST_CONTENT_ADV, /* of hash what */
	POST_IID_ADV,	  /* of our iid number */
	POST_OGM_ADV,	  /* of our batch number */
	POST_OGM_REQ,	  /* of to's batch number */
	POST_IID_REQ,	  /* of to's iid number */
	POST_DESC_REQ,	  /* of node what, from to */
	POST_CONTENT_REQ, /* of hash what, from to */
	POST_KINDS,
};

/* Why an item rests. */
enum post_rest {
	REST_TRY,    /* a request: until it is repeated */
	REST_REPEAT, /* only kept so that it is not repeated; or it is wanted again */
	POST_RESTS,
};

struct post {
	struct list queue; /* of its port and kind; requests to the same node stand together; or
			    * in a list of posts.resting */
	struct map_node by_item, by_group;
	bool last; /* of its group of requests: the only one that is in by_group */
	enum post_kind kind;
	uint8_t port;
	uint16_t number;
	struct digest to, what; /* zero where they mean nothing */
	uint8_t tries;		/* done */
	instant at;		/* rests until then */
	bool sent;		/* and not wanted again */
};

struct posts {
	struct list queue[PORT_MAX][POST_KINDS]; /* POST_CONTENT_ADV: in that of POST_DESC_ADV */
	struct list resting[POST_RESTS];	 /* each in order of time */
	struct map by_item;			 /* port, kind, number, to, what */
	struct map by_group;			 /* port, kind, to: what one frame can hold */
	uint32_t count;
	struct timer run;
	instant last_run;
	uint32_t burst_sqn; /* counts the runs since our description */
};

enum err posts_init(struct l3 *l3);
void posts_fini(struct l3 *l3);

/* Puts an item into the queue of its port, or of all that are up. kind, port, number, to and
 * what are given. ERR_FULL: refused. */
enum err post_add(struct l3 *l3, instant now, const struct post *item);
/* A port went down. */
void posts_drop(struct l3 *l3, uint8_t port);
/* The next run happens by `at`, or tx_gap after the last. */
void post_hurry(struct l3 *l3, instant now, instant at);
/* TIMER_POST fired. */
void posts_run(struct l3 *l3, instant now, struct fx *fx);
