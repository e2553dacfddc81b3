/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flood - what all neighbours are told of a node without having asked.
 *
 * Source  specs/bmx7.md 4.2, 6.5; README.md "Descriptions", "Pace".
 * Shape   For each of the three things the ports on which it has still to be sent; a run takes
 *         as much from the front of a list as its packets hold. Nothing is refused and nothing
 *         looked up: when many nodes appear at once this is most of what is sent. OGMs of a node
 *         and its number wait for its description to have left: others can do nothing with
 *         them, and would ask for what is on its way.
 * Memory  allocated while something is to be sent, at most one for each node. Without memory
 *         others have to ask.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/list.h"

struct l3;
struct l3_node;

enum flood_kind {
	FLOOD_DESCRIPTION,
	FLOOD_KEY,    /* of the node, behind its description */
	FLOOD_NUMBER, /* IID_ADV: ours for the node */
	FLOOD_KINDS,
};

struct flood {
	struct l3_node *node;
	struct list plain;	     /* of floods.plain: FLOOD_DESCRIPTION, FLOOD_KEY */
	struct list numbers;	     /* of floods.numbers */
	uint16_t ports[FLOOD_KINDS]; /* bit i: port i has not sent it yet */
};

struct floods {
	struct list plain, numbers; /* in order of wish */
};

void floods_init(struct l3 *l3);
/* All ports that are up, one bit each. */
uint16_t flood_ports(const struct l3 *l3);
/* It is to leave by these ports. */
void flood_add(struct l3 *l3, instant now, struct l3_node *n, enum flood_kind what, uint16_t ports);
/* By these ports it was sent, or need not be sent any more. */
void flood_done(struct l3 *l3, instant now, struct l3_node *n, enum flood_kind what,
		uint16_t ports);
/* Nothing of n has to be sent any more. */
void flood_free(struct l3 *l3, struct l3_node *n);
/* A port went down. */
void floods_drop(struct l3 *l3, instant now, uint8_t port);
/* Has it still to be sent by one of these ports? */
bool flood_waits(const struct l3_node *n, enum flood_kind what, uint16_t ports);
