/* Proves the rules of sequence number windows: shifts, restarts, protection, duplicates. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "core/l2/window.h"

static void test_restart(void **state)
{
	static const struct {
		int32_t d;
		bool restart;
	} cases[] = {
		{0, false},	{1, false},    {63, false},	  {64, false},
		{65535, false}, {65536, true}, {INT32_MAX, true}, {-1, false},
		{-63, false},	{-64, true},   {-65, true},	  {INT32_MIN, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(window_is_restart(cases[i].d), cases[i].restart);
}

static void test_bits(void **state)
{
	(void)state;
	assert_true(window_shift(1, 0) == 1);
	assert_true(window_shift(1, 63) == UINT64_C(1) << 63);
	assert_true(window_shift(UINT64_MAX, 1) == UINT64_MAX - 1);
	assert_true(window_shift(UINT64_MAX, 64) == 0);
	assert_true(window_shift(UINT64_MAX, 65535) == 0);
	assert_int_equal(window_count(0), 0);
	assert_int_equal(window_count(0x8000000000000001), 2);
	assert_int_equal(window_count(UINT64_MAX), 64);
	assert_true(window_has(5, 0));
	assert_false(window_has(5, 1));
	assert_true(window_has(5, 2));
	assert_true(window_has(UINT64_MAX, 63));
	assert_false(window_has(UINT64_MAX, 64));
	assert_false(window_has(UINT64_MAX, -1));
	assert_false(window_has(UINT64_MAX, INT32_MIN));
}

static void test_protected(void **state)
{
	(void)state;
	instant t = {5000000};

	assert_false(window_is_protected(false, t, t));
	assert_true(window_is_protected(true, t, t));
	assert_true(window_is_protected(true, t, instant_add(t, span_us(29999999))));
	assert_false(window_is_protected(true, t, instant_add(t, span_s(30))));
}

/* A history of broadcasts: each step one number, at a time, and what is said to it. */
struct step {
	int64_t at_ms;
	uint32_t seqno;
	enum err e;
};

static void play(const struct step *step, size_t steps)
{
	struct flood_window w = {0};

	for (size_t i = 0; i < steps; i++) {
		struct flood_window before = w;
		instant now = {step[i].at_ms * 1000};
		enum err e = flood_window_mark(&w, now, step[i].seqno);

		if (e != step[i].e)
			print_message("step %zu\n", i);
		assert_int_equal(e, step[i].e);
		if (e != OK)
			assert_memory_equal(&w, &before, sizeof(w));
	}
}

static void test_flood(void **state)
{
	static const struct step in_order[] = {
		{0, 100, OK},
		{1, 100, ERR_DUPLICATE},
		{2, 101, OK},
		{3, 103, OK},
		{4, 102, OK},
		{5, 102, ERR_DUPLICATE},
		{6, 100, ERR_DUPLICATE},
		{7, 166, OK},
		{8, 103, ERR_DUPLICATE},
		{9, 104, OK},
		{9, 104, ERR_DUPLICATE},
	};
	static const struct step wraps[] = {
		{0, 0xfffffffe, OK}, {1, 1, OK},
		{2, 0xffffffff, OK}, {3, 0xfffffffe, ERR_DUPLICATE},
		{4, 0, OK},	     {5, 0, ERR_DUPLICATE},
	};
	/* Whatever number comes first is taken, and does not use the allowance up. */
	static const struct step restarts[] = {
		{0, 5000000, OK},     {10, 7, OK},
		{20, 9, OK},	      {30, 5000000, ERR_PROTECTED},
		{40, 10, OK},	      {30009, 5000000, ERR_PROTECTED},
		{30010, 5000000, OK}, {30011, 10, ERR_PROTECTED},
	};
	static const struct step far[] = {
		{0, 1000, OK},
		{1, 1000 + 65535, OK},
		{2, 1000 + 65535, ERR_DUPLICATE},
		{3, 1000, ERR_OLD /* a copy that lags */},
		{1000, 1000, ERR_OLD},
		{1001, 1000, OK /* a restart, the first */},
		{1002, 1000 + 65536, ERR_PROTECTED},
		{1003, UINT32_C(1000) - 65536, ERR_PROTECTED},
	};
	static const struct step edges[] = {
		{0, 1000, OK},
		{1, 937, OK},
		{2, 937, ERR_DUPLICATE},
		{3, 936, ERR_OLD},
		{1000, 936, OK /* a restart */},
		{1001, 1000, OK /* ahead by 64 */},
		{1002, 936, ERR_OLD},
		{2001, 936, ERR_PROTECTED},
	};

	(void)state;
	play(in_order, sizeof(in_order) / sizeof(in_order[0]));
	play(wraps, sizeof(wraps) / sizeof(wraps[0]));
	play(restarts, sizeof(restarts) / sizeof(restarts[0]));
	play(edges, sizeof(edges) / sizeof(edges[0]));
	play(far, sizeof(far) / sizeof(far[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_protected),
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
