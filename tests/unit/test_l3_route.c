/* Of what neighbours claim, a node takes what specs/bmx7.md 6.6 says, repairs at once with what
 * is feasible, and never takes what is not. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "l3_rig.h"

enum { M = 1000000, STEPS = 8, NONE = RIG_NOBODY };

/* A float of the wire near so many Mbit/s, far below what the links carry. */
static uint64_t mbit(unsigned n)
{
	return bmx7_metric_round((uint64_t)n * M);
}

struct step {
	unsigned after_ms;
	int who; /* NONE: only time passes */
	uint16_t sqn;
	unsigned claim_mbit; /* 0: not routable */
	int route;	     /* after it */
};

struct story {
	const char *what;
	struct step step[STEPS];
};

/* The first OGM of a node opens 5 s in which only newer numbers count; stories that are not
 * about that begin with claims at number 1 and go on 6 s later. */
static const struct story stories[] = {
	{"the first is taken", {{0, 0, 1, 100, 0}}},
	{"a number that is not newer is not taken at first (floor of the first 5 s)",
	 {{0, 0, 1, 10, 0}, {100, 1, 1, 100, 0}}},
	{"a newer one over the same link at once (D), worse too",
	 {{0, 0, 1, 100, 0}, {6000, 0, 2, 50, 0}, {6000, 0, 3, 10, 0}}},
	{"a newer one over another link only after 2.5 s (C)",
	 {{0, 0, 1, 100, 0}, {6000, 1, 2, 100, 0}, {2400, NONE, 0, 0, 0}, {200, NONE, 0, 0, 1}}},
	{"not when ours brings it meanwhile",
	 {{0, 0, 1, 100, 0}, {6000, 1, 2, 100, 0}, {1000, 0, 2, 100, 0}, {5000, NONE, 0, 0, 0}}},
	{"3 numbers newer at once (A)", {{0, 0, 1, 100, 0}, {6000, 1, 4, 50, 1}}},
	{"2 numbers newer not", {{0, 0, 1, 100, 0}, {6000, 1, 3, 50, 0}}},
	{"the same number, another link: 20 % better (H)",
	 {{0, 0, 1, 100, 0}, {6000, 0, 2, 100, 0}, {100, 1, 2, 119, 0}, {100, 2, 2, 125, 2}}},
	{"the same number and no better claim than what we told: could be us (floor)",
	 {{0, 0, 1, 100, 0}, {6000, 0, 2, 100, 0}, {100, 1, 2, 90, 0}}},
	{"better for 3 numbers (I)",
	 {{0, 0, 1, 100, 0},
	  {6000, 0, 2, 100, 0},
	  {100, 1, 2, 110, 0},
	  {6000, 0, 3, 100, 0},
	  {100, 1, 3, 110, 0},
	  {6000, 0, 5, 100, 0},
	  {100, 1, 5, 110, 1}}},
	{"an older number is nothing", {{0, 0, 5, 100, 0}, {6000, 1, 4, 900, 0}}},
	{"withdrawn, no other: the route goes",
	 {{0, 0, 1, 100, 0}, {6000, 0, 2, 100, 0}, {100, 0, 2, 0, NONE}}},
	{"withdrawn, an infeasible other: the route goes, a newer number brings it back",
	 {{0, 0, 1, 100, 0},
	  {6000, 0, 2, 100, 0},
	  {10, 1, 2, 90, 0},
	  {100, 0, 2, 0, NONE},
	  {100, 1, 3, 90, 1}}},
	{"withdrawn, a feasible other: at once",
	 {{0, 0, 1, 100, 0}, {6000, 0, 2, 100, 0}, {10, 1, 2, 110, 0}, {100, 0, 2, 0, 1}}},
	{"withdrawn by one that was not chosen: nothing",
	 {{0, 0, 1, 100, 0}, {6000, 0, 2, 100, 0}, {10, 1, 2, 110, 0}, {100, 1, 2, 0, 0}}},
	{"said less, within a number, later: believed, and still the way",
	 {{0, 0, 1, 100, 0}, {6000, 0, 2, 100, 0}, {10, 0, 2, 99, 0}}},
};

