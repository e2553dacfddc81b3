/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lease_nodes - the nodes that share leases, so that a MAC can be told by name.
 *
 * Source  ours; a copy of what leases_each_node shows.
 * Memory  lease_nodes_read allocates, lease_nodes_free frees; without memory it is
 *         shorter.
 */
#pragma once
#include <stddef.h>
#include "core/share/leases.h"

struct lease_nodes {
	struct node_view *at;
	size_t count, room;
};

/* false: no client's lease, but an address that a node has, or claims without knowing
 * slices, or that the configuration reserves. */
static inline bool lease_is_one(const struct lease_view *v)
{
	return v->lease.version != 0;
}

void lease_nodes_read(struct lease_nodes *nodes, const struct leases *l, instant now);
void lease_nodes_free(struct lease_nodes *nodes);

/* NULL: it is none of them. */
const struct node_view *lease_nodes_find(const struct lease_nodes *nodes, struct mac mac);
/* "anna", or "" when its name is not known. */
const char *lease_nodes_name(const struct lease_nodes *nodes, struct mac mac);
