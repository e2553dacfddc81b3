/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves: what is told of leases, names and shared records is what the nodes know, and
 * why a client has its address is told in words. */
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "ctl_lab.h"
#include "ctl_read.h"

static struct lab *lab;

/* A line whose nodes believe what the others share, and have settled. */
static int setup_sharing(void **state)
{
	(void)state;
	lab = calloc(1, sizeof(*lab));
	lab_init(lab, 3, false);
	lab_announce(lab, 0);
	lab_run(lab, span_s(30));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lab_fini(lab);
	free(lab);
	return 0;
}

static json_t *leases_ask(struct asker *a)
{
	return json_object_get(lab_ask(lab, a, "leases", NULL), "leases");
}

static void test_leases(void **state)
{
	struct asker *a = lab_asker(lab, false);
	json_t *o, *pool;

	(void)state;
	lab_lease(lab, 0, 1, "10.35.3.7", "phone");
	lab_lease(lab, 2, 2, "10.35.9.9", "Lap Top");
	lab_run(lab, span_s(1));
	assert_int_equal(json_array_size(leases_ask(a)), 2);
	o = find(leases_ask(a), "mac", lab_client(1));
	assert_string_equal(text(o, "ipv4"), "10.35.3.7");
	assert_string_equal(text(o, "name"), "phone");
	assert_mac(o, "node", lab_mac(0, 0));
	assert_string_equal(text(o, "node_name"), "lime-000100");
	assert_true(flag(o, "here"));
	assert_false(flag(o, "reserved"));
	assert_in_range(number(o, "left_ms"), 3598000, 3600000);
	assert_in_range(number(o, "since_unix_s"), 1796000000, 1796000100);
	assert_true(json_is_null(json_object_get(o, "conflict")));
	o = find(leases_ask(a), "mac", lab_client(2));
	assert_mac(o, "node", lab_mac(2, 0));
	assert_string_equal(text(o, "node_name"), "lime-000300");
	assert_false(flag(o, "here"));
	pool = json_object_get(lab_ask(lab, a, "leases", NULL), "pool");
	assert_int_equal(number(pool, "leases"), 2);
	assert_int_equal(number(pool, "here"), 1);
	assert_int_equal(number(pool, "pool"), 65533);
	assert_true(number(pool, "slices_ours") > 0 && number(pool, "slices_others") > 0);
	assert_true(flag(pool, "settled"));
	assert_true(json_equal(pool, json_object_get(lab_ask(lab, a, "status", NULL), "leases")));
}

static bool has_reason(const json_t *o, const char *words)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(json_object_get(o, "reasons"), i,
			   reason) if (strstr(json_string_value(reason), words)) return true;
	return false;
}

/* Two clients got one address while their nodes did not hear each other. */
static void test_lease_conflict(void **state)
{
	struct asker *a = lab_asker(lab, false);
	json_t *o;

	(void)state;
	lab_lease(lab, 0, 1, "10.35.3.7", "phone");
	lab_run(lab, span_s(2));
	lab_lease(lab, 2, 2, "10.35.3.7", "phone");
	lab_run(lab, span_s(1));
	o = find(leases_ask(a), "mac", lab_client(1));
	assert_true(json_is_null(json_object_get(o, "conflict")));
	o = find(leases_ask(a), "mac", lab_client(2));
	assert_string_equal(text(o, "own_name"), "phone");
	assert_true(json_is_null(json_object_get(o, "name"))); /* DNS has no address to tell */
	o = json_object_get(o, "conflict");
	assert_mac(o, "winner", lab_client(1));
	assert_non_null(strstr(text(o, "text"), "withdrawn at its next renewal"));
	o = lab_ask(lab, a, "why", "{'what':'lease','client':'06:00:00:00:00:02'}");
	assert_string_equal(text(o, "text"),
			    "client 06:00:00:00:00:02 has 10.35.3.7, but not for long");
	assert_true(has_reason(o, "client 06:00:00:00:00:01 has the address too, and the older"));
	assert_true(has_reason(o, "withdrawn at its next renewal"));
}