/* Other cores know the path's worth, but for a sixteenth. */
static void path_is_told(const struct l3_rig *r)
{
	const struct l3_route *route = &r->far->route;
	uint64_t is = route->link ? l3_route_metric(route) : 0, told = r->path;

	if (route->link && is < METRIC_ROUTABLE)
		is = METRIC_ROUTABLE;
	assert_true(told - told / 16 <= is && is <= told + told / 16);
	assert_int_equal(is > 0, told > 0);
}

static void told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct l3_rig r;

		l3_rig_init(&r, NULL, false);
		for (unsigned k = 0; k < STEPS; k++) {
			const struct step *s = &stories[i].step[k];

			if (k > 0 && s->after_ms == 0)
				break;
			l3_rig_pass(&r, span_ms(s->after_ms));
			if (s->who != NONE)
				l3_rig_claim(&r, (unsigned)s->who, s->sqn,
					     s->claim_mbit ? mbit(s->claim_mbit)
							   : METRIC_UNROUTABLE);
			if (l3_rig_route(&r) != s->route || r.kernel != s->route)
				fail_msg("%s: step %u: over %d, kernel %d", stories[i].what, k,
					 l3_rig_route(&r), r.kernel);
			path_is_told(&r);
		}
		l3_rig_fini(&r);
	}
}

/* Two feasible claims, number 2; the route is over 0. */
static void two_ways(struct l3_rig *r, unsigned other_mbit)
{
	l3_rig_init(r, NULL, false);
	l3_rig_claim(r, 0, 1, mbit(100));
	l3_rig_pass(r, span_s(6));
	l3_rig_claim(r, 0, 2, mbit(100));
	l3_rig_claim(r, 1, 2, mbit(other_mbit));
	assert_int_equal(l3_rig_route(r), 0);
}

static void a_link_ends(void **state)
{
	static const struct {
		unsigned other_mbit;
		int route;
	} cases[] = {{110, 1}, {90, NONE}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct l3_rig r;

		two_ways(&r, cases[i].other_mbit);
		l3_link_gone(r.l3, r.now, r.link[0], &r.fx);
		r.link[0] = NULL;
		assert_int_equal(l3_rig_route(&r), cases[i].route);
		assert_int_equal(r.kernel, cases[i].route);
		l3_rig_fini(&r);
	}
}

/* A node is lost that another still claims, but worse than we told: its next number is what
 * we need, and whoever may not have heard that is told again, more and more rarely. Nobody
 * claims it: nothing is to be had by telling. */
static void a_loss_is_told_again(void **state)
{
	static const struct {
		uint64_t other_mbit;
		unsigned least, most;
	} cases[] = {{90, 4, 6}, {0, 0, 0}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct l3_rig r;

		l3_rig_init(&r, NULL, true);
		l3_rig_keep(&r);
		for (unsigned k = 0; k < 40; k++)
			l3_rig_pass(&r, span_ms(50));
		l3_rig_claim(&r, 0, 3, mbit(100));
		l3_rig_pass(&r, span_s(6));
		l3_rig_claim(&r, 0, 4, mbit(100));
		l3_rig_claim(&r, 1, 4,
			     cases[i].other_mbit > 0 ? mbit(90) : (uint64_t)METRIC_UNROUTABLE);
		assert_int_equal(l3_rig_route(&r), 0);
		l3_link_gone(r.l3, r.now, r.link[0], &r.fx);
		r.link[0] = NULL;
		assert_int_equal(l3_rig_route(&r), NONE);
		l3_rig_pass(&r, span_ms(500));
		uint16_t before = r.l3->self->route.sqn;

		for (unsigned k = 0; k < 80; k++)
			l3_rig_pass(&r, span_ms(50));
		assert_in_range(r.l3->self->route.sqn - before, cases[i].least, cases[i].most);
		l3_rig_fini(&r);
	}
}

