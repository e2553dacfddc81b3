/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal - what the files of core/uplink have in common.
 *
 * Source  ours.
 */
#pragma once
#include "core/uplink/uplink.h"

/* A way, at a time. */
struct at_way {
	struct uplink *u;
	struct fx *fx;
	instant now;
	uint8_t slot;
	bool v6;
};

static inline struct uplink_way *way_of(const struct at_way *a)
{
	return &a->u->slot[a->slot].way[a->v6];
}

/* way.c */
void way_init(struct uplink_way *w);
void way_told(const struct at_way *a, const struct ev_uplink_way *e);
void way_answered(const struct at_way *a, const struct uplink_asked *asked, enum uplink_result r);
/* What is due: checks, and what their answers or silence mean. */
void way_settle(const struct at_way *a);
instant way_deadline(const struct uplink *u, uint8_t slot, bool v6);

/* rate.c */
void rate_counted(struct uplink_slot *s, instant now, const struct ev_uplink_counted *e);
void rate_shrink(struct uplink_slot *s, instant now);
/* What may be promised of a slot. */
uint64_t rate_offered(const struct uplink *u, uint8_t slot);
