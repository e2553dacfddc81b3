/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l3_link - a neighbour's interface, as one of our ports hears it.
 *
 * Source  specs/bmx7.md 3.3 (7), 5; doubt: ours, README.md "State table of a link".
 * Shape   key: near node and its devIdx, its link-local address, our port.
 * Memory  allocated, at most links_max; a full table refuses new ones.
 */
#pragma once
#include "base/clock.h"
#include "base/ip.h"
#include "base/list.h"
#include "base/timer.h"
#include "core/fx.h"
#include "core/l3/hellos.h"
#include "core/l3/metric.h"

struct l3;
struct near;

enum {
	LINK_PACE_MS = 2000, /* of a peer's HELLOs, the slowest by default (ours; reference 800) */
	LINK_ASK_PERCENT = 106, /* of its pace: silence after which it is asked */
	LINK_ANSWER_MS = 500,	/* for it to answer one of 3 questions ... */
	LINK_ANSWER_MORE = 4,	/* ... and so many times more on a link that loses nearly all */
	LINK_CLEAN = 240,	/* a quality of this and more is one without loss */
	LINK_REPLY_YOUNG_MS = 100,
	LINK_REPLY_MS = 1500, /* a peer's tq is fresh for 2 s */
};

struct l3_link {
	struct list of_near, of_port;
	struct near *near;
	uint8_t port, dev_idx;
	struct ipv6 link_local;
	struct hellos hellos;
	struct quality rq, tq;
	instant heard;	    /* a verified packet, the first of its number */
	uint32_t burst_sqn; /* that number */
	instant suspected;  /* somebody else did not reach it; before `heard`: disproved */
	instant hello_at;   /* its newest HELLO */
	span pace;	    /* of its HELLOs, as observed, at least LINK_PACE_MS */
	instant replied;    /* our last HELLO_REPLY */
	bool usable;	    /* good enough both ways when looked at last */
	bool doubted;
	struct list routes;   /* struct l3_route.of_link: nodes that we reach over it */
	struct timer silence; /* doubt, then ageing, then the end */
};

struct l3_link *l3_link_find(const struct near *r, uint8_t dev_idx, uint8_t port);
/* A packet of r was verified. NULL: no room, or the devIdx has another address now: the link is
 * ended (counted). */
struct l3_link *l3_link_heard(struct l3 *l3, instant now, struct near *r, uint8_t dev_idx,
			      const struct ipv6 *from, uint8_t port, struct fx *fx);
void l3_link_hello(struct l3 *l3, instant now, struct l3_link *k, uint16_t sqn, struct fx *fx);
void l3_link_reply(struct l3 *l3, instant now, struct l3_link *k, uint8_t tq, struct fx *fx);
/* Is a HELLO_REPLY due? */
bool l3_link_owes_reply(const struct l3 *l3, instant now, const struct l3_link *k);
uint8_t l3_link_rq(const struct l3 *l3, instant now, const struct l3_link *k);
uint8_t l3_link_tq(const struct l3 *l3, instant now, const struct l3_link *k);
/* As the metric wants it. */
struct metric_link l3_link_metric(const struct l3 *l3, instant now, const struct l3_link *k);
/* Has it said nothing for longer than it ought to? */
bool l3_link_silent(instant now, const struct l3_link *k);
/* Somebody else could not reach it: it is asked now, and doubted if it does not answer. */
void l3_link_suspect(struct l3 *l3, instant now, struct l3_link *k);
/* Are we asking whether it is still there? */
bool l3_link_asks(instant now, const struct l3_link *k);
/* TIMER_LINK fired. */
void l3_link_due(struct l3 *l3, instant now, struct l3_link *k, struct fx *fx);
/* Frees it, nothing else; for the end of the engine. No route is over it. */
void l3_link_drop(struct l3 *l3, struct l3_link *k);
/* Ends it: routes over it move at once. */
void l3_link_gone(struct l3 *l3, instant now, struct l3_link *k, struct fx *fx);
