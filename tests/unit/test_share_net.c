/* Proves that what a node puts is soon at all others, whatever the wire loses, and that a cloud in
 * which nothing changes is quiet. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "cmocka_all.h"
#include "share_net.h"

static struct share_net net;

/* What is waited for: this text of this node, everywhere. */
static unsigned awaited;
static char text[64];

static bool everywhere(struct share_net *n)
{
	for (unsigned i = 0; i < n->nodes; i++)
		if (n->node[i].share && !share_net_has(n, i, awaited, 100, text))
			return false;
	return true;
}

static bool all_of_all(struct share_net *n)
{
	for (unsigned i = 0; i < n->nodes; i++)
		for (unsigned j = 0; j < n->nodes; j++)
			if (n->node[i].share && n->node[j].share &&
			    !share_net_has(n, i, j, 90, "x"))
				return false;
	return true;
}

static int by_size(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* ms from a change to its being everywhere, of many changes in a row. */
static void change_check(unsigned loss, int64_t p50_max, int64_t p99_max)
{
	enum { CHANGES = 200 };
	int64_t ms[CHANGES];

	share_net_init(&net, 20, 7 + loss);
	net.loss = loss;
	share_net_run(&net, span_s(15), NULL);
	for (unsigned i = 0; i < CHANGES; i++) {
		awaited = prng_below(&net.prng, net.nodes);
		snprintf(text, sizeof(text), "change %u", i);
		share_net_put(&net, awaited, 100, text);
		const instant began = net.now;
		assert_true(share_net_run(&net, span_s(30), everywhere));
		ms[i] = span_to_ms(instant_since(net.now, began));
		share_net_run(&net, prng_span(&net.prng, span_ms(1), span_ms(3000)), NULL);
	}
	qsort(ms, CHANGES, sizeof(ms[0]), by_size);
	print_message("%u %% lost: p50 %d ms, p99 %d ms, last %d ms\n", loss, (int)ms[CHANGES / 2],
		      (int)ms[CHANGES * 99 / 100], (int)ms[CHANGES - 1]);
	assert_true(ms[CHANGES / 2] < p50_max);
	assert_true(ms[CHANGES * 99 / 100] < p99_max);
	share_net_fini(&net);
}

static void test_changes(void **state)
{
	(void)state;
	change_check(0, 200, 1000);
	change_check(10, 600, 3000);
	change_check(30, 2000, 8000);
}

static void sent_sum(const struct share_net *n, uint64_t *multicasts, uint64_t *unicasts)
{
	*multicasts = *unicasts = 0;
	for (unsigned i = 0; i < n->nodes; i++) {
		*multicasts += n->node[i].multicasts;
		*unicasts += n->node[i].unicasts;
	}
}

/* When nothing changes: an announcement a period, and each set anew each 150 s. */
static void test_quiet(void **state)
{
	uint64_t m0, u0, m, u;

	(void)state;
	share_net_init(&net, 20, 3);
	for (unsigned i = 0; i < net.nodes; i++)
		share_net_put(&net, i, 90, "x");
	assert_true(share_net_run(&net, span_s(20), all_of_all));
	share_net_run(&net, span_s(20), NULL);
	sent_sum(&net, &m0, &u0);
	share_net_run(&net, span_s(600), NULL);
	sent_sum(&net, &m, &u);
	print_message("20 nodes in 600 s: %u multicasts, %u unicasts\n", (unsigned)(m - m0),
		      (unsigned)(u - u0));
	assert_true(m - m0 <= 20 * (63 + 4 * 7));
	assert_int_equal(u - u0, 0);
	assert_true(all_of_all(&net));
	for (unsigned i = 0; i < net.nodes; i++) {
		assert_int_equal(net.node[i].went, 0);
		assert_int_equal(net.node[i].came, 19);
		assert_int_equal(net.node[i].peers_came, 19);
		assert_int_equal(net.node[i].peers_went, 0);
	}
	share_net_fini(&net);
}

/* Who comes late gets everything at once, and from one node. */
static void test_join(void **state)
{
	uint64_t most = 0, sum = 0;

	(void)state;
	share_net_init(&net, 40, 5);
	share_net_stop(&net, 39);
	for (unsigned i = 0; i < net.nodes - 1; i++)
		share_net_put(&net, i, 90, "x");
	assert_true(share_net_run(&net, span_s(20), all_of_all));
	share_net_run(&net, span_s(70), NULL);
	share_net_start(&net, 39);
	share_net_put(&net, 39, 90, "x");
	const instant began = net.now;
	assert_true(share_net_run(&net, span_s(5), all_of_all));
	print_message("joined in %d ms\n", (int)span_to_ms(instant_since(net.now, began)));
	share_net_run(&net, span_s(5), NULL);
	for (unsigned i = 0; i < net.nodes; i++) {
		sum += net.node[39].from[i];
		most = net.node[39].from[i] > most ? net.node[39].from[i] : most;
	}
	print_message("%u datagrams with records, %u from one\n", (unsigned)sum, (unsigned)most);
	assert_true(sum <= 50 && most >= 20);
	share_net_fini(&net);
}

/* Joining, with a third lost and many datagrams twice. */
static void test_join_with_loss(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 5; seed++) {
		share_net_init(&net, 20, 50 + seed);
		net.loss = 30;
		net.twice = 20;
		for (unsigned i = 0; i < net.nodes; i++)
			share_net_put(&net, i, 90, "x");
		assert_true(share_net_run(&net, span_s(40), all_of_all));
		share_net_stop(&net, 4);
		share_net_start(&net, 4);
		share_net_put(&net, 4, 90, "x");
		const instant began = net.now;
		assert_true(share_net_run(&net, span_s(40), all_of_all));
		print_message("joined in %d ms\n", (int)span_to_ms(instant_since(net.now, began)));
		share_net_fini(&net);
	}
}

