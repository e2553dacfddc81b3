/* Proves that the generator is the published one, repeats with its seed, and keeps to its ranges.
 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/prng.h"
#include "cmocka_all.h"

/* splitmix64 from state 0, as published with the algorithm. */
static void test_mix_vectors(void **state)
{
	static const uint64_t expected[] = {
		0xe220a8397b1dcdafu,
		0x6e789e6aa1b965f4u,
		0x06c45d188009454fu,
	};

	(void)state;
	for (uint64_t i = 0; i < 3; i++)
		assert_true(prng_mix(i * 0x9e3779b97f4a7c15u) == expected[i]);
}

/* xoshiro256** from the state 1, 2, 3, 4. */
static void test_generator_vectors(void **state)
{
	static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
	struct prng r = {{1, 2, 3, 4}};

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_true(prng_u64(&r) == expected[i]);
}

static void test_seed_decides(void **state)
{
	struct prng a, b, c;
	unsigned same = 0;

	(void)state;
	prng_seed(&a, 42);
	prng_seed(&b, 42);
	prng_seed(&c, 43);
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t v = prng_u64(&a);
		assert_true(v == prng_u64(&b));
		same += v == prng_u64(&c);
	}
	assert_int_equal(same, 0);
}

/* Every value below n comes, each about as often as the others. */
static void test_below(void **state)
{
	static const uint32_t bounds[] = {1, 2, 3, 10, 64};
	struct prng r;

	(void)state;
	prng_seed(&r, 1);
	for (unsigned b = 0; b < sizeof(bounds) / sizeof(bounds[0]); b++) {
		unsigned seen[64] = {0}, n = bounds[b];
		for (unsigned i = 0; i < 1000 * n; i++) {
			uint32_t v = prng_below(&r, n);
			assert_in_range(v, 0, n - 1);
			seen[v]++;
		}
		for (unsigned i = 0; i < n; i++)
			assert_in_range(seen[i], 850, 1150);
	}
	for (unsigned i = 0; i < 1000; i++)
		assert_in_range(prng_below(&r, UINT32_MAX), 0, UINT32_MAX - 1);
}

static void test_span(void **state)
{
	struct prng r;
	bool low = false, high = false;

	(void)state;
	prng_seed(&r, 1);
	for (unsigned i = 0; i < 1000; i++) {
		int64_t us = prng_span(&r, span_us(-3), span_us(3)).us;
		assert_true(us >= -3 && us <= 3);
		low |= us == -3;
		high |= us == 3;
	}
	assert_true(low && high);
	assert_int_equal(prng_span(&r, span_s(5), span_s(5)).us, 5000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mix_vectors),  cmocka_unit_test(test_generator_vectors),
		cmocka_unit_test(test_seed_decides), cmocka_unit_test(test_below),
		cmocka_unit_test(test_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
