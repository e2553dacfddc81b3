/* Proves that following changes chooses the gateways that the walk over everything does, as
 * specs/bmx7.md 8.2 has it, and that no order of events or hash decides. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/prng.h"
#include "gw_rig.h"

enum { NODES = 6, NETS = 5, SEARCHES = 6, ENTRIES = NODES * NETS * SEARCHES };

struct entry {
	struct tunnel_key key;
	unsigned node, slot;
	struct gw_network net;
	uint64_t metric;
	bool off;
};

struct model {
	bool here[NODES];
	uint64_t path[NODES];
	size_t nets[NODES];
	struct gw_network net[NODES][NETS];
	bool used[SEARCHES], has4, has6;
	struct gw_search search[SEARCHES];
	struct entry active[ENTRIES];
	size_t actives;
};

static bool same_bits(const struct prefix *a, const struct prefix *b)
{
	unsigned bits = a->net.bits < b->net.bits ? a->net.bits : b->net.bits;

	for (unsigned i = 0; i < bits; i++) {
		if ((a->net.b[i / 8] ^ b->net.b[i / 8]) & (128 >> i % 8))
			return false;
	}
	return a->v6 == b->v6;
}

static bool model_match(const struct model *m, const struct gw_search *s, unsigned node,
			const struct gw_network *net)
{
	unsigned min = s->bits_min == GW_BITS_OWN ? s->prefix.net.bits : s->bits_min;

	return same_bits(&s->prefix, &net->prefix) && net->prefix.net.bits >= min &&
	       net->prefix.net.bits <= s->bits_max &&
	       (s->proto == GW_PROTO_ANY || s->proto == net->proto) &&
	       (!s->name[0] || atoi(s->name + 1) == (int)node) && net->bandwidth != 0 &&
	       (net->prefix.v6 ? m->has6 : m->has4);
}

static bool model_active(const struct model *m, const struct entry *e)
{
	for (size_t i = 0; i < m->actives; i++) {
		const struct entry *a = &m->active[i];

		if (a->node == e->node && a->slot == e->slot &&
		    tunnel_key_equal(&a->key, &e->key) && a->net.tunnel == e->net.tunnel &&
		    a->net.proto == e->net.proto && prefix_equal(&a->net.prefix, &e->net.prefix))
			return true;
	}
	return false;
}

static uint64_t model_metric(const struct model *m, const struct gw_search *s,
			     const struct entry *e)
{
	uint64_t bw = bmx7_bandwidth(e->net.bandwidth), path = m->path[e->node];
	uint64_t q = bw >= bmx7_bandwidth(bmx7_bandwidth_byte(s->bandwidth_min)) ? METRIC_MAX : bw;
	uint64_t e2e = path <= METRIC_UNROUTABLE ? 0 : q < path ? q : path;

	e2e = e2e * s->rating / 100 * (100 + (model_active(m, e) ? s->hysteresis : 0)) / 100;
	return e2e <= METRIC_UNROUTABLE ? 0 : e2e;
}

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* The order of 8.2, and then what we decide equal ones by. */
static int entry_order(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	struct digest ida = id_of(a->node), idb = id_of(b->node);
	int steps[] = {
		order(a->key.preference, b->key.preference),
		order(a->key.table, b->key.table),
		order(a->key.ip_metric, b->key.ip_metric),
		order(a->key.prefix.v6, b->key.prefix.v6),
		order(b->key.prefix.net.bits, a->key.prefix.net.bits),
		memcmp(a->key.prefix.net.b, b->key.prefix.net.b, 16),
		order(b->metric, a->metric),
		digest_compare(&ida, &idb),
		order(a->slot, b->slot),
		order(a->net.tunnel, b->net.tunnel),
		order(b->net.prefix.net.bits, a->net.prefix.net.bits),
		order(a->net.proto, b->net.proto),
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i] != 0)
			return steps[i];
	}
	return 0;
}

static bool one_group(const struct entry *a, const struct entry *b)
{
	return a->key.preference == b->key.preference && a->key.table == b->key.table &&
	       a->key.ip_metric == b->key.ip_metric && a->key.prefix.v6 == b->key.prefix.v6;
}

static size_t model_gather(const struct model *m, struct entry *e)
{
	size_t count = 0;

	for (unsigned node = 0; node < NODES; node++) {
		for (size_t n = 0; m->here[node] && n < m->nets[node]; n++) {
			for (unsigned slot = 0; slot < SEARCHES; slot++) {
				const struct gw_search *s = &m->search[slot];
				const struct gw_network *net = &m->net[node][n];

				if (!m->used[slot] || !model_match(m, s, node, net))
					continue;
				bool longer = s->prefix.net.bits > net->prefix.net.bits;
				struct entry *to = &e[count];

				*to = (struct entry){
					.key = {s->preference, s->table, s->ip_metric,
						longer ? s->prefix : net->prefix},
					.node = node,
					.slot = slot,
					.net = *net,
				};
				to->metric = model_metric(m, s, to);
				count += to->metric > 0;
			}
		}
	}
	qsort(e, count, sizeof(*e), entry_order);
	return count;
}

