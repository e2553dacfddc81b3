/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/flood.h"
#include "core/l3/internal.h"

void floods_init(struct l3 *l3)
{
	list_init(&l3->floods.plain);
	list_init(&l3->floods.numbers);
}

bool flood_waits(const struct l3_node *n, enum flood_kind what, uint16_t ports)
{
	return n->flood && (n->flood->ports[what] & ports) != 0;
}

uint16_t flood_ports(const struct l3 *l3)
{
	uint16_t ports = 0;

	for (uint8_t port = 0; port < PORT_MAX; port++)
		ports |= (uint16_t)(l3->port[port].up << port);
	return ports;
}

static struct flood *flood_get(struct l3 *l3, struct l3_node *n)
{
	struct flood *f = n->flood;

	if (f)
		return f;
	f = pool_alloc(&l3->pool, sizeof(*f));
	if (!f)
		return NULL;
	f->node = n;
	list_init(&f->plain);
	list_init(&f->numbers);
	n->flood = f;
	return f;
}

void flood_add(struct l3 *l3, instant now, struct l3_node *n, enum flood_kind what, uint16_t ports)
{
	struct flood *f = ports != 0 ? flood_get(l3, n) : NULL;

	if (!f)
		return;
	f->ports[what] |= ports;
	if (what == FLOOD_NUMBER && list_empty(&f->numbers))
		list_append(&l3->floods.numbers, &f->numbers);
	else if (what != FLOOD_NUMBER && list_empty(&f->plain))
		list_append(&l3->floods.plain, &f->plain);
	post_hurry(l3, now, now);
}

void flood_free(struct l3 *l3, struct l3_node *n)
{
	struct flood *f = n->flood;

	if (!f)
		return;
	list_del(&f->plain);
	list_del(&f->numbers);
	n->flood = NULL;
	pool_free(&l3->pool, f, sizeof(*f));
}

/* The description has left everywhere. */
static void description_left(struct l3 *l3, instant now, struct l3_node *n)
{
	if (n->route.sqn == 0)
		return;
	batch_add(l3, now, n);
	flood_add(l3, now, n, FLOOD_NUMBER, flood_ports(l3));
}

void flood_done(struct l3 *l3, instant now, struct l3_node *n, enum flood_kind what, uint16_t ports)
{
	bool waited = flood_waits(n, FLOOD_DESCRIPTION, UINT16_MAX);
	struct flood *f = n->flood;

	if (!f)
		return;
	f->ports[what] &= (uint16_t)~ports;
	if (waited && f->ports[FLOOD_DESCRIPTION] == 0)
		description_left(l3, now, n);
	if (f->ports[FLOOD_DESCRIPTION] == 0 && f->ports[FLOOD_KEY] == 0)
		list_del(&f->plain);
	if (f->ports[FLOOD_NUMBER] == 0)
		list_del(&f->numbers);
	if (list_empty(&f->plain) && list_empty(&f->numbers))
		flood_free(l3, n);
}

void floods_drop(struct l3 *l3, instant now, uint8_t port)
{
	const uint16_t bit = (uint16_t)(1u << port);

	list_each (f, &l3->floods.numbers, struct flood, numbers)
		flood_done(l3, now, f->node, FLOOD_NUMBER, bit);
	list_each (f, &l3->floods.plain, struct flood, plain) {
		struct l3_node *n = f->node;

		flood_done(l3, now, n, FLOOD_DESCRIPTION, bit);
		flood_done(l3, now, n, FLOOD_KEY, bit);
	}
}
