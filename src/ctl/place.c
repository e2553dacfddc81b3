/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/place.h"
#include <stdlib.h>
#include "node/node.h"

bool place_is_node(const struct node *x, struct mac m)
{
	return port_of_mac(&x->l2, m) >= 0 || originator_find(&x->l2, m);
}

bool place_has_table(const struct node *x, struct mac m)
{
	const struct originator *o = originator_find(&x->l2, m);

	return o && o->tt.known;
}

size_t place_node_count(const struct node *x)
{
	size_t n = 0;

	list_each (o, &x->l2.originators.all, struct originator, all)
		n += o->tt.known;
	return n;
}

struct l2_client_view *place_clients(const struct node *x, size_t *count)
{
	size_t n = l2_clients(&x->l2, NULL, 0);
	struct l2_client_view *views = n > 0 ? calloc(n, sizeof(*views)) : NULL;

	*count = views ? n : 0;
	if (views)
		l2_clients(&x->l2, views, n);
	return views;
}

bool place_of_client(const struct node *x, struct mac m, struct mac *node)
{
	size_t count;
	struct l2_client_view *views = place_clients(x, &count);
	bool found = false;

	for (size_t i = 0; i < count && !found; i++) {
		found = mac_equal(views[i].mac, m) && !mac_is_zero(views[i].home);
		if (found)
			*node = views[i].home;
	}
	free(views);
	return found;
}
