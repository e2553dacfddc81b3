/* Proves who bridges a segment of the LAN, one decision at a time, and what hellos may not do. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "cmocka_all.h"
#include "core/cable/cable.h"

enum { US = 0x50 }; /* the last byte of our MAC: others are before or behind */

static struct {
	struct fx fx; /* first */
	struct cable c;
	instant now;
	unsigned hellos, roles;
	struct hello hello; /* the last one, and the last role of each port */
	struct fx_lan_role role[LAN_PORT_MAX];
} rig;

static struct mac node_mac(uint8_t last)
{
	return (struct mac){{2, 0, 0, 0, 0, last}};
}

static void emit(struct fx *fx, const struct effect *e)
{
	assert_ptr_equal(fx, &rig.fx);
	if (e->kind == FX_LAN_ROLE) {
		rig.roles++;
		rig.role[e->lan_role.port] = e->lan_role;
	} else {
		assert_int_equal(e->kind, FX_HELLO);
		assert_int_equal(hello_parse(e->hello.data, e->hello.len, &rig.hello), OK);
		assert_int_equal(rig.hello.port, e->hello.port);
		rig.hellos++;
	}
}

static int setup(void **state)
{
	const struct cable_conf conf = {.self = node_mac(US), .network_id = {1}};

	(void)state;
	memset(&rig, 0, sizeof(rig));
	rig.fx.emit = emit;
	rig.now = (instant){1000000};
	cable_init(&rig.c, &conf);
	return 0;
}

static void tell(const struct ev *ev)
{
	cable_handle(&rig.c, rig.now, ev, &rig.fx);
}

static void port(uint8_t index, bool up, bool bridged, bool clients)
{
	tell(&(struct ev){.kind = EV_LAN_PORT, .lan_port = {index, up, bridged, clients}});
}

static void hear(uint8_t index, uint8_t from, uint8_t port, uint8_t flags, uint8_t network)
{
	struct hello h = {.flags = flags, .port = port, .node = node_mac(from)};
	uint8_t bytes[HELLO_LEN];
	struct wr w = wr_over(bytes, sizeof(bytes));

	h.network_id[0] = network;
	hello_write(&w, &h);
	tell(&(struct ev){.kind = EV_HELLO, .hello = {index, h.node, bytes, sizeof(bytes)}});
}

/* All deadlines of the next ms; each leads on. */
static void wait_ms(int64_t ms)
{
	instant end = instant_add(rig.now, span_ms(ms));

	for (instant at; !instant_before(end, at = cable_deadline(&rig.c));) {
		assert_true(instant_before(rig.now, at));
		rig.now = at;
		tell(&(struct ev){.kind = EV_DEADLINE});
	}
	rig.now = end;
}

static void role_is(uint8_t index, enum lan_role role, bool mesh)
{
	assert_string_equal(lan_role_name(rig.role[index].role), lan_role_name(role));
	assert_int_equal(rig.role[index].mesh, mesh);
}

static void a_port_alone(void **state)
{
	(void)state;
	port(0, true, false, false);
	role_is(0, LAN_LISTENING, false);
	wait_ms(CABLE_LISTEN_MS - 1);
	role_is(0, LAN_LISTENING, false);
	assert_int_equal(rig.hellos, CABLE_LISTEN_MS / CABLE_LISTEN_STEP_MS);
	wait_ms(1);
	role_is(0, LAN_ALONE, false);
	assert_int_equal(rig.hello.flags, HELLO_BRIDGES);
	wait_ms(1000);
	rig.hellos = 0;
	wait_ms(10 * CABLE_HELLO_MS);
	assert_int_equal(rig.hellos, 10);
	port(0, false, false, false);
	role_is(0, LAN_LISTENING, false);
	assert_int_equal(rig.hello.flags, HELLO_LEAVES);
	assert_int_equal(cable_deadline(&rig.c).us, NEVER.us);
	assert_int_equal(rig.roles, 3);
}

