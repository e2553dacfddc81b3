/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "l3_rig.h"
#include <assert.h>
#include <stdlib.h>
#include "sim/cheap_crypto.h"
#include "wire/bmx7_prefix.h"

enum { FAR_RANGE = 1000, HNA_ROOM = BMX7_HNA_LEN };

static struct ipv6 link_local(unsigned i)
{
	return (struct ipv6){{0xfe, 0x80, [15] = (uint8_t)(i + 1)}, 128};
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct l3_rig *r = (struct l3_rig *)(void *)fx;
	const struct fx_network_route *route = &e->network.route;

	if (e->network.kind != NETWORK_ROUTE)
		return;
	if (memcmp(route->prefix.b, r->far_description.primary.b, 16) != 0)
		return;
	r->kernel = route->gone ? RIG_NOBODY : route->port;
	r->kernel_changes++;
}

/* A description of n's with one network, and nothing else that matters here. */
static void describe(struct l3_rig *r, struct l3_node *n, struct description *d)
{
	uint8_t *hna = malloc(HNA_ROOM);
	struct wr w = wr_over(hna, HNA_ROOM);

	assert(hna);
	d->metric = BMX7_METRIC_DEFAULT;
	d->primary = (struct ipv6){{0xfd, 0x70}, 128};
	memcpy(d->primary.b + 2, n->id.b, 14);
	bmx7_hna_write(&w, &(struct bmx7_hna){d->primary, 0});
	free((void *)(uintptr_t)d->tlv[BMX7_HNA6].at);
	d->tlv[BMX7_HNA6] = (struct tlv_data){hna, HNA_ROOM};
	(void)r;
}

static void far_describe(struct l3_rig *r)
{
	struct description *d = &r->far_description;
	struct chain_salt salt = {.node = r->far->id, .desc_sqn = d->version.desc_sqn};
	struct bmx7_link last = {{(uint8_t)d->version.desc_sqn}};

	describe(r, r->far, d);
	own_chain_init(&r->far_chain, r->l3->crypto, &salt, &last, FAR_RANGE);
	d->version.sqn_range = FAR_RANGE;
	d->version.anchor = r->far_chain.kept[0];
	d->hash.b[0] = (uint8_t)d->version.desc_sqn;
	own_chain_disguise(&r->far_chain, r->l3->crypto, &d->hash);
}

void l3_rig_describe(struct l3_rig *r, bool restart)
{
	struct description old = r->far_description;

	r->far_description.tlv[BMX7_HNA6].at = NULL;
	r->far_description.version.desc_sqn++;
	if (restart)
		r->far_description.version.boot_sqn = r->far_description.version.desc_sqn;
	far_describe(r);
	plane_described(r->l3, r->now, r->far, &old, &r->fx);
	free((void *)(uintptr_t)old.tlv[BMX7_HNA6].at);
}

static void neighbour_add(struct l3_rig *r, unsigned i)
{
	struct ipv6 from = link_local(i);
	struct digest id = {{(uint8_t)(i + 1)}};
	struct l3_node *n = l3_node_get(r->l3, r->now, &id, &r->fx);

	r->neighbour[i] = n;
	r->l3->port[i] = (struct l3_port){.up = true, .rate_bps = metric_rate_default(false)};
	list_init(&r->l3->port[i].links);
	r->described[i].version = (struct bmx7_version){.boot_sqn = 1, .desc_sqn = 1};
	describe(r, n, &r->described[i]);
	n->description = &r->described[i];
	struct near *near = near_heard(r->l3, r->now, n, (uint8_t)i, &r->fx);
	struct l3_link *k = l3_link_heard(r->l3, r->now, near, 1, &from, (uint8_t)i, &r->fx);

	k->rq = k->tq = (struct quality){255, r->now};
	k->usable = true;
	k->pace = span_s(10000); /* nobody speaks here, and nobody is missed */
	r->link[i] = k;
}

void l3_rig_init(struct l3_rig *r)
{
	static const uint8_t key[257] = {BMX7_RSA2048, 1};
	struct l3_conf conf = l3_conf_default();
	struct digest far = {{0xfa}};

	*r = (struct l3_rig){.fx = {emit}, .now = {1000000000}, .kernel = RIG_NOBODY};
	conf.node_public = conf.node_secret = (struct job_bytes){key, sizeof(key)};
	conf.link_timeout = span_s(20000);
	r->l3 = l3_new(&conf, cheap_crypto(), r->now, 1);
	assert(r->l3);
	r->l3->started = true; /* without keys of its own */
	for (unsigned i = 0; i < RIG_NEIGHBOURS; i++)
		neighbour_add(r, i);
	r->far = l3_node_get(r->l3, r->now, &far, &r->fx);
	r->far_description.version = (struct bmx7_version){.boot_sqn = 1, .desc_sqn = 1};
	far_describe(r);
	r->far->description = &r->far_description;
	plane_described(r->l3, r->now, r->far, NULL, &r->fx);
}

void l3_rig_fini(struct l3_rig *r)
{
	for (unsigned i = 0; i < RIG_NEIGHBOURS; i++) {
		r->neighbour[i]->description = NULL;
		free((void *)(uintptr_t)r->described[i].tlv[BMX7_HNA6].at);
	}
	plane_undescribed(r->l3, r->now, r->far, (r->far->description = NULL, &r->far_description),
			  &r->fx);
	free((void *)(uintptr_t)r->far_description.tlv[BMX7_HNA6].at);
	l3_free(r->l3);
}

void l3_rig_pass(struct l3_rig *r, span time)
{
	instant end = instant_add(r->now, time);

	while (instant_reached(l3_deadline(r->l3), end)) {
		instant at = l3_deadline(r->l3);

		if (instant_before(r->now, at))
			r->now = at;
		l3_handle(r->l3, r->now, &(struct ev){.kind = EV_DEADLINE}, &r->fx);
	}
	r->now = end;
}

void l3_rig_claim(struct l3_rig *r, unsigned i, uint16_t sqn, uint64_t metric)
{
	struct bmx7_ogm o = {.chain = own_chain_link(&r->far_chain, r->l3->crypto, sqn),
			     .iid = 2,
			     .hops = 1,
			     .metric = metric};
	struct bmx7_iid say = {2, r->far_description.version.desc_sqn, o.chain, r->far->id};

	claim_iid(r->l3, r->now, r->neighbour[i]->near, &say, &r->fx);
	claim_ogm(r->l3, r->now, r->neighbour[i]->near, ++r->batch, &o, &r->fx);
}

int l3_rig_route(const struct l3_rig *r)
{
	const struct l3_link *k = r->far->route.link;

	return k ? k->port : RIG_NOBODY;
}
