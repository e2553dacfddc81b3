/* Proves that a lease given at one node is known at all, can be renewed and given back at any,
 * ends everywhere, outlives its node, and is there again after a restart. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "leases_rig.h"

enum { HOUR = 3600 };

static struct rig r;
static struct lease_view v;

static bool find(unsigned desk, unsigned client)
{
	return leases_find(r.desk[desk].l, r.now, rig_client(client), &v);
}

/* Every desk that lives knows client with ip, told by node; ip "" for: nobody knows it. */
static void assert_everywhere(unsigned client, const char *ip, unsigned node)
{
	struct ipv4 a = *ip ? rig_ip(ip) : (struct ipv4){{0}, 0};

	for (unsigned i = 0; i < r.desks; i++) {
		if (!r.desk[i].alive)
			continue;
		assert_int_equal(find(i, client), *ip != 0);
		assert_int_equal(rig_reserved(&r, i, rig_client(client)), ipv4_to_u32(a));
		if (!*ip)
			continue;
		assert_true(ipv4_equal(v.lease.ip, a));
		assert_true(mac_equal(v.node, rig_node(node)));
		assert_false(v.conflict);
	}
}

static void open_settled(unsigned desks)
{
	rig_open(&r, desks);
	for (unsigned i = 0; i < desks; i++)
		for (unsigned k = 0; k < desks; k++)
			if (i != k)
				rig_peer(&r, i, k, false);
	rig_run(&r, span_s(5));
}

static void test_known_everywhere(void **state)
{
	uint32_t since;

	(void)state;
	open_settled(4);
	rig_event(&r, 1, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, "Phone");
	assert_everywhere(1, "10.0.3.4", 1);
	assert_true(find(1, 1));
	assert_true(v.here);
	since = v.lease.since_unix_s;
	assert_true(find(2, 1));
	assert_false(v.here);
	assert_string_equal(v.lease.name, "phone");
	assert_int_equal(v.lease.since_unix_s, since);
	assert_int_equal(v.lease.left_s, HOUR);
	/* It walks and renews at another node: that one tells it now. */
	rig_run(&r, span_s(HOUR / 2));
	rig_event(&r, 3, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, "phone");
	assert_everywhere(1, "10.0.3.4", 3);
	assert_true(find(0, 1));
	assert_int_equal(v.lease.since_unix_s, since); /* it is the same lease */
	assert_int_equal(v.lease.left_s, HOUR);
	/* The end of the first node's is nothing to anybody. */
	rig_run(&r, span_s(HOUR / 2 + 1));
	assert_everywhere(1, "10.0.3.4", 3);
	/* Given back at a node that did not give it. */
	rig_event(&r, 2, LEASE_DROPPED, rig_client(1), rig_ip("10.0.3.4"), 0, NULL);
	assert_everywhere(1, "", 0);
	/* And it comes again, with another address. */
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.5"), HOUR, "phone");
	assert_everywhere(1, "10.0.3.5", 0);
	rig_close(&r);
}

static void test_dropped_with_another_address_is_nothing(void **state)
{
	(void)state;
	open_settled(2);
	rig_event(&r, 0, LEASE_DROPPED, rig_client(1), rig_ip("10.0.3.4"), 0, NULL);
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	rig_event(&r, 0, LEASE_DROPPED, rig_client(1), rig_ip("10.0.3.5"), 0, NULL);
	assert_everywhere(1, "10.0.3.4", 0);
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.9"), HOUR, NULL);
	assert_everywhere(1, "10.0.3.9", 0);
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.9"), 0, NULL);
	assert_everywhere(1, "", 0);
	rig_close(&r);
}

static void test_ends_everywhere(void **state)
{
	(void)state;
	open_settled(3);
	rig_event(&r, 1, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), 100, NULL);
	rig_run(&r, span_s(99));
	assert_everywhere(1, "10.0.3.4", 1);
	rig_run(&r, span_s(2));
	assert_everywhere(1, "", 0);
	/* Also where nobody tells it: the node was cut off. */
	rig_event(&r, 1, LEASE_GRANTED, rig_client(2), rig_ip("10.0.3.5"), 100, NULL);
	rig_cut(&r, 1, 0, true);
	rig_cut(&r, 1, 2, true);
	rig_run(&r, span_s(112));
	assert_everywhere(2, "", 0);
	/* What has ended comes not back by a record that was on its way. */
	rig_resend(&r, 1, 0);
	rig_run(&r, span_s(1));
	assert_everywhere(2, "", 0);
	rig_close(&r);
}

