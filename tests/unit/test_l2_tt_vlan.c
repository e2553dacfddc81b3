/* Proves that a table's CRC is the kernel's (vectors of captured tables), and that counting,
 * listing and comparing by VLAN follow every change. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "core/l2/tt_vlan.h"

static struct mac mac_of(const char *text)
{
	struct mac m;

	assert_true(mac_parse(text, &m));
	return m;
}

/* specs/batman-adv.md 11 "CRC": two tables of kernel nodes. */
static void test_vectors(void **state)
{
	static const char *const untagged[] = {"02:ba:b0:00:00:01", "01:00:5e:00:00:01",
					       "33:33:00:00:00:01"};
	uint32_t crc = 0;

	(void)state;
	assert_int_equal(tt_entry_crc(mac_of("02:ba:b0:00:00:01"), 0x8000, 0), 0xac039fb3);
	for (unsigned i = 0; i < 3; i++)
		crc ^= tt_entry_crc(mac_of(untagged[i]), 0, 0);
	assert_int_equal(crc, 0x3865e716);
	/* Only the upper half of the flags counts. */
	assert_int_equal(tt_entry_crc(mac_of(untagged[0]), 0, 0x0f),
			 tt_entry_crc(mac_of(untagged[0]), 0, 0));
	assert_int_not_equal(tt_entry_crc(mac_of(untagged[0]), 0, TT_CLIENT_WIFI),
			     tt_entry_crc(mac_of(untagged[0]), 0, 0));
}

static void test_slots(void **state)
{
	static const uint16_t vids[] = {0x8005, 0, 0x8fff, 0x8001, 0x8005, 0x8003};
	struct tt_vlans vs = {0};
	struct pool pool;

	(void)state;
	pool_init(&pool, 1 << 16);
	for (unsigned i = 0; i < 6; i++)
		assert_non_null(tt_vlans_join(&pool, &vs, 5, vids[i]));
	assert_int_equal(vs.used, 5);
	for (unsigned i = 1; i < vs.used; i++)
		assert_true(vs.at[i - 1].vid < vs.at[i].vid);
	assert_null(tt_vlans_join(&pool, &vs, 5, 0x8002));
	assert_non_null(tt_vlans_join(&pool, &vs, 5, 0));
	assert_null(tt_vlans_find(&vs, 0x8002));

	/* Members alone are not listed; a slot goes with its last member. */
	assert_int_equal(tt_vlans_listed(&vs), 0);
	tt_vlan_count(tt_vlans_find(&vs, 0x8005), mac_of("02:00:00:00:00:01"), 0);
	assert_int_equal(tt_vlans_listed(&vs), 1);
	tt_vlan_uncount(tt_vlans_find(&vs, 0x8005), mac_of("02:00:00:00:00:01"), 0);
	assert_int_equal(tt_vlans_find(&vs, 0x8005)->crc, 0);
	tt_vlans_leave(&vs, 0x8005);
	assert_non_null(tt_vlans_find(&vs, 0x8005));
	for (unsigned i = 1; i < 6; i++)
		tt_vlans_leave(&vs, vids[i]);
	assert_int_equal(vs.used, 1);
	tt_vlans_leave(&vs, 0);
	assert_int_equal(vs.used, 0);
	tt_vlans_fini(&pool, &vs);
	pool_fini(&pool);
}

/* What we hold is {0: a} and {8001: b}, and a VLAN 8002 with nobody announced. */
static void test_match(void **state)
{
	struct mac a = mac_of("02:00:00:00:00:0a"), b = mac_of("02:00:00:00:00:0b");
	uint32_t crc_a = tt_entry_crc(a, 0, 0), crc_b = tt_entry_crc(b, 0x8001, 0);
	const struct {
		struct batadv_tt_vlan listed[3];
		uint16_t n;
		bool match;
	} cases[] = {
		{{{crc_a, 0}, {crc_b, 0x8001}}, 2, true},
		{{{crc_b, 0x8001}, {crc_a, 0}}, 2, true},
		{{{crc_a, 0}, {crc_b, 0x8001}, {0, 0x8009}}, 3, true}, /* an empty VLAN */
		{{{crc_a, 0}, {crc_b, 0x8001}, {0, 0x8002}}, 3, true},
		{{{crc_a, 0}, {crc_b, 0x8001}, {1, 0x8009}}, 3, false},
		{{{crc_a, 0}, {crc_b, 0x8001}, {1, 0x8002}}, 3, false},
		{{{crc_a, 0}}, 1, false}, /* we hold more */
		{{{crc_a, 0}, {0, 0x8009}}, 2, false},
		{{{crc_a ^ 1, 0}, {crc_b, 0x8001}}, 2, false},
		{{{crc_b, 0}, {crc_a, 0x8001}}, 2, false},
		{{{0, 0}}, 0, false},
	};
	struct tt_vlans vs = {0};
	struct pool pool;

	(void)state;
	pool_init(&pool, 1 << 16);
	tt_vlan_count(tt_vlans_join(&pool, &vs, 4, 0), a, 0);
	tt_vlan_count(tt_vlans_join(&pool, &vs, 4, 0x8001), b, 0);
	tt_vlans_join(&pool, &vs, 4, 0x8002);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t value[64];
		struct wr w = wr_over(value, sizeof(value));
		struct batadv_tt tt;

		batadv_tt_write(&w, TT_OGM_DIFF, 1, cases[i].n);
		for (unsigned k = 0; k < cases[i].n; k++)
			batadv_tt_vlan_write(&w, cases[i].listed[k]);
		assert_int_equal(batadv_tt_parse(value, wr_len(&w), &tt), OK);
		assert_int_equal(tt_vlans_match(&vs, &tt), cases[i].match);
	}
	tt_vlans_fini(&pool, &vs);
	pool_fini(&pool);
}

static void test_vids(void **state)
{
	static const struct {
		uint16_t vid;
		bool valid;
	} cases[] = {{0, true},	      {0x8000, true},  {0x8001, true}, {0x8ffe, true},
		     {0x8fff, false}, {0x0001, false}, {0x9001, false}};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(tt_vid_valid(cases[i].vid), cases[i].valid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_vids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
