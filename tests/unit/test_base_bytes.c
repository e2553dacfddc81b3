/* Proves that cursors read and write big-endian, never pass their end and stay bad once they are.
 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "base/bytes.h"
#include "cmocka_all.h"

static const uint8_t sample[] = {1, 2, 3, 4, 5, 6, 7, 0xf8, 9, 10, 11, 12, 13};

static void test_read(void **state)
{
	struct rd r = rd_over(sample, sizeof(sample));

	(void)state;
	assert_int_equal(rd_u8(&r), 0x01);
	assert_int_equal(rd_u16(&r), 0x0203);
	assert_int_equal(rd_u32(&r), 0x04050607);
	struct mac m = rd_mac(&r);
	assert_memory_equal(m.b, sample + 7, 6);
	assert_int_equal(rd_left(&r), 0);
	assert_false(r.bad);
	assert_ptr_equal(rd_take(&r, 0), sample + sizeof(sample));
	assert_false(r.bad);
}

/* One byte too few for each kind of read: 0, bad, the cursor has not moved. */
static void test_read_short(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 5; kind++) {
		static const size_t need[] = {1, 2, 4, 6, 9};
		uint8_t *bytes = malloc(need[kind]); /* ASan guards the byte behind */
		struct rd r = rd_over(bytes + 1, need[kind] - 1);

		memset(bytes, 0xff, need[kind]);
		switch (kind) {
		case 0: assert_int_equal(rd_u8(&r), 0); break;
		case 1: assert_int_equal(rd_u16(&r), 0); break;
		case 2: assert_int_equal(rd_u32(&r), 0); break;
		case 3: assert_true(mac_is_zero(rd_mac(&r))); break;
		case 4: assert_null(rd_take(&r, 9)); break;
		}
		assert_true(r.bad);
		assert_int_equal(rd_left(&r), need[kind] - 1);
		free(bytes);
	}
}

static void test_read_bad_for_good(void **state)
{
	struct rd r = rd_over(sample, 3);

	(void)state;
	assert_int_equal(rd_u32(&r), 0);
	assert_int_equal(rd_u8(&r), 0);
	assert_null(rd_take(&r, 0));
	assert_null(rd_take(&r, SIZE_MAX));
	assert_true(r.bad);
}

static void test_write(void **state)
{
	uint8_t bytes[20];
	struct wr w = wr_over(bytes, sizeof(bytes));

	(void)state;
	memset(bytes, 0xee, sizeof(bytes));
	wr_u8(&w, 0x01);
	wr_u16(&w, 0x0203);
	wr_u32(&w, 0x04050607);
	wr_mac(&w, mac_from(sample + 7));
	assert_int_equal(wr_len(&w), sizeof(sample));
	assert_memory_equal(bytes, sample, sizeof(sample));
	wr_zero(&w, 3);
	wr_bytes(&w, "ab", 2);
	wr_bytes(&w, NULL, 0);
	assert_memory_equal(bytes + 13, "\0\0\0ab", 5);
	assert_int_equal(wr_left(&w), 2);
	assert_int_equal(bytes[18], 0xee);
	assert_false(w.bad);
}

static void test_write_full(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 6; kind++) {
		static const size_t need[] = {1, 2, 4, 6, 3, 3};
		uint8_t *bytes = calloc(1, need[kind]);
		struct wr w = wr_over(bytes + 1, need[kind] - 1);

		switch (kind) {
		case 0: wr_u8(&w, 0xff); break;
		case 1: wr_u16(&w, 0xffff); break;
		case 2: wr_u32(&w, 0xffffffff); break;
		case 3: wr_mac(&w, MAC_BROADCAST); break;
		case 4: wr_bytes(&w, "abc", 3); break;
		case 5: wr_zero(&w, 3); break;
		}
		assert_true(w.bad);
		assert_int_equal(wr_len(&w), 0);
		for (size_t i = 0; i < need[kind]; i++)
			assert_int_equal(bytes[i], 0);
		if (need[kind] > 1)
			wr_u8(&w, 1); /* would fit, but comes too late */
		assert_int_equal(wr_len(&w), 0);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_short),
		cmocka_unit_test(test_read_bad_for_good),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
