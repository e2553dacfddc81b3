/* Proves that nodes give new clients addresses of different slices: claimed, settled, defended,
 * grown and given back, never an address that is the node's, the gateway's or somebody's. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "cmocka_all.h"
#include "leases_rig.h"

static struct rig r;

static struct leases_status status(unsigned desk)
{
	return leases_status(r.desk[desk].l, r.now);
}

static bool overlap(const struct desk *a, const struct desk *b)
{
	for (unsigned i = 0; i < a->range_count; i++)
		for (unsigned k = 0; k < b->range_count; k++)
			if (ipv4_to_u32(a->ranges[i].first) <= ipv4_to_u32(b->ranges[k].last) &&
			    ipv4_to_u32(b->ranges[k].first) <= ipv4_to_u32(a->ranges[i].last))
				return true;
	return false;
}

static void assert_disjoint(void)
{
	for (unsigned a = 0; a < r.desks; a++)
		for (unsigned b = 0; b < a; b++)
			assert_false(overlap(&r.desk[a], &r.desk[b]));
}

/* Gives count new clients, from number `first` on, the first free addresses of desk. */
static void join(unsigned desk, unsigned first, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t ip = ipv4_to_u32(r.desk[desk].ranges[0].first);

		while (!rig_gives(&r, desk, ip))
			ip++;
		rig_event(&r, desk, LEASE_GRANTED, rig_client(first + i), ipv4_from_u32(ip, 32),
			  3600, NULL);
	}
}

static void test_settles_before_use(void **state)
{
	(void)state;
	rig_open(&r, 3);
	rig_run(&r, span_ms(3900)); /* 2 s to listen, 2 s to be heard */
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(status(i).slices_ours, 1);
		assert_int_equal(status(i).slices_others, 2);
		assert_false(status(i).settled);
		assert_int_equal(rig_range_size(&r, i), 0);
	}
	rig_run(&r, span_ms(200));
	for (unsigned i = 0; i < 3; i++) {
		assert_true(status(i).settled);
		assert_int_equal(rig_range_size(&r, i), status(i).slice_size);
		assert_int_equal(status(i).slice_size, 128);
		assert_int_equal(status(i).free_here, 128);
	}
	assert_disjoint();
	rig_run(&r, span_s(4000));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(r.desk[i].ranges_told, 1); /* nothing restarts the DHCP server */
	rig_close(&r);
}

static void test_waits_for_silent_peers(void **state)
{
	(void)state;
	rig_open(&r, 1);
	r.desk[0].share.peers = 1;
	r.desk[0].share.peer[0] = (struct share_peer){.mac = rig_node(7), .ours = true};
	rig_run(&r, span_s(10));
	assert_false(status(0).settled);
	rig_run(&r, span_ms(2500));
	assert_true(status(0).settled); /* not for ever */
	rig_close(&r);
	/* Debian's alfred knows no slices and is not waited for. */
	rig_open(&r, 1);
	r.desk[0].share.peers = 1;
	r.desk[0].share.peer[0] = (struct share_peer){.mac = rig_node(7), .ours = false};
	rig_run(&r, span_s(5));
	assert_true(status(0).settled);
	rig_close(&r);
}

/* Many nodes that begin at the same time in two halves that do not hear each other. */
static void test_two_claims_of_one_slice(void **state)
{
	unsigned lost = 0;

	(void)state;
	rig_open(&r, 12);
	for (unsigned i = 0; i < 12; i++) {
		struct leases_conf c = rig_conf(i);

		c.last = rig_ip("10.0.0.65"); /* 16 slices of 4 */
		rig_start(&r, i, &c, false);
		for (unsigned k = 0; k < i; k++)
			rig_cut(&r, i, k, i % 2 != k % 2);
	}
	rig_run(&r, span_s(10));
	for (unsigned i = 0; i < 12; i++)
		for (unsigned k = 0; k < i; k++)
			if (i % 2 != k % 2)
				rig_cut(&r, i, k, false);
	rig_run(&r, span_s(20));
	assert_disjoint();
	for (unsigned i = 0; i < 12; i++) {
		lost += (unsigned)leases_count(r.desk[i].l, LEASES_SLICES_LOST);
		assert_in_range(rig_range_size(&r, i), 3, 8);
	}
	assert_true(lost > 0);
	rig_close(&r);
}

