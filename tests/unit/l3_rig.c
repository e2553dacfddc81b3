/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "l3_rig.h"
#include <assert.h>
#include <stdlib.h>
#include "sim/cheap_crypto.h"
#include "wire/bmx7_prefix.h"

enum { FAR_RANGE = 6000, HNA_ROOM = BMX7_HNA_LEN };

static struct ipv6 link_local(unsigned i)
{
	return (struct ipv6){{0xfe, 0x80, [15] = (uint8_t)(i + 1)}, 128};
}

static void job(struct l3_rig *r, const struct job *j)
{
	struct job_result *result = calloc(1, sizeof(*result));

	assert(result && r->jobs < RIG_JOBS);
	cheap_job(&r->prng, j, result);
	r->job_id[r->jobs] = j->id;
	r->job[r->jobs++] = result;
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct l3_rig *r = (struct l3_rig *)(void *)fx;
	const struct fx_network_route *route = &e->network.route;

	r->notes += e->network.kind == NETWORK_NOTE;
	if (e->network.kind == NETWORK_JOB)
		job(r, &e->network.job);
	if (e->network.kind == NETWORK_PATH && digest_equal(&e->network.path.node, &r->far->id)) {
		r->path = e->network.path.metric;
		r->paths++;
	}
	if (e->network.kind != NETWORK_ROUTE)
		return;
	if (memcmp(route->prefix.b, r->far_description.primary.b, 16) != 0)
		return;
	r->kernel = route->gone ? RIG_NOBODY : route->port;
	r->kernel_changes++;
}

/* A description of n's with one network, and nothing else that matters here. */
static void describe(struct l3_node *n, struct description *d, const struct ipv6 *address)
{
	uint8_t *hna = malloc(HNA_ROOM + sizeof(address->b));
	struct wr w = wr_over(hna, HNA_ROOM + sizeof(address->b));

	assert(hna);
	d->metric = BMX7_METRIC_DEFAULT;
	d->primary = (struct ipv6){{0xfd, 0x70}, 128};
	memcpy(d->primary.b + 2, n->id.b, 14);
	bmx7_hna_write(&w, &(struct bmx7_hna){d->primary, 0});
	free((void *)(uintptr_t)d->tlv[BMX7_HNA6].at);
	bmx7_address_write(&w, address);
	d->tlv[BMX7_HNA6] = (struct tlv_data){hna, HNA_ROOM};
	d->tlv[BMX7_LLIP] = (struct tlv_data){hna + HNA_ROOM, sizeof(address->b)};
}

static void far_describe(struct l3_rig *r)
{
	struct description *d = &r->far_description;
	struct chain_salt salt = {.node = r->far->id, .desc_sqn = d->version.desc_sqn};
	struct bmx7_link last = {{(uint8_t)d->version.desc_sqn}};

	struct ipv6 nowhere = link_local(0xff);

	describe(r->far, d, &nowhere);
	own_chain_init(&r->far_chain, &salt, &last, FAR_RANGE);
	assert(own_chain_grow(&r->far_chain, r->l3->crypto, FAR_RANGE));
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
	struct ipv6 from = link_local(i), own = link_local(0x80 + i);
	struct digest id = {{(uint8_t)(i + 1)}};
	struct l3_node *n = l3_node_get(r->l3, r->now, &id, &r->fx);

	r->neighbour[i] = n;
	r->l3->port[i] = (struct l3_port){
		.up = true, .rate_bps = metric_rate_default(false), .link_local = own};
	list_init(&r->l3->port[i].links);
	r->described[i].version = (struct bmx7_version){.boot_sqn = 1, .desc_sqn = 1};
	describe(n, &r->described[i], &from);
	n->description = &r->described[i];
	struct near *near = near_heard(r->l3, r->now, n, (uint8_t)i, &r->fx);
	struct l3_link *k = l3_link_heard(r->l3, r->now, near, 1, &from, (uint8_t)i, &r->fx);

	k->rq = k->tq = (struct quality){255, r->now};
	k->usable = true;
	k->pace = span_s(10000); /* nobody speaks here, and nobody is missed */
	r->link[i] = k;
}

