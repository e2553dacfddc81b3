/* Proves the layout of the records byte by byte, that a crowd's leases fit, and that records
 * that cannot be, or say too much, are refused and counted, with nothing changed. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "core/share/leases_internal.h"
#include "leases_rig.h"

enum { HOUR = 3600, ENTRY = 23, AT = 5 };

static struct rig r;

static const struct fake_record *record(unsigned desk, unsigned type)
{
	return &r.desk[desk].share.record[type];
}

static const struct fake_record *only_bucket(unsigned desk)
{
	const struct fake_record *found = NULL;

	for (unsigned i = 0; i < RECORD_LEASES_COUNT; i++) {
		const struct fake_record *f = record(desk, RECORD_LEASES + i);

		assert_true(!found || !f->there || f->len == 0);
		if (f->there && f->len > 0)
			found = f;
	}
	assert_non_null(found);
	return found;
}

static void test_layout(void **state)
{
	static const uint8_t node[] = {
		10, 0,	 200, 0,						 /* its address */
		0,  0,	 0,   0,   0,	0,   0,	 0, 0, 0, 0,  0, 0,   0,   0, 1, /* in IPv6 */
		5,  'n', 'o', 'd', 'e', '0', 10, 0, 0, 2, 10, 0, 255, 254,	 /* name, pool */
		0,  0,	 0,   128, 0,	1, /* slices' size, ranges */
	};
	static const uint8_t lease[] = {4,    0,    0,	  0,	1,  2, /* the client */
					0x65, 0x53, 0xf1, 6,	       /* version: the time */
					5,			       /* the name's length */
					10,   0,    3,	  4,	       /* the address */
					0x65, 0x53, 0xf1, 6,	       /* since */
					0,    0,    0x0e, 0x10,	       /* an hour left */
					'p',  'h',  'o',  'n',	'e'};
	static const uint8_t ended[] = {4, 0, 0, 0, 1, 2, 0x65, 0x53, 0xf1, 7, 0x80};
	const struct fake_record *f;

	(void)state;
	rig_open(&r, 1);
	rig_run(&r, span_s(5));
	f = record(0, RECORD_NODE);
	assert_int_equal(f->len, AT + sizeof(node) + 8);
	assert_int_equal(f->data[0], 1); /* serves; then what changes with each start */
	assert_memory_equal(f->data + AT, node, sizeof(node));
	assert_memory_equal(f->data + AT + sizeof(node), r.desk[0].ranges[0].first.b, 4);
	assert_memory_equal(f->data + AT + sizeof(node) + 4, r.desk[0].ranges[0].last.b, 4);
	rig_event(&r, 0, LEASE_GRANTED, rig_client(0x102), rig_ip("10.0.3.4"), HOUR, "phone");
	f = only_bucket(0);
	assert_int_equal(f->len, sizeof(lease));
	assert_memory_equal(f->data, lease, sizeof(lease));
	assert_int_equal(ENTRY, sizeof(lease) - 5);
	rig_event(&r, 0, LEASE_DROPPED, rig_client(0x102), rig_ip("10.0.3.4"), 0, NULL);
	f = only_bucket(0);
	assert_int_equal(f->len, sizeof(ended));
	assert_memory_equal(f->data, ended, sizeof(ended));
	rig_close(&r);
}

static void test_one_lease_is_little_to_send(void **state)
{
	unsigned buckets = 0;

	(void)state;
	rig_open(&r, 1);
	for (unsigned i = 0; i < 400; i++)
		rig_event(&r, 0, LEASE_GRANTED, rig_client(i), ipv4_from_u32(0x0a000400 + i, 32),
			  HOUR, "a-name-of-15-ch");
	for (unsigned i = 0; i < RECORD_LEASES_COUNT; i++) {
		const struct fake_record *f = record(0, RECORD_LEASES + i);

		buckets += f->there;
		assert_in_range(f->len, 10 * 38, 45 * 38);
	}
	assert_int_equal(buckets, 16);
	rig_close(&r);
}

