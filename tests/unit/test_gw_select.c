/* Proves that networks outside are reached through the gateways that specs/bmx7.md 8.2 says: its
 * options, its numbers, hysteresis, overlaps; and that tables have bounds. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "core/gw/match.h"
#include "gw_rig.h"

/* The node that s's and p's route goes to, or 99. */
static unsigned chosen(struct rig *rig, const struct gw_search *s, struct prefix p)
{
	struct tunnel_key key = {s->preference, s->table, s->ip_metric, p};
	const struct told *t = told_find(rig, &key);

	return t ? t->to.node.b[1] : 99;
}

/* ---- the metric ---- */

/* specs/bmx7.md 8.2 and 6.2, its numbers among them. */
static void metrics(void **state)
{
	static const struct {
		uint64_t min, bps, path;
		uint32_t rating, hysteresis;
		bool active;
		uint64_t metric;
	} cases[] = {
		/* 10 Mbit where 100 are wanted, as measured */
		{100 * MBIT, 10 * MBIT, METRIC_MAX, 100, 20, false, 9437184},
		{100 * MBIT, 10 * MBIT, METRIC_MAX, 100, 20, true, 11324620},
		/* as a real bmx7 shows its tunMetric, which it cuts to thousands: 22649K, 20971K,
		 * 25165K, 30198K, 55364K; and 113M with a rating of 1000 */
		{100 * MBIT, 20 * MBIT, 999 * MBIT, 100, 20, true, 22649241},
		{100 * MBIT, 22 * MBIT, 999 * MBIT, 100, 20, false, 20971520},
		{100 * MBIT, 26 * MBIT, 999 * MBIT, 100, 20, false, 25165824},
		{100 * MBIT, 26 * MBIT, 999 * MBIT, 100, 20, true, 30198988},
		{100 * MBIT, 50 * MBIT, 999 * MBIT, 100, 20, true, 55364812},
		{100 * MBIT, 10 * MBIT, 999 * MBIT, 1000, 20, true, 113246208},
		/* the bandwidth matters only below the minimum, which is rounded as it is */
		{1000, 1000, 5 * MBIT, 100, 20, false, 5 * MBIT},
		{1000, 960, 5 * MBIT, 100, 20, false, 5 * MBIT},
		{1000, 959, 5 * MBIT, 100, 20, false, 896},
		{10 * MBIT, 100 * MBIT, 5 * MBIT, 100, 20, false, 5 * MBIT},
		{100 * MBIT, 10 * MBIT, 5 * MBIT, 100, 20, false, 5 * MBIT},
		/* each step truncates */
		{1000, MBIT, 1001, 50, 20, false, 500},
		{1000, MBIT, 1001, 50, 20, true, 600},
		{1000, MBIT, 1001, 99, 1, true, 999},
		/* nothing is left, or there is no way: a rating makes nothing of that */
		{1000, MBIT, 0, 1000, 20, true, 0},
		{1000, MBIT, 64, 1000, 20, true, 0},
		{1000, MBIT, 65, 1000, 20, true, 0},
		{1000, MBIT, 66, 100, 20, false, 66},
		{1000, MBIT, 66, 99, 0, false, 0},
		{1000, MBIT, 130, 50, 0, false, 0},
		{1000, MBIT, 132, 50, 0, false, 66},
		{1000, MBIT, 5 * MBIT, 0, 20, true, 0},
		/* what wraps in the reference */
		{1000, MBIT, METRIC_MAX, 1000, 20, false, METRIC_MAX * 10},
		{1000, MBIT, METRIC_MAX, 1000, 20, true, METRIC_MAX * 12},
		{1000, MBIT, METRIC_MAX, 100000, 100000, true, METRIC_MAX * 1000 * 1001},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gw_search s = gw_search_default(prefix("10.0.0.0", 8));

		s.bandwidth_min = cases[i].min;
		s.rating = cases[i].rating;
		s.hysteresis = cases[i].hysteresis;
		uint64_t metric = gw_match_metric(&s, bmx7_bandwidth_byte(cases[i].bps),
						  cases[i].path, cases[i].active);

		if (metric != cases[i].metric)
			fail_msg("case %zu: %llu", i, (unsigned long long)metric);
	}
}

/* ---- matching ---- */