void l3_rig_init(struct l3_rig *r, const struct l3_conf *conf, bool alive)
{
	struct job make = {.kind = JOB_RSA_KEY, .type = BMX7_RSA2048};
	struct l3_conf own = conf ? *conf : l3_conf_default();
	struct digest far = {{0xfa}};

	*r = (struct l3_rig){.fx = {emit}, .now = {1000000000}, .kernel = RIG_NOBODY};
	prng_seed(&r->prng, 1);
	cheap_job(&r->prng, &make, &r->key);
	own.node_public = (struct job_bytes){r->key.public, r->key.public_len};
	own.node_secret = (struct job_bytes){r->key.secret, r->key.secret_len};
	own.link_timeout = span_s(20000);
	r->l3 = l3_new(&own, cheap_crypto(), r->now, 1);
	assert(r->l3);
	r->l3->started = !alive;
	for (unsigned i = 0; i < RIG_NEIGHBOURS; i++)
		neighbour_add(r, i);
	r->far = l3_node_get(r->l3, r->now, &far, &r->fx);
	r->far_description.version = (struct bmx7_version){.boot_sqn = 1, .desc_sqn = 1};
	far_describe(r);
	r->far->description = &r->far_description;
	plane_described(r->l3, r->now, r->far, NULL, &r->fx);
}

static void keep(struct l3_rig *r, int more)
{
	for (unsigned i = 0; i <= RIG_NEIGHBOURS; i++) {
		struct l3_node *n = i < RIG_NEIGHBOURS ? r->neighbour[i] : r->far;

		n->route.claim_count = (uint16_t)(n->route.claim_count + more);
		l3_node_review(r->l3, r->now, n);
	}
}

void l3_rig_keep(struct l3_rig *r)
{
	r->kept = true;
	keep(r, 1);
}

void l3_rig_fini(struct l3_rig *r)
{
	if (r->kept)
		keep(r, -1);
	while (r->jobs > 0)
		free(r->job[--r->jobs]);
	for (unsigned i = 0; i < RIG_NEIGHBOURS; i++) {
		r->neighbour[i]->description = NULL;
		free((void *)(uintptr_t)r->described[i].tlv[BMX7_HNA6].at);
	}
	plane_undescribed(r->l3, r->now, r->far, (r->far->description = NULL, &r->far_description),
			  &r->fx);
	free((void *)(uintptr_t)r->far_description.tlv[BMX7_HNA6].at);
	l3_free(r->l3);
}

static void jobs_finish(struct l3_rig *r)
{
	while (r->jobs > 0) {
		struct job_result *result = r->job[--r->jobs];
		struct ev ev = {.kind = EV_NETWORK, .network = {.kind = NETWORK_JOB_DONE}};

		ev.network.done = job_result_done(r->job_id[r->jobs], result);
		l3_handle(r->l3, r->now, &ev, &r->fx);
		free(result);
	}
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
	jobs_finish(r);
}

static void datagram(struct l3_rig *r, unsigned i, const void *bytes, size_t len)
{
	struct ev ev = {.kind = EV_NETWORK,
			.network = {.kind = NETWORK_DATAGRAM,
				    .datagram = {(uint8_t)i, link_local(i), bytes, len}}};

	l3_handle(r->l3, r->now, &ev, &r->fx);
}

void l3_rig_hear_bytes(struct l3_rig *r, unsigned i, const void *bytes, size_t len)
{
	datagram(r, i, bytes, len);
}

void l3_rig_hear(struct l3_rig *r, unsigned i, const void *frames, size_t len)
{
	struct l3_node *n = r->neighbour[i];
	struct digest secret = {{0x5e, (uint8_t)i}};
	uint8_t packet[BMX7_PACKET_MAX], mac[BMX7_MAC];
	struct wr w = wr_over(packet, sizeof(packet));
	struct ipv6 from = link_local(i);

	/* It may be near no more; then this packet finds no secret. */
	if (n->near)
		n->near->secret[KEY_NOW] = (struct secret){.there = true, .s = secret};
	bmx7_packet_write(&w, &n->id);
	size_t opened = bmx7_signatures_open(&w, 1, ++r->burst, 1);
	struct digest hash =
		packet_hash(r->l3, &from, packet + wr_len(&w) - BMX7_SIGNATURE_HEADER, frames, len);

	packet_mac(r->l3, &hash, &secret, mac);
	bmx7_signature_write(&w, &(struct bmx7_signature){BMX7_DH2048, mac, BMX7_MAC});
	bmx7_close(&w, opened);
	wr_bytes(&w, frames, len);
	if (!w.bad)
		datagram(r, i, packet, wr_len(&w));
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
