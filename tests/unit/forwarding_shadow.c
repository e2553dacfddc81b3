/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarding_shadow.h"

#include <assert.h>

static void client_put(struct shadow *s, const struct forwarding_client *c)
{
	unsigned i = 0;

	while (i < s->clients &&
	       (!mac_equal(s->client[i].mac, c->mac) || s->client[i].vid != c->vid))
		i++;
	if (c->gone && i < s->clients)
		s->client[i] = s->client[--s->clients];
	if (c->gone)
		return;
	assert(i < SHADOW_CLIENTS);
	s->client[i] = *c;
	s->clients += i == s->clients;
}

static void node_put(struct shadow *s, const struct forwarding_node *n)
{
	unsigned i = 0;

	while (i < s->nodes && !mac_equal(s->node[i].mac, n->mac))
		i++;
	if (n->gone && i < s->nodes)
		s->node[i] = s->node[--s->nodes];
	if (n->gone)
		return;
	assert(i < SHADOW_NODES);
	s->node[i] = *n;
	s->nodes += i == s->nodes;
}

void shadow_put(struct shadow *s, const struct fx_forwarding *f)
{
	switch (f->kind) {
	case FORWARDING_CLIENT: client_put(s, &f->client); break;
	case FORWARDING_NODE: node_put(s, &f->node); break;
	case FORWARDING_PORT: s->port[f->port.port] = f->port; break;
	case FORWARDING_CLOUD: s->cloud = f->cloud; break;
	case FORWARDING_ALL: s->all = true; break;
	}
}

static void emit(struct fx *fx, const struct effect *e)
{
	assert(e->kind == FX_FORWARDING);
	shadow_put((struct shadow *)(void *)fx, &e->forwarding);
}

void shadow_init(struct shadow *s)
{
	*s = (struct shadow){.fx = {emit}};
}

static bool client_same(const struct forwarding_client *a, const struct forwarding_client *b)
{
	bool same = a->here == b->here && a->leaving == b->leaving &&
		    a->permanent == b->permanent && a->home_count == b->home_count &&
		    a->introduce_until.us == b->introduce_until.us;

	/* Between several homes time may choose, see core/l2/forwarding.h. */
	if (!same || a->home_count != 1)
		return same;
	return a->has_home == b->has_home && a->left == b->left &&
	       mac_equal(a->homes[0], b->homes[0]);
}

static bool node_same(const struct forwarding_node *a, const struct forwarding_node *b)
{
	if (a->hurried != b->hurried || a->ttvn != b->ttvn || a->told != b->told)
		return false;
	for (unsigned i = 0; i <= PORT_MAX; i++)
		if (a->by[i].exists != b->by[i].exists || a->by[i].port != b->by[i].port ||
		    !mac_equal(a->by[i].mac, b->by[i].mac))
			return false;
	return true;
}

static bool clients_same(const struct shadow *a, const struct shadow *b)
{
	for (unsigned i = 0; i < a->clients; i++) {
		unsigned k = 0;

		while (k < b->clients && (!mac_equal(a->client[i].mac, b->client[k].mac) ||
					  a->client[i].vid != b->client[k].vid))
			k++;
		if (k == b->clients || !client_same(&a->client[i], &b->client[k]))
			return false;
	}
	return a->clients == b->clients;
}

static bool nodes_same(const struct shadow *a, const struct shadow *b)
{
	for (unsigned i = 0; i < a->nodes; i++) {
		unsigned k = 0;

		while (k < b->nodes && !mac_equal(a->node[i].mac, b->node[k].mac))
			k++;
		if (k == b->nodes || !node_same(&a->node[i], &b->node[k]))
			return false;
	}
	return a->nodes == b->nodes;
}

static bool port_same(const struct forwarding_port *a, const struct forwarding_port *b)
{
	return a->up == b->up && a->ours == b->ours && mac_equal(a->mac, b->mac) &&
	       a->mtu_bytes == b->mtu_bytes;
}

static bool cloud_same(const struct forwarding_cloud *a, const struct forwarding_cloud *b)
{
	return mac_equal(a->primary, b->primary) && a->ttvn == b->ttvn && a->blocked == b->blocked;
}

bool shadow_is_true(struct shadow *s, const struct l2 *l2)
{
	static struct shadow truth;

	shadow_init(&truth);
	l2_forwarding_walk(l2, &truth.fx);
	if (s->all)
		*s = truth;
	for (unsigned i = 0; i < l2->conf.ports_max; i++)
		if (!port_same(&s->port[i], &truth.port[i]))
			return false;
	return cloud_same(&s->cloud, &truth.cloud) && clients_same(s, &truth) &&
	       nodes_same(s, &truth);
}
