/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gw_rig.h"
#include <stdio.h>

bool gateway_equal(const struct tunnel_to *a, const struct tunnel_to *b)
{
	return digest_equal(&a->node, &b->node) && ipv6_equal(a->dummy, b->dummy);
}

struct told *told_find(struct rig *rig, const struct tunnel_key *key)
{
	for (size_t i = 0; i < rig->count; i++) {
		if (tunnel_key_equal(&rig->told[i].key, key))
			return &rig->told[i];
	}
	return NULL;
}

void hear(void *ctx, const struct tunnel_key *key, const struct tunnel_to *to, bool lost)
{
	struct rig *rig = ctx;
	struct told *t = told_find(rig, key);

	rig->changes++;
	if (!to && !t) { /* its state without a gateway is another */
		assert_true(lost != rig->lost);
		rig->lost = lost;
		return;
	}
	rig->lost = lost;
	if (!to) {
		assert_non_null(t);
		*t = rig->told[--rig->count];
		return;
	}
	if (t) {
		assert_false(gateway_equal(&t->to, to));
		t->to = *to;
		return;
	}
	assert_true(rig->count < ROUTES_MAX);
	rig->told[rig->count++] = (struct told){*key, *to};
}

struct digest id_of(unsigned n)
{
	return (struct digest){{(uint8_t)(n * 37), (uint8_t)n, 7}};
}

struct prefix prefix(const char *address, uint8_t bits)
{
	struct ipv4 a4;
	struct ipv6 a6;

	if (ipv4_parse(address, &a4)) {
		a4.bits = bits;
		return prefix_of4(a4);
	}
	assert_true(ipv6_parse(address, &a6));
	a6.bits = bits;
	return prefix_of6(a6);
}

void sources(struct gw *g)
{
	struct prefix own[] = {prefix("10.5.0.9", 32), prefix("fd05::9", 128)};

	gw_sources_set(g, own, 2);
}

void rig_make(struct rig *rig, struct gw_conf conf)
{
	*rig = (struct rig){.count = 0};
	pool_init(&rig->pool, 4 << 20);
	rig->g = gw_new(&rig->pool, &conf);
	assert_non_null(rig->g);
	sources(rig->g);
}

const struct gw_conf roomy = {
	.self = {{255}}, .nodes_max = 100, .per_node = 16, .matches_max = 1000, .hash_key = 5};

void rig_end(struct rig *rig)
{
	gw_free(rig->g);
	pool_fini(&rig->pool);
}

const struct ipv6 tunnels[2] = {{{0xfd, 0x71, 1}, 128}, {{0xfd, 0x72, 2}, 128}};

void offer(struct rig *rig, unsigned n, struct prefix p, uint64_t bps, uint64_t path)
{
	struct gw_network net = {.prefix = p, .bandwidth = bmx7_bandwidth_byte(bps)};
	struct gw_offer o = {.node = id_of(n),
			     .metric = path,
			     .tunnel = tunnels,
			     .tunnels = 2,
			     .network = &net,
			     .networks = 1};

	snprintf(o.name, sizeof(o.name), "n%u", n);
	assert_int_equal(gw_offer_set(rig->g, &o), OK);
}

void settle(struct rig *rig)
{
	for (unsigned i = 0; gw_evaluate(rig->g, rig->now, hear, rig); i++)
		assert_true(i < 10);
}
