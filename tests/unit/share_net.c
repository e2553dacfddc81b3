/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "share_net.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct share_item {
	struct share_item *next;
	instant at;
	unsigned to;
	struct mac from;
	bool unicast;
	size_t len;
	uint8_t data[];
};

struct mac share_net_mac(unsigned node)
{
	return (struct mac){{0x02, 0x5a, 0, 0, 0, (uint8_t)(node + 1)}};
}

static void deliver(struct share_net *n, unsigned to, struct mac from, bool unicast,
		    const struct fx_datagram *d)
{
	const unsigned times = 1 + (prng_below(&n->prng, 100) < n->twice);

	for (unsigned i = 0; i < times; i++) {
		struct share_item *item, **at = &n->queue;
		if (prng_below(&n->prng, 100) < n->loss)
			continue;
		item = malloc(sizeof(*item) + d->len);
		assert(item);
		*item = (struct share_item){
			.to = to, .from = from, .unicast = unicast, .len = d->len};
		memcpy(item->data, d->data, d->len);
		item->at = instant_add(n->now, prng_span(&n->prng, span_ms(1), n->delay_max));
		while (*at && (*at)->at.us <= item->at.us)
			at = &(*at)->next;
		item->next = *at;
		*at = item;
	}
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct share_node *x = container_of(fx, struct share_node, fx);
	struct share_net *n = x->net;
	const unsigned self = (unsigned)(x - n->node);
	const bool all = mac_is_broadcast(e->datagram.to);

	assert(e->kind == FX_DATAGRAM && e->datagram.len <= SHARE_DATAGRAM_MAX);
	if (n->tap)
		n->tap(n, self, &e->datagram);
	x->multicasts += all;
	x->unicasts += !all;
	x->bytes += e->datagram.len;
	for (unsigned i = 0; i < n->nodes; i++) {
		if (i == self || n->node[i].half != x->half)
			continue;
		if (all || mac_equal(share_net_mac(i), e->datagram.to))
			deliver(n, i, share_net_mac(self), !all, &e->datagram);
	}
}

/* ---- what an engine asks and tells ---- */

static bool admits(void *ctx, struct mac who)
{
	(void)ctx;
	return who.b[1] == 0x5a;
}

static void changed(void *ctx, instant now, const struct share_record *r, bool gone, struct fx *fx)
{
	struct share_node *x = ctx;

	(void)now, (void)r, (void)fx;
	x->came += !gone;
	x->went += gone;
}

static void peer(void *ctx, instant now, struct mac mac, bool gone, struct fx *fx)
{
	struct share_node *x = ctx;

	(void)now, (void)mac, (void)fx;
	x->peers_came += !gone;
	x->peers_went += gone;
}

void share_net_start(struct share_net *n, unsigned node)
{
	struct share_node *x = &n->node[node];
	const struct share_env env = {x, admits, changed, peer};
	struct share_conf conf = n->conf;

	assert(!x->share);
	conf.self = share_net_mac(node);
	x->share = share_new(&conf, &env, n->now, prng_u64(&n->prng));
	assert(x->share);
	x->came = x->went = x->peers_came = x->peers_went = 0;
}

void share_net_stop(struct share_net *n, unsigned node)
{
	share_free(n->node[node].share);
	n->node[node].share = NULL;
}

void share_net_init(struct share_net *n, unsigned nodes, uint64_t seed)
{
	*n = (struct share_net){.now = {1000000000}, .nodes = nodes, .delay_max = span_ms(8)};
	prng_seed(&n->prng, seed);
	n->conf = share_conf_default();
	for (unsigned i = 0; i < nodes; i++) {
		n->node[i].fx.emit = emit;
		n->node[i].net = n;
		share_net_start(n, i);
	}
}

void share_net_fini(struct share_net *n)
{
	for (unsigned i = 0; i < n->nodes; i++)
		if (n->node[i].share)
			share_net_stop(n, i);
	while (n->queue) {
		struct share_item *item = n->queue;
		n->queue = item->next;
		free(item);
	}
}

void share_net_give(struct share_net *n, unsigned node, struct mac from, const void *data,
		    size_t len)
{
	struct share_node *x = &n->node[node];
	const struct ev ev = {.kind = EV_DATAGRAM, .datagram = {from, data, len}};

	if (x->share)
		share_handle(x->share, n->now, &ev, &x->fx);
}

static void item_take(struct share_net *n)
{
	struct share_item *item = n->queue;

	n->queue = item->next;
	if (item->unicast && item->data[0] == 0)
		n->node[item->to].from[item->from.b[5] - 1]++;
	share_net_give(n, item->to, item->from, item->data, item->len);
	free(item);
}

static instant next_at(const struct share_net *n)
{
	instant at = n->queue ? n->queue->at : NEVER;

	for (unsigned i = 0; i < n->nodes; i++)
		if (n->node[i].share)
			at = instant_min(at, share_deadline(n->node[i].share));
	return at;
}

bool share_net_run(struct share_net *n, span s, bool (*done)(struct share_net *n))
{
	const instant end = instant_add(n->now, s);
	const struct ev ev = {.kind = EV_DEADLINE};

	for (instant at = next_at(n); at.us <= end.us; at = next_at(n)) {
		n->now = at.us > n->now.us ? at : n->now;
		while (n->queue && instant_reached(n->queue->at, n->now))
			item_take(n);
		for (unsigned i = 0; i < n->nodes; i++) {
			struct share_node *x = &n->node[i];
			if (x->share && instant_reached(share_deadline(x->share), n->now))
				share_handle(x->share, n->now, &ev, &x->fx);
		}
		if (done && done(n))
			return true;
	}
	n->now = end;
	return done && done(n);
}

void share_net_put(struct share_net *n, unsigned node, uint8_t type, const char *text)
{
	struct share_node *x = &n->node[node];
	enum err e =
		share_put(x->share, n->now, type, 0, (const uint8_t *)text, strlen(text), &x->fx);

	assert(e == OK);
}

bool share_net_has(struct share_net *n, unsigned node, unsigned source, uint8_t type,
		   const char *text)
{
	struct share_record r;

	return n->node[node].share &&
	       share_find(n->node[node].share, n->now, share_net_mac(source), type, &r) &&
	       r.len == strlen(text) && (r.len == 0 || memcmp(r.data, text, r.len) == 0);
}