/* The radio says that a neighbour is gone: at once, but only where it was. */
static void a_neighbour_is_lost(void **state)
{
	struct ev ev = {.kind = EV_NETWORK, .network = {.kind = NETWORK_LOST}};
	struct l3_rig r;

	(void)state;
	two_ways(&r, 110);
	ev.network.lost.link_local = r.link[0]->link_local;
	ev.network.lost.port = 1;
	l3_handle(r.l3, r.now, &ev, &r.fx);
	ev.network.lost.port = PORT_MAX;
	l3_handle(r.l3, r.now, &ev, &r.fx);
	assert_int_equal(l3_rig_route(&r), 0);
	ev.network.lost.port = 0;
	r.link[0] = NULL;
	l3_handle(r.l3, r.now, &ev, &r.fx);
	assert_int_equal(l3_rig_route(&r), 1);
	assert_int_equal(r.kernel, 1);
	assert_null(r.neighbour[0]->near);
	l3_rig_fini(&r);
}

static void kernel_says_unreachable(struct l3_rig *r)
{
	const struct ev ev = {
		.kind = EV_NETWORK,
		.network = {.kind = NETWORK_LOST,
			    .lost = {.unsure = true, .link_local = r->link[0]->link_local}}};

	l3_handle(r->l3, r->now, &ev, &r->fx);
}

/* A link that loses makes the kernel say so of a neighbour that we hear: it is asked, once, and
 * doubted if it does not answer. One that is silent anyway is gone. */
