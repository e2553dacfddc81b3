/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outbox - OGMs that wait on a port to leave together.
 *
 * Source  specs/batman-adv.md 4 "Aggregation" (free choice for a sender); lanes:
 *         README.md "Lanes".
 * Shape   a FIFO of finished OGMs, each with the instant by which it must leave.
 *         When the first is due, or an own OGM leaves, all go, in as few frames
 *         as the port's MTU allows. At most forwards_max wait; beyond that the
 *         new one is dropped and counted.
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
	LANE_ECHO,   /* only its sender needs it back: up to half an interval */
};

struct outbox {
	uint8_t port;
	struct list waiting;
	uint32_t count;
	struct timer due;
};

struct outbox *outbox_new(struct l2 *l2, uint8_t port);
void outbox_free(struct l2 *l2, struct outbox *o);

/* Queues a copy of ogm (and of its containers). ERR_FULL: dropped and counted. */
enum err outbox_put(struct l2 *l2, instant now, struct outbox *o, const struct batadv_ogm *ogm,
		    enum lane lane, struct fx *fx);
/* Sends all that waits. */
void outbox_flush(struct l2 *l2, instant now, struct outbox *o, struct fx *fx);
