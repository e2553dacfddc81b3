/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/tunnel_kernel.h"
#include <assert.h>
#include <stdlib.h>
#include "sim/world_internal.h"

static bool to_equal(const struct tunnel_to *a, const struct tunnel_to *b)
{
	return digest_equal(&a->node, &b->node) && ipv6_equal(a->dummy, b->dummy);
}

static struct tunnel_out *out_find(const struct tunnel_kernel *k, const struct tunnel_to *to)
{
	for (unsigned i = 0; i < k->outs; i++)
		if (to_equal(&k->out[i].to, to))
			return &k->out[i];
	return NULL;
}

const struct tunnel_out *tunnel_kernel_out(const struct tunnel_kernel *k,
					   const struct tunnel_to *to)
{
	return out_find(k, to);
}

static void out_do(struct tunnel_kernel *k, const struct tunnel_out *o)
{
	struct tunnel_out *old = out_find(k, &o->to);

	assert(o->to.dummy.b[1] > o->primary.b[1]);
	if (o->gone) {
		assert(old);
		for (unsigned i = 0; i < k->routes; i++)
			assert(k->route[i].local || k->route[i].lost ||
			       !to_equal(&k->route[i].to, &o->to));
		*old = k->out[--k->outs];
		return;
	}
	assert(!old);
	world_grow(&k->out, k->outs, &k->outs_room, sizeof(*k->out));
	k->out[k->outs++] = *o;
	k->made++;
}

static void route_do(struct tunnel_kernel *k, const struct tunnel_route *r)
{
	struct tunnel_route *old = NULL;

	for (unsigned i = 0; i < k->routes; i++) {
		if (tunnel_key_equal(&k->route[i].key, &r->key))
			old = &k->route[i];
	}
	assert(r->local || r->lost || out_find(k, &r->to));
	if (r->gone) {
		assert(old);
		*old = k->route[--k->routes];
		return;
	}
	if (old) {
		*old = *r;
		return;
	}
	world_grow(&k->route, k->routes, &k->routes_room, sizeof(*k->route));
	k->route[k->routes++] = *r;
}

static struct tunnel_client *client_find(const struct tunnel_kernel *k, struct mac mac, bool v6)
{
	for (size_t i = 0; i < k->clients; i++) {
		if (mac_equal(k->client[i].mac, mac) && k->client[i].v6 == v6)
			return &k->client[i];
	}
	return NULL;
}

static void client_do(struct tunnel_kernel *k, const struct tunnel_client *c)
{
	struct tunnel_client *old = client_find(k, c->mac, c->v6);
	bool routed = false;

	for (size_t i = 0; i < k->routes; i++)
		routed |= k->route[i].key.table == c->table && k->route[i].key.prefix.v6 == c->v6;
	if (c->table == 0) {
		assert(old);
		*old = k->client[--k->clients];
		return;
	}
	assert(routed);
	if (old) {
		*old = *c;
		return;
	}
	world_grow(&k->client, k->clients, &k->clients_room, sizeof(*k->client));
	k->client[k->clients++] = *c;
}

const struct tunnel_route *tunnel_kernel_client(const struct tunnel_kernel *k, struct mac mac,
						bool v6)
{
	const struct tunnel_client *c = client_find(k, mac, v6);

	for (size_t i = 0; c && i < k->routes; i++) {
		if (k->route[i].key.table == c->table && k->route[i].key.prefix.v6 == v6)
			return &k->route[i];
	}
	return NULL;
}

void tunnel_kernel_do(struct tunnel_kernel *k, const struct fx_tunnel *f)
{
	k->effects++;
	switch (f->kind) {
	case TUNNEL_END:
		k->has_end = !f->end.gone;
		k->end = f->end;
		break;
	case TUNNEL_OUT: out_do(k, &f->out); break;
	case TUNNEL_ROUTE: route_do(k, &f->route); break;
	case TUNNEL_PROBE:
		assert(out_find(k, &f->probe.to));
		k->probe = f->probe;
		k->probes++;
		break;
	case TUNNEL_KEEP: k->keep = f->keep; break;
	case TUNNEL_CLIENT: client_do(k, &f->client); break;
	case TUNNEL_KEEP_CLIENT: k->keep_client = f->keep_client; break;
	}
}

void tunnel_kernel_flush(struct tunnel_kernel *k)
{
	free(k->out);
	free(k->route);
	free(k->client);
	*k = (struct tunnel_kernel){.has_end = false};
}

const struct tunnel_route *tunnel_kernel_route(const struct tunnel_kernel *k,
					       const struct prefix *prefix)
{
	for (unsigned i = 0; i < k->routes; i++) {
		if (!k->route[i].local && prefix_equal(&k->route[i].key.prefix, prefix))
			return &k->route[i];
	}
	return NULL;
}
