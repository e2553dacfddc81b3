/* Proves that a map finds exactly what is in it, through growth, collisions and refused memory. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "base/list.h"
#include "base/map.h"
#include "base/prng.h"
#include "cmocka_all.h"

enum { KEYS = 300, STEPS = 60000 };

struct item {
	struct map_node node;
	uint32_t key;
	bool in;
};

static struct item item[KEYS];

static struct item *find(const struct map *m, uint32_t hash, uint32_t key)
{
	for (struct map_node *n = map_first(m, hash); n; n = map_next(n)) {
		struct item *i = container_of(n, struct item, node);
		assert_int_equal(n->hash, hash);
		if (i->key == key)
			return i;
	}
	return NULL;
}

/* The hash with only some of its bits, so that many keys share one. */
static uint32_t hash_of(const struct map *m, uint32_t key, uint32_t mask)
{
	return map_hash(m, &key, sizeof(key)) & mask;
}

static void random_operations(uint32_t hash_mask, size_t limit_bytes)
{
	struct pool pool;
	struct map m;
	struct prng r;
	uint32_t count = 0;

	pool_init(&pool, limit_bytes);
	map_init(&m, &pool, 0x1234);
	prng_seed(&r, hash_mask);
	for (uint32_t k = 0; k < KEYS; k++)
		item[k] = (struct item){.key = k};
	for (unsigned step = 0; step < STEPS; step++) {
		struct item *i = &item[prng_below(&r, KEYS)];
		uint32_t hash = hash_of(&m, i->key, hash_mask);

		assert_ptr_equal(find(&m, hash, i->key), i->in ? i : NULL);
		if (i->in)
			map_del(&m, &i->node);
		else
			assert_true(map_add(&m, &i->node, hash));
		i->in = !i->in;
		count += i->in ? 1u : -1u;
		assert_int_equal(m.count, count);
	}
	for (uint32_t k = 0; k < KEYS; k++) {
		assert_ptr_equal(find(&m, hash_of(&m, k, hash_mask), k),
				 item[k].in ? &item[k] : NULL);
		if (item[k].in)
			map_del(&m, &item[k].node);
	}
	map_fini(&m);
	pool_fini(&pool);
}

static void test_like_a_naive_set(void **state)
{
	(void)state;
	random_operations(UINT32_MAX, 1 << 20);
}

static void test_collisions(void **state)
{
	(void)state;
	random_operations(7, 1 << 20);
}

/* The first slot table fits, no second one does. */
static void test_growth_refused(void **state)
{
	(void)state;
	random_operations(UINT32_MAX, 16 * sizeof(void *));
}

static void test_no_memory_at_all(void **state)
{
	struct pool pool;
	struct map m;
	struct map_node n = {0};

	(void)state;
	pool_init(&pool, 8);
	map_init(&m, &pool, 0);
	assert_false(map_add(&m, &n, 5));
	assert_null(map_first(&m, 5));
	assert_int_equal(m.count, 0);
	assert_int_equal(pool.refused, 1);
	map_fini(&m);
	pool_fini(&pool);
}

/* Each byte, the length and the key count; where the bytes lie does not. */
static void test_hash(void **state)
{
	struct map m, other;
	uint8_t bytes[40] = {0}, moved[41];

	(void)state;
	map_init(&m, NULL, 1);
	map_init(&other, NULL, 2);
	for (size_t len = 1; len < sizeof(bytes); len++) {
		uint32_t h = map_hash(&m, bytes, len);
		memcpy(moved + 1, bytes, len);
		assert_int_equal(map_hash(&m, moved + 1, len), h);
		assert_int_not_equal(map_hash(&other, bytes, len), h);
		assert_int_not_equal(map_hash(&m, bytes, len + 1), h);
		for (size_t i = 0; i < len; i++) {
			bytes[i] ^= 0x10;
			assert_int_not_equal(map_hash(&m, bytes, len), h);
			bytes[i] ^= 0x10;
		}
	}
}

/* Addresses that count up spread over the slots: no chain of a full table is long. */
static void test_hash_spreads(void **state)
{
	struct map m;
	unsigned in_slot[256] = {0}, longest = 0;

	(void)state;
	map_init(&m, NULL, 99);
	for (unsigned i = 0; i < 256; i++) {
		uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)i};
		unsigned n = ++in_slot[map_hash(&m, mac, sizeof(mac)) & 255];
		longest = n > longest ? n : longest;
	}
	assert_in_range(longest, 1, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_a_naive_set),
		cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_growth_refused),
		cmocka_unit_test(test_no_memory_at_all),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_hash_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
