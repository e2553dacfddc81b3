/* Proves that two parts of a cloud that merge agree on every lease: the newest of a client, of
 * two clients with one address the older; the younger gets another one with its next renewal. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "leases_rig.h"

enum { HOUR = 3600 };

static struct rig r;
static struct lease_view v;

/* Desks 0 and 1 are one half, 2 and 3 the other. */
static void halves(bool cut)
{
	for (unsigned a = 0; a < 2; a++)
		for (unsigned b = 2; b < 4; b++)
			rig_cut(&r, a, b, cut);
	rig_run(&r, span_s(1));
}

static void open_halves(void)
{
	rig_open(&r, 4);
	rig_run(&r, span_s(5));
	halves(true);
}

static void assert_alike(const char *ip, unsigned winner)
{
	for (unsigned i = 0; i < r.desks; i++) {
		assert_true(leases_find_ip(r.desk[i].l, r.now, rig_ip(ip), &v));
		assert_true(mac_equal(v.lease.mac, rig_client(winner)));
		assert_false(v.conflict);
		assert_true(mac_equal(rig_reserved_for(&r, i, rig_ip(ip)), rig_client(winner)));
	}
}

static void assert_loser(unsigned client, unsigned winner)
{
	for (unsigned i = 0; i < r.desks; i++) {
		assert_true(leases_find(r.desk[i].l, r.now, rig_client(client), &v));
		assert_true(v.conflict);
		assert_true(mac_equal(v.winner, rig_client(winner)));
		assert_int_equal(rig_reserved(&r, i, rig_client(client)), 0);
		assert_int_equal(leases_status(r.desk[i].l, r.now).conflicts, 1);
		assert_int_equal(leases_count(r.desk[i].l, LEASES_CONFLICTS), 1);
	}
}

/* Client 1 in the first half, client 2 in the second, with one address. */
static void test_older_lease_wins(void **state)
{
	static const struct {
		const char *what;
		int since1, since2; /* seconds from now; the clocks of the halves */
		unsigned winner;
	} cases[] = {
		{"the first is older", 0, 100, 1},
		{"the second is older", 100, 0, 2},
		{"the same second: the lower MAC", 0, 0, 1},
		{"one half has no clock", 0, -1700000000 + 5, 2},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned winner = cases[i].winner, loser = 3 - winner;
		uint32_t unix_s;

		print_message("%s\n", cases[i].what);
		open_halves();
		unix_s = r.unix_s;
		r.unix_s = unix_s + (uint32_t)cases[i].since1;
		rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
		r.unix_s = unix_s + (uint32_t)cases[i].since2;
		rig_event(&r, 3, LEASE_GRANTED, rig_client(2), rig_ip("10.0.3.4"), HOUR, NULL);
		r.unix_s = unix_s;
		halves(false);
		assert_alike("10.0.3.4", winner);
		assert_loser(loser, winner);
		/* It walked over meanwhile, and renews: the DHCP server refuses, for the address
		 * is the other one's; then it gets another one. */
		rig_event(&r, 1, LEASE_GRANTED, rig_client(loser), rig_ip("10.0.3.9"), HOUR, NULL);
		assert_alike("10.0.3.4", winner);
		assert_alike("10.0.3.9", loser);
		for (unsigned d = 0; d < 4; d++)
			assert_int_equal(leases_status(r.desk[d].l, r.now).conflicts, 0);
		rig_close(&r);
	}
}

/* The winner goes first: the address is the other one's again. */
static void test_loser_gets_it_back(void **state)
{
	(void)state;
	open_halves();
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	rig_run(&r, span_s(9));
	rig_event(&r, 3, LEASE_GRANTED, rig_client(2), rig_ip("10.0.3.4"), HOUR, NULL);
	halves(false);
	assert_loser(2, 1);
	rig_event(&r, 2, LEASE_DROPPED, rig_client(1), rig_ip("10.0.3.4"), 0, NULL);
	assert_alike("10.0.3.4", 2);
	rig_close(&r);
}

