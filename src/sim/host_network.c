/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "sim/world_internal.h"
#include "wire/bmx7.h"

struct finished {
	uint32_t id;
	struct job_result result;
};

/* ---- who has which primary address ---- */

static uint32_t hash_of(const struct world *w, const struct ipv6 *a)
{
	return map_hash(&w->by_primary, a->b, sizeof(a->b));
}

struct place *network_place(const struct world *w, const struct ipv6 *a)
{
	struct map_node *n = map_first(&w->by_primary, hash_of(w, a));

	for (; n; n = map_next(n)) {
		struct place *p = container_of(n, struct place, by_primary);

		if (memcmp(p->primary.b, a->b, sizeof(a->b)) == 0)
			return p;
	}
	return NULL;
}

static void primary_set(struct place *p, struct ipv6 primary)
{
	struct world *w = p->world;
	bool added;

	p->primary = primary;
	assert(!network_place(w, &primary));
	added = map_add(&w->by_primary, &p->by_primary, hash_of(w, &primary));
	assert(added);
	(void)added;
}

static void kernel_flush(struct kernel *k)
{
	if (k->room > 0)
		memset(k->via, 0xff, k->room * sizeof(*k->via)); /* WORLD_NOWHERE */
	k->routes = k->others = 0;
}

/* ---- life ---- */

static void key_make(struct place *p)
{
	const struct job make = {.kind = JOB_RSA_KEY, .type = BMX7_RSA2048};

	p->key = world_alloc(sizeof(*p->key));
	p->world->crypto.job(&p->world->prng, &make, p->key);
	assert(p->key->ok);
}

void network_boot(struct place *p)
{
	const bool is_new = !p->key;
	enum err e;

	if (is_new)
		key_make(p);
	const struct node_key_bytes key = {{p->key->secret, p->key->secret_len},
					   {p->key->public, p->key->public_len}};
	e = node_network_start(&p->node, host_now(p), &key, p->desc_sqn_kept,
			       prng_mix(p->seed ^ 4));
	assert(e == OK);
	if (is_new)
		primary_set(p, l3_primary(p->node.l3));
}

void network_died(struct place *p)
{
	kernel_flush(&p->kernel);
	tunnel_kernel_flush(&p->tunnels);
}

/* Others may still have routes to what it was. */
void network_forget(struct place *p)
{
	struct world *w = p->world;

	if (!p->key)
		return;
	for (unsigned i = 0; i < w->places; i++) {
		struct kernel *k = &w->place[i]->kernel;

		if (p->index < k->room && k->via[p->index] != WORLD_NOWHERE) {
			k->via[p->index] = WORLD_NOWHERE;
			k->routes--;
			k->others++;
		}
	}
	map_del(&w->by_primary, &p->by_primary);
	free(p->key);
	p->key = NULL;
	p->desc_sqn_kept = 0;
}

void network_fini(struct place *p)
{
	if (p->key)
		map_del(&p->world->by_primary, &p->by_primary);
	free(p->key);
	free(p->kernel.via);
	free(p->seen);
	tunnel_kernel_flush(&p->tunnels);
}

void network_port_tell(struct place *p, unsigned port)
{
	const struct segment_conf *c = &p->world->segment[p->segment_of[port]].conf;
	struct ev ev = {.kind = EV_NETWORK, .network = {.kind = NETWORK_PORT}};

	ev.network.port = (struct ev_network_port){
		.port = (uint8_t)port,
		.up = !medium_member(p, port)->down,
		.wireless = c->wifi,
		.channel = c->wifi ? 255 : 0,
		.rate_bps = c->rate_bps,
		.link_local = ipv6_link_local(host_port_mac(p->index, port)),
	};
	host_tell(p, &ev);
}

/* ---- effects ---- */

static void route(struct place *p, const struct fx_network_route *r)
{
	const struct place *to = network_place(p->world, &r->prefix);
	struct kernel *k = &p->kernel;
	unsigned old = k->room;

	if (!to) {
		k->others += r->gone ? 0 : 1;
		k->others -= r->gone && k->others > 0;
		return;
	}
	assert(to != p);
	while (k->room <= to->index) {
		world_grow(&k->via, k->room, &k->room, sizeof(*k->via));
		memset(k->via + old, 0xff, (k->room - old) * sizeof(*k->via));
		old = k->room;
	}
	k->routes -= k->via[to->index] != WORLD_NOWHERE;
	k->via[to->index] =
		r->gone ? WORLD_NOWHERE
			: (uint16_t)world_node_of(p->world, ipv6_link_local_mac(r->via));
	k->routes += k->via[to->index] != WORLD_NOWHERE;
}

static void job(struct place *p, const struct job *j)
{
	struct world *w = p->world;
	struct item *it = item_new(ITEM_JOB, sizeof(struct finished));
	struct finished *f = world_alloc(sizeof(*f));

	f->id = j->id;
	w->crypto.job(&w->prng, j, &f->result);
	it->node = p->index;
	it->life = p->life;
	memcpy(it->bytes, f, sizeof(*f));
	free(f);
	queue_put(&w->queue, instant_add(w->now, w->crypto.job_time), it);
}

void network_effect(struct place *p, const struct fx_network *n)
{
	switch (n->kind) {
	case NETWORK_SEND: medium_datagram(p, n->send.port, n->send.data, n->send.len); break;
	case NETWORK_ROUTE: route(p, &n->route); break;
	case NETWORK_JOB: job(p, &n->job); break;
	case NETWORK_KEEP: p->desc_sqn_kept = n->keep.desc_sqn; break;
	case NETWORK_ADDRESS:
	case NETWORK_DESCRIBED:
	case NETWORK_PATH:
	case NETWORK_NOTE: break;
	}
}

/* ---- what happens ---- */

void network_happen(struct place *p, const struct item *it)
{
	struct ev ev = {.kind = EV_NETWORK, .network = {.kind = NETWORK_JOB_DONE}};
	struct finished f;

	memcpy(&f, it->bytes, sizeof(f));
	ev.network.done = job_result_done(f.id, &f.result);
	host_tell(p, &ev);
}

void network_rx(struct place *p, uint8_t port, const struct item *it)
{
	struct ev ev = {.kind = EV_NETWORK, .network = {.kind = NETWORK_DATAGRAM}};

	ev.network.datagram = (struct ev_network_datagram){
		port, ipv6_link_local(host_port_mac(it->from, it->from_port)), it->carried->bytes,
		it->carried->len};
	host_tell(p, &ev);
}

struct place *network_next(const struct place *at, const struct place *to)
{
	const struct kernel *k = &at->kernel;
	uint16_t via = to->index < k->room ? k->via[to->index] : WORLD_NOWHERE;

	return via == WORLD_NOWHERE ? NULL : at->world->place[via];
}

int world_walk(const struct world *w, unsigned a, unsigned b, uint16_t *path)
{
	bool whole = true;
	unsigned at = a;

	for (unsigned hops = 0; hops < w->places; hops++) {
		const struct kernel *k = &w->place[at]->kernel;
		unsigned next = b < k->room ? k->via[b] : WORLD_NOWHERE;

		if (at == b)
			return whole ? (int)hops : -1;
		if (path)
			path[hops] = (uint16_t)at;
		if (next == WORLD_NOWHERE || !w->place[next]->alive)
			return -1;
		whole = whole && world_linked(w, at, next);
		at = next;
	}
	return -2;
}

unsigned world_routes(const struct world *w, unsigned node)
{
	return w->place[node]->kernel.routes;
}