struct one {
	const char *network; /* offered */
	uint8_t bits;
	void (*change)(struct gw_search *s); /* of a search for 10.0.0.0/8 */
	enum gw_reason reason;
	const char *route;
	uint8_t route_bits;
};

static void any_length(struct gw_search *s)
{
	s->bits_min = 0;
}
static void up_to_16(struct gw_search *s)
{
	s->bits_max = 16;
}
static void from_16(struct gw_search *s)
{
	s->bits_min = 16;
}
static void proto_4(struct gw_search *s)
{
	s->proto = 4;
}
static void proto_0(struct gw_search *s)
{
	s->proto = 0;
}
static void name_n1(struct gw_search *s)
{
	snprintf(s->name, sizeof(s->name), "n1");
}
static void name_n(struct gw_search *s)
{
	snprintf(s->name, sizeof(s->name), "n");
}
static void node_1(struct gw_search *s)
{
	s->by_node = true, s->node = id_of(1);
}
static void node_2(struct gw_search *s)
{
	s->by_node = true, s->node = id_of(2);
}
static void worthless(struct gw_search *s)
{
	s->rating = 0;
}
static void inet4(struct gw_search *s)
{
	s->prefix = prefix("0.0.0.0", 0);
	s->bits_max = 0;
}

static void reason_hear(void *ctx, const struct gw_why *why)
{
	*(enum gw_reason *)ctx = why->reason;
}