/* One client in both halves: what it did last counts. */
static void test_newest_of_a_client(void **state)
{
	(void)state;
	open_halves();
	/* Often in the first half, then once in the second. */
	for (unsigned i = 0; i < 9; i++) {
		rig_event(&r, 0, LEASE_GRANTED, rig_client(1),
			  rig_ip(i & 1 ? "10.0.3.4" : "10.0.3.5"), HOUR, NULL);
		rig_run(&r, span_s(1));
	}
	rig_event(&r, 3, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.8"), HOUR, NULL);
	halves(false);
	assert_alike("10.0.3.8", 1);
	assert_false(leases_find_ip(r.desk[0].l, r.now, rig_ip("10.0.3.5"), &v));
	/* It left in one half, long ago, and came again in the other. */
	halves(true);
	rig_event(&r, 0, LEASE_DROPPED, rig_client(1), rig_ip("10.0.3.8"), 0, NULL);
	rig_run(&r, span_s(1200));
	rig_event(&r, 1, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.7"), HOUR, NULL);
	halves(false);
	assert_alike("10.0.3.7", 1);
	assert_false(leases_find_ip(r.desk[3].l, r.now, rig_ip("10.0.3.8"), &v));
	rig_close(&r);
}

/* It gives its address back at one node while it comes to the next. */
static void test_release_crosses_a_grant(void **state)
{
	(void)state;
	for (int ahead = -3; ahead <= 3; ahead++) { /* of the first node's clock */
		open_halves();
		rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
		halves(false);
		rig_run(&r, span_s(100));
		halves(true);
		r.unix_s += (uint32_t)ahead;
		rig_event(&r, 0, LEASE_DROPPED, rig_client(1), rig_ip("10.0.3.4"), 0, NULL);
		r.unix_s -= (uint32_t)ahead;
		rig_event(&r, 3, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
		halves(false);
		assert_alike("10.0.3.4", 1);
		rig_close(&r);
	}
}

/* The time of what one half knows is over, while the client renewed in the other. */
static void test_end_does_not_beat_a_renewal(void **state)
{
	(void)state;
	rig_open(&r, 4);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < 4; k++)
			if (i != k)
				rig_peer(&r, i, k, false);
	rig_run(&r, span_s(5));
	rig_event(&r, 3, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	halves(true);
	for (unsigned i = 0; i < 2; i++)
		for (unsigned k = 2; k < 4; k++)
			rig_peer(&r, i, k, true); /* so that one of the half adopts it */
	rig_run(&r, span_s(HOUR / 2));
	rig_event(&r, 2, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	rig_run(&r, span_s(HOUR / 2 + 10));
	assert_false(leases_find(r.desk[0].l, r.now, rig_client(1), &v));
	halves(false);
	assert_alike("10.0.3.4", 1);
	rig_close(&r);
}

/* It left in one half; the node where it said so has died. */
static void test_end_that_nobody_tells(void **state)
{
	struct leases_conf c = rig_conf(0);

	(void)state;
	rig_open(&r, 4);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < 4; k++)
			if (i != k)
				rig_peer(&r, i, k, false);
	rig_run(&r, span_s(5));
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	halves(true);
	rig_event(&r, 0, LEASE_DROPPED, rig_client(1), rig_ip("10.0.3.4"), 0, NULL);
	rig_start(&r, 0, &c, true); /* ends are not kept */
	halves(false);
	rig_run(&r, span_s(300));
	for (unsigned i = 0; i < 4; i++)
		assert_false(leases_find(r.desk[i].l, r.now, rig_client(1), &v));
	rig_close(&r);
}

/* Both halves wrote the same version for other addresses: no time tells them apart. */
static void test_same_version(void **state)
{
	(void)state;
	open_halves();
	r.unix_s = 0;
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	r.now.us -= 60000; /* so that the clock says the same */
	rig_event(&r, 3, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.5"), HOUR, NULL);
	halves(false);
	assert_alike("10.0.3.5", 1);
	for (unsigned i = 0; i < 4; i++)
		assert_false(leases_find_ip(r.desk[i].l, r.now, rig_ip("10.0.3.4"), &v));
	rig_close(&r);
}

/* A node's own address, and what LibreMesh's nodes claim, come before any lease. */
static void test_others_with_more_right(void **state)
{
	struct leases_conf c;

	(void)state;
	open_halves();
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	rig_event(&r, 0, LEASE_GRANTED, rig_client(2), rig_ip("10.0.3.5"), HOUR, NULL);
	c = rig_conf(3);
	c.own = rig_ip("10.0.3.4");
	rig_start(&r, 3, &c, false);
	rig_pump(&r);
	halves(false);
	rig_record(&r, 0, rig_node(77), RECORD_LEGACY_LEASES, "9 04:00:00:00:00:09 10.0.3.5 x *",
		   32);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(leases_find(r.desk[i].l, r.now, rig_client(1), &v));
		assert_true(v.conflict);
		assert_true(mac_equal(v.winner, rig_node(3)));
	}
	assert_true(leases_find(r.desk[0].l, r.now, rig_client(2), &v));
	assert_true(v.conflict);
	assert_true(mac_equal(v.winner, rig_client(9)));
	/* LibreMesh's node is gone. */
	leases_record(r.desk[0].l, r.now,
		      &(struct share_record){.source = rig_node(77), .type = RECORD_LEGACY_LEASES},
		      true, &r.desk[0].fx);
	assert_alike("10.0.3.5", 2);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_older_lease_wins),
		cmocka_unit_test(test_loser_gets_it_back),
		cmocka_unit_test(test_newest_of_a_client),
		cmocka_unit_test(test_release_crosses_a_grant),
		cmocka_unit_test(test_end_does_not_beat_a_renewal),
		cmocka_unit_test(test_end_that_nobody_tells),
		cmocka_unit_test(test_same_version),
		cmocka_unit_test(test_others_with_more_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
