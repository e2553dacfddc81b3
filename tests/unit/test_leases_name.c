/* Proves that names are cleaned, and that who comes second is called NAME-XXXX, alike on all
 * nodes and whatever came first. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include "cmocka_all.h"
#include "leases_rig.h"

enum { HOUR = 3600 };

static struct rig r;

static void join(unsigned desk, unsigned client, const char *ip, const char *name)
{
	rig_event(&r, desk, LEASE_GRANTED, rig_client(client), rig_ip(ip), HOUR, name);
}

static void assert_name(const char *name, const char *ip)
{
	for (unsigned i = 0; i < r.desks; i++)
		assert_int_equal(rig_resolve(&r, i, name), *ip ? ipv4_to_u32(rig_ip(ip)) : 0);
}

static void test_names(void **state)
{
	static const struct {
		const char *said, *clean;
	} cases[] = {
		{"phone", "phone"},
		{"Anna-s-Phone", "anna-s-phone"},
		{"Anna's Phone", "annas-phone"},
		{"my_host", "my-host"},
		{"host.example.org", "host"},
		{".hidden", ""},
		{"-x-", "x"},
		{"?????", ""},
		{"", ""},
		{"caf\xc3\xa9", "caf"},
		{"a\tb\nc", "abc"},
		{"localhost # 10.0.0.1", "localhost--10"},
	};
	char clean[LEASE_NAME_ROOM], longer[300];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lease_name_clean(cases[i].said, strlen(cases[i].said), clean);
		assert_string_equal(clean, cases[i].clean);
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	lease_name_clean(longer, strlen(longer), clean);
	assert_int_equal(strlen(clean), LEASE_NAME_ROOM - 1);
}

static void test_cleaned(void **state)
{
	static const struct {
		const char *says, *name;
	} cases[] = {
		{"phone", "phone"},
		{"Anna's Phone", "annas-phone"},
		{"a.b.c", "a"},
		{"--x--", "x"},
		{"a_b", "a-b"},
		{"\xc3\xa9t\xc3\xa9", "t"},
		{"...", ""},
		{"\" ; rm -rf", "rm--rf"},
		{"x\n10.0.0.1 bank", "x1000"},
		{"012345678901234567890123456789012345678901234567890123456789012",
		 "012345678901234567890123456789012345678901234567890123456789012"},
	};
	struct lease_view v;

	(void)state;
	rig_open(&r, 2);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		join(0, i, "10.0.3.4", cases[i].says);
		for (unsigned d = 0; d < 2; d++) {
			assert_true(leases_find(r.desk[d].l, r.now, rig_client(i), &v));
			if (i == 8) /* a line's end is no part of a name, and nothing after it */
				assert_null(strpbrk(v.lease.name, "\n ."));
			else
				assert_string_equal(v.lease.name, cases[i].name);
			assert_int_equal(rig_resolve(&r, d, v.lease.name) != 0,
					 v.lease.name[0] != '\0');
		}
		rig_event(&r, 0, LEASE_DROPPED, rig_client(i), rig_ip("10.0.3.4"), 0, NULL);
		assert_int_equal(r.desk[1].names, 2); /* the nodes' */
	}
	rig_close(&r);
}

static void test_clash(void **state)
{
	struct lease_view v;

	(void)state;
	rig_open(&r, 3);
	join(0, 0x102, "10.0.3.2", "phone");
	rig_run(&r, span_s(1));
	join(1, 0x101, "10.0.3.1", "Phone");
	assert_name("phone", "10.0.3.2"); /* the older */
	assert_name("phone-0101", "10.0.3.1");
	assert_true(leases_find(r.desk[2].l, r.now, rig_client(0x101), &v));
	assert_string_equal(v.shown, "phone-0101");
	assert_int_equal(leases_count(r.desk[2].l, LEASES_NAMES_CLASHED), 1);
	/* A renewal changes nothing, also at another node. */
	rig_run(&r, span_s(HOUR / 2));
	join(2, 0x102, "10.0.3.2", "phone");
	assert_name("phone", "10.0.3.2");
	/* The older one moves to another address: it is the younger now. */
	join(2, 0x102, "10.0.3.9", "phone");
	assert_name("phone", "10.0.3.1");
	assert_name("phone-0102", "10.0.3.9");
	/* Who is left has the name for itself. */
	rig_event(&r, 0, LEASE_DROPPED, rig_client(0x101), rig_ip("10.0.3.1"), 0, NULL);
	assert_name("phone", "10.0.3.9");
	assert_name("phone-0101", "");
	assert_name("phone-0102", "");
	rig_close(&r);
}