/* All leases of the cloud at one node, with the longest names; and a node with too many. */
static void test_big_node(void **state)
{
	char name[LEASE_NAME_ROOM];

	(void)state;
	rig_open(&r, 2);
	memset(name, 'n', sizeof(name));
	name[63] = '\0';
	for (unsigned i = 0; i < 8192; i++) {
		struct ev ev = {.kind = EV_LEASE, .lease = {.change = LEASE_GRANTED}};

		ev.lease.lease = (struct lease){.mac = rig_client(i),
						.ip = ipv4_from_u32(0x0a000400 + i, 32),
						.since_unix_s = 1700000000,
						.left_s = HOUR};
		memcpy(ev.lease.lease.name, name, sizeof(name));
		memcpy(ev.lease.lease.name, &"abcdefgh"[i % 8], 1);
		leases_handle(r.desk[0].l, r.now, &ev, &r.desk[0].fx);
	}
	rig_run(&r, span_s(1));
	assert_int_equal(leases_status(r.desk[1].l, r.now).leases, 8192);
	assert_int_equal(leases_count(r.desk[0].l, LEASES_FULL), 0);
	for (unsigned i = 0; i < RECORD_LEASES_COUNT; i++)
		assert_in_range(record(0, RECORD_LEASES + i)->len, 1, SHARE_DATA_MAX);
	rig_close(&r);
}

/* Clients that choose their MACs so that all are in one bucket: names go first, then leases. */
static void test_bucket_overflows(void **state)
{
	struct leases_conf c = rig_conf(0);
	unsigned joined = 0;

	(void)state;
	rig_open(&r, 1);
	rig_start(&r, 0, &c, false);
	for (unsigned i = 0; joined < 3000; i++) {
		struct ev ev = {.kind = EV_LEASE, .lease = {.change = LEASE_GRANTED}};
		struct mac mac = {{4, 0, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};

		if (mac_mix(mac, 0) % RECORD_LEASES_COUNT != 0)
			continue;
		ev.lease.lease = (struct lease){.mac = mac,
						.ip = ipv4_from_u32(0x0a000400 + joined++, 32),
						.since_unix_s = 1700000000,
						.left_s = HOUR,
						.name = "a-name"};
		leases_handle(r.desk[0].l, r.now, &ev, &r.desk[0].fx);
	}
	rig_run(&r, span_s(1));
	assert_int_equal(leases_count(r.desk[0].l, LEASES_FULL), 1);
	assert_in_range(record(0, RECORD_LEASES)->len, SHARE_DATA_MAX - ENTRY, SHARE_DATA_MAX);
	assert_int_equal(leases_status(r.desk[0].l, r.now).leases, 3000);
	rig_close(&r);
}

static void test_malformed(void **state)
{
	static const struct {
		const char *what;
		uint8_t type;
		size_t len; /* of the good record's bytes */
		size_t at;  /* this byte becomes that */
		uint8_t byte;
	} cases[] = {
		{"node: empty", RECORD_NODE, 0, 0, 0},
		{"node: cut in its ranges", RECORD_NODE, 52, 0, 0},
		{"node: more ranges than bytes", RECORD_NODE, 53, 44, 2},
		{"node: far more ranges", RECORD_NODE, 53, 43, 0xff},
		{"node: a name longer than all", RECORD_NODE, 53, 25, 200},
		{"node: a range that ends before it begins", RECORD_NODE, 53, 49, 9},
		{"lease: cut", RECORD_LEASES, 27, 0, 0},
		{"lease: only a MAC", RECORD_LEASES, 6, 0, 0},
		{"lease: of a group", RECORD_LEASES, 28, 0, 5},
		{"lease: a name longer than all", RECORD_LEASES, 28, 10, 6},
		{"lease: the version of the end of time", RECORD_LEASES, 28, 6, 0xff},
		{"lease: ended, and more", RECORD_LEASES, 28, 10, 0x80},
	};
	uint8_t node[53], lease[28];
	const struct fake_record *f;

	(void)state;
	rig_open(&r, 1);
	rig_run(&r, span_s(5));
	f = record(0, RECORD_NODE);
	assert_int_equal(f->len, sizeof(node));
	memcpy(node, f->data, sizeof(node));
	rig_event(&r, 0, LEASE_GRANTED, rig_client(1), rig_ip("10.0.3.4"), HOUR, "phone");
	memcpy(lease, only_bucket(0)->data, sizeof(lease));
	rig_close(&r);

	rig_open(&r, 1);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t data[53];

		print_message("%s\n", cases[i].what);
		memcpy(data, cases[i].type == RECORD_NODE ? node : lease,
		       cases[i].type == RECORD_NODE ? sizeof(node) : sizeof(lease));
		if (cases[i].at || cases[i].byte)
			data[cases[i].at] = cases[i].byte;
		rig_record(&r, 0, rig_node(9), cases[i].type, data, cases[i].len);
		assert_int_equal(leases_count(r.desk[0].l, LEASES_MALFORMED), i + 1);
		assert_int_equal(leases_status(r.desk[0].l, r.now).leases, 0);
	}
	assert_int_equal(r.desk[0].names, 1);
	rig_record(&r, 0, rig_node(9), RECORD_LEASES, lease, sizeof(lease));
	rig_record(&r, 0, rig_node(9), RECORD_NODE, node, sizeof(node));
	assert_int_equal(leases_status(r.desk[0].l, r.now).leases, 1);
	assert_int_equal(leases_count(r.desk[0].l, LEASES_MALFORMED),
			 sizeof(cases) / sizeof(cases[0]));
	rig_close(&r);
}

