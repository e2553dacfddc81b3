/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iids - our short numbers of nodes.
 *
 * Source  specs/bmx7.md 6.5.
 * Shape   1 is ourselves, the others get the lowest that is free, up to BMX7_IID_MAX.
 * Memory  an array that grows, from the pool.
 */
#pragma once
#include "base/err.h"
#include "wire/bmx7_frame.h"

struct l3;
struct l3_node;

struct iids {
	struct l3_node **node; /* by iid */
	uint16_t room;
	uint16_t free; /* none below is free */
};

enum err iids_init(struct l3 *l3);
void iids_fini(struct l3 *l3);
/* Gives n a number if it has none. ERR_FULL: there is none; n gets no route through us. */
enum err iid_give(struct l3 *l3, struct l3_node *n);
void iid_take(struct l3 *l3, struct l3_node *n);
struct l3_node *iid_node(const struct l3 *l3, uint16_t iid);
/* What IID_ADV says of a number; false: nothing to tell (any more). */
bool iid_get(struct l3 *l3, uint16_t iid, struct bmx7_iid *out);
