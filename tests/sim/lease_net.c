/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lease_net.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/list.h"

enum { FROM_LEN = 6 }; /* before the bytes of each item: who sent it */

struct lease_net_conf lease_net_conf_default(void)
{
	return (struct lease_net_conf){.nodes = 20,
				       .clients = 500,
				       .delay_max = span_ms(20),
				       .late_max = span_s(3),
				       .share = share_conf_default(),
				       .settle = span_s(2)};
}

static struct mac node_mac(unsigned node)
{
	return (struct mac){{0x02, 0x5a, 0, 0, 1, (uint8_t)node}};
}

/* ---- datagrams ---- */

static void send_one(struct lease_net *n, unsigned from, unsigned to, const struct fx_datagram *d)
{
	const struct lease_net_conf *c = &n->conf;
	struct item *it;
	span wait = prng_span(&n->prng, span_ms(1), c->delay_max);

	if (prng_below(&n->prng, 100) < c->loss_percent)
		return;
	if (prng_below(&n->prng, 100) < c->late_percent)
		wait = prng_span(&n->prng, span_ms(1), c->late_max);
	it = item_new(ITEM_ARRIVE, FROM_LEN + d->len);
	it->node = (uint16_t)to;
	it->life = n->node[to].life;
	memcpy(it->bytes, node_mac(from).b, FROM_LEN);
	memcpy(it->bytes + FROM_LEN, d->data, d->len);
	queue_put(&n->queue, instant_add(n->now, wait), it);
	n->datagrams++;
}

static void send_all(struct lease_net *n, unsigned from, const struct fx_datagram *d)
{
	for (unsigned to = 0; to < n->conf.nodes; to++) {
		if (to == from || !n->node[to].share ||
		    n->town.server[to].half != n->town.server[from].half ||
		    (!mac_is_broadcast(d->to) && !mac_equal(d->to, node_mac(to))))
			continue;
		send_one(n, from, to, d);
		if (prng_below(&n->prng, 100) < n->conf.twice_percent)
			send_one(n, from, to, d);
	}
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct lease_node *x = container_of(fx, struct lease_node, fx);
	unsigned self = (unsigned)(x - x->net->node);

	if (e->kind == FX_DATAGRAM)
		send_all(x->net, self, &e->datagram);
	else
		town_effect(&x->net->town, self, e);
}

/* ---- nodes ---- */

static void wake_later(struct lease_net *n, unsigned node)
{
	struct lease_node *x = &n->node[node];
	instant at = instant_min(share_deadline(x->share), leases_deadline(x->leases));
	struct item *it;

	if (instant_before(at, n->now))
		at = n->now;
	if (!instant_before(at, x->wake))
		return;
	it = item_new(ITEM_WAKE, 0);
	it->node = (uint16_t)node;
	it->life = x->life;
	x->wake = at;
	queue_put(&n->queue, at, it);
}

static void handle(struct lease_net *n, unsigned node, const struct ev *ev)
{
	struct lease_node *x = &n->node[node];

	if (!x->share)
		return;
	share_handle(x->share, n->now, ev, &x->fx);
	leases_handle(x->leases, n->now, ev, &x->fx);
	wake_later(n, node);
}

static bool admits(void *ctx, struct mac who)
{
	(void)ctx;
	return who.b[1] == 0x5a;
}

static void changed(void *ctx, instant now, const struct share_record *r, bool gone, struct fx *fx)
{
	struct lease_node *x = ctx;

	leases_record(x->leases, now, r, gone, fx);
}

static void peer(void *ctx, instant now, struct mac mac, bool gone, struct fx *fx)
{
	struct lease_node *x = ctx;

	leases_peer(x->leases, now, mac, gone, fx);
}

void lease_net_start(struct lease_net *n, unsigned node, bool remembers)
{
	struct lease_node *x = &n->node[node];
	const struct share_env env = {x, admits, changed, peer};
	struct share_conf share = n->conf.share;
	struct leases_conf leases = leases_conf_default();

	assert(!x->share);
	x->life++;
	x->wake = NEVER;
	share.self = leases.self = node_mac(node);
	x->share = share_new(&share, &env, n->now, prng_u64(&n->prng));
	leases.first = ipv4_from_u32(TOWN_NET + 2, 16);
	leases.last = ipv4_from_u32(TOWN_NET + 0xfffe, 16);
	leases.gateway = ipv4_from_u32(TOWN_NET + 1, 16);
	leases.own = ipv4_from_u32(TOWN_NET + (uint32_t)(prng_mix(node) & 0x7fff) + 256, 16);
	leases.settle = n->conf.settle;
	snprintf(leases.hostname, sizeof(leases.hostname), "node%u", node);
	x->leases = leases_new(&leases, x->share, n->now, prng_u64(&n->prng));
	assert(x->share && x->leases);
	town_booted(&n->town, node, remembers);
	handle(n, node, &(struct ev){.kind = EV_DEADLINE});
}

void lease_net_kill(struct lease_net *n, unsigned node)
{
	struct lease_node *x = &n->node[node];

	assert(x->share);
	leases_free(x->leases);
	share_free(x->share);
	x->share = NULL;
	x->leases = NULL;
	town_died(&n->town, node);
}

/* ---- the town's view ---- */

static instant net_now(void *ctx)
{
	return ((struct lease_net *)ctx)->now;
}

static void net_tell(void *ctx, unsigned node, const struct ev *ev)
{
	handle(ctx, node, ev);
}

static const struct leases *net_leases(void *ctx, unsigned node)
{
	return ((struct lease_net *)ctx)->node[node].leases;
}

static void happen(struct lease_net *n, const struct item *it)
{
	struct ev ev = {.kind = EV_DEADLINE};
	struct lease_node *x = &n->node[it->node];

	if (!x->share || x->life != it->life)
		return;
	if (it->kind == ITEM_WAKE) {
		if (it->at.us != x->wake.us)
			return; /* another one came before it */
		x->wake = NEVER;
		handle(n, it->node, &ev);
		return;
	}
	ev.kind = EV_DATAGRAM;
	ev.datagram =
		(struct ev_datagram){mac_from(it->bytes), it->bytes + FROM_LEN, it->len - FROM_LEN};
	handle(n, it->node, &ev);
}

static void net_run(void *ctx, span s)
{
	struct lease_net *n = ctx;
	instant end = instant_add(n->now, s);
	const struct item *next;

	while ((next = queue_peek(&n->queue)) && !instant_before(end, next->at)) {
		struct item *it = queue_take(&n->queue);

		n->now = it->at;
		happen(n, it);
		item_free(it);
	}
	n->now = end;
}

void lease_net_init(struct lease_net *n, const struct lease_net_conf *conf, uint64_t seed)
{
	const struct town_net net = {n, net_now, net_run, net_tell, net_leases};

	memset(n, 0, sizeof(*n));
	n->conf = *conf;
	n->now = (instant){1000000000};
	prng_seed(&n->prng, seed);
	town_init(&n->town, &net, conf->nodes, conf->clients, prng_u64(&n->prng));
	for (unsigned i = 0; i < conf->nodes; i++) {
		n->node[i].fx.emit = emit;
		n->node[i].net = n;
	}
}

void lease_net_fini(struct lease_net *n)
{
	for (unsigned i = 0; i < n->conf.nodes; i++)
		if (n->node[i].share)
			lease_net_kill(n, i);
	queue_fini(&n->queue);
	town_fini(&n->town);
}