/* Our own record, another version, types that are not ours. */
static void test_not_ours_to_read(void **state)
{
	uint8_t lease[] = {4, 0, 0, 0, 1, 2, 0, 0, 0, 1, 0, 10, 0, 3, 4, 0, 0, 0, 1, 0, 0, 1, 0};
	struct share_record rec = {.source = rig_node(9),
				   .type = RECORD_LEASES,
				   .version = 2,
				   .data = lease,
				   .len = sizeof(lease)};

	(void)state;
	rig_open(&r, 1);
	leases_record(r.desk[0].l, r.now, &rec, false, &r.desk[0].fx);
	assert_int_equal(leases_count(r.desk[0].l, LEASES_MALFORMED), 1);
	rig_record(&r, 0, rig_node(0), RECORD_LEASES, lease, sizeof(lease));
	rig_record(&r, 0, rig_node(9), RECORD_LEASES - 1, lease, sizeof(lease));
	rig_record(&r, 0, rig_node(9), 63, lease, sizeof(lease));
	rig_record(&r, 0, rig_node(9), RECORD_LEASES + RECORD_LEASES_COUNT, lease, sizeof(lease));
	assert_int_equal(leases_status(r.desk[0].l, r.now).leases, 0);
	rig_record(&r, 0, rig_node(9), RECORD_LEASES, lease, sizeof(lease));
	assert_int_equal(leases_status(r.desk[0].l, r.now).leases, 1);
	rig_close(&r);
}

/* Somebody told a lease of the last version that there is; what we say of its end spoils not the
 * record in which others read our other leases. */
static void test_last_version(void **state)
{
	uint8_t lease[] = {4, 0, 0, 0, 1, 2, 0xfe, 0xff, 0xff, 0xff, 0,	 10,
			   0, 3, 4, 0, 0, 0, 1,	   0,	 0,    0,    100};
	const uint8_t type =
		(uint8_t)(RECORD_LEASES + mac_mix(rig_client(0x102), 0) % RECORD_LEASES_COUNT);

	(void)state;
	rig_open(&r, 2);
	rig_peer(&r, 0, 1, false);
	rig_peer(&r, 1, 0, false);
	rig_record(&r, 0, rig_node(9), type, lease, sizeof(lease));
	rig_record(&r, 0, rig_node(9), type, NULL, 0);
	rig_run(&r, span_s(99));
	assert_int_equal(leases_count(r.desk[0].l, LEASES_ADOPTED), 1);
	rig_run(&r, span_s(5));
	assert_int_equal(leases_status(r.desk[0].l, r.now).leases, 0);
	assert_int_equal(leases_count(r.desk[1].l, LEASES_MALFORMED), 0);
	rig_close(&r);
}

static void put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* count leases, all of ip or of ip and the next ones. */
static uint8_t *many(unsigned count, uint32_t ip, bool same)
{
	uint8_t *data = calloc(count, ENTRY);

	assert_non_null(data);
	for (unsigned i = 0; i < count; i++) {
		uint8_t *p = data + (size_t)i * ENTRY;

		p[0] = 6;
		put32(p + 2, i);
		put32(p + 6, 1);
		put32(p + 11, same ? ip : ip + i);
		put32(p + 15, 1700000000);
		put32(p + 19, HOUR);
	}
	return data;
}