static bool healed(struct share_net *n)
{
	for (unsigned i = 0; i < n->nodes; i++)
		for (unsigned j = 0; j < n->nodes; j++)
			if (!share_net_has(n, i, j, 90, "y"))
				return false;
	return true;
}

static bool met_once(struct share_net *n)
{
	for (unsigned i = 0; i < n->nodes; i++)
		for (unsigned j = 0; j < n->nodes; j++)
			if (i % 2 != j % 2 && share_net_has(n, i, j, 90, "y"))
				return true;
	return false;
}

/* Two halves that change apart are one again soon after they meet. */
static void test_merge(void **state)
{
	static const int64_t apart_s[] = {5, 100, 700};

	(void)state;
	for (unsigned c = 0; c < 3; c++) {
		share_net_init(&net, 20, 9 + c);
		for (unsigned i = 0; i < net.nodes; i++)
			share_net_put(&net, i, 90, "x");
		assert_true(share_net_run(&net, span_s(20), all_of_all));
		for (unsigned i = 0; i < net.nodes; i++)
			net.node[i].half = i % 2;
		share_net_run(&net, span_s(1), NULL);
		for (unsigned i = 0; i < net.nodes; i++)
			share_net_put(&net, i, 90, "y");
		share_net_run(&net, span_s(apart_s[c]), NULL);
		assert_false(healed(&net));
		for (unsigned i = 0; i < net.nodes; i++)
			net.node[i].half = 0;
		const instant began = net.now;
		assert_true(share_net_run(&net, span_s(30), met_once));
		assert_true(instant_since(net.now, began).us < span_s(11).us);
		/* The first announcement that crosses wakes all. */
		const instant met = net.now;
		assert_true(share_net_run(&net, apart_s[c] < 60 ? span_s(11) : span_s(3), healed));
		print_message("met %d ms later\n", (int)span_to_ms(instant_since(net.now, met)));
		print_message("%d s apart: one again in %d ms\n", (int)apart_s[c],
			      (int)span_to_ms(instant_since(net.now, began)));
		share_net_fini(&net);
	}
}

