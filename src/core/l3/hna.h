/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hna - the networks of accepted nodes: no two nodes have any address in common.
 *
 * Source  specs/bmx7.md 2, 4.2, 7.
 * Shape   key: prefix and length. Which lengths exist is counted, so that a look for overlaps
 *         takes a step a length; only a network wider than others walks over all.
 * Memory  allocated; as many as the descriptions list.
 */
#pragma once
#include "base/ip.h"
#include "base/list.h"
#include "base/map.h"
#include "core/l3/description.h"

struct l3;
struct l3_node;

struct hna {
	struct map_node by_net;
	struct list all;
	struct ipv6 net;
	bool reserved; /* no route */
	struct l3_node *node;
};

struct hnas {
	struct map by_net;
	struct list all;
	uint32_t of_bits[129];
};

void hnas_init(struct l3 *l3);
void hnas_fini(struct l3 *l3);
/* The owner of a network that overlaps one of d's and is not n, or NULL. */
const struct l3_node *hna_conflict(const struct l3 *l3, const struct l3_node *n,
				   const struct description *d);
/* Enters n's networks; those of another, or without room, are left out. */
void hnas_add(struct l3 *l3, struct l3_node *n, const struct description *d);
/* Those of d, which n had. */
void hnas_remove(struct l3 *l3, struct l3_node *n, const struct description *d);
/* The longest that contains a, or NULL. */
const struct hna *hna_of(const struct l3 *l3, const struct ipv6 *a);
