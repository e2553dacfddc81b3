/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tunnel_kernel.h"
#include <assert.h>

static bool to_equal(const struct tunnel_to *a, const struct tunnel_to *b)
{
	return digest_equal(&a->node, &b->node) && ipv6_equal(a->dummy, b->dummy);
}

static struct tunnel_out *out_find(struct tunnel_kernel *k, const struct tunnel_to *to)
{
	for (size_t i = 0; i < k->outs; i++) {
		if (to_equal(&k->out[i].to, to))
			return &k->out[i];
	}
	return NULL;
}

static void out_do(struct tunnel_kernel *k, const struct tunnel_out *o)
{
	struct tunnel_out *old = out_find(k, &o->to);

	assert(o->to.dummy.b[1] > o->primary.b[1]);
	if (o->gone) {
		assert(old);
		for (size_t i = 0; i < k->routes; i++)
			assert(k->route[i].local || k->route[i].lost ||
			       !to_equal(&k->route[i].to, &o->to));
		*old = k->out[--k->outs];
		return;
	}
	assert(!old);
	assert(k->outs < KERNEL_OUTS);
	k->out[k->outs++] = *o;
	k->made++;
}

static void route_do(struct tunnel_kernel *k, const struct tunnel_route *r)
{
	struct tunnel_route *old = NULL;

	for (size_t i = 0; i < k->routes; i++) {
		if (tunnel_key_equal(&k->route[i].key, &r->key))
			old = &k->route[i];
	}
	assert(r->local || r->lost || out_find(k, &r->to));
	if (r->gone) {
		assert(old);
		*old = k->route[--k->routes];
		return;
	}
	assert(k->routes < KERNEL_ROUTES);
	*(old ? old : &k->route[k->routes++]) = *r;
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
	}
}

const struct tunnel_route *tunnel_kernel_route(const struct tunnel_kernel *k,
					       const struct prefix *prefix)
{
	for (size_t i = 0; i < k->routes; i++) {
		if (!k->route[i].local && prefix_equal(&k->route[i].key.prefix, prefix))
			return &k->route[i];
	}
	return NULL;
}