static void test_nodes_come_first(void **state)
{
	struct leases_conf c = rig_conf(3);

	(void)state;
	rig_open(&r, 4);
	join(0, 1, "10.0.3.1", "node2");
	assert_name("node2", "10.0.200.2");
	assert_name("node2-0001", "10.0.3.1");
	/* A client has the name already, and a node comes. */
	join(0, 2, "10.0.3.2", "tower");
	assert_name("tower", "10.0.3.2");
	snprintf(c.hostname, sizeof(c.hostname), "Tower");
	rig_start(&r, 3, &c, false);
	rig_run(&r, span_s(1));
	assert_name("tower", "10.0.200.3");
	assert_name("tower-0002", "10.0.3.2");
	assert_name("node3", "");
	/* Two nodes of one name: the lower MAC. */
	c = rig_conf(2);
	snprintf(c.hostname, sizeof(c.hostname), "tower");
	rig_start(&r, 2, &c, false);
	rig_run(&r, span_s(1));
	assert_name("tower", "10.0.200.2");
	assert_name("tower-0103", "10.0.200.3");
	rig_close(&r);
}

static void test_names_that_nobody_gets(void **state)
{
	static const char *const cases[] = {"anygw", "localhost", "wpad", "thisnode"};

	(void)state;
	rig_open(&r, 2);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char second[LEASE_NAME_ROOM];

		snprintf(second, sizeof(second), "%s-%02x%02x", cases[i], 0, i);
		join(0, i, "10.0.3.1", cases[i]);
		assert_name(cases[i], "");
		assert_name(second, "10.0.3.1");
		rig_event(&r, 0, LEASE_DROPPED, rig_client(i), rig_ip("10.0.3.1"), 0, NULL);
	}
	rig_close(&r);
}

/* Who loses an address has no name in the DNS. */
static void test_loser_has_no_name(void **state)
{
	(void)state;
	rig_open(&r, 2);
	join(0, 1, "10.0.3.1", "one");
	rig_run(&r, span_s(2));
	join(0, 2, "10.0.3.1", "two");
	assert_name("one", "10.0.3.1");
	assert_name("two", "");
	rig_close(&r);
}

/* 3000 clients that are all called the same are no work. */
static void test_crowd(void **state)
{
	(void)state;
	rig_open(&r, 1);
	for (unsigned i = 0; i < 3000; i++) {
		struct ev ev = {.kind = EV_LEASE, .lease = {.change = LEASE_GRANTED}};

		ev.lease.lease = (struct lease){.mac = rig_client(i),
						.ip = ipv4_from_u32(0x0a000400 + i, 32),
						.since_unix_s = 1700000000 + i,
						.left_s = HOUR,
						.name = "android"};
		leases_handle(r.desk[0].l, r.now, &ev, &r.desk[0].fx);
	}
	assert_name("android", "10.0.4.0");
	assert_name("android-0001", "10.0.4.1");
	assert_name("android-0bb7", "10.0.15.183");
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cleaned),
		cmocka_unit_test(test_clash),
		cmocka_unit_test(test_nodes_come_first),
		cmocka_unit_test(test_names_that_nobody_gets),
		cmocka_unit_test(test_loser_has_no_name),
		cmocka_unit_test(test_crowd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