static void test_names(void **state)
{
	struct asker *a = lab_asker(lab, false);
	json_t *o, *names;

	(void)state;
	lab_lease(lab, 2, 2, "10.35.9.9", "phone");
	lab_run(lab, span_s(2));
	lab_lease(lab, 0, 1, "10.35.3.7", "phone");
	lab_lease(lab, 0, 3, "10.35.3.8", "");
	lab_run(lab, span_s(1));
	o = lab_ask(lab, a, "names", NULL);
	names = json_object_get(o, "names");
	assert_string_equal(text(o, "domain"), "thisnode.info");
	assert_int_equal(json_array_size(names), 5); /* who has no name is not listed */
	o = find(names, "mac", lab_mac(0, 0));
	assert_string_equal(text(o, "kind"), "node");
	assert_string_equal(text(o, "name"), "lime-000100");
	assert_string_equal(text(o, "ipv4"), "10.35.1.0");
	assert_true(flag(o, "here") && flag(o, "alive"));
	assert_false(flag(find(names, "mac", lab_mac(2, 0)), "here"));
	o = find(names, "mac", lab_client(2));
	assert_string_equal(text(o, "kind"), "client");
	assert_string_equal(text(o, "name"), "phone");
	assert_true(json_is_null(json_object_get(o, "instead_of")));
	o = find(names, "mac", lab_client(1));
	assert_string_equal(text(o, "name"), "phone-0001");
	assert_string_equal(text(o, "instead_of"), "phone");
}

/* A client is found by its MAC, its address and its name, with the domain and without. */
static void test_why_lease(void **state)
{
	static const char *const questions[] = {
		"{'what':'lease','client':'06:00:00:00:00:02'}",
		"{'what':'lease','client':'10.35.9.9'}",
		"{'what':'lease','client':'Laptop'}",
		"{'what':'lease','client':'laptop.thisnode.info'}",
	};
	static const char *const unknown[] = {
		"{'what':'lease','client':'06:00:00:00:00:77'}",
		"{'what':'lease','client':'10.35.9.10'}",
		"{'what':'lease','client':'laptop.example'}",
		"{'what':'lease','client':'lap'}",
	};
	struct asker *a = lab_asker(lab, false);
	json_t *o;

	(void)state;
	lab_lease(lab, 2, 2, "10.35.9.9", "laptop");
	lab_run(lab, span_s(1));
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		o = lab_ask(lab, a, "why", questions[i]);
		assert_string_equal(text(o, "text"),
				    "client 06:00:00:00:00:02 (laptop) has 10.35.9.9");
	}
	assert_true(has_reason(o, "node lime-000300 (02:00:00:00:03:00) gave or renewed it last"));
	assert_true(has_reason(o, "this node's DHCP server knows of it"));
	assert_true(has_reason(o, "the address is of slice 19 of 512, 10.35.9.2 to 10.35.9.129, "
				  "of which nobody gives some"));
	assert_true(has_reason(o, "the newest holds, on every node; 3"));
	assert_true(has_reason(o, "it calls itself laptop, and nobody before it did"));
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_string_equal(text(lab_ask(lab, a, "why", unknown[i]), "code"),
				    "unknown-client");
}

/* Each claimed slice has one owner, and every node says the same of it. */
static void test_why_slice(void **state)
{
	struct asker *a = lab_asker(lab, false);
	unsigned claimed = 0, ours = 0;
	char ip[IPV4_TEXT];

	(void)state;
	for (uint32_t at = 0; at < 512; at++) {
		struct slice_view v, far;
		struct ipv4 first = ipv4_from_u32(0x0a230002 + at * 128, 32);

		assert_true(leases_find_slice(lab->nodes[0].leases, first, &v));
		assert_true(leases_find_slice(lab->nodes[2].leases, first, &far));
		assert_int_equal(v.number, at + 1);
		assert_true(mac_equal(v.node, far.node));
		claimed += !mac_is_zero(v.node);
		if (ours == 0 && mac_equal(v.node, lab_mac(0, 0))) {
			lab_lease(lab, 0, ++ours, ipv4_print(first, ip), "");
			assert_true(v.settled);
		}
	}
	assert_true(claimed >= 3);
	assert_true(
		has_reason(lab_ask(lab, a, "why", "{'what':'lease','client':'06:00:00:00:00:01'}"),
			   "of which this node gives some to new clients"));
}