/* Lease times that do not fit each other's clocks are no matter: only what is left counts. */
static void test_wrong_clocks(void **state)
{
	(void)state;
	open_settled(3);
	r.unix_s = 0;
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	r.unix_s = UINT32_MAX - 10000;
	rig_event(&r, 1, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	assert_everywhere(1, "10.0.3.4", 1);
	r.unix_s = 3;
	rig_event(&r, 2, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.5"), HOUR, NULL);
	assert_everywhere(1, "10.0.3.5", 2);
	rig_run(&r, span_s(HOUR + 1));
	assert_everywhere(1, "", 0);
	rig_close(&r);
}

static void test_busy_renewing_costs_nothing(void **state)
{
	unsigned puts;

	(void)state;
	open_settled(2);
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), 800, NULL);
	rig_run(&r, span_s(1));
	puts = r.desk[0].share.puts;
	for (unsigned i = 0; i < 90; i++) {
		rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), 800, NULL);
		rig_run(&r, span_s(1));
	}
	assert_int_equal(r.desk[0].share.puts, puts);
	rig_run(&r, span_s(12));
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), 800, NULL);
	assert_int_equal(r.desk[0].share.puts, puts + 1);
	/* One that was not told is told when the told one ends. */
	rig_run(&r, span_s(90));
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), 800, NULL);
	rig_run(&r, span_s(750));
	assert_everywhere(1, "10.0.3.4", 0);
	rig_run(&r, span_s(60));
	assert_everywhere(1, "", 0);
	rig_close(&r);
}