/* The walk of 8.2, word by word. */
static void model_walk(struct model *m)
{
	static struct entry e[ENTRIES];
	size_t count = model_gather(m, e);

	m->actives = 0;
	for (size_t i = 0; i < count; i++) {
		bool better = false, all_allow = true;

		if (e[i].off)
			continue;
		for (size_t j = i + 1; j < count; j++)
			e[j].off |= tunnel_key_equal(&e[i].key, &e[j].key);
		bool breaks = m->search[e[i].slot].break_overlap;

		for (size_t j = 0; j < count; j++) {
			bool allows = m->search[e[j].slot].allow_overlap;

			if (!one_group(&e[i], &e[j]))
				continue;
			all_allow &= allows;
			better |= e[j].key.prefix.net.bits < e[i].key.prefix.net.bits &&
				  same_bits(&e[j].key.prefix, &e[i].key.prefix) &&
				  e[j].metric > e[i].metric && !(allows && breaks);
		}
		if ((all_allow && breaks) || !better)
			m->active[m->actives++] = e[i];
	}
}

static void agree(struct rig *rig, const struct model *m, unsigned seed)
{
	if (rig->count != m->actives)
		fail_msg("seed %u: %zu routes, not %zu", seed, rig->count, m->actives);
	for (size_t i = 0; i < m->actives; i++) {
		const struct entry *e = &m->active[i];
		struct tunnel_to to = {id_of(e->node), tunnels[e->net.tunnel]};
		const struct told *t = told_find(rig, &e->key);

		if (!t || !gateway_equal(&t->to, &to))
			fail_msg("seed %u: not by node %u", seed, e->node);
	}
}

static struct prefix any_prefix(struct prng *r)
{
	static const struct {
		const char *text;
		uint8_t bits;
	} all[] = {{"0.0.0.0", 0},   {"10.0.0.0", 8},  {"10.0.0.0", 9},	  {"10.1.0.0", 16},
		   {"10.1.0.0", 17}, {"10.1.1.0", 24}, {"10.128.0.0", 9}, {"11.0.0.0", 8},
		   {"fd00::", 8},    {"fd01::", 16},   {"fd01:1::", 32}};
	uint32_t i = prng_below(r, sizeof(all) / sizeof(all[0]));

	return prefix(all[i].text, all[i].bits);
}

static uint64_t any_path(struct prng *r)
{
	return prng_below(r, 6) ? 1000 + prng_below(r, 600) : prng_below(r, 80);
}

static void random_offer(struct prng *r, struct rig *rig, struct model *m)
{
	unsigned node = prng_below(r, NODES);
	struct gw_offer o = {.node = id_of(node), .tunnel = tunnels, .tunnels = 2};
	size_t wanted = prng_below(r, NETS + 1);

	m->here[node] = true;
	m->path[node] = o.metric = any_path(r);
	m->nets[node] = 0;
	while (m->nets[node] < wanted) {
		struct gw_network net = {.prefix = any_prefix(r),
					 .tunnel = (uint8_t)prng_below(r, 2),
					 .proto = (uint8_t)prng_below(r, 2)};
		bool again = false;

		net.bandwidth =
			bmx7_bandwidth_byte(prng_below(r, 9) ? 500 + prng_below(r, 2000) : 1);
		for (size_t i = 0; i < m->nets[node]; i++)
			again |= m->net[node][i].tunnel == net.tunnel &&
				 prefix_equal(&m->net[node][i].prefix, &net.prefix) &&
				 m->net[node][i].proto == net.proto;
		if (!again)
			m->net[node][m->nets[node]++] = net;
	}
	o.network = m->net[node];
	o.networks = wanted;
	snprintf(o.name, sizeof(o.name), "n%u", node);
	assert_int_equal(gw_offer_set(rig->g, &o), OK);
}

