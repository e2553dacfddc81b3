/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/forwarding.h"
#include "core/l2/internal.h"

/* ---- marks ---- */

static void mark(struct l2 *l2, struct forwarding_mark m)
{
	struct forwarding *f = &l2->forwarding;

	if (!f->on || f->all)
		return;
	for (uint32_t i = f->count; i-- > 0;) {
		const struct forwarding_mark *had = &f->marks[i];

		if (had->vid == m.vid && had->node == m.node && mac_equal(had->mac, m.mac))
			return;
	}
	if (f->count == FORWARDING_MARKS)
		f->all = true;
	else
		f->marks[f->count++] = m;
}

void forwarding_mark_client(struct l2 *l2, struct mac mac, uint16_t vid)
{
	mark(l2, (struct forwarding_mark){.mac = mac, .vid = vid});
}

void forwarding_mark_node(struct l2 *l2, struct mac mac)
{
	mark(l2, (struct forwarding_mark){.mac = mac, .node = true});
}

void forwarding_mark_clients_of(struct l2 *l2, const struct originator *o)
{
	list_each (h, &o->tt.homes, struct tt_home, of_originator) {
		forwarding_mark_client(l2, h->client->mac, h->client->vid);
	}
}

void forwarding_mark_port(struct l2 *l2, uint8_t port)
{
	l2->forwarding.ports |= UINT32_C(1) << port;
	l2->forwarding.cloud = true; /* its MAC may be our name */
}

void forwarding_mark_cloud(struct l2 *l2)
{
	l2->forwarding.cloud = true;
}

/* ---- what is known ---- */

static void homes_list(const struct global_client *g, struct forwarding_client *c)
{
	const struct tt_home *best = tt_global_home(g);

	c->has_home = best != NULL;
	if (best) {
		c->left = best->left;
		c->homes[c->home_count++] = best->originator->mac;
	}
	list_each (h, &g->homes, struct tt_home, of_client) {
		if (h != best && c->home_count < FORWARDING_HOMES)
			c->homes[c->home_count++] = h->originator->mac;
	}
}

void l2_forwarding_client(const struct l2 *l2, struct mac mac, uint16_t vid,
			  struct forwarding_client *c)
{
	const struct local_client *here = tt_local_find(l2, mac, vid);
	const struct global_client *g = tt_global_find(l2, mac, vid);

	*c = (struct forwarding_client){.mac = mac, .vid = vid, .gone = !here && !g};
	if (here) {
		c->here = !here->leaving;
		c->leaving = here->leaving;
		c->permanent = here->permanent;
		c->seen = here->last_seen;
		c->introduce_until = here->fresh ? NEVER : unicast_young_until(l2, here);
	}
	if (g)
		homes_list(g, c);
}

void l2_forwarding_node(const struct l2 *l2, struct mac mac, struct forwarding_node *n)
{
	const struct originator *o = originator_find(l2, mac);

	*n = (struct forwarding_node){.mac = mac, .gone = !o};
	if (!o)
		return;
	n->hurried = o->hurried;
	n->told = o->tt.known;
	n->ttvn = o->tt.ttvn;
	for (uint8_t i = 0; i <= l2->conf.ports_max; i++) {
		const struct path *p = l2_next_hop(o, i == 0 ? PORT_CLOUD : (uint8_t)(i - 1));

		if (p)
			n->by[i] = (struct forwarding_hop){true, p->neighbour->port,
							   p->neighbour->mac};
	}
}

static struct forwarding_port port_view(const struct l2 *l2, uint8_t port)
{
	const struct port *p = &l2->ports.at[port];

	return (struct forwarding_port){
		.port = port,
		.up = p->up,
		.ours = p->up || port == l2->ports.primary,
		.mac = p->mac,
		.mtu_bytes = p->mtu_bytes,
	};
}

static struct forwarding_cloud cloud_view(const struct l2 *l2)
{
	return (struct forwarding_cloud){
		.primary = l2_primary_mac(l2),
		.ttvn = l2->local.ttvn,
		.blocked = l2->guard.blocked,
	};
}

/* ---- telling ---- */