static void test_too_much(void **state)
{
	enum { COUNT = 2800 };
	uint8_t *data = many(COUNT, 0x0a000400, true);
	struct leases_conf c = rig_conf(0);

	(void)state;
	rig_open(&r, 1);
	/* One address. */
	rig_record(&r, 0, rig_node(9), RECORD_LEASES, data, COUNT * ENTRY);
	assert_int_equal(leases_status(r.desk[0].l, r.now).leases, 16);
	assert_int_equal(leases_count(r.desk[0].l, LEASES_FULL), COUNT - 16);
	assert_int_equal(leases_count(r.desk[0].l, LEASES_CONFLICTS), 15);
	free(data);
	/* All addresses, past the end of the pool. */
	c.last = rig_ip("10.0.8.255");
	rig_start(&r, 0, &c, false);
	data = many(COUNT, 0x0a000400, false);
	rig_record(&r, 0, rig_node(9), RECORD_LEASES, data, COUNT * ENTRY);
	assert_int_equal(leases_status(r.desk[0].l, r.now).leases, 5 * 256);
	assert_int_equal(leases_count(r.desk[0].l, LEASES_OUTSIDE), COUNT - 5 * 256);
	/* More than the table holds, from many nodes; then they say nothing any more. */
	c = rig_conf(0);
	c.leases_max = 1000;
	rig_start(&r, 0, &c, false);
	for (unsigned i = 1; i < 1200; i++) {
		struct mac m = rig_node(0);

		m.b[1] = (uint8_t)(i >> 8);
		m.b[2] = (uint8_t)i;
		rig_record(&r, 0, m, RECORD_LEASES, data, i < 20 ? COUNT * ENTRY : ENTRY);
		rig_record(&r, 0, m, RECORD_LEGACY_LEASES, "10.0.4.4\n10.0.4.5\n", 18);
	}
	assert_int_equal(leases_status(r.desk[0].l, r.now).leases, 1000);
	assert_true(leases_count(r.desk[0].l, LEASES_FULL) > 20000);
	free(data);
	rig_close(&r);
}

static void test_legacy_lines(void **state)
{
	static const struct {
		const char *text;
		const char *ip; /* claimed, "" for none */
	} cases[] = {
		{"", ""},
		{"\n\n\n", ""},
		{"1767000000 04:00:00:00:00:01 10.0.3.4 phone *", "10.0.3.4"},
		{"04:00:00:00:00:01,id:*,10.0.3.4,phone\n", "10.0.3.4"},
		{"10.0.3.4", "10.0.3.4"},
		{"10.0.3.4 10.0.3.5", "10.0.3.4"},
		{"04:00:00:00:00:01", ""},
		{"ff:ff:ff:ff:ff:ff 10.0.3.4", "10.0.3.4"},
		{"04:00:00:00:00:01 10.9.3.4", ""},
		{"04:00:00:00:00:01 10.0.3.400", ""},
		{"04:00:00:00:00:01\n10.0.3.4\n", "10.0.3.4"},
		{"01234567890123456789012345678901234567890123456789012345678901234567890 10.0.3.4",
		 "10.0.3.4"},
	};
	struct lease_view v;

	(void)state;
	rig_open(&r, 1);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (uint8_t type = RECORD_LEGACY_HOSTS; type <= RECORD_LEGACY_HOSTS_FILE; type++) {
			rig_record(&r, 0, rig_node(9), type, cases[i].text, strlen(cases[i].text));
			assert_int_equal(leases_find_ip(r.desk[0].l, r.now, rig_ip("10.0.3.4"), &v),
					 cases[i].ip[0] != '\0');
			rig_record(&r, 0, rig_node(9), type, NULL, 0);
			assert_false(leases_find_ip(r.desk[0].l, r.now, rig_ip("10.0.3.4"), &v));
		}
	}
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_one_lease_is_little_to_send),
		cmocka_unit_test(test_big_node),
		cmocka_unit_test(test_bucket_overflows),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_not_ours_to_read),
		cmocka_unit_test(test_last_version),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_legacy_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
