/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <string.h>
#include "core/l3/internal.h"

enum { ROOM_START = 64 };

static bool iids_grow(struct l3 *l3)
{
	struct iids *s = &l3->iids;
	uint32_t room = s->room ? s->room * 2u : ROOM_START;

	if (room > BMX7_IID_MAX + 1)
		room = BMX7_IID_MAX + 1;
	if (room == s->room)
		return false;
	struct l3_node **node = pool_alloc(&l3->pool, room * sizeof(*node));

	if (!node)
		return false;
	if (s->room > 0)
		memcpy(node, s->node, s->room * sizeof(*node));
	pool_free(&l3->pool, s->node, s->room * sizeof(*node));
	s->node = node;
	s->room = (uint16_t)room;
	return true;
}

enum err iids_init(struct l3 *l3)
{
	l3->iids = (struct iids){.free = BMX7_IID_SELF};
	return iids_grow(l3) ? OK : ERR_FULL;
}

void iids_fini(struct l3 *l3)
{
	pool_free(&l3->pool, l3->iids.node, l3->iids.room * sizeof(struct l3_node *));
}

enum err iid_give(struct l3 *l3, struct l3_node *n)
{
	struct iids *s = &l3->iids;
	uint16_t iid = s->free;

	if (n->iid > 0)
		return OK;
	while (iid < s->room && s->node[iid])
		iid++;
	if (iid == s->room && !iids_grow(l3))
		return ERR_FULL;
	s->node[iid] = n;
	n->iid = iid;
	s->free = (uint16_t)(iid + 1);
	return OK;
}

void iid_take(struct l3 *l3, struct l3_node *n)
{
	if (n->iid == 0)
		return;
	assert(l3->iids.node[n->iid] == n);
	l3->iids.node[n->iid] = NULL;
	if (n->iid < l3->iids.free)
		l3->iids.free = n->iid;
	n->iid = 0;
}

struct l3_node *iid_node(const struct l3 *l3, uint16_t iid)
{
	return iid < l3->iids.room ? l3->iids.node[iid] : NULL;
}

bool iid_get(struct l3 *l3, uint16_t iid, struct bmx7_iid *out)
{
	const struct l3_node *n = iid_node(l3, iid);

	if (!n || !n->description || n->route.sqn == 0)
		return false;
	*out = (struct bmx7_iid){iid, n->description->version.desc_sqn, l3_route_link(l3, n),
				 n->id};
	return true;
}