static void test_outlives_its_node(void **state)
{
	unsigned adopters = 0, heir = 9;

	(void)state;
	open_settled(4);
	rig_event(&r, 1, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, "phone");
	rig_kill(&r, 1);
	rig_run(&r, span_s(60));
	for (unsigned i = 0; i < 4; i++)
		if (i != 1)
			rig_peer(&r, i, 1, true);
	rig_run(&r, span_s(29));
	assert_everywhere(1, "10.0.3.4", 1);
	rig_run(&r, span_s(200));
	for (unsigned i = 0; i < 4; i++) {
		if (i == 1)
			continue;
		adopters += (unsigned)leases_count(r.desk[i].l, LEASES_ADOPTED);
		heir = leases_count(r.desk[i].l, LEASES_ADOPTED) ? i : heir;
	}
	assert_int_equal(adopters, 1);
	assert_everywhere(1, "10.0.3.4", heir);
	/* The dead node comes back without a memory, and gets it again. */
	struct leases_conf c = rig_conf(1);

	rig_start(&r, 1, &c, false);
	rig_pump(&r);
	assert_everywhere(1, "10.0.3.4", heir);
	/* The client moves to a third one. */
	rig_event(&r, (heir + 1) % 4, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	assert_everywhere(1, "10.0.3.4", (heir + 1) % 4);
	assert_true(find(heir, 1));
	assert_string_equal(v.lease.name, "phone");
	rig_run(&r, span_s(HOUR + 11));
	assert_everywhere(1, "", 0);
	rig_close(&r);
}

/* A node that is silent is not gone yet, but who starts now hears of its leases from nobody else.
 */
static void test_told_on_for_a_silent_node(void **state)
{
	(void)state;
	open_settled(3);
	rig_event(&r, 1, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	rig_kill(&r, 1);
	for (unsigned i = 0; i < 3; i += 2) {
		r.desk[i].share.peers = 1;
		r.desk[i].share.peer[0] =
			(struct share_peer){.mac = rig_node(1), .ours = true, .heard = span_s(21)};
	}
	rig_run(&r, span_s(30));
	assert_everywhere(1, "10.0.3.4", 1);
	for (unsigned i = 0; i < 3; i += 2)
		r.desk[i].share.peer[0].heard = span_s(22);
	rig_run(&r, span_s(15));
	assert_true(find(0, 1));
	assert_false(mac_equal(v.node, rig_node(1)));
	assert_everywhere(1, "10.0.3.4", v.node.b[5]);
	rig_close(&r);
}

/* It ends while the others wait for each other to adopt it. */
static void test_ends_before_it_is_adopted(void **state)
{
	(void)state;
	for (uint32_t left_s = 25; left_s < 130; left_s += 5) {
		open_settled(4);
		rig_event(&r, 1, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), left_s, NULL);
		rig_kill(&r, 1);
		for (unsigned i = 0; i < 4; i++)
			if (i != 1)
				rig_peer(&r, i, 1, true);
		rig_run(&r, span_s(left_s + 11));
		assert_everywhere(1, "", 0);
		rig_close(&r);
	}
}

/* A node that lost its memory says nothing of its leases: the others tell it at once. */
static void test_memory_lost(void **state)
{
	struct leases_conf c = rig_conf(1);

	(void)state;
	open_settled(3);
	for (unsigned i = 0; i < 40; i++)
		rig_event(&r, 1, LEASE_GRANTED, rig_client(i),
			  ipv4_from_u32(ipv4_to_u32(rig_ip("10.0.3.4")) + i, 32), HOUR, NULL);
	rig_start(&r, 1, &c, false);
	rig_run(&r, span_s(2)); /* long before it gives addresses to new clients */
	assert_false(leases_status(r.desk[1].l, r.now).settled);
	for (unsigned i = 0; i < 40; i++) {
		assert_true(find(1, i));
		assert_false(mac_equal(v.node, rig_node(1)));
	}
	rig_close(&r);
}

/* Two that tell the same agree on one of them. */
static void test_told_by_two(void **state)
{
	(void)state;
	open_settled(3);
	rig_event(&r, 1, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	for (unsigned i = 0; i < 3; i += 2) {
		rig_cut(&r, i, 1, true);
		rig_peer(&r, i, 1, true);
	}
	rig_run(&r, span_s(200));
	assert_true(find(0, 1));
	assert_false(mac_equal(v.node, rig_node(1)));
	for (unsigned i = 0; i < 3; i += 2) {
		rig_cut(&r, i, 1, false);
		rig_peer(&r, i, 1, false);
	}
	rig_run(&r, span_s(1));
	assert_true(find(0, 1));
	assert_everywhere(1, "10.0.3.4", v.node.b[5]);
	rig_run(&r, span_s(HOUR));
	assert_everywhere(1, "", 0);
	rig_close(&r);
}

static void test_restart(void **state)
{
	struct leases_conf c = rig_conf(1);

	(void)state;
	open_settled(2);
	rig_event(&r, 1, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, "phone");
	rig_event(&r, 1, LEASE_GRANTED, rig_client(2), rig_ip("10.0.3.5"), HOUR, NULL);
	rig_event(&r, 1, LEASE_GRANTED, rig_client(3), rig_ip("10.0.3.6"), HOUR, NULL);
	assert_int_equal(r.desk[1].kepts, 3);
	assert_int_equal(r.desk[0].kepts, 0);
	rig_event(&r, 0, LEASE_GRANTED, rig_client(2), rig_ip("10.0.3.5"), HOUR, NULL);
	rig_event(&r, 1, LEASE_DROPPED, rig_client(3), rig_ip("10.0.3.6"), 0, NULL);
	assert_int_equal(r.desk[1].kepts, 1); /* what others tell is theirs to keep */
	assert_int_equal(r.desk[0].kepts, 1);
	/* While it is away its client walks. */
	rig_kill(&r, 1);
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	rig_start(&r, 1, &c, true);
	rig_run(&r, span_s(5));
	assert_everywhere(1, "10.0.3.4", 0);
	assert_everywhere(2, "10.0.3.5", 0);
	assert_everywhere(3, "", 0);
	assert_int_equal(r.desk[1].kepts, 0);
	/* All lose their power at once. */
	for (unsigned i = 0; i < 2; i++)
		rig_kill(&r, i);
	for (unsigned i = 0; i < 2; i++) {
		c = rig_conf(i);
		rig_start(&r, i, &c, true);
	}
	rig_run(&r, span_s(5));
	assert_everywhere(1, "10.0.3.4", 0);
	assert_everywhere(2, "10.0.3.5", 0);
	rig_close(&r);
}

static void test_static(void **state)
{
	struct lease fixed = {.mac = rig_client(1), .name = "printer"};
	struct leases_conf c = rig_conf(0);

	(void)state;
	fixed.ip = rig_ip("10.0.0.99");
	c.reserved = &fixed;
	c.reserved_count = 1;
	open_settled(2);
	rig_start(&r, 0, &c, false);
	fixed.ip = rig_ip("10.0.0.1"); /* it was copied */
	rig_run(&r, span_s(5));
	assert_int_equal(rig_reserved(&r, 0, rig_client(1)), ipv4_to_u32(rig_ip("10.0.0.99")));
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.0.99"), HOUR, "esp-1234");
	assert_everywhere(1, "10.0.0.99", 0);
	assert_true(find(0, 1));
	assert_true(v.reserved);
	assert_int_equal(rig_resolve(&r, 1, "printer"), ipv4_to_u32(rig_ip("10.0.0.99")));
	rig_event(&r, 0, LEASE_DROPPED, rig_client(1), rig_ip("10.0.0.99"), 0, NULL);
	assert_int_equal(rig_reserved(&r, 0, rig_client(1)), ipv4_to_u32(rig_ip("10.0.0.99")));
	assert_int_equal(rig_resolve(&r, 1, "printer"), 0);
	rig_close(&r);
}

static void test_outside(void **state)
{
	static const char *const cases[] = {"10.0.0.1", "10.1.0.0", "0.0.0.0", "10.0.255.255",
					    "9.255.255.255"};

	(void)state;
	open_settled(1);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig_event(&r, 0, LEASE_GRANTED, rig_client(i), rig_ip(cases[i]), HOUR, NULL);
		assert_int_equal(leases_count(r.desk[0].l, LEASES_OUTSIDE), i + 1);
		assert_false(find(0, i));
	}
	rig_event(&r, 0, LEASE_GRANTED, MAC_BROADCAST, rig_ip("10.0.3.4"), HOUR, NULL);
	assert_int_equal(leases_status(r.desk[0].l, r.now).leases, 0);
	rig_close(&r);
}

static void test_full(void **state)
{
	struct leases_conf c = rig_conf(0);

	(void)state;
	open_settled(1);
	c.leases_max = 100;
	rig_start(&r, 0, &c, false);
	for (unsigned turn = 0; turn < 3; turn++) {
		for (unsigned i = 0; i < 110; i++)
			rig_event(&r, 0, LEASE_GRANTED, rig_client(1000 * turn + i),
				  ipv4_from_u32(ipv4_to_u32(rig_ip("10.0.3.0")) + i, 32), HOUR,
				  NULL);
		assert_int_equal(leases_status(r.desk[0].l, r.now).leases, 100);
		assert_int_equal(leases_count(r.desk[0].l, LEASES_FULL), 10 * (turn + 1));
		for (unsigned i = 0; i < 110; i++)
			rig_event(&r, 0, LEASE_DROPPED, rig_client(1000 * turn + i),
				  ipv4_from_u32(ipv4_to_u32(rig_ip("10.0.3.0")) + i, 32), 0, NULL);
		assert_int_equal(leases_status(r.desk[0].l, r.now).leases, 0);
	}
	rig_close(&r);
}

/* core/share takes nothing: tried again, and nothing is lost. */
static void test_share_refuses(void **state)
{
	(void)state;
	open_settled(2);
	r.desk[0].share.refuse = ERR_FULL;
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, NULL);
	rig_run(&r, span_s(5));
	assert_true(find(0, 1));
	assert_false(find(1, 1));
	assert_in_range(leases_count(r.desk[0].l, LEASES_FULL), 5, 7);
	r.desk[0].share.refuse = OK;
	rig_run(&r, span_s(1));
	assert_everywhere(1, "10.0.3.4", 0);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_everywhere),
		cmocka_unit_test(test_dropped_with_another_address_is_nothing),
		cmocka_unit_test(test_ends_everywhere),
		cmocka_unit_test(test_wrong_clocks),
		cmocka_unit_test(test_busy_renewing_costs_nothing),
		cmocka_unit_test(test_outlives_its_node),
		cmocka_unit_test(test_told_on_for_a_silent_node),
		cmocka_unit_test(test_ends_before_it_is_adopted),
		cmocka_unit_test(test_memory_lost),
		cmocka_unit_test(test_told_by_two),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_static),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_share_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