static void tell(struct fx *fx, const struct fx_forwarding *f)
{
	fx->emit(fx, &(struct effect){.kind = FX_FORWARDING, .forwarding = *f});
}

static void tell_client(const struct l2 *l2, struct mac mac, uint16_t vid, struct fx *fx)
{
	struct fx_forwarding f = {.kind = FORWARDING_CLIENT};

	l2_forwarding_client(l2, mac, vid, &f.client);
	tell(fx, &f);
}

static void tell_node(const struct l2 *l2, struct mac mac, struct fx *fx)
{
	struct fx_forwarding f = {.kind = FORWARDING_NODE};

	l2_forwarding_node(l2, mac, &f.node);
	tell(fx, &f);
}

static void tell_cloud(const struct l2 *l2, struct fx *fx)
{
	tell(fx, &(struct fx_forwarding){.kind = FORWARDING_CLOUD, .cloud = cloud_view(l2)});
}

static void tell_port(const struct l2 *l2, uint8_t port, struct fx *fx)
{
	tell(fx, &(struct fx_forwarding){.kind = FORWARDING_PORT, .port = port_view(l2, port)});
}

void forwarding_tell(struct l2 *l2, struct fx *fx)
{
	struct forwarding *f = &l2->forwarding;

	if (f->on) {
		if (f->cloud)
			tell_cloud(l2, fx);
		for (uint8_t i = 0; i < l2->conf.ports_max; i++)
			if (f->ports >> i & 1)
				tell_port(l2, i, fx);
		for (uint32_t i = 0; i < f->count && !f->all; i++) {
			const struct forwarding_mark *m = &f->marks[i];

			if (m->node)
				tell_node(l2, m->mac, fx);
			else
				tell_client(l2, m->mac, m->vid, fx);
		}
		if (f->all)
			tell(fx, &(struct fx_forwarding){.kind = FORWARDING_ALL});
	}
	f->all = f->cloud = false;
	f->ports = f->count = 0;
}

void l2_forwarding_start(struct l2 *l2)
{
	l2->forwarding.on = l2->forwarding.all = true;
}

void l2_forwarding_walk(const struct l2 *l2, struct fx *fx)
{
	tell_cloud(l2, fx);
	for (uint8_t i = 0; i < l2->conf.ports_max; i++)
		tell_port(l2, i, fx);
	list_each (o, &l2->originators.all, struct originator, all) {
		tell_node(l2, o->mac, fx);
		list_each (h, &o->tt.homes, struct tt_home, of_originator) {
			/* By its first home only. */
			if (h->client->homes.next == &h->of_client)
				tell_client(l2, h->client->mac, h->client->vid, fx);
		}
	}
	list_each (c, &l2->local.all, struct local_client, all) {
		tell_client(l2, c->mac, c->vid, fx);
	}
	list_each (c, &l2->local.leaving, struct local_client, all) {
		tell_client(l2, c->mac, c->vid, fx);
	}
}

/* ---- what it did ---- */

void l2_forwarding_count(struct l2 *l2, const struct forwarding_counts *more)
{
	struct l2_counters *c = &l2->count;

	c->tx += more->tx;
	c->tx_bytes += more->tx_bytes;
	c->rx += more->rx;
	c->rx_bytes += more->rx_bytes;
	c->forward += more->forward;
	c->forward_bytes += more->forward_bytes;
	c->dropped[ERR_OWN] += more->dropped_own;
	c->tx_dropped += more->dropped_own;
	c->dropped[ERR_TTL] += more->dropped_ttl;
	for (uint8_t i = 0; i < l2->conf.ports_max; i++) {
		l2->ports.at[i].rx += more->port[i].rx;
		l2->ports.at[i].rx_bytes += more->port[i].rx_bytes;
		l2->ports.at[i].tx += more->port[i].tx;
		l2->ports.at[i].tx_bytes += more->port[i].tx_bytes;
	}
}

void l2_forwarding_seen(struct l2 *l2, instant now, struct mac mac, uint16_t vid)
{
	struct local_client *c = tt_local_find(l2, mac, vid);

	if (c && !c->leaving)
		tt_local_touch(&l2->local, c, now);
}
