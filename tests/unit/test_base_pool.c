/* Proves that a pool never gives more than its limit, zeroes what it gives and counts refusals. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "base/pool.h"
#include "base/prng.h"
#include "cmocka_all.h"

/* AddressSanitizer asks this; calloc is to refuse, as without it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void test_limit(void **state)
{
	struct pool p;

	(void)state;
	pool_init(&p, 100);
	void *a = pool_alloc(&p, 60);
	assert_non_null(a);
	assert_null(pool_alloc(&p, 41));
	assert_int_equal(p.refused, 1);
	assert_int_equal(p.used_bytes, 60);
	void *b = pool_alloc(&p, 40);
	assert_non_null(b);
	assert_null(pool_alloc(&p, 1));
	pool_free(&p, a, 60);
	assert_int_equal(p.used_bytes, 40);
	assert_null(pool_alloc(&p, SIZE_MAX));
	assert_int_equal(p.refused, 3);
	pool_free(&p, b, 40);
	pool_free(&p, NULL, 40);
	pool_fini(&p);
}

static void test_system_refuses(void **state)
{
	struct pool p;

	(void)state;
	pool_init(&p, SIZE_MAX);
	volatile size_t too_much = PTRDIFF_MAX;
	assert_null(pool_alloc(&p, too_much));
	assert_int_equal(p.refused, 1);
	assert_int_equal(p.used_bytes, 0);
	pool_fini(&p);
}

/* Blocks come back dirty and go out clean; the sum of sizes is always right. */
static void test_random_blocks(void **state)
{
	enum { BLOCKS = 40, LIMIT = 4000 };
	struct pool p;
	struct prng r;
	uint8_t *block[BLOCKS] = {NULL};
	size_t size[BLOCKS] = {0}, used = 0;
	uint64_t refused = 0;

	(void)state;
	pool_init(&p, LIMIT);
	prng_seed(&r, 3);
	for (unsigned step = 0; step < 20000; step++) {
		uint32_t i = prng_below(&r, BLOCKS);
		if (block[i]) {
			pool_free(&p, block[i], size[i]);
			block[i] = NULL;
			used -= size[i];
		} else {
			size[i] = 1 + prng_below(&r, 300);
			block[i] = pool_alloc(&p, size[i]);
			assert_int_equal(block[i] != NULL, used + size[i] <= LIMIT);
			refused += !block[i];
			used += block[i] ? size[i] : 0;
			for (size_t k = 0; block[i] && k < size[i]; k++)
				assert_int_equal(block[i][k], 0);
			if (block[i])
				memset(block[i], 0xaa, size[i]);
		}
		assert_int_equal(p.used_bytes, used);
		assert_int_equal(p.refused, refused);
	}
	assert_true(refused > 0);
	for (unsigned i = 0; i < BLOCKS; i++)
		pool_free(&p, block[i], size[i]);
	pool_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_system_refuses),
		cmocka_unit_test(test_random_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