static void test_grows_and_gives_back(void **state)
{
	(void)state;
	rig_open(&r, 2);
	rig_run(&r, span_s(5));
	join(0, 0, 96);
	assert_int_equal(status(0).slices_ours, 1);
	join(0, 96, 1);
	rig_run(&r, span_ms(100));
	assert_int_equal(status(0).slices_ours, 2);
	assert_int_equal(rig_range_size(&r, 0), 128);
	rig_run(&r, span_s(3));
	assert_int_equal(rig_range_size(&r, 0), 256);
	assert_int_equal(r.desk[0].ranges_told, 2);
	assert_disjoint();
	join(0, 97, 100);
	rig_run(&r, span_s(3));
	assert_true(status(0).slices_ours >= 2);
	rig_run(&r, span_s(3700)); /* all have ended */
	assert_int_equal(status(0).leases, 0);
	rig_run(&r, span_s(1900));
	assert_int_equal(status(0).slices_ours, 1);
	assert_int_equal(rig_range_size(&r, 0), 128);
	assert_int_equal(status(1).slices_others, 1);
	rig_close(&r);
}

static void test_who_serves_nobody_claims_nothing(void **state)
{
	(void)state;
	rig_open(&r, 2);
	rig_run(&r, span_s(5));
	leases_serve(r.desk[0].l, r.now, false, &r.desk[0].fx);
	rig_pump(&r);
	assert_int_equal(rig_range_size(&r, 0), 0);
	assert_int_equal(status(0).slices_ours, 0);
	assert_int_equal(status(1).slices_others, 0);
	leases_serve(r.desk[0].l, r.now, true, &r.desk[0].fx);
	rig_run(&r, span_s(3));
	assert_int_equal(rig_range_size(&r, 0), 128);
	rig_close(&r);
}

/* Pools of all sizes: who gets how much, and what is never in a range. */
static void test_pools(void **state)
{
	static const struct {
		const char *first, *last;
		uint32_t slices, size;
	} cases[] = {
		{"10.0.0.2", "10.0.255.254", 512, 128},	    {"10.0.0.1", "10.0.0.254", 64, 4},
		{"10.0.0.10", "10.0.0.10", 1, 4},	    {"10.0.0.2", "10.0.15.254", 512, 8},
		{"10.0.0.0", "10.255.255.255", 512, 32768}, {"10.0.0.9", "10.0.0.2", 0, 4},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct leases_conf c = rig_conf(0);

		rig_open(&r, 1);
		c.first = rig_ip(cases[i].first);
		c.last = rig_ip(cases[i].last);
		c.own = rig_ip("10.0.0.77");
		rig_start(&r, 0, &c, false);
		rig_run(&r, span_s(5));
		assert_int_equal(status(0).slices, cases[i].slices);
		assert_int_equal(status(0).slice_size, cases[i].size);
		assert_int_equal(status(0).settled, cases[i].slices > 0);
		assert_false(rig_gives(&r, 0, ipv4_to_u32(c.own)));
		assert_false(rig_gives(&r, 0, ipv4_to_u32(c.gateway)));
		for (unsigned k = 0; k < r.desk[0].range_count; k++) {
			assert_true(ipv4_to_u32(r.desk[0].ranges[k].first) >= ipv4_to_u32(c.first));
			assert_true(ipv4_to_u32(r.desk[0].ranges[k].last) <= ipv4_to_u32(c.last));
		}
		rig_close(&r);
	}
}

/* A node alone in a small pool takes what there is, but leaves half to those to come. */
static void test_small_pool_is_shared(void **state)
{
	struct leases_conf c;

	(void)state;
	rig_open(&r, 5);
	for (unsigned i = 0; i < 5; i++) {
		c = rig_conf(i);
		c.last = rig_ip("10.0.0.254");
		rig_start(&r, i, &c, false);
		rig_run(&r, span_s(5));
		assert_true(rig_range_size(&r, i) >= 8);
		assert_true(rig_range_size(&r, i) <= 128);
	}
	assert_disjoint();
	/* Full, to the last address, by a single node. */
	for (unsigned i = 1; i < 5; i++)
		leases_serve(r.desk[i].l, r.now, false, &r.desk[i].fx);
	for (unsigned i = 0; i < 253; i++) {
		rig_run(&r, span_s(3));
		join(0, i, 1);
	}
	assert_int_equal(status(0).leases, 253);
	assert_int_equal(status(0).free_here, 0);
	rig_close(&r);
}