static void random_search(struct prng *r, struct rig *rig, struct model *m, bool strict)
{
	unsigned slot = prng_below(r, SEARCHES);
	struct gw_search *s = &m->search[slot];

	m->used[slot] = prng_below(r, 5) > 0;
	*s = gw_search_default(any_prefix(r));
	if (prng_below(r, 2))
		s->bits_min = (uint8_t)prng_below(r, 12);
	if (prng_below(r, 3) == 0)
		s->bits_max = (uint8_t)(8 + prng_below(r, 16));
	if (prng_below(r, 4) == 0)
		s->proto = (uint16_t)prng_below(r, 2);
	if (prng_below(r, 4) == 0)
		snprintf(s->name, sizeof(s->name), "n%u", prng_below(r, NODES));
	s->rating = 80 + prng_below(r, 60);
	s->hysteresis = prng_below(r, 40);
	s->bandwidth_min = 500 + prng_below(r, 2000);
	s->ip_metric += prng_below(r, 4) == 0;
	s->preference += prng_below(r, 5) == 0;
	s->allow_overlap = !strict || prng_below(r, 2);
	s->break_overlap = !strict || prng_below(r, 2);
	gw_search_set(rig->g, slot, m->used[slot] ? s : NULL);
}

static void random_step(struct prng *r, struct rig *rig, struct model *m, bool strict)
{
	unsigned node = prng_below(r, NODES);
	struct digest id = id_of(node);
	uint32_t what = prng_below(r, 20);

	if (what < 6) {
		random_offer(r, rig, m);
	} else if (what < 8) {
		m->here[node] = false;
		gw_offer_gone(rig->g, &id);
	} else if (what < 16) {
		m->path[node] = any_path(r);
		gw_metric_set(rig->g, &id, m->path[node]);
	} else if (what < 19) {
		random_search(r, rig, m, strict);
	} else {
		struct prefix own[] = {prefix("10.5.0.9", 32), prefix("fd05::9", 128)};

		m->has4 = prng_below(r, 5) > 0;
		m->has6 = prng_below(r, 5) > 0;
		gw_sources_set(rig->g, m->has4 ? own : own + 1, (size_t)(m->has4 + m->has6));
	}
}

struct reasons {
	size_t chosen;
	uint64_t of[GW_REASONS];
};

static void count_reason(void *ctx, const struct gw_why *why)
{
	struct reasons *all = ctx;

	all->of[why->reason]++;
	all->chosen += why->reason == GW_CHOSEN;
}

/* After each walk: the same routes, each of them from exactly one candidate. */
static void at_random(void **state)
{
	struct reasons all = {.chosen = 0};
	unsigned routes = 0, more = 0;

	(void)state;
	for (unsigned seed = 0; seed < (getenv("NUVOL_LONG") ? 20000 : 400); seed++) {
		struct gw_conf conf = roomy;
		static struct model m;
		struct prng r;
		struct rig rig;

		prng_seed(&r, seed);
		m = (struct model){.has4 = true, .has6 = true};
		conf.hash_key = prng_u64(&r);
		rig_make(&rig, conf);
		for (unsigned step = 0; step < 60; step++) {
			for (uint32_t n = prng_below(&r, 4); n > 0; n--)
				random_step(&r, &rig, &m, seed % 2 && step < 50);
			more += gw_evaluate(rig.g, rig.now, hear, &rig);
			model_walk(&m);
			agree(&rig, &m, seed);
			all.chosen = 0;
			gw_explain(rig.g, count_reason, &all);
			assert_int_equal(all.chosen, rig.count);
			routes += (unsigned)rig.count;
		}
		rig_end(&rig);
	}
	assert_true(routes > 10000);
	assert_true(more > 100);
	assert_true(all.of[GW_OVERLAPPED] > 100 && all.of[GW_WORSE] > 1000);
}

/* What was told in another order, with another key, is the same. */
static void any_order(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 50; seed++) {
		struct rig rig[2];
		struct gw_search s = gw_search_default(prefix("0.0.0.0", 0));
		struct gw_conf conf = roomy;

		for (unsigned k = 0; k < 2; k++) {
			struct prng r;

			prng_seed(&r, seed);
			conf.hash_key = seed * 2 + k;
			rig_make(&rig[k], conf);
			if (k == 0)
				gw_search_set(rig[k].g, 0, &s);
			struct prefix p[20];
			uint64_t path[20];

			for (unsigned i = 0; i < 20; i++) {
				p[i] = any_prefix(&r);
				path[i] = 1000 + prng_below(&r, 3);
			}
			for (unsigned i = 0; i < 20; i++) {
				unsigned n = k ? 19 - i : i;

				offer(&rig[k], n, p[n], MBIT, path[n]);
			}
			gw_search_set(rig[k].g, 0, &s);
			settle(&rig[k]);
		}
		assert_int_equal(rig[0].count, rig[1].count);
		for (size_t i = 0; i < rig[0].count; i++) {
			const struct told *t = told_find(&rig[1], &rig[0].told[i].key);

			assert_non_null(t);
			assert_true(gateway_equal(&t->to, &rig[0].told[i].to));
		}
		rig_end(&rig[0]);
		rig_end(&rig[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_random),
		cmocka_unit_test(any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
