/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/lease_nodes.h"
#include <stdlib.h>

static bool node_take(void *ctx, const struct node_view *v)
{
	struct lease_nodes *nodes = ctx;

	if (nodes->count == nodes->room) {
		size_t room = 2 * nodes->room + 32;
		struct node_view *grown = realloc(nodes->at, room * sizeof(*grown));

		if (!grown)
			return false;
		nodes->at = grown;
		nodes->room = room;
	}
	nodes->at[nodes->count++] = *v;
	return true;
}

void lease_nodes_read(struct lease_nodes *nodes, const struct leases *l, instant now)
{
	*nodes = (struct lease_nodes){0};
	leases_each_node(l, now, node_take, nodes);
}

void lease_nodes_free(struct lease_nodes *nodes)
{
	free(nodes->at);
	*nodes = (struct lease_nodes){0};
}

const struct node_view *lease_nodes_find(const struct lease_nodes *nodes, struct mac mac)
{
	for (size_t i = 0; i < nodes->count; i++)
		if (mac_equal(nodes->at[i].mac, mac))
			return &nodes->at[i];
	return NULL;
}

const char *lease_nodes_name(const struct lease_nodes *nodes, struct mac mac)
{
	const struct node_view *v = lease_nodes_find(nodes, mac);

	return v ? v->hostname : "";
}