/* What others have is not given: nodes' addresses, static ones, leases, LibreMesh's. */
static void test_never_given(void **state)
{
	struct lease fixed = {.mac = rig_client(900)};
	struct leases_conf c = rig_conf(0);
	char lines[400];
	uint32_t first;
	struct ipv4 ip;

	(void)state;
	rig_open(&r, 2);
	rig_run(&r, span_s(5));
	first = ipv4_to_u32(r.desk[0].ranges[0].first);
	/* The same again, with things in its slice. */
	fixed.ip = ipv4_from_u32(first, 32);
	c.reserved = &fixed;
	c.reserved_count = 1;
	c.own = ipv4_from_u32(first + 1, 16);
	rig_start(&r, 0, &c, false);
	c = rig_conf(1);
	c.own = ipv4_from_u32(first + 2, 16);
	rig_start(&r, 1, &c, false);
	rig_run(&r, span_s(10));
	rig_event(&r, 1, LEASE_GRANTED, rig_client(1), ipv4_from_u32(first + 3, 32), 3600, NULL);
	snprintf(lines, sizeof(lines),
		 "1767000000 04:00:00:00:09:01 10.0.%u.%u phone 01:04:00:00:00:09:01\n"
		 "04:00:00:00:09:02,id:*,10.0.%u.%u,phone\n10.0.%u.%u nobody\nnonsense\n",
		 (first + 4) >> 8 & 255, (first + 4) & 255, (first + 5) >> 8 & 255,
		 (first + 5) & 255, (first + 6) >> 8 & 255, (first + 6) & 255);
	rig_record(&r, 0, rig_node(99), RECORD_LEGACY_LEASES, lines, strlen(lines));
	rig_pump(&r);
	for (uint32_t i = 0; i < 7; i++)
		assert_false(rig_gives(&r, 0, first + i));
	assert_true(rig_gives(&r, 0, first + 7));
	assert_int_equal(rig_reserved(&r, 0, rig_client(900)), first);
	assert_int_equal(rig_reserved(&r, 0, rig_node(1)), first + 2);
	assert_int_equal(rig_reserved(&r, 0, rig_client(1)), first + 3);
	assert_int_equal(rig_reserved(&r, 0, rig_client(0x901)), first + 4);
	assert_int_equal(rig_reserved(&r, 0, rig_client(0x902)), first + 5);
	ip = ipv4_from_u32(first + 6, 32);
	assert_false(mac_is_zero(rig_reserved_for(&r, 0, ip)));
	/* What LibreMesh's node does not say any more is free again. */
	rig_record(&r, 0, rig_node(99), RECORD_LEGACY_LEASES, "", 0);
	for (uint32_t i = 4; i < 7; i++)
		assert_true(rig_gives(&r, 0, first + i));
	rig_close(&r);
}

/* Who has another idea of the pool is given way to. */
static void test_other_pool(void **state)
{
	struct leases_conf c = rig_conf(1);

	(void)state;
	rig_open(&r, 2);
	c.first = rig_ip("10.0.0.9");
	rig_start(&r, 1, &c, false);
	rig_run(&r, span_s(30));
	assert_disjoint();
	assert_int_equal(rig_range_size(&r, 0), 128);
	assert_int_equal(rig_range_size(&r, 1), 128);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settles_before_use),
		cmocka_unit_test(test_waits_for_silent_peers),
		cmocka_unit_test(test_two_claims_of_one_slice),
		cmocka_unit_test(test_grows_and_gives_back),
		cmocka_unit_test(test_who_serves_nobody_claims_nothing),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_small_pool_is_shared),
		cmocka_unit_test(test_never_given),
		cmocka_unit_test(test_other_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
