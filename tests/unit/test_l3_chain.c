/* A hash chain numbers OGMs: ours is found by others, what is not of it never is. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "cmocka_all.h"
#include "core/l3/chain.h"
#include "crypto_test.h"

enum { GROW = 50 };

struct both {
	struct own_chain own;
	struct digest node;
	struct bmx7_version version;
	struct chain theirs; /* as a receiver knows it */
	uint64_t hashes;
};

static void make(struct both *b, uint16_t range)
{
	struct chain_salt salt = {.seed = {{1, 2, 3}}, .node = {{4, 5, 6}}, .desc_sqn = 710};
	struct bmx7_link last = {{7, 8, 9}};
	struct digest description = {{10, 11}};

	*b = (struct both){.node = salt.node};
	own_chain_init(&b->own, &salt, &last, range);
	/* It grows by what it may at a time, and not before it is whole it is there. */
	for (unsigned made = GROW; made < range; made += GROW)
		assert_false(own_chain_grow(&b->own, crypto_test(), GROW));
	assert_true(own_chain_grow(&b->own, crypto_test(), GROW));
	own_chain_disguise(&b->own, crypto_test(), &description);
	b->version = (struct bmx7_version){
		.desc_sqn = 710, .sqn_range = range, .anchor = b->own.kept[0], .seed = salt.seed};
	chain_init(&b->theirs, crypto_test(), &b->node, &b->version, &description);
}

static uint16_t find(struct both *b, uint16_t sqn, unsigned steps)
{
	struct bmx7_link link = own_chain_link(&b->own, crypto_test(), sqn);

	return chain_find(&b->theirs, crypto_test(), &link, steps, &b->hashes);
}

/* Each number of a chain, of any length, is found when it comes next. */
static void every_number(void **state)
{
	static const uint16_t ranges[] = {1, 2, 63, 64, 65, 127, 128, 129, 300};

	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct both b;

		make(&b, ranges[i]);
		for (uint16_t sqn = 1; sqn <= ranges[i]; sqn++)
			assert_int_equal(find(&b, sqn, CHAIN_STEPS), sqn);
		assert_int_equal(b.hashes, ranges[i]);
	}
}

/* specs/bmx7.md 6.1: at most so many steps ahead; behind, what is remembered. */
static void jumps(void **state)
{
	static const struct {
		uint16_t newest, sqn;
		unsigned steps;
		uint16_t found;
	} cases[] = {
		{0, 10, 10, 10}, {0, 11, 10, 0},   {0, 200, 200, 200},	{50, 60, 10, 60},
		{50, 61, 10, 0}, {50, 50, 10, 50}, {50, 49, 10, 49},	{50, 35, 10, 35},
		{50, 34, 10, 0}, {3, 1, 10, 1},	   {190, 200, 99, 200},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct both b;

		make(&b, 200);
		if (cases[i].newest > 0)
			assert_int_equal(find(&b, cases[i].newest, 200), cases[i].newest);
		assert_int_equal(find(&b, cases[i].sqn, cases[i].steps), cases[i].found);
		uint16_t newest = cases[i].found > cases[i].newest ? cases[i].found
								   : cases[i].newest;
		assert_int_equal(b.theirs.newest, newest);
	}
}

/* A link that is not of the chain costs the steps and changes nothing. */
static void foreign_links(void **state)
{
	struct both b;
	struct bmx7_link link;

	(void)state;
	make(&b, 100);
	assert_int_equal(find(&b, 5, CHAIN_STEPS), 5);
	struct chain before = b.theirs;

	b.hashes = 0;
	link = own_chain_link(&b.own, crypto_test(), 6);
	link.b[13] ^= 1;
	assert_int_equal(chain_find(&b.theirs, crypto_test(), &link, CHAIN_STEPS, &b.hashes), 0);
	assert_int_equal(b.hashes, CHAIN_STEPS + 3); /* ahead; and 3, 2, 1 */
	assert_memory_equal(&before, &b.theirs, sizeof(before));
	/* Near the end of the chain there is nothing to search behind it. */
	assert_int_equal(find(&b, 98, 100), 98);
	b.hashes = 0;
	assert_int_equal(chain_find(&b.theirs, crypto_test(), &link, CHAIN_STEPS, &b.hashes), 0);
	assert_int_equal(b.hashes, 2 + CHAIN_MEMORY - CHAIN_KEPT);
}

/* A search in pieces finds what a search at once finds, also when the chain learns newer links
 * meanwhile. */
static void pieces(void **state)
{
	(void)state;
	for (unsigned piece = 1; piece < 90; piece += 13) {
		struct both b;
		struct chain_walk w;
		struct bmx7_link far;
		unsigned made = piece, total = 0;
		uint16_t found = 0;

		make(&b, 300);
		assert_int_equal(find(&b, 20, 300), 20);
		far = own_chain_link(&b.own, crypto_test(), 200);
		assert_int_equal(chain_walk_begin(&w, &b.theirs, &far, 300), 0);
		while (found == 0 && made == piece) {
			found = chain_walk_go(&w, &b.theirs, crypto_test(), piece, &made);
			total += made;
			if (total < 100)
				assert_int_equal(find(&b, (uint16_t)(21 + total / piece % 9), 10),
						 21 + total / piece % 9);
		}
		assert_int_equal(found, 200);
		assert_int_equal(total, 180);
		assert_int_equal(b.theirs.newest, 200);
		assert_int_equal(find(&b, 190, CHAIN_STEPS), 190);
		/* What is none of the chain is searched to the end of the chain. */
		far.b[0] ^= 1;
		far.b[0] ^= 1;
		assert_int_equal(chain_walk_begin(&w, &b.theirs, &far, 300), 200);
		far.b[0] ^= 1;
		assert_int_equal(chain_walk_begin(&w, &b.theirs, &far, 300), 0);
		assert_int_equal(chain_walk_go(&w, &b.theirs, crypto_test(), 1000, &made), 0);
		assert_int_equal(made, 100);
	}
}

/* Of a number that was found the link can be told again, however long ago it was. */
static void told_again(void **state)
{
	struct both b;

	(void)state;
	make(&b, 100);
	for (uint16_t newest = 1; newest <= 100; newest = (uint16_t)(newest + 9)) {
		assert_int_equal(find(&b, newest, CHAIN_STEPS), newest);
		for (uint16_t sqn = 1; sqn <= newest; sqn++) {
			struct bmx7_link a = own_chain_link(&b.own, crypto_test(), sqn);
			struct bmx7_link again = chain_link(&b.theirs, crypto_test(), sqn);

			assert_memory_equal(&a, &again, sizeof(a));
		}
	}
}

/* Numbers may be asked for in any order. */
static void any_order(void **state)
{
	struct both b;
	struct bmx7_link first;

	(void)state;
	make(&b, 150);
	first = own_chain_link(&b.own, crypto_test(), 1);
	own_chain_link(&b.own, crypto_test(), 150);
	struct bmx7_link again = own_chain_link(&b.own, crypto_test(), 1);
	assert_memory_equal(&first, &again, sizeof(first));
	assert_int_equal(find(&b, 149, 150), 149);
	assert_int_equal(find(&b, 140, 10), 140);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number),	 cmocka_unit_test(jumps),
		cmocka_unit_test(foreign_links), cmocka_unit_test(pieces),
		cmocka_unit_test(any_order),	 cmocka_unit_test(told_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