/* Each option of a search, and what the route is then. */
static void matching(void **state)
{
	static const struct one cases[] = {
		{"10.1.0.0", 16, NULL, GW_CHOSEN, "10.1.0.0", 16},
		{"10.0.0.0", 8, NULL, GW_CHOSEN, "10.0.0.0", 8},
		{"0.0.0.0", 0, NULL, GW_LENGTH, NULL, 0},
		{"0.0.0.0", 0, any_length, GW_CHOSEN, "10.0.0.0", 8},
		{"10.1.2.0", 24, up_to_16, GW_LENGTH, NULL, 0},
		{"10.1.0.0", 16, up_to_16, GW_CHOSEN, "10.1.0.0", 16},
		{"10.0.0.0", 12, from_16, GW_LENGTH, NULL, 0},
		{"10.1.2.3", 32, from_16, GW_CHOSEN, "10.1.2.3", 32},
		{"11.0.0.0", 16, NULL, GW_APART, NULL, 0},
		{"fd01::", 16, NULL, GW_FAMILY, NULL, 0},
		{"10.1.0.0", 16, proto_4, GW_PROTO, NULL, 0},
		{"10.1.0.0", 16, proto_0, GW_CHOSEN, "10.1.0.0", 16},
		{"10.1.0.0", 16, name_n1, GW_CHOSEN, "10.1.0.0", 16},
		{"10.1.0.0", 16, name_n, GW_NAMED, NULL, 0},
		{"10.1.0.0", 16, node_1, GW_CHOSEN, "10.1.0.0", 16},
		{"10.1.0.0", 16, node_2, GW_NODE, NULL, 0},
		{"10.1.0.0", 16, worthless, GW_WORTHLESS, NULL, 0},
		{"0.0.0.0", 0, inet4, GW_CHOSEN, "0.0.0.0", 0},
		{"10.0.0.0", 8, inet4, GW_LENGTH, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct one *c = &cases[i];
		struct gw_search s = gw_search_default(prefix("10.0.0.0", 8));
		enum gw_reason reason = GW_REASONS;
		struct rig rig;

		if (c->change)
			c->change(&s);
		rig_make(&rig, roomy);
		gw_search_set(rig.g, 3, &s);
		offer(&rig, 1, prefix(c->network, c->bits), MBIT, MBIT);
		settle(&rig);
		gw_explain(rig.g, reason_hear, &reason);
		if (reason != c->reason)
			fail_msg("case %zu: %s", i, gw_reason_name(reason));
		assert_int_equal(rig.count, c->route ? 1 : 0);
		if (c->route)
			assert_int_equal(chosen(&rig, &s, prefix(c->route, c->route_bits)), 1);
		rig_end(&rig);
	}
}

static enum gw_reason with_ingress(const struct gw_ingress *in, size_t count, bool own)
{
	struct gw_search s = gw_search_default(prefix("10.0.0.0", 8));
	struct gw_network net = {.prefix = prefix("10.1.0.0", 16), .tunnel = 1, .bandwidth = 255};
	struct gw_offer o = {.node = id_of(1),
			     .metric = MBIT,
			     .tunnel = tunnels,
			     .tunnels = 2,
			     .network = &net,
			     .networks = 1,
			     .ingress = in,
			     .ingresses = count};
	enum gw_reason reason = GW_REASONS;
	struct rig rig;

	rig_make(&rig, roomy);
	gw_search_set(rig.g, 0, &s);
	if (!own)
		gw_sources_set(rig.g, NULL, 0);
	assert_int_equal(gw_offer_set(rig.g, &o), OK);
	settle(&rig);
	gw_explain(rig.g, reason_hear, &reason);
	rig_end(&rig);
	return reason;
}

/* We have 10.5.0.9: a gateway takes it, or not. */
static void ingress(void **state)
{
	struct gw_ingress in[] = {{prefix("10.5.0.0", 16), 1},
				  {prefix("10.6.0.0", 16), 1},
				  {prefix("10.6.0.0", 16), 0},
				  {prefix("fd05::", 16), 1}};

	(void)state;
	assert_int_equal(with_ingress(NULL, 0, true), GW_CHOSEN);
	assert_int_equal(with_ingress(NULL, 0, false), GW_NO_SOURCE);
	assert_int_equal(with_ingress(&in[0], 1, true), GW_CHOSEN);
	assert_int_equal(with_ingress(&in[0], 1, false), GW_NO_SOURCE);
	assert_int_equal(with_ingress(&in[0], 2, true), GW_CHOSEN);
	assert_int_equal(with_ingress(&in[1], 1, true), GW_INGRESS);
	/* of another tunnel, of another family: no limits */
	assert_int_equal(with_ingress(&in[2], 2, true), GW_CHOSEN);
}

/* ---- order ---- */

static void metrics_hear(void *ctx, const struct gw_why *why)
{
	((uint64_t *)ctx)[why->node->b[1]] = why->metric;
}

/* The best stays until another is better by more than the hysteresis. */
static void hysteresis(void **state)
{
	struct gw_search s = gw_search_default(prefix("10.0.0.0", 8));
	struct prefix p = prefix("10.1.0.0", 16);
	struct digest one = id_of(1), two = id_of(2);
	uint64_t metric[3];
	struct rig rig;

	(void)state;
	rig_make(&rig, roomy);
	gw_search_set(rig.g, 0, &s);
	offer(&rig, 2, p, MBIT, 1000);
	settle(&rig);
	assert_int_equal(chosen(&rig, &s, p), 2);
	offer(&rig, 1, p, MBIT, 1199);
	settle(&rig);
	assert_int_equal(chosen(&rig, &s, p), 2);
	offer(&rig, 2, p, MBIT, 1000); /* described anew, nothing of it changed */
	settle(&rig);
	assert_int_equal(chosen(&rig, &s, p), 2);
	gw_metric_set(rig.g, &one, 1201);
	settle(&rig);
	assert_int_equal(chosen(&rig, &s, p), 1);
	/* What each counts from now on, not what it did when they changed places. */
	gw_explain(rig.g, metrics_hear, metric);
	assert_int_equal(metric[1], 1441);
	assert_int_equal(metric[2], 1000);
	gw_metric_set(rig.g, &two, 1440);
	settle(&rig);
	assert_int_equal(chosen(&rig, &s, p), 1);
	gw_metric_set(rig.g, &two, 1442);
	settle(&rig);
	assert_int_equal(chosen(&rig, &s, p), 2);
	gw_metric_set(rig.g, &two, 0);
	settle(&rig);
	assert_int_equal(chosen(&rig, &s, p), 1);
	assert_int_equal(rig.changes, 4);
	gw_offer_gone(rig.g, &one);
	gw_offer_gone(rig.g, &one);
	settle(&rig);
	assert_int_equal(rig.count, 0);
	assert_int_equal(gw_counters(rig.g)->changes, 5);
	rig_end(&rig);
}

/* LibreMesh's preferred gateway: a second search with its name and ten times the rating. */
static void preferred(void **state)
{
	struct gw_search all = gw_search_default(prefix("0.0.0.0", 0));
	struct gw_search best = all;
	struct digest two = id_of(2);
	struct rig rig;

	(void)state;
	all.bits_max = best.bits_max = 0;
	best.rating = 1000;
	snprintf(best.name, sizeof(best.name), "n2");
	rig_make(&rig, roomy);
	gw_search_set(rig.g, 0, &all);
	gw_search_set(rig.g, 1, &best);
	offer(&rig, 1, all.prefix, MBIT, METRIC_MAX / 9);
	offer(&rig, 2, all.prefix, MBIT, METRIC_MAX / 100);
	settle(&rig);
	assert_int_equal(chosen(&rig, &all, all.prefix), 1);
	gw_metric_set(rig.g, &two, METRIC_MAX); /* would wrap: last in the reference */
	settle(&rig);
	assert_int_equal(chosen(&rig, &all, all.prefix), 2);
	gw_metric_set(rig.g, &two, METRIC_MAX / 80);
	settle(&rig);
	assert_int_equal(chosen(&rig, &all, all.prefix), 2);
	gw_search_set(rig.g, 1, NULL);
	settle(&rig);
	assert_int_equal(chosen(&rig, &all, all.prefix), 1);
	rig_end(&rig);
}

/* Equal ones: the lower node id, in whatever order they came. */
static void ties(void **state)
{
	struct gw_search s = gw_search_default(prefix("10.0.0.0", 8));
	struct prefix p = prefix("10.1.0.0", 16);

	(void)state;
	for (unsigned first = 1; first <= 3; first++) {
		struct rig rig;

		rig_make(&rig, roomy);
		for (unsigned i = 0; i < 3; i++)
			offer(&rig, 1 + (first + i) % 3, p, MBIT, 1000);
		gw_search_set(rig.g, 0, &s);
		settle(&rig);
		assert_int_equal(chosen(&rig, &s, p), 1);
		rig_end(&rig);
	}
}

/* A wide network of node 1, a part of it of node 2. */
static void overlaps(void **state)
{
	static const struct {
		bool allow, break_; /* wide allows, narrow breaks */
		uint64_t wide, narrow;
		bool apart; /* another metric of the routes: never compared */
		bool both;
	} cases[] = {
		{true, true, 2000, 1000, false, true},	 {false, true, 2000, 1000, false, false},
		{true, false, 2000, 1000, false, false}, {false, false, 2000, 1000, false, false},
		{false, false, 1000, 1000, false, true}, {false, false, 1000, 2000, false, true},
		{false, false, 2000, 1000, true, true},	 {false, false, 0, 1000, false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gw_search w = gw_search_default(prefix("10.0.0.0", 8)), n = w;
		struct prefix wide = prefix("10.0.0.0", 9), narrow = prefix("10.1.0.0", 16);
		struct rig rig;

		w.bits_max = 9;
		w.allow_overlap = cases[i].allow;
		n.bits_min = 16;
		n.break_overlap = cases[i].break_;
		n.ip_metric += cases[i].apart;
		rig_make(&rig, roomy);
		gw_search_set(rig.g, 0, &w);
		gw_search_set(rig.g, 1, &n);
		offer(&rig, 1, wide, MBIT, cases[i].wide);
		offer(&rig, 2, narrow, MBIT, cases[i].narrow);
		settle(&rig);
		assert_int_equal(chosen(&rig, &w, wide), cases[i].wide ? 1 : 99);
		if (chosen(&rig, &n, narrow) != (cases[i].both ? 2 : 99))
			fail_msg("case %zu", i);
		/* once it may overlap, nothing else need change for it */
		w.allow_overlap = n.break_overlap = true;
		gw_search_set(rig.g, 0, &w);
		gw_search_set(rig.g, 1, &n);
		settle(&rig);
		assert_int_equal(chosen(&rig, &n, narrow), 2);
		rig_end(&rig);
	}
}

/* ---- bounds ---- */

static void bounds(void **state)
{
	struct gw_search s = gw_search_default(prefix("10.0.0.0", 8));
	struct gw_conf conf = roomy;
	struct gw_network net[9];
	struct gw_offer o = {
		.node = id_of(1), .metric = MBIT, .tunnel = tunnels, .tunnels = 2, .network = net};
	struct rig rig;

	(void)state;
	conf.nodes_max = 2;
	conf.per_node = 8;
	conf.matches_max = 8;
	rig_make(&rig, conf);
	gw_search_set(rig.g, 0, &s);
	for (unsigned i = 0; i < 9; i++)
		net[i] = (struct gw_network){
			.prefix = prefix_of4((struct ipv4){{10, (uint8_t)i}, 16}),
			.bandwidth = 255};
	net[1] = net[0];
	net[2].tunnel = 2; /* it has two */
	o.networks = 9;
	assert_int_equal(gw_offer_set(rig.g, &o), OK);
	assert_int_equal(gw_counters(rig.g)->networks_refused, 3);
	settle(&rig);
	assert_int_equal(rig.count, 6);
	o.node = conf.self;
	assert_int_equal(gw_offer_set(rig.g, &o), ERR_OWN);
	o.node = id_of(2);
	o.networks = 1;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(gw_offer_set(rig.g, &o), OK); /* again is not one more */
	o.node = id_of(3);
	assert_int_equal(gw_offer_set(rig.g, &o), ERR_FULL);
	/* no room for all matches, until another leaves */
	struct digest first = id_of(1), second = id_of(2);

	o.node = second;
	for (unsigned i = 0; i < 4; i++)
		net[i].prefix = prefix_of4((struct ipv4){{10, 20 + (uint8_t)i}, 16});
	net[2].tunnel = 0;
	o.networks = 4;
	assert_int_equal(gw_offer_set(rig.g, &o), OK);
	settle(&rig);
	assert_int_equal(rig.count, 8);
	assert_int_equal(gw_counters(rig.g)->matches_refused, 2);
	gw_offer_gone(rig.g, &first);
	settle(&rig);
	assert_int_equal(rig.count, 4);
	rig_end(&rig);
}

/* How many clients use a gateway is kept as long as it offers, and by family. */
static void users(void **state)
{
	struct rig rig;
	struct digest one = id_of(1), two = id_of(2);

	(void)state;
	rig_make(&rig, roomy);
	offer(&rig, 1, prefix("0.0.0.0", 0), MBIT, MBIT);
	gw_users_set(rig.g, false, &one, 7);
	gw_users_set(rig.g, false, &two, 9); /* it offers nothing */
	offer(&rig, 1, prefix("0.0.0.0", 0), 2 * MBIT, MBIT);
	assert_int_equal(gw_users(rig.g, false, &one), 7);
	assert_int_equal(gw_users(rig.g, true, &one), 0);
	assert_int_equal(gw_users(rig.g, false, &two), 0);
	gw_offer_gone(rig.g, &one);
	offer(&rig, 1, prefix("0.0.0.0", 0), MBIT, MBIT);
	assert_int_equal(gw_users(rig.g, false, &one), 0);
	rig_end(&rig);
}

/* Whatever memory there is not: refused or left out, and all given back. */
static void memory(void **state)
{
	unsigned made = 0;

	(void)state;
	for (size_t limit = 0; limit < 24000; limit += 100) {
		struct gw_search s = gw_search_default(prefix("10.0.0.0", 8));
		struct gw_network net = {.prefix = prefix("10.1.0.0", 16), .bandwidth = 255};
		struct gw_ingress in = {prefix("10.5.0.0", 16), 0};
		struct gw_offer o = {.metric = MBIT,
				     .tunnel = tunnels,
				     .tunnels = 1,
				     .network = &net,
				     .networks = 1,
				     .ingress = &in,
				     .ingresses = 1};
		struct rig rig = {.count = 0};
		size_t refused = 0;

		pool_init(&rig.pool, limit);
		rig.g = gw_new(&rig.pool, &roomy);
		if (rig.g) {
			sources(rig.g);
			gw_search_set(rig.g, 0, &s);
			for (unsigned i = 1; i <= 10; i++) {
				o.node = id_of(i);
				net.prefix = prefix_of4((struct ipv4){{10, (uint8_t)i}, 16});
				refused += gw_offer_set(rig.g, &o) != OK;
			}
			gw_evaluate(rig.g, rig.now, hear, &rig);
			assert_int_equal(gw_counters(rig.g)->nodes_refused, refused);
			assert_int_equal(gw_counters(rig.g)->matches_refused,
					 10 - refused - rig.count);
			made += rig.count == 10;
		}
		rig_end(&rig);
	}
	assert_true(made > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics),   cmocka_unit_test(matching),
		cmocka_unit_test(ingress),   cmocka_unit_test(hysteresis),
		cmocka_unit_test(preferred), cmocka_unit_test(ties),
		cmocka_unit_test(overlaps),  cmocka_unit_test(bounds),
		cmocka_unit_test(users),     cmocka_unit_test(memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