/* A dead node is told of; what it said is kept for its time, and no longer. */
static void test_death(void **state)
{
	(void)state;
	share_net_init(&net, 5, 11);
	for (unsigned i = 0; i < net.nodes; i++)
		share_net_put(&net, i, 90, "x");
	assert_true(share_net_run(&net, span_s(20), all_of_all));
	share_net_stop(&net, 4);
	share_net_run(&net, span_s(65), NULL);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(net.node[i].peers_went, 1);
		assert_true(share_net_has(&net, i, 4, 90, "x"));
	}
	share_net_run(&net, span_s(500), NULL);
	for (unsigned i = 0; i < 4; i++)
		assert_true(share_net_has(&net, i, 4, 90, "x"));
	share_net_run(&net, span_s(50), NULL);
	for (unsigned i = 0; i < 4; i++) {
		assert_false(share_net_has(&net, i, 4, 90, "x"));
		assert_int_equal(net.node[i].went, 1);
	}
	assert_true(all_of_all(&net));
	share_net_fini(&net);
}

/* What is withdrawn is forgotten in its time, and all the rest stays. */
static void test_withdrawn(void **state)
{
	(void)state;
	share_net_init(&net, 5, 12);
	for (unsigned i = 0; i < net.nodes; i++)
		share_net_put(&net, i, 90, "x");
	share_net_put(&net, 2, 91, "withdrawn");
	assert_true(share_net_run(&net, span_s(20), all_of_all));
	share_net_run(&net, span_s(5), NULL);
	share_withdraw(net.node[2].share, 91);
	share_net_run(&net, span_s(580), NULL);
	for (unsigned i = 0; i < net.nodes; i++)
		assert_true(i == 2 || share_net_has(&net, i, 2, 91, "withdrawn"));
	share_net_run(&net, span_s(40), NULL);
	for (unsigned i = 0; i < net.nodes; i++)
		assert_false(share_net_has(&net, i, 2, 91, "withdrawn"));
	assert_true(all_of_all(&net));
	share_net_fini(&net);
}

/* A program that starts anew is no stranger: its new set replaces the old. */
static void test_restart(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 10; seed++) {
		share_net_init(&net, 5, 100 + seed);
		net.loss = 10;
		for (unsigned i = 0; i < net.nodes; i++)
			share_net_put(&net, i, 90, "x");
		assert_true(share_net_run(&net, span_s(30), all_of_all));
		share_net_stop(&net, 3);
		share_net_run(&net, span_s(2), NULL);
		share_net_start(&net, 3);
		awaited = 3;
		snprintf(text, sizeof(text), "after");
		share_net_put(&net, 3, 100, "after");
		assert_true(share_net_run(&net, span_s(20), everywhere));
		share_net_fini(&net);
	}
}

static char big[60001];

static bool big_everywhere(struct share_net *n)
{
	for (unsigned i = 0; i < n->nodes; i++)
		for (unsigned t = 0; t < 5; t++)
			if (!share_net_has(n, i, 1, (uint8_t)(100 + t), big))
				return false;
	return true;
}

/* Records of all sizes, up to the largest. */
static void test_sizes(void **state)
{
	(void)state;
	share_net_init(&net, 4, 14);
	net.loss = 10;
	memset(big, 'b', sizeof(big) - 1);
	share_net_run(&net, span_s(1), NULL);
	for (unsigned t = 0; t < 5; t++)
		share_net_put(&net, 1, (uint8_t)(100 + t), big);
	assert_true(share_net_run(&net, span_s(20), big_everywhere));
	memset(big, 'c', 1000);
	big[1000] = '\0';
	for (unsigned t = 0; t < 5; t++)
		share_net_put(&net, 1, (uint8_t)(100 + t), big);
	assert_true(share_net_run(&net, span_s(20), big_everywhere));
	big[0] = '\0';
	for (unsigned t = 0; t < 5; t++)
		share_net_put(&net, 1, (uint8_t)(100 + t), big);
	assert_true(share_net_run(&net, span_s(20), big_everywhere));
	share_net_fini(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),	  cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_join),	  cmocka_unit_test(test_join_with_loss),
		cmocka_unit_test(test_merge),	  cmocka_unit_test(test_death),
		cmocka_unit_test(test_withdrawn), cmocka_unit_test(test_restart),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
