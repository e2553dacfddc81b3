/* Proves that clients reach the Internet through the best gateway that works, that another takes
 * over when its Internet, its node or its honesty ends, that answers come back by any node of the
 * client's cloud, and that a node's kernel decides as its tables say. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "cmocka_all.h"
#include "conf/conf.h"
#include "core/steer.h"
#include "sim/forward.h"
#include "sim/world_internal.h"

/* Cloud 0 is the line 0 - 1 - 2, cloud 1 the line 3 - 4 - 5; 2 - 3 is between them. The client is
 * of cloud 0. */
enum { NODES = 6, EACH = 3, MBIT = 1000000, EVERY_MS = 100 };

static struct world *w;
static unsigned client;
static uint64_t seed;

static unsigned wire(unsigned a, unsigned b)
{
	const struct segment_conf conf = {.delay = {500}, .jitter = {200}};
	unsigned s = world_segment(w, &conf);

	world_join(w, a, s);
	world_join(w, b, s);
	return s;
}

static int setup(void **state)
{
	static struct conf conf;

	(void)state;
	w = world_new(seed);
	world_serve(w, span_s(120));
	conf_init_defaults(&conf);
	conf.node.plan.network = true;
	conf.node.plan.anygw = true;
	world_resolver_add(&conf.node.uplink);
	for (unsigned i = 0; i < NODES; i++) {
		snprintf(conf.node.plan.ssid, sizeof(conf.node.plan.ssid), "cloud-%u", i / EACH);
		world_node_with(w, &conf.node);
	}
	for (unsigned i = 0; i + 1 < NODES; i++)
		wire(i, i + 1);
	client = world_client(w, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_free(w);
	return 0;
}

static void uplink(unsigned node, enum world_uplink kind, uint64_t mbit)
{
	world_uplink(w, node, &(struct world_uplink_conf){kind, mbit * MBIT});
}

/* The client asks all along. */
static void ask_on(span time)
{
	for (int64_t us = 0; us < time.us; us += EVERY_MS * 1000) {
		world_ask(w, client);
		world_run(w, span_ms(EVERY_MS));
	}
}

/* ... and its session is a new one. */
static void ask_for(span time)
{
	world_session_begin(w, client);
	ask_on(time);
}

static void settle(void)
{
	world_run(w, span_s(15));
	world_want(w, client, true);
	world_run(w, span_s(15));
	assert_true(ipv4_to_u32(world_address(w, client).ip) > 0);
}

/* The last answer came by this node, and is not older than a second. */
static void leaves_by(unsigned node)
{
	const struct world_session s = world_session(w, client);

	assert_int_equal(s.exit, node);
	assert_true(instant_since(world_now(w), s.last).us < 1000000);
	assert_int_equal(world_internet(w).circled, 0);
}

/* ---- tests ---- */

static void the_best_is_used(void **state)
{
	(void)state;
	uplink(2, WORLD_UPLINK_WORKS, 5);
	uplink(5, WORLD_UPLINK_WORKS, 50);
	settle();
	ask_for(span_s(5));
	leaves_by(5);
	assert_true(world_session(w, client).answered >= 45);
	assert_true(world_carried(w, 5) >= 45);
	assert_int_equal(world_exit(w, 0), 5);
	assert_int_equal(world_exit(w, 5), 5);
	assert_int_equal(world_exit(w, 2), 2); /* its own comes first */
}

static void none_is_told_at_once(void **state)
{
	uint64_t before;

	(void)state;
	settle();
	before = world_internet(w).refused;
	ask_for(span_s(2));
	assert_int_equal(world_session(w, client).answered, 0);
	assert_int_equal(world_internet(w).refused, before + 20);
	assert_int_equal(world_exit(w, 0), -1);
}

/* Each way to end: another one within so many milliseconds, without a loop. */
static void another_takes_over(void **state)
{
	static const struct {
		enum world_uplink to;
		bool kill;
		int64_t most_ms;
	} rows[] = {
		{WORLD_UPLINK_SILENT, false, 3000}, {WORLD_UPLINK_NONE, false, 3000},
		{WORLD_UPLINK_NO_DNS, false, 3000}, {WORLD_UPLINK_PORTAL, false, 3000},
		{WORLD_UPLINK_LIES, false, 5000},   {WORLD_UPLINK_WORKS, true, 5000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uplink(2, WORLD_UPLINK_WORKS, 5);
		uplink(5, WORLD_UPLINK_WORKS, 50);
		settle();
		ask_for(span_s(3));
		leaves_by(5);
		if (rows[i].kill)
			world_kill(w, 5);
		else
			uplink(5, rows[i].to, 50);
		ask_on(span_s(10));
		leaves_by(2);
		assert_int_equal(world_session(w, client).moves, 1);
		assert_in_range(span_to_ms(world_session(w, client).gap), 0, rows[i].most_ms);
		teardown(state);
		setup(state);
	}
}

/* Offers that never carried anything are found out before they are used. */
static void a_liar_is_not_used(void **state)
{
	(void)state;
	uplink(2, WORLD_UPLINK_WORKS, 5);
	settle();
	ask_for(span_s(2));
	uplink(4, WORLD_UPLINK_LIES, 10000);
	ask_on(span_s(30));
	leaves_by(2);
	assert_int_equal(world_session(w, client).moves, 0);
	assert_true(span_to_ms(world_session(w, client).gap) < 1000);
}

/* Both lose the Internet at once, and each still hears the other one's offer: what one sends the
 * other must not send back. */
static void two_that_lose_it_at_once(void **state)
{
	static const enum world_uplink to[] = {WORLD_UPLINK_SILENT, WORLD_UPLINK_NONE};

	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		uplink(2, WORLD_UPLINK_WORKS, 50);
		uplink(5, WORLD_UPLINK_WORKS, 50);
		settle();
		uplink(2, to[i], 50);
		uplink(5, to[i], 50);
		world_roam(w, client, 2, true);
		ask_on(span_s(5));
		assert_int_equal(world_internet(w).circled, 0);
		assert_int_equal(world_exit(w, 0), -1);
		teardown(state);
		setup(state);
	}
}

/* The answer enters the client's cloud by a node that the packet did not leave by. */
/* A program that stood still learns that its uplink came back meanwhile. */
static void a_hang_hides_nothing(void **state)
{
	(void)state;
	uplink(2, WORLD_UPLINK_WORKS, 5);
	settle();
	uplink(2, WORLD_UPLINK_NONE, 5);
	world_run(w, span_s(1));
	world_hang(w, 2, true);
	uplink(2, WORLD_UPLINK_WORKS, 5);
	world_run(w, span_s(3));
	world_hang(w, 2, false);
	world_run(w, span_s(30));
	assert_int_equal(world_exit(w, 0), 2);
}

static void answers_come_by_another_node(void **state)
{
	(void)state;
	uplink(5, WORLD_UPLINK_WORKS, 50);
	settle();
	for (unsigned at = 0; at < EACH; at++) {
		world_roam(w, client, at, true);
		ask_for(span_s(3));
		leaves_by(5);
		assert_true(world_session(w, client).answered >= 25);
	}
}

/* A table of cases: what main, the uplink's table and those of tunnels say in this order. */
static void kernels_decide(void **state)
{
	static const struct prefix all = {0}, ten = {false, {{10}, 8}};
	static const struct ipv4 far = {{8, 8, 8, 8}, 32}, here = {{10, 1, 2, 3}, 32},
				 lan = {{10, 1, 9, 9}, 32}, other = {{10, 7, 1, 1}, 32};
	static const struct plan plan = {.prefix4 = {{10, 1}, 16}, .ipv4 = {{10, 1, 2, 3}, 16}};
	static struct tunnel_out out = {.to = {.dummy = {{0xfd, 1}, 128}}};
	struct tunnel_route route[] = {
		{.key = {32767, 72, 1024, all}, .to = out.to},
		{.key = {32767, 254, 1024, ten}, .to = out.to},
	};
	struct tunnel_route lost[] = {
		{.key = {32767, 72, 1024, all}, .lost = true},
		{.key = {100, 80, 1, {false, {{10, 7}, 16}}}, .local = true},
		{.key = {100, 80, 1024, ten}, .lost = true},
	};
	const struct tunnel_kernel tunnels = {.out = &out, .outs = 1, .route = route, .routes = 2};
	const struct tunnel_kernel losts = {.route = lost, .routes = 3};
	const struct {
		const struct tunnel_kernel *tunnels;
		bool default_route, used, by_tunnel;
		const struct ipv4 *to;
		enum forward_kind kind;
	} rows[] = {
		{&tunnels, false, false, false, &far, FORWARD_TUNNEL},
		{&tunnels, true, true, false, &far, FORWARD_UPLINK},
		{&tunnels, true, true, true, &far, FORWARD_UPLINK},
		{&tunnels, true, false, false, &far, FORWARD_TUNNEL}, /* a dead one is passed by */
		{&tunnels, true, false, true, &far, FORWARD_UPLINK},  /* ... but not twice */
		{&tunnels, false, false, true, &far, FORWARD_REFUSE},
		{&tunnels, true, true, false, &here, FORWARD_HERE},
		{&tunnels, true, true, true, &lan, FORWARD_LAN},
		{&tunnels, true, true, false, &other, FORWARD_TUNNEL},
		{&losts, false, false, false, &far, FORWARD_REFUSE},
		{&losts, true, true, false, &other, FORWARD_UPLINK}, /* "look further" */
		{&losts, true, true, false, &lan, FORWARD_REFUSE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct forward_host h = {.plan = &plan,
					       .tunnels = rows[i].tunnels,
					       .default_route = rows[i].default_route,
					       .uplink_used = rows[i].used};
		const struct forward_from from = {.by_tunnel = rows[i].by_tunnel};
		const struct forward f = forward_decide(&h, *rows[i].to, &from);

		if (f.kind != rows[i].kind)
			fail_msg("row %zu: %d", i, (int)f.kind);
		assert_int_equal(f.out != NULL, f.kind == FORWARD_TUNNEL);
	}
}

/* A client with a table of its own goes by it to the Internet and nowhere else, others do not. */
static void clients_have_tables(void **state)
{
	static const struct prefix all = {0}, ten = {false, {{10}, 8}};
	static const struct ipv4 far = {{8, 8, 8, 8}, 32}, lan = {{10, 1, 9, 9}, 32},
				 other = {{10, 7, 1, 1}, 32};
	static const struct plan plan = {.prefix4 = {{10, 1}, 16}, .ipv4 = {{10, 1, 2, 3}, 16}};
	static struct tunnel_out out[] = {{.to = {.dummy = {{0xfd, 1}, 128}}},
					  {.to = {.dummy = {{0xfd, 2}, 128}}}};
	struct tunnel_client pinned = {.mac = {{2, 1}}, .table = TUNNEL_CLIENT_TABLE};
	struct tunnel_route route[] = {
		{.key = {32767, STEER_TUNNELS, 1024, all}, .to = out[0].to},
		{.key = {32767, ROUTE_TABLE_MAIN, 1024, ten}, .to = out[0].to},
		{.key = {TUNNEL_CLIENT_PREFERENCE, TUNNEL_CLIENT_TABLE, 1, all}, .to = out[1].to},
	};
	const struct tunnel_kernel tunnels = {.out = out,
					      .outs = 2,
					      .route = route,
					      .routes = 3,
					      .client = &pinned,
					      .clients = 1};
	const struct forward_host h = {
		.plan = &plan, .tunnels = &tunnels, .default_route = true, .uplink_used = true};
	const struct forward_from is = {.client = pinned.mac}, other_one = {.client = {{2, 2}}};

	(void)state;
	assert_ptr_equal(forward_decide(&h, far, &is).out, &out[1]);
	assert_int_equal(forward_decide(&h, lan, &is).kind, FORWARD_LAN);
	assert_ptr_equal(forward_decide(&h, other, &is).out, &out[0]);
	assert_int_equal(forward_decide(&h, far, &other_one).kind, FORWARD_UPLINK);
}

/* A session goes on by its gateway while the client walks between nodes whose best ones differ, and
 * by another one when that dies. */
static void sessions_stay(void **state)
{
	(void)state;
	uplink(0, WORLD_UPLINK_WORKS, 50);
	uplink(2, WORLD_UPLINK_WORKS, 50);
	settle();
	ask_for(span_s(5));
	leaves_by(0);
	for (unsigned walk = 0; walk < 20; walk++) {
		world_roam(w, client, (walk + 1) % EACH, true);
		ask_on(span_s(3));
		leaves_by(0);
	}
	assert_int_equal(world_session(w, client).moves, 0);
	assert_int_equal(world_exit(w, 2), 2);
	world_kill(w, 0);
	world_roam(w, client, 1, true);
	ask_on(span_s(15));
	leaves_by(2);
	assert_int_equal(world_session(w, client).moves, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernels_decide),
		cmocka_unit_test(clients_have_tables),
		cmocka_unit_test_setup_teardown(sessions_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(the_best_is_used, setup, teardown),
		cmocka_unit_test_setup_teardown(none_is_told_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(another_takes_over, setup, teardown),
		cmocka_unit_test_setup_teardown(a_liar_is_not_used, setup, teardown),
		cmocka_unit_test_setup_teardown(two_that_lose_it_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hang_hides_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_come_by_another_node, setup, teardown),
	};
	int failed = 0;

	for (seed = 1; seed <= (getenv("NUVOL_LONG") ? 100 : 3); seed++)
		failed += cmocka_run_group_tests(tests, NULL, NULL);
	return failed;
}
