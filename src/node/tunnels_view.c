/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The read-only views of tunnels.h. */
#include "node/tunnels_internal.h"

struct tunnels_counters tunnels_counters(const struct tunnels *t)
{
	return t->count;
}

size_t tunnels_offered(const struct tunnels *t, struct gw_network *out, size_t max)
{
	for (size_t i = 0; i < t->offers && i < max; i++)
		out[i] = t->offered[i];
	return t->offers;
}

bool tunnels_is_local(const struct tunnels *t, const struct prefix *p)
{
	for (uint32_t i = 0; i < t->locals; i++)
		if (prefix_contains(&t->local[i], p))
			return true;
	return false;
}

const struct gw *tunnels_gw(const struct tunnels *t)
{
	return t->gw;
}

size_t tunnels_memory(const struct tunnels *t)
{
	return t->pool.used_bytes;
}

bool tunnels_proves(const struct tunnels *t, bool v6)
{
	return t->targets[v6] > 0;
}

const struct proof *tunnels_proof(const struct tunnels *t, bool v6, const struct digest *node)
{
	return proofs_find(&t->proofs, v6, node);
}

size_t tunnels_outs(const struct tunnels *t, instant now, struct tunnels_out_view *out, size_t max)
{
	size_t count = 0;

	list_each (o, &t->all_outs, struct out, all) {
		if (count < max)
			out[count] = (struct tunnels_out_view){o->is, o->routes,
							       instant_since(now, o->made)};
		count++;
	}
	return count;
}

size_t tunnels_routes(const struct tunnels *t, instant now, struct tunnels_route_view *out,
		      size_t max)
{
	size_t count = 0;

	list_each (r, &t->all_routes, struct route, all) {
		if (tunnel_table_is_clients(r->key.table))
			continue;
		if (count < max)
			out[count] = (struct tunnels_route_view){
				.key = r->key,
				.lost = !r->out,
				.to = r->out ? r->out->is.to
					     : (struct tunnel_to){.dummy = {{0}, 0}},
				.since = instant_since(now, r->since)};
		count++;
	}
	return count;
}
