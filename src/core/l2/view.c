/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view - the engine's tables as people may see them.
 *
 * Source  ours; see l2.h.
 */
#include "core/l2/internal.h"
#include "core/l2/tq.h"

/* ---- neighbours ---- */

static struct l2_neighbour_view neighbour_view(const struct l2 *l2, const struct neighbour *n)
{
	const struct originator *o = originator_find(l2, n->mac);
	const struct path *p = o ? path_find(o, n) : NULL;
	unsigned rq = p ? window_count(p->oif[OIF_DEFAULT].window) : 0;
	unsigned eq = window_count(n->own_window);
	uint8_t penalty = l2->ports.at[n->port].hop_penalty;

	return (struct l2_neighbour_view){
		.mac = n->mac,
		.port = n->port,
		.tq = tq_over_link(TQ_MAX, rq, eq, penalty, false, l2->conf.hop_penalty),
		.rq = (uint8_t)rq,
		.eq = (uint8_t)eq,
		.doubted = n->doubted,
		.last_heard = n->last_heard,
	};
}

size_t l2_neighbours(const struct l2 *x, struct l2_neighbour_view *out, size_t max)
{
	size_t count = 0;

	for (uint8_t i = 0; i < x->conf.ports_max; i++) {
		if (!x->ports.at[i].up)
			continue;
		list_each (n, &x->ports.at[i].neighbours, struct neighbour, on_port) {
			if (count < max)
				out[count] = neighbour_view(x, n);
			count++;
		}
	}
	return count;
}

/* ---- originators ---- */

static struct l2_originator_view originator_view(const struct originator *o)
{
	const struct path *router = originator_router(o, OIF_DEFAULT);
	struct l2_originator_view v = {
		.mac = o->mac,
		.tq = originator_tq(o),
		.ttvn = o->tt.ttvn,
		.clients = o->tt.client_count,
		.gw_down_100kbit = o->gw_down_100kbit,
		.gw_up_100kbit = o->gw_up_100kbit,
		.last_seen = o->last_seen,
	};

	if (router) {
		v.next_hop = router->neighbour->mac;
		v.port = router->neighbour->port;
	}
	list_each (p, &o->paths, struct path, of_originator) {
		if (mac_equal(p->neighbour->mac, o->mac))
			v.is_neighbour = true;
		if (p != router && p->oif[OIF_DEFAULT].tq > 0 && v.alternatives < UINT8_MAX)
			v.alternatives++;
	}
	return v;
}

bool l2_is_neighbour(const struct l2 *x, struct mac mac)
{
	for (uint8_t i = 0; i < x->conf.ports_max; i++)
		if (neighbour_find(x, mac, i))
			return true;
	return false;
}

size_t l2_originators(const struct l2 *x, struct l2_originator_view *out, size_t max)
{
	size_t count = 0;

	list_each (o, &x->originators.all, struct originator, all) {
		if (count < max)
			out[count] = originator_view(o);
		count++;
	}
	return count;
}

/* ---- clients ---- */

/* How many nodes announce it, g (may be NULL) and homes others. */
static uint8_t homes_count(const struct global_client *g, unsigned homes)
{
	if (g) {
		list_each (h, &g->homes, struct tt_home, of_client)
			homes++;
	}
	return homes < UINT8_MAX ? (uint8_t)homes : UINT8_MAX;
}

static struct l2_client_view client_here(const struct l2 *l2, const struct local_client *c)
{
	const struct global_client *g = tt_global_find(l2, c->mac, c->vid);

	return (struct l2_client_view){
		.mac = c->mac,
		.vid = c->vid,
		.here = true,
		.wifi = c->flags & TT_CLIENT_WIFI,
		.isolated = c->flags & TT_CLIENT_ISOLATED,
		.permanent = c->permanent,
		.roaming = c->flags & TT_CLIENT_ROAM,
		.announced = !c->fresh,
		.home = l2_primary_mac(l2),
		.homes = homes_count(g, 1),
		.last_seen = c->last_seen,
	};
}

static struct l2_client_view client_elsewhere(const struct tt_home *h)
{
	const struct global_client *g = h->client;

	return (struct l2_client_view){
		.mac = g->mac,
		.vid = g->vid,
		.wifi = h->flags & TT_CLIENT_WIFI,
		.isolated = h->flags & TT_CLIENT_ISOLATED,
		.temporary = g->temporary,
		.roaming = g->roaming,
		.announced = !g->temporary,
		.home = h->originator->mac,
		.homes = homes_count(g, 0),
	};
}

/* Of a client's homes, the one under which it is listed. */
static bool is_listed_at(const struct tt_home *h)
{
	const struct tt_home *best = tt_global_home(h->client);

	if (!best)
		best = container_of(h->client->homes.next, struct tt_home, of_client);
	return best == h;
}

size_t l2_clients(const struct l2 *x, struct l2_client_view *out, size_t max)
{
	size_t count = 0;

	list_each (c, &x->local.all, struct local_client, all) {
		if (count < max)
			out[count] = client_here(x, c);
		count++;
	}
	list_each (o, &x->originators.all, struct originator, all) {
		list_each (h, &o->tt.homes, struct tt_home, of_originator) {
			if (!is_listed_at(h))
				continue;
			if (count < max)
				out[count] = client_elsewhere(h);
			count++;
		}
	}
	return count;
}

/* The first of g's homes that announces it, the one that frames go to before all others. */
static const struct tt_home *announcing_home(const struct global_client *g)
{
	const struct tt_home *best = tt_global_home(g);

	if (best && best->counted)
		return best;
	list_each (h, &g->homes, struct tt_home, of_client)
		if (h->counted && !h->left)
			return h;
	return NULL;
}

struct l2_owner l2_owner(const struct l2 *x, struct mac mac)
{
	const struct local_client *c = tt_local_find(x, mac, 0);
	const struct global_client *g = tt_global_find(x, mac, 0);
	const struct tt_home *h = g ? announcing_home(g) : NULL;
	struct l2_owner o = {
		.here = c && !c->leaving && !c->permanent,
		.originator = originator_find(x, mac) != NULL,
	};

	if (h) {
		o.announced = true;
		o.wifi = h->flags & TT_CLIENT_WIFI;
		o.home = h->originator->mac;
	}
	return o;
}