static void a_port_found_in_the_bridge_stays_there(void **state)
{
	(void)state;
	port(3, true, true, true);
	role_is(3, LAN_ALONE, false);
	wait_ms(2000);
	assert_int_equal(rig.roles, 1);
}

enum { B = HELLO_BRIDGES, L = HELLO_LISTENING };

/* What we do when another is heard: while we listen, found in the bridge or not, and later. */
static void who_bridges(void **state)
{
	static const struct {
		const char *what;
		uint8_t other, flags;
		bool found; /* in the bridge */
		bool late;  /* we had listened before */
		enum lan_role at_once, later;
	} cases[] = {
		{"a new node is served", 1, L, false, true, LAN_DESIGNATED, LAN_DESIGNATED},
		{"so is one that waits", 1, 0, false, true, LAN_DESIGNATED, LAN_DESIGNATED},
		{"it bridges: we need not listen on", 9, B, false, false, LAN_STANDBY, LAN_STANDBY},
		{"who comes first by MAC waits too", 0xf0, B, false, false, LAN_STANDBY,
		 LAN_STANDBY},
		{"both listen, it is first", 1, L, false, false, LAN_STANDBY, LAN_STANDBY},
		{"both listen, we are first", 0xf0, L, false, false, LAN_STANDBY, LAN_DESIGNATED},
		{"a restart: who has taken over keeps it", 0xf0, B, true, false, LAN_STANDBY,
		 LAN_STANDBY},
		{"both restart, we are first", 0xf0, B | L, true, false, LAN_DESIGNATED,
		 LAN_DESIGNATED},
		{"both restart, it is first", 1, B | L, true, false, LAN_STANDBY, LAN_STANDBY},
		{"it was found in the bridge, but we serve", 1, B | L, false, true, LAN_DESIGNATED,
		 LAN_DESIGNATED},
		{"two segments become one, it is first", 1, B, false, true, LAN_STANDBY,
		 LAN_STANDBY},
		{"two segments become one, we are first", 0xf0, B, false, true, LAN_DESIGNATED,
		 LAN_DESIGNATED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup(state);
		port(0, true, cases[i].found, false);
		wait_ms(cases[i].late ? 5000 : 20);
		hear(0, cases[i].other, 0, cases[i].flags, 1);
		if (rig.role[0].role != cases[i].at_once)
			fail_msg("%s: at once %s", cases[i].what, lan_role_name(rig.role[0].role));
		wait_ms(CABLE_LISTEN_MS);
		if (rig.role[0].role != cases[i].later)
			fail_msg("%s: later %s", cases[i].what, lan_role_name(rig.role[0].role));
		assert_true(rig.role[0].mesh);
	}
}

static void another_takes_over(void **state)
{
	(void)state;
	port(0, true, false, false);
	hear(0, 1, 0, B, 1);
	wait_ms(CABLE_SILENCE_MS - CABLE_PROBE_MS);
	rig.hellos = 0;
	wait_ms(CABLE_PROBE_MS - 1);
	role_is(0, LAN_STANDBY, true);
	/* It is asked whether it is there still. */
	assert_true(rig.hellos >= 10 && (rig.hello.flags & HELLO_ASKS));
	wait_ms(1);
	role_is(0, LAN_DESIGNATED, true);
	wait_ms(CABLE_FORGET_MS);
	role_is(0, LAN_ALONE, false);
}

static void the_first_that_is_left_takes_over(void **state)
{
	(void)state;
	port(0, true, false, false);
	hear(0, 1, 0, B, 1);
	wait_ms(1000);
	hear(0, 2, 0, 0, 1);
	wait_ms(1000);
	role_is(0, LAN_STANDBY, true); /* 1 is gone, 2 is to do it ... */
	wait_ms(CABLE_SILENCE_MS);
	role_is(0, LAN_DESIGNATED, true); /* ... and is gone too */
}

static void who_leaves_is_asked_once_more(void **state)
{
	(void)state;
	for (int lie = 0; lie < 2; lie++) {
		setup(state);
		port(0, true, false, false);
		hear(0, 1, 0, B, 1);
		wait_ms(1000);
		hear(0, 1, 0, HELLO_LEAVES, 1);
		wait_ms(CABLE_HURRY_STEP_MS);
		assert_true(rig.hello.flags & HELLO_ASKS);
		if (lie)
			hear(0, 1, 0, B, 1);
		wait_ms(CABLE_LEAVE_MS);
		role_is(0, lie ? LAN_STANDBY : LAN_DESIGNATED, true);
	}
}

static void who_asks_is_answered_but_not_often(void **state)
{
	(void)state;
	port(0, true, false, false);
	wait_ms(5000);
	hear(0, 9, 0, L | HELLO_ASKS, 1);
	wait_ms(1000);
	rig.hellos = 0;
	hear(0, 9, 0, HELLO_ASKS, 1);
	wait_ms(1);
	assert_int_equal(rig.hellos, 1);
	for (int i = 0; i < 999; i++) {
		hear(0, 9, 0, HELLO_ASKS, 1);
		wait_ms(1);
	}
	assert_in_range(rig.hellos, 40, 1000 / CABLE_ANSWER_MS + 1);
}

static void who_never_yields_cannot_hear_us(void **state)
{
	(void)state;
	port(0, true, false, false);
	wait_ms(1000);
	for (int ms = 0; ms < CABLE_DEAF_MS; ms += CABLE_HELLO_MS) {
		hear(0, 0xf0, 0, B, 1);
		role_is(0, LAN_DESIGNATED, true);
		wait_ms(CABLE_HELLO_MS);
	}
	role_is(0, LAN_STANDBY, true);
	assert_int_equal(rig.c.count.conflicts, 1);
}

static void two_ports_of_one_node_on_one_segment(void **state)
{
	(void)state;
	port(0, true, false, false);
	wait_ms(1000);
	port(1, true, false, false);
	hear(1, US, 0, B, 1);
	hear(0, US, 1, L, 1);
	wait_ms(500);
	role_is(0, LAN_ALONE, false);
	role_is(1, LAN_STANDBY, false);
	hear(0, US, 0, B, 1); /* came back: says nothing */
	assert_int_equal(rig.c.count.reflected, 1);
	/* The cable of the first is pulled: the second serves at once. */
	port(0, false, false, false);
	role_is(1, LAN_ALONE, false);
}

static void another_cloud_is_no_peer(void **state)
{
	(void)state;
	port(0, true, false, false);
	hear(0, 1, 0, B, 7);
	role_is(0, LAN_STANDBY, false);
	hear(0, 2, 0, 0, 1);
	role_is(0, LAN_STANDBY, true);
	setup(state);
	port(0, true, false, false);
	wait_ms(1000);
	hear(0, 1, 0, 0, 7);
	role_is(0, LAN_DESIGNATED, false);
}

static void quiet_without_clients(void **state)
{
	(void)state;
	port(0, true, false, false);
	wait_ms(1000);
	assert_false(rig.role[0].quiet);
	hear(0, 1, 0, 0, 1);
	assert_true(rig.role[0].quiet);
	port(0, true, false, true);
	assert_false(rig.role[0].quiet);
	assert_true(rig.c.port[0].clients);
	/* Clients that another has served are served by us for a while, before they speak. */
	setup(state);
	port(0, true, false, false);
	hear(0, 1, 0, B | HELLO_CLIENTS, 1);
	wait_ms(CABLE_SILENCE_MS);
	role_is(0, LAN_DESIGNATED, true);
	assert_false(rig.role[0].quiet);
	for (int s = 0; s < CABLE_CLIENTS_S; s++) {
		hear(0, 1, 0, 0, 1);
		wait_ms(1000);
	}
	assert_true(rig.role[0].quiet);
}

static void what_was_learnt_is_forgotten(void **state)
{
	(void)state;
	port(0, true, false, false);
	wait_ms(1000);
	hear(0, 1, 0, 0, 1);
	wait_ms(CABLE_CHANGE_MS - 1);
	assert_int_equal(rig.role[0].changes, 0);
	wait_ms(1);
	assert_int_equal(rig.role[0].changes, 1); /* a node came */
	hear(0, 0xf0, 0, B, 1);
	wait_ms(500);
	hear(0, 0xf0, 0, 0, 1);
	wait_ms(CABLE_CHANGE_GAP_MS - CABLE_CHANGE_MS);
	assert_int_equal(rig.role[0].changes, 2); /* another, and it yielded: not so often */
	hear(0, 0xf0, 0, 0, 1);
	wait_ms(CABLE_CHANGE_GAP_MS);
	assert_int_equal(rig.role[0].changes, 2);
}

static void more_nodes_than_the_table_holds(void **state)
{
	(void)state;
	port(0, true, false, false);
	wait_ms(1000);
	for (uint8_t i = 0; i < 100; i++)
		hear(0, (uint8_t)(US + 1 + i), 0, 0, 1);
	assert_int_equal(rig.c.port[0].node_count, CABLE_NODES_MAX);
	assert_int_equal(rig.c.count.refused, 100 - CABLE_NODES_MAX);
	role_is(0, LAN_DESIGNATED, true);
	/* Who bridges has a place always. */
	hear(0, 0xff, 0, B, 1);
	assert_int_equal(rig.c.count.conflicts, 1);
	hear(0, 1, 0, 0, 1);
	assert_int_equal(rig.c.count.refused, 100 - CABLE_NODES_MAX);
}

static void malformed_hellos_change_nothing(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		size_t len;
	} cases[] = {
		{0, 'X', HELLO_LEN},	 {4, 0, HELLO_LEN}, {10, 3, HELLO_LEN},
		{0, 'N', HELLO_LEN - 1}, {0, 'N', 0},
	};
	const struct hello h = {.flags = B, .node = node_mac(1)};
	uint8_t bytes[HELLO_LEN];

	(void)state;
	port(0, true, false, false);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wr w = wr_over(bytes, sizeof(bytes));

		hello_write(&w, &h);
		bytes[cases[i].at] = cases[i].value;
		tell(&(struct ev){.kind = EV_HELLO, .hello = {0, h.node, bytes, cases[i].len}});
		assert_int_equal(rig.c.count.malformed, i + 1);
	}
	role_is(0, LAN_LISTENING, false);
	/* A later version says more behind. */
	uint8_t longer[60] = {0};
	struct wr w = wr_over(longer, sizeof(longer));

	hello_write(&w, &h);
	longer[4] = 9;
	tell(&(struct ev){.kind = EV_HELLO, .hello = {0, h.node, longer, sizeof(longer)}});
	role_is(0, LAN_STANDBY, false);
	/* Ports that are not there. */
	hear(1, 1, 0, B, 1);
	hear(LAN_PORT_MAX, 1, 0, B, 1);
	port(LAN_PORT_MAX, true, false, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_port_alone, setup),
		cmocka_unit_test_setup(a_port_found_in_the_bridge_stays_there, setup),
		cmocka_unit_test_setup(who_bridges, setup),
		cmocka_unit_test_setup(another_takes_over, setup),
		cmocka_unit_test_setup(the_first_that_is_left_takes_over, setup),
		cmocka_unit_test_setup(who_leaves_is_asked_once_more, setup),
		cmocka_unit_test_setup(who_asks_is_answered_but_not_often, setup),
		cmocka_unit_test_setup(who_never_yields_cannot_hear_us, setup),
		cmocka_unit_test_setup(two_ports_of_one_node_on_one_segment, setup),
		cmocka_unit_test_setup(another_cloud_is_no_peer, setup),
		cmocka_unit_test_setup(quiet_without_clients, setup),
		cmocka_unit_test_setup(what_was_learnt_is_forgotten, setup),
		cmocka_unit_test_setup(more_nodes_than_the_table_holds, setup),
		cmocka_unit_test_setup(malformed_hellos_change_nothing, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
