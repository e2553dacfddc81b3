/* Proves that several engines find each other: quality, repair, and how many frames it takes. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "air.h"
#include "cmocka_all.h"

/* ---- several engines ---- */

static uint8_t tq_between(struct air *a, unsigned from, unsigned to)
{
	const struct originator *o = originator_find(air_l2(a, from), air_mac(to, 0));

	return o ? originator_tq(o) : 0;
}

static void test_pair(void **state)
{
	(void)state;
	struct air *a = air_new();

	for (unsigned i = 0; i < 2; i++) {
		air_node(a, NULL);
		air_up(a, i, 0, 0);
		air_run(a, span_ms(370));
	}
	air_run(a, span_s(15));
	assert_in_range(tq_between(a, 0, 1), 250, 255);
	assert_in_range(tq_between(a, 1, 0), 250, 255);
	for (unsigned i = 0; i < 60; i++) {
		air_run(a, span_s(1));
		assert_in_range(tq_between(a, 0, 1), 252, 255);
		assert_in_range(tq_between(a, 1, 0), 252, 255);
	}
	assert_int_equal(air_noted(a, 0, NOTE_NEIGHBOUR_DOUBTED), 0);
	air_free(a);
}

static void test_line(void **state)
{
	(void)state;
	struct air *a = air_new();

	/* 0 - 1 - 2 - 3 on one segment, the middle ones not on a second port. */
	for (unsigned i = 0; i < 4; i++) {
		air_node(a, NULL);
		for (unsigned k = 0; k + 1 < i; k++)
			air_set_deaf(a, i, k);
		air_up(a, i, 0, 0);
		air_run(a, span_ms(130));
	}
	air_run(a, span_s(40));
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned k = 0; k < 4; k++) {
			static const uint8_t by_hops[] = {255, 225, 198};
			unsigned hops = i > k ? i - k : k - i;

			if (hops > 0)
				assert_in_range(tq_between(a, i, k), by_hops[hops - 1] - 3,
						by_hops[hops - 1]);
		}
	}
	/* A client at one end is known at the other in less than 10 ms a hop. */
	struct ev ev = {.kind = EV_CLIENT,
			.client = {.change = CLIENT_SEEN, .mac = {{2, 0xcc, 0, 0, 0, 9}}}};

	air_event(a, 0, &ev);
	air_run(a, span_ms(30));
	assert_non_null(tt_global_find(air_l2(a, 3), ev.client.mac, 0));
	air_free(a);
}

static void test_two_ports(void **state)
{
	(void)state;
	struct air *a = air_new();

	/* 0 = 1 - 2: two segments between 0 and 1, a third between 1 and 2. */
	for (unsigned i = 0; i < 3; i++)
		air_node(a, NULL);
	air_up(a, 0, 0, 0);
	air_up(a, 0, 1, 1);
	air_up(a, 1, 0, 0);
	air_up(a, 1, 1, 1);
	air_up(a, 1, 2, 2);
	air_up(a, 2, 0, 2);
	air_run(a, span_s(30));
	assert_in_range(tq_between(a, 0, 1), 250, 255);
	assert_in_range(tq_between(a, 0, 2), 220, 225);
	assert_in_range(tq_between(a, 2, 0), 220, 225);
	/* The cable on which the route goes is pulled at 0: the other takes over at once. */
	uint8_t port = originator_router(originator_find(air_l2(a, 0), air_mac(2, 0)), OIF_DEFAULT)
			       ->neighbour->port;

	if (port == 1)
		air_down(a, 0, 1);
	else
		air_down(a, 0, 0);
	if (port == 1) {
		assert_in_range(tq_between(a, 0, 2), 200, 225);
		assert_in_range(tq_between(a, 0, 1), 200, 255);
	}
	air_run(a, span_s(3));
	assert_true(tq_between(a, 0, 2) > 200);
	air_free(a);
}

static void test_diamond_failover(void **state)
{
	(void)state;
	struct air *a = air_new();

	/* 0 - (1 | 2) - 3 */
	for (unsigned i = 0; i < 4; i++)
		air_node(a, NULL);
	air_set_deaf(a, 0, 3);
	air_set_deaf(a, 1, 2);
	for (unsigned i = 0; i < 4; i++) {
		air_up(a, i, 0, 0);
		air_run(a, span_ms(170));
	}
	air_run(a, span_s(40));
	struct mac hop = air_router(a, 0, air_mac(3, 0));
	unsigned middle = hop.b[4] - 1u;

	assert_in_range(middle, 1, 2);
	a->node[middle]->dead = true;
	instant died = a->now;

	while (mac_equal(air_router(a, 0, air_mac(3, 0)), hop)) {
		air_run(a, span_ms(10));
		assert_true(instant_since(a->now, died).us <= 2500000);
	}
	assert_true(mac_equal(air_router(a, 0, air_mac(3, 0)), air_mac(3 - middle, 0)));
	air_free(a);
}

static void test_dense_segment(void **state)
{
	enum { NODES = 12, SECONDS = 60 };
	(void)state;
	struct air *a = air_new();
	unsigned frames[NODES] = {0}, last = 0;

	for (unsigned i = 0; i < NODES; i++) {
		air_node(a, NULL);
		air_up(a, i, 0, 0);
		air_run(a, span_ms(230));
	}
	air_run(a, span_s(40));
	air_forget(a);
	air_run(a, span_s(SECONDS));
	for (size_t i = 0; i < a->ogms; i++) {
		frames[a->ogm[i].node] += a->ogm[i].frame != last;
		last = a->ogm[i].frame;
	}
	for (unsigned i = 0; i < NODES; i++) {
		assert_in_range(frames[i], SECONDS, 3 * SECONDS);
		for (unsigned k = 0; k < NODES; k++) {
			if (i != k)
				assert_in_range(tq_between(a, i, k), 252, 255);
		}
		assert_int_equal(air_noted(a, i, NOTE_ROUTE_CHANGED), 0);
	}
	air_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pair),	      cmocka_unit_test(test_line),
		cmocka_unit_test(test_two_ports),     cmocka_unit_test(test_diamond_failover),
		cmocka_unit_test(test_dense_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
