/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outbox - OGMs that wait on a port to leave together.
 *
 * Source  specs/batman-adv.md 4 "Aggregation" (free choice for a sender); lanes:
 *         README.md "Lanes".
 * Shape   a FIFO of finished OGMs. When the first is due, or an own OGM leaves,
 *         all go, in as few frames as the port's MTU allows: echoes first, then
 *         the own one, then the rest, so that a receiver that judges our link has
 *         its newest echo already. (With the own OGM first, a neighbour would
 *         always miss one: 251 instead of 255.) Echoes that nobody else uses come
 *         before those that are at the same time a way for others.
 *         At most forwards_max wait; beyond that the new one is dropped, counted.
 *         When a newer OGM of the same originator is put in, containers of an
 *         older one that still waits are taken off: they are superseded, and told
 *         behind the newer ones they would make a receiver ask for the table.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "base/timer.h"
#include "core/fx.h"
#include "wire/batadv.h"

struct l2;

enum lane {
	LANE_NOW,    /* an own OGM: leaves in this call and takes the rest along */
	LANE_NEWS,   /* carries something new: 0..9 ms, so that a segment does not shout at once */
	LANE_STEADY, /* nothing new, but others may need it: up to 100 ms */
	LANE_ECHO, /* only its sender needs it back: up to half an interval, ours or the sender's */
};

enum { OUTBOX_FRAME_MAX_BYTES = 1400 }; /* aggregates stay below, whatever the MTU */

/* The order in a frame. */
enum outbox_rank { RANK_PURE_ECHO, RANK_ECHO, RANK_OWN, RANK_OTHER };

/* One that waits. */
struct outbox_ogm {
	struct list waiting;
	enum outbox_rank rank;
	struct batadv_ogm ogm; /* tvlv points to bytes */
	size_t room;
	uint8_t bytes[];
};

struct outbox {
	uint8_t port;
	struct list waiting; /* in the order in which they will leave */
	uint32_t count;
	struct timer due;
};

/* NULL: no memory. */
struct outbox *outbox_new(struct l2 *l2, uint8_t port);
void outbox_free(struct l2 *l2, struct outbox *o);
/* Forgets all that waits: the port went down. */
void outbox_clear(struct l2 *l2, struct outbox *o);

/* Queues a copy of ogm (and of its containers). ERR_FULL: dropped and counted.
 * ERR_TOO_BIG: does not fit the port's MTU. */
enum err outbox_put(struct l2 *l2, instant now, struct outbox *o, const struct batadv_ogm *ogm,
		    enum lane lane, struct fx *fx);
/* Sends all that waits. */
void outbox_flush(struct l2 *l2, instant now, struct outbox *o, struct fx *fx);