static void the_kernel_is_not_believed(void **state)
{
	static const struct {
		bool answers, again;
		unsigned silent_ms; /* before the kernel's word */
		bool gone, doubted;
		int route;
	} cases[] = {
		{true, false, 100, false, false, 0},   {true, true, 100, false, false, 0},
		{false, false, 100, false, true, 1},   {false, true, 100, false, true, 1},
		{false, false, 11000, true, false, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct l3_rig r;
		struct ipv6 from;

		two_ways(&r, 110);
		from = r.link[0]->link_local;
		r.link[0]->pace = span_s(10);
		r.neighbour[0]->burst_sqn++;
		l3_link_heard(r.l3, r.now, r.neighbour[0]->near, 1, &from, 0, &r.fx);
		l3_rig_pass(&r, span_ms(cases[i].silent_ms));
		kernel_says_unreachable(&r);
		assert_int_equal(r.l3->port[0].link_count, cases[i].gone ? 0 : 1);
		if (!cases[i].gone) {
			assert_int_equal(l3_rig_route(&r), 0);
			assert_true(l3_link_asks(r.now, r.link[0]));
			l3_rig_pass(&r, span_ms(300));
			if (cases[i].again)
				kernel_says_unreachable(&r);
			assert_int_equal(l3_rig_route(&r), 0);
			r.neighbour[0]->burst_sqn += cases[i].answers;
			l3_link_heard(r.l3, r.now, r.neighbour[0]->near, 1, &from, 0, &r.fx);
			assert_true(l3_link_asks(r.now, r.link[0]) != cases[i].answers);
			l3_rig_pass(&r, span_ms(300));
			assert_int_equal(r.link[0]->doubted, cases[i].doubted);
		}
		assert_int_equal(l3_rig_route(&r), cases[i].route);
		assert_int_equal(r.kernel, cases[i].route);
		l3_rig_fini(&r);
	}
}

/* Its worth sinks with each number: not each step is worth a word. */
static void a_path_sinks(void **state)
{
	struct l3_rig r;
	unsigned steps = 0;

	(void)state;
	l3_rig_init(&r, NULL, false);
	for (unsigned m = 100; m > 10; m--, steps++) {
		l3_rig_claim(&r, 0, (uint16_t)(101 - m), mbit(m));
		l3_rig_pass(&r, span_s(3));
		path_is_told(&r);
	}
	/* 100 to 11 in sixteenths: ln(100/11) / ln(16/15) = 34 */
	assert_in_range(r.paths, 20, 35);
	assert_true(r.paths < steps / 2);
	l3_rig_claim(&r, 0, 90, METRIC_UNROUTABLE);
	assert_int_equal(r.path, 0);
	l3_rig_fini(&r);
}

/* Doubt: another way at once; without one the kernel keeps what it has, but others are told
 * that there is none; and it is told again when the link speaks. */
static void a_link_is_doubted(void **state)
{
	static const struct {
		unsigned other_mbit;
		int route;
	} cases[] = {{110, 1}, {90, 0}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct l3_rig r;

		two_ways(&r, cases[i].other_mbit);
		r.link[0]->doubted = true;
		l3_route_repair(r.l3, r.now, r.far, true, &r.fx);
		assert_int_equal(l3_rig_route(&r), cases[i].route);
		assert_int_equal(r.kernel, cases[i].route);
		path_is_told(&r);
		if (cases[i].route == 0) {
			struct ipv6 from = r.link[0]->link_local;

			/* To other cores it is the last that they would choose. */
			assert_int_equal(r.path, METRIC_ROUTABLE);
			assert_int_equal(l3_route_metric(&r.far->route), METRIC_UNROUTABLE);
			r.neighbour[0]->burst_sqn++;
			l3_link_heard(r.l3, r.now, r.neighbour[0]->near, 1, &from, 0, &r.fx);
			assert_true(l3_route_metric(&r.far->route) > METRIC_UNROUTABLE);
			assert_int_equal(l3_rig_route(&r), 0);
			path_is_told(&r);
		}
		l3_rig_fini(&r);
	}
}

/* A new description: numbers start anew, the route stays until one comes. A restart: it goes. */
static void a_new_description(void **state)
{
	static const struct {
		bool restart;
		int route;
	} cases[] = {{false, 0}, {true, NONE}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct l3_rig r;

		two_ways(&r, 110);
		l3_rig_describe(&r, cases[i].restart);
		path_is_told(&r);
		assert_int_equal(l3_rig_route(&r), cases[i].route);
		assert_int_equal(r.kernel, cases[i].route);
		l3_rig_claim(&r, 0, 1, mbit(50));
		assert_int_equal(l3_rig_route(&r), 0);
		assert_int_equal(r.far->route.sqn, 1);
		l3_rig_fini(&r);
	}
}

/* Whatever claims come in whatever order: what we told never rises within a number, and the
 * chosen claim was above all that we told before. */
static void always_feasible(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct l3_rig r;
		struct prng p;
		struct floor most = {0, 0, 0};

		prng_seed(&p, seed);
		l3_rig_init(&r, NULL, false);
		for (unsigned i = 0; i < 100; i++) {
			const struct l3_route *route = &r.far->route;
			uint16_t sqn = (uint16_t)(1 + i / 10 + prng_below(&p, 4));
			uint64_t claim = prng_below(&p, 5) ? mbit(1 + prng_below(&p, 300))
							   : METRIC_UNROUTABLE;
			struct floor before = most;

			l3_rig_claim(&r, prng_below(&p, RIG_NEIGHBOURS), sqn, claim);
			l3_rig_pass(&r, span_ms(prng_below(&p, 1500)));
			path_is_told(&r);
			if (!route->link)
				continue;
			assert_true(kept_path_metric(&route->chosen->path) >
				    l3_route_metric(route));
			bool newer = route->sqn > before.sqn;
			assert_true(newer || route->sqn == before.sqn);
			if (newer || l3_route_metric(route) > most.metric)
				most = (struct floor){1, route->sqn, l3_route_metric(route)};
			assert_true(newer || l3_route_metric(route) <= before.metric ||
				    kept_path_metric(&route->chosen->path) > before.metric);
		}
		l3_rig_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told),
		cmocka_unit_test(a_link_ends),
		cmocka_unit_test(a_loss_is_told_again),
		cmocka_unit_test(a_neighbour_is_lost),
		cmocka_unit_test(the_kernel_is_not_believed),
		cmocka_unit_test(a_path_sinks),
		cmocka_unit_test(a_link_is_doubted),
		cmocka_unit_test(a_new_description),
		cmocka_unit_test(always_feasible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
