/* Proves who may share records with the cloud: nodes, by the translation table; one sender for
 * each, and never a client of ours or one of a radio. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "node/admit.h"
#include "tt_rig.h"

enum { NODE = 1, PEER = 7, OTHER = 8 };

static struct rig r;
static struct admit a;

/* Has PEER's last three bytes, as the bridge's MAC of a node of ours. */
static const struct mac derived = {{0xa8, 0x40, 0x41, 0, 0, PEER}};
static const struct mac plain = {{0xde, 0xad, 0, 1, 2, 3}};
static const struct mac plain2 = {{0xde, 0xad, 0, 1, 2, 4}};

static void open_all(void)
{
	rig_open(&r, NODE, NULL);
	rig_peer(&r, PEER, 200);
	rig_peer(&r, OTHER, 100);
	admit_init(&a, &r.l2, 1);
}

static void close_all(void)
{
	admit_fini(&a);
	rig_close(&r);
}

static void announce(unsigned node, struct mac mac, uint16_t vid, uint8_t flags)
{
	assert_int_equal(
		tt_global_add(&r.l2, r.now, rig_find(&r, node), mac, vid, flags, 1, false, &r.fx),
		OK);
}

static bool ask(struct mac who)
{
	return admit_ask(&a, r.now, who);
}

static void test_kinds(void **state)
{
	static const struct {
		const char *what;
		struct mac mac;
		unsigned node; /* announces it; 0: nobody */
		uint16_t vid;
		uint8_t flags;
		bool admitted;
	} cases[] = {
		{"nobody announces it", {{0xa8, 0x40, 0x41, 0, 0, PEER}}, 0, 0, 0, false},
		{"an originator", {{2, 0, 0, 0, 0, PEER}}, 0, 0, 0, true},
		{"an originator that we do not know", {{2, 0, 0, 0, 0, 99}}, 0, 0, 0, false},
		{"like its originator", {{0xa8, 0x40, 0x41, 0, 0, PEER}}, PEER, 0, 0, true},
		{"as a client of a radio, but like its originator",
		 {{0xa8, 0x40, 0x41, 0, 0, PEER}},
		 PEER,
		 0,
		 TT_CLIENT_WIFI,
		 true},
		{"like another originator: a plain one",
		 {{0xa8, 0x40, 0x41, 0, 0, PEER}},
		 OTHER,
		 0,
		 0,
		 true},
		{"plain", {{0xde, 0xad, 0, 1, 2, 3}}, PEER, 0, 0, true},
		{"plain, a client of a radio",
		 {{0xde, 0xad, 0, 1, 2, 3}},
		 PEER,
		 0,
		 TT_CLIENT_WIFI,
		 false},
		{"plain, on a VLAN", {{0xde, 0xad, 0, 1, 2, 3}}, PEER, 0x8005, 0, false},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s\n", cases[i].what);
		open_all();
		if (cases[i].node)
			announce(cases[i].node, cases[i].mac, cases[i].vid, cases[i].flags);
		assert_int_equal(ask(cases[i].mac), cases[i].admitted);
		close_all();
	}
}

static void test_clients_here_are_none(void **state)
{
	(void)state;
	open_all();
	announce(PEER, derived, 0, 0);
	assert_true(ask(derived));
	rig_seen(&r, CLIENT_SEEN, derived, 0, false);
	assert_false(ask(derived));
	rig_seen(&r, CLIENT_SEEN, rig_mac(PEER), 0, false);
	assert_false(ask(rig_mac(PEER)));
	close_all();
}

/* What was seen in a frame, but nobody announces, is no node. */
static void test_hints_do_not_count(void **state)
{
	(void)state;
	open_all();
	tt_global_add_temporary(&r.l2, r.now, rig_find(&r, PEER), derived, 0, &r.fx);
	assert_non_null(tt_global_find(&r.l2, derived, 0));
	assert_false(ask(derived));
	close_all();
}

static void test_one_sender_for_each(void **state)
{
	(void)state;
	open_all();
	announce(PEER, plain, 0, 0);
	announce(PEER, plain2, 0, 0);
	assert_true(ask(plain));
	assert_false(ask(plain2)); /* who comes first */
	rig_wait(&r, 1000 * ADMIT_ALIVE_S - 1);
	assert_false(ask(plain2));
	assert_true(ask(plain));
	rig_wait(&r, 1000 * ADMIT_ALIVE_S);
	assert_true(ask(plain2)); /* it was silent: the place is free */
	assert_false(ask(plain));
	/* One that is surely the node takes the place at once, and keeps it. */
	announce(PEER, derived, 0, 0);
	assert_true(ask(derived));
	assert_false(ask(plain2));
	rig_wait(&r, 1000 * ADMIT_ALIVE_S);
	assert_true(ask(plain2));
	assert_true(ask(derived));
	assert_false(ask(plain2));
	/* Of another originator's nothing is changed. */
	announce(OTHER, (struct mac){{0xde, 0xad, 0, 1, 2, 9}}, 0, 0);
	assert_true(ask((struct mac){{0xde, 0xad, 0, 1, 2, 9}}));
	close_all();
}

/* More originators than there is room for: who was silent longest gives way. */
static void test_bounded(void **state)
{
	struct l2_conf conf = l2_conf_default();

	(void)state;
	rig_open(&r, NODE, &conf);
	admit_init(&a, &r.l2, 1);
	for (unsigned i = 0; i < 2 * ADMIT_MAX; i++) {
		struct mac m = {{2, 0, 1, 0, (uint8_t)(i >> 8), (uint8_t)i}};

		if (!originator_get(&r.l2, r.now, m, &r.fx))
			break;
		assert_true(ask(m));
		assert_true(a.count <= ADMIT_MAX);
	}
	assert_int_equal(a.count, ADMIT_MAX);
	close_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_clients_here_are_none),
		cmocka_unit_test(test_hints_do_not_count),
		cmocka_unit_test(test_one_sender_for_each),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