/* Addresses that are nobody's lease have a reason, too. */
static void test_why_no_lease(void **state)
{
	struct asker *a = lab_asker(lab, false);

	(void)state;
	assert_string_equal(
		text(lab_ask(lab, a, "why", "{'what':'lease','client':'10.35.3.0'}"), "text"),
		"10.35.3.0 is the address of node lime-000300 (02:00:00:00:03:00)");
	assert_string_equal(
		text(lab_ask(lab, a, "why", "{'what':'lease','client':'10.35.1.0'}"), "text"),
		"10.35.1.0 is the address of this node");
	assert_string_equal(
		text(lab_ask(lab, a, "why", "{'what':'lease','client':'10.35.0.1'}"), "text"),
		"10.35.0.1 is the anycast gateway's, on every node");
	assert_string_equal(text(lab_ask(lab, a, "why", "{'what':'lease'}"), "code"),
			    "missing-parameter");
	assert_string_equal(text(lab_ask(lab, a, "why", "{'what':'lease','client':''}"), "code"),
			    "bad-parameter");
}

static void test_shared(void **state)
{
	struct asker *a = lab_asker(lab, false);
	json_t *o, *r;

	(void)state;
	o = lab_ask(lab, a, "shared", "{'type':160}");
	assert_int_equal(json_array_size(json_object_get(o, "records")), 3);
	r = find(json_object_get(o, "records"), "source", lab_mac(0, 0));
	assert_string_equal(text(r, "class"), "local");
	r = find(json_object_get(o, "records"), "source", lab_mac(2, 0));
	assert_string_equal(text(r, "class"), "first-hand");
	assert_int_equal(number(r, "type"), 160);
	assert_true(number(r, "bytes") > 20);
	r = find(json_object_get(o, "peers"), "mac", lab_mac(1, 0));
	assert_true(flag(r, "ours"));
	assert_true(number(r, "records") > 0);
	assert_true(number(json_object_get(o, "counters"), "rx") > 0);
	assert_int_equal(json_array_size(json_object_get(o, "peers")), 2);
	r = json_object_get(lab_ask(lab, a, "shared", "{'type':1}"), "records");
	assert_int_equal(json_array_size(r), 0);
	r = json_object_get(lab_ask(lab, a, "status", NULL), "shared");
	assert_int_equal(number(r, "peers"), 2);
	assert_true(number(r, "records") >= 3 && number(r, "memory_bytes") > 0);
}

/* A node that takes no part says so, instead of an empty list. */
static void test_nothing_shared(void **state)
{
	struct asker *a = lab_asker(lab, false);
	struct leases *leases = lab->nodes[0].leases;
	struct share *share = lab->nodes[0].share;
	json_t *s;

	(void)state;
	lab->nodes[0].leases = NULL;
	lab->nodes[0].share = NULL;
	for (const char *const *m = (const char *const[]){"leases", "names", "shared", NULL}; *m;
	     m++)
		assert_string_equal(text(lab_ask(lab, a, *m, NULL), "code"), "unsupported");
	assert_string_equal(text(lab_ask(lab, a, "why", "{'what':'lease','client':'x'}"), "code"),
			    "unsupported");
	s = lab_ask(lab, a, "status", NULL);
	assert_true(json_is_null(json_object_get(s, "leases")));
	assert_true(json_is_null(json_object_get(s, "shared")));
	lab->nodes[0].leases = leases;
	lab->nodes[0].share = share;
}

#define SHARING(f) cmocka_unit_test_setup_teardown(f, setup_sharing, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHARING(test_leases),	 SHARING(test_lease_conflict), SHARING(test_names),
		SHARING(test_why_lease), SHARING(test_why_slice),      SHARING(test_why_no_lease),
		SHARING(test_shared),	 SHARING(test_nothing_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
