/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/internal.h"

struct digest l3_id(const struct l3 *x)
{
	return x->self->id;
}

struct ipv6 l3_primary(const struct l3 *x)
{
	struct ipv6 a = self_primary(x);

	a.bits = x->conf.prefix.bits;
	return a;
}

const struct l3_counters *l3_counters(const struct l3 *x)
{
	return &x->count;
}

size_t l3_memory(const struct l3 *x)
{
	return x->pool.used_bytes;
}

static void node_view(const struct l3 *x, instant now, const struct l3_node *n,
		      struct l3_node_view *v)
{
	const struct l3_route *r = &n->route;

	(void)x;
	*v = (struct l3_node_view){.id = n->id,
				   .state = content_state(n),
				   .neighbour = n->near && n->near->verified,
				   .ogm_sqn = r->sqn,
				   .described = content_age(n, now)};
	content_name(n, v->name, sizeof(v->name));
	if (n->description) {
		v->primary = n->description->primary;
		v->desc_sqn = n->description->version.desc_sqn;
	}
	for (const struct claim *c = r->claims; c; c = c->next)
		v->candidates = (uint8_t)(v->candidates + (v->candidates < UINT8_MAX));
	if (!r->link)
		return;
	v->metric = l3_route_metric(r);
	v->hops = r->hops;
	v->next_hop = r->link->near->node->id;
	v->via = r->link->link_local;
	v->port = r->link->port;
}

size_t l3_nodes(const struct l3 *x, instant now, struct l3_node_view *out, size_t max)
{
	size_t count = 0;

	if (max == 0)
		return x->nodes.count - 1;
	list_each (n, &x->nodes.all, struct l3_node, all) {
		if (n == x->self)
			continue;
		if (count < max)
			node_view(x, now, n, &out[count]);
		count++;
	}
	return count;
}

bool l3_node_find(const struct l3 *x, instant now, const struct digest *id,
		  struct l3_node_view *out)
{
	const struct l3_node *n = l3_node_by_id(x, id);

	if (n)
		node_view(x, now, n, out);
	return n;
}

size_t l3_links(const struct l3 *x, instant now, struct l3_link_view *out, size_t max)
{
	size_t count = 0;

	for (uint8_t i = 0; i < PORT_MAX; i++) {
		list_each (k, &x->port[i].links, struct l3_link, of_port) {
			if (count++ >= max)
				continue;
			struct l3_link_view *v = &out[count - 1];

			*v = (struct l3_link_view){.node = k->near->node->id,
						   .link_local = k->link_local,
						   .port = i,
						   .dev_idx = k->dev_idx,
						   .rq = l3_link_rq(x, now, k),
						   .tq = l3_link_tq(x, now, k),
						   .usable = k->usable,
						   .doubted = k->doubted,
						   .rate_bps = x->port[i].rate_bps,
						   .heard = instant_since(now, k->heard)};
			content_name(k->near->node, v->name, sizeof(v->name));
		}
	}
	return count;
}

size_t l3_claims(const struct l3 *x, instant now, const struct digest *node,
		 struct l3_claim_view *out, size_t max)
{
	const struct l3_node *n = l3_node_by_id(x, node);
	size_t count = 0;

	if (!n)
		return 0;
	for (const struct claim *c = n->route.claims; c; c = c->next) {
		if (count++ >= max)
			continue;
		struct l3_claim_view *v = &out[count - 1];

		*v = (struct l3_claim_view){.neighbour = claim_near(c)->node->id,
					    .ogm_sqn = c->sqn,
					    .claimed = kept_path_metric(&c->path),
					    .hops = c->hops,
					    .age = instant_since(now, c->at)};
		v->excluded = l3_route_excluded(x, now, c, &v->metric);
	}
	return count;
}

size_t l3_networks(const struct l3 *x, struct l3_network_view *out, size_t max)
{
	size_t count = 0;

	list_each (h, &x->hnas.all, struct hna, all) {
		if (h->reserved || h->node == x->self)
			continue;
		if (count < max)
			out[count] = (struct l3_network_view){h->net, h->node->id};
		count++;
	}
	return count;
}

size_t l3_published(const struct l3 *x, const struct digest *node, struct l3_published_view *out,
		    size_t max)
{
	struct tlv_data tlv = l3_node_tlv(x, node, BMX7_TOPOLOGY);
	struct bmx7_topology t;
	size_t count = 0;
	struct rd links;

	if (tlv.len == 0 || bmx7_topology_parse(tlv.at, tlv.len, &links) != OK)
		return 0;
	while (bmx7_topology_next(&links, &t)) {
		if (count++ >= max)
			continue;
		out[count - 1] = (struct l3_published_view){
			.neighbour = t.neighbour,
			.tx_bps = bmx7_bandwidth(t.tx_bandwidth),
			.rx_bps = bmx7_bandwidth(t.rx_bandwidth),
			.tq = t.tq,
			.rq = t.rq,
		};
	}
	return count;
}

bool l3_node_of(const struct l3 *x, struct ipv6 address, struct digest *id)
{
	const struct hna *h = hna_of(x, &address);

	if (h)
		*id = h->node->id;
	return h;
}

const char *l3_exclusion_name(enum l3_exclusion e)
{
	switch (e) {
	case L3_CHOSEN: return "chosen";
	case L3_UNRESOLVED: return "unresolved";
	case L3_NO_LINK: return "no-link";
	case L3_DOUBTED: return "doubted";
	case L3_UNTRUSTED: return "untrusted";
	case L3_WITHDRAWN: return "withdrawn";
	case L3_TOO_FAR: return "too-far";
	case L3_INFEASIBLE: return "infeasible";
	case L3_OLDER: return "older";
	case L3_WORSE: return "worse";
	case L3_WAITING: return "waiting";
	}
	return "?";
}

struct tlv_data l3_node_tlv(const struct l3 *x, const struct digest *id, uint8_t type)
{
	const struct l3_node *n = l3_node_by_id(x, id);

	if (!n || !n->description || type >= BMX7_TLV_TYPES)
		return (struct tlv_data){NULL, 0};
	return n->description->tlv[type];
}
