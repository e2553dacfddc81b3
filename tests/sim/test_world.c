/* Proves that a world's media behave as their configuration says, and that nodes of several clouds
 * are apart in their clouds and together in the network of all. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "cmocka_all.h"
#include "conf/conf.h"
#include "sim/world.h"

/* ---- media: broadcasts of a client go over one segment, and are counted where they come out ----
 */

struct street {
	struct world *w;
	unsigned segment, sender, receiver;
	uint32_t sent;
};

static void street_open(struct street *s, const struct segment_conf *conf)
{
	s->w = world_new(7);
	s->segment = world_segment(s->w, conf);
	for (unsigned i = 0; i < 2; i++)
		world_join(s->w, world_node(s->w), s->segment);
	if (conf->sparse)
		world_hear(s->w, s->segment, 0, 1, 0);
	s->sender = world_client(s->w, 0);
	s->receiver = world_client(s->w, 1);
	s->sent = 0;
	world_run(s->w, span_s(20));
	/* Both are announced, so that unicast frames need no flood. */
	world_send(s->w, s->receiver, MAC_BROADCAST, 1, 64);
	world_send(s->w, s->sender, MAC_BROADCAST, 1, 64);
	world_run(s->w, span_s(5));
}

static uint64_t received(const struct street *s)
{
	return world_inbox(s->w, s->receiver)->frames;
}

/* Unicast frames, some way apart; how many came. */
static uint64_t talk(struct street *s, unsigned frames, span gap)
{
	uint64_t before = received(s);

	for (unsigned i = 0; i < frames; i++) {
		world_send(s->w, s->sender, world_client_mac(s->w, s->receiver), 2 + s->sent++,
			   1000);
		world_run(s->w, gap);
	}
	world_run(s->w, span_s(1));
	return received(s) - before;
}

static void frames_are_lost(void **state)
{
	static const struct {
		struct segment_conf conf;
		uint64_t least, most; /* of 10000 */
	} cases[] = {
		{{.delay = {50}}, 10000, 10000},
		{{.delay = {50}, .loss_percent = 20}, 7800, 8200},
		{{.delay = {50}, .loss_percent = 20, .burst_frames = 10}, 7500, 8500},
		{{.delay = {50}, .loss_percent = 20, .retries = 2}, 9880, 9960},
		{{.delay = {50}, .mtu_bytes = 900}, 10000, 10000}, /* in pieces */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct street s;

		street_open(&s, &cases[i].conf);
		uint64_t n = talk(&s, 10000, span_ms(2));
		if (n < cases[i].least || n > cases[i].most)
			fail_msg("case %zu: %u frames came", i, (unsigned)n);
		world_free(s.w);
	}
}

/* As many are lost, but one after the other. */
static void losses_come_in_bursts(void **state)
{
	unsigned runs[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct segment_conf conf = {
			.delay = {50}, .loss_percent = 20, .burst_frames = (uint16_t)(i * 10)};
		struct street s;
		bool had = true;

		street_open(&s, &conf);
		runs[i] = 0;
		for (unsigned n = 0; n < 5000; n++) {
			uint64_t before = received(&s);

			world_send(s.w, s.sender, world_client_mac(s.w, s.receiver), 2 + s.sent++,
				   100);
			world_run(s.w, span_ms(1));
			runs[i] += had && received(&s) == before;
			had = received(&s) != before;
		}
		world_free(s.w);
	}
	assert_in_range(runs[0], 700, 900); /* 5000 x 0.2 x 0.8 */
	assert_in_range(runs[1], 60, 140);  /* 5000 x 0.2 / 10 */
}

static void air_has_a_rate(void **state)
{
	const struct segment_conf conf = {.delay = {50}, .wifi = true, .rate_bps = 10000000};
	struct street s;

	(void)state;
	street_open(&s, &conf);
	/* A frame of some 1060 bytes takes 0.85 ms: at most 1180 of them pass in a second; what
	 * waits longer than half a second is dropped. */
	uint64_t n = talk(&s, 4000, span_us(250));
	assert_in_range(n, 1500, 1800);
	assert_true(world_overflows(s.w, s.segment) > 2000);
	n = talk(&s, 1000, span_ms(1));
	assert_int_equal(n, 1000);
	world_free(s.w);
}

static void faults_of_frames(void **state)
{
	struct segment_conf conf = {.delay = {50}};
	struct street s;

	(void)state;
	street_open(&s, &conf);
	conf.corrupt = 2500;
	world_change(s.w, s.segment, &conf);
	talk(&s, 1000, span_ms(2));
	assert_in_range(world_inbox(s.w, s.receiver)->damaged, 150, 300);
	conf.corrupt = 0;
	conf.twice = 2500;
	world_change(s.w, s.segment, &conf);
	assert_in_range(talk(&s, 1000, span_ms(2)), 1200, 1300);
	conf.twice = 0;
	conf.replay = 2500;
	world_change(s.w, s.segment, &conf);
	uint64_t before = received(&s);
	talk(&s, 1000, span_ms(2));
	world_run(s.w, span_s(31));
	assert_in_range(received(&s) - before, 1200, 1300);
	world_free(s.w);
}

/* In a sparse segment only those hear each other who are said to, and some one way only. */
static void some_hear_some(void **state)
{
	const struct segment_conf conf = {.delay = {50}, .sparse = true, .wifi = true};
	struct world *w = world_new(1);
	unsigned s = world_segment(w, &conf);
	uint16_t out[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		world_join(w, world_node(w), s);
	world_hear(w, s, 0, 1, 0);
	world_hear(w, s, 1, 2, 0);
	world_hear_one_way(w, s, 3, 0, 0);
	assert_true(world_linked(w, 0, 1) && world_linked(w, 1, 0) && world_linked(w, 3, 0));
	assert_false(world_linked(w, 0, 3) || world_linked(w, 0, 2));
	assert_int_equal(world_neighbours(w, 1, out, 4), 2);
	assert_true(out[0] == 0 && out[1] == 2);
	world_deaf(w, s, 0, 1);
	assert_int_equal(world_neighbours(w, 0, out, 4), 0);
	world_kill(w, 2);
	assert_false(world_linked(w, 1, 2));
	world_free(w);
}

/* ---- clouds in one network ---- */

enum { WIDE = 4, HIGH = 4, NODES = WIDE * HIGH };

/* A grid of wires; its left half is one cloud, its right half another. */
static struct world *two_clouds(uint64_t seed)
{
	const struct segment_conf wire = {.delay = {500}, .jitter = {200}};
	struct world *w = world_new(seed);
	static struct conf conf;

	world_serve(w, span_s(120));

	conf_init_defaults(&conf);
	conf.node.plan.network = conf.node.plan.anygw = true;
	for (unsigned i = 0; i < NODES; i++) {
		snprintf(conf.node.plan.ssid, sizeof(conf.node.plan.ssid), "cloud-%u",
			 i % WIDE / 2);
		world_node_with(w, &conf.node);
	}
	for (unsigned i = 0; i < NODES; i++) {
		unsigned other[] = {i % WIDE + 1 < WIDE ? i + 1 : NODES, i + WIDE};

		for (unsigned k = 0; k < 2; k++) {
			if (other[k] >= NODES)
				continue;
			unsigned s = world_segment(w, &wire);
			world_join(w, i, s);
			world_join(w, other[k], s);
		}
	}
	return w;
}

static bool all_walk(struct world *w, void *ctx)
{
	(void)ctx;
	for (unsigned a = 0; a < NODES; a++)
		for (unsigned b = 0; b < NODES; b++)
			if (world_alive(w, a) && world_alive(w, b) && world_walk(w, a, b, NULL) < 0)
				return false;
	return true;
}

static void clouds_are_apart_and_together(void **state)
{
	struct world *w = two_clouds(3);
	struct l2_originator_view view[64];
	uint16_t path[NODES];
	unsigned here, left, right;

	(void)state;
	here = world_client(w, 0);
	left = world_client(w, 13);
	right = world_client(w, 3);
	assert_true(world_run_until(w, span_s(10), all_walk, NULL));
	assert_true(world_walk(w, 0, 15, path) >= 6 && path[0] == 0);
	world_run(w, span_s(20));
	world_send(w, here, MAC_BROADCAST, 1, 100);
	world_run(w, span_s(2));
	assert_int_equal(world_inbox(w, left)->frames, 1);
	assert_int_equal(world_inbox(w, right)->frames, 0);
	size_t n = l2_originators(&world_node_at(w, 0)->l2, view, 64);
	assert_true(n >= 7 && n < 64); /* ports of neighbours are known too */
	for (size_t i = 0; i < n; i++)
		assert_true(world_node_of(w, view[i].mac) % WIDE < 2);
	for (unsigned i = 0; i < NODES; i++)
		assert_true(world_traffic_of(w, i).datagrams > 0);
	world_free(w);
}

static void a_node_returns_or_is_another(void **state)
{
	struct world *w = two_clouds(4);

	(void)state;
	assert_true(world_run_until(w, span_s(10), all_walk, NULL));
	struct digest id = l3_id(world_node_at(w, 5)->l3);
	world_kill(w, 5);
	assert_true(world_walk(w, 0, 5, NULL) < 0);
	assert_true(world_run_until(w, span_s(10), all_walk, NULL));
	world_start(w, 5);
	assert_true(world_run_until(w, span_s(20), all_walk, NULL));
	struct digest again = l3_id(world_node_at(w, 5)->l3);
	assert_true(digest_equal(&id, &again));
	world_kill(w, 5);
	world_forget(w, 5);
	world_start(w, 5);
	again = l3_id(world_node_at(w, 5)->l3);
	assert_false(digest_equal(&id, &again));
	assert_true(world_run_until(w, span_s(20), all_walk, NULL));
	world_free(w);
}

static uint32_t ip_of(const struct world *w, unsigned client)
{
	return ipv4_to_u32(world_address(w, client).ip);
}

/* Clients get addresses, keep them where they walk, at nodes that start anew too. */
static void clients_get_addresses(void **state)
{
	struct world *w = two_clouds(6);
	uint32_t ip;

	(void)state;
	world_run(w, span_s(30));
	for (unsigned i = 0; i < NODES; i++) {
		world_client(w, i);
		world_want(w, i, true);
	}
	world_run(w, span_s(5));
	for (unsigned i = 0; i < NODES; i++) {
		assert_true(ip_of(w, i) > 0);
		for (unsigned k = 0; k < i; k++)
			assert_true(ip_of(w, k) != ip_of(w, i));
	}
	ip = ip_of(w, 0);
	world_roam(w, 0, 13, true);
	world_run(w, span_s(1));
	assert_true(ip_of(w, 0) == ip);
	world_kill(w, 13);
	world_run(w, span_s(100)); /* its node does not answer, the lease ends */
	world_run(w, span_s(30));
	assert_true(ip_of(w, 0) == 0 && ip_of(w, 13) == 0 && ip_of(w, 1) > 0);
	world_start(w, 13);
	world_run(w, span_s(30));
	assert_true(ip_of(w, 0) > 0 && ip_of(w, 13) > 0);
	world_want(w, 0, false);
	assert_true(ip_of(w, 0) == 0);
	world_free(w);
}

/* A node's clock runs as it is told, is not moved by that, and its OGMs come as often as it thinks.
 */
static void clocks_drift(void **state)
{
	struct world *w = two_clouds(6);
	const struct l2 *fast = &world_node_at(w, 0)->l2, *even = &world_node_at(w, 3)->l2;
	uint64_t first, second;

	(void)state;
	world_run(w, span_s(10));
	world_drift(w, 0, 500000);
	assert_int_equal(world_node_now(w, 0).us, world_now(w).us);
	first = fast->count.ogm_own;
	second = even->count.ogm_own;
	world_run(w, span_s(100));
	assert_int_equal(instant_since(world_node_now(w, 0), world_now(w)).us, 50000000);
	assert_int_equal(world_node_now(w, 3).us, world_now(w).us);
	assert_in_range((fast->count.ogm_own - first) * 100 / (even->count.ogm_own - second), 140,
			160);
	world_drift(w, 0, -500000);
	world_run(w, span_s(100));
	assert_int_equal(world_node_now(w, 0).us, world_now(w).us);
	world_free(w);
}

/* Sides of a segment, one of which only hears. */
static void sides_hear(void **state)
{
	const struct segment_conf conf = {.delay = {500}};
	struct street s;

	(void)state;
	street_open(&s, &conf);
	world_side(s.w, 1, s.segment, WORLD_SIDE_HEARS);
	assert_true(world_linked(s.w, 0, 1) && !world_linked(s.w, 1, 0));
	world_side(s.w, 1, s.segment, 1);
	assert_true(!world_linked(s.w, 0, 1) && !world_linked(s.w, 1, 0));
	world_side(s.w, 1, s.segment, 0);
	assert_true(world_linked(s.w, 0, 1) && world_linked(s.w, 1, 0));
	world_free(s.w);
}

static void recordings_have_tags(void **state)
{
	char path[] = "/tmp/nuvol-pcap-XXXXXX";
	int fd = mkstemp(path);
	struct world *w = two_clouds(5);
	uint8_t head[24 + 16 + 18];
	FILE *f = fdopen(fd, "rb");

	(void)state;
	assert_true(fd >= 0 && f);
	assert_true(world_pcap(w, 0, path));
	world_run(w, span_s(1));
	assert_true(world_pcap(w, 0, NULL));
	assert_int_equal(fread(head, sizeof(head), 1, f), 1);
	assert_true(head[0] == 0xd4 && head[20] == 1);
	assert_true(head[52] == 0x88 && head[53] == 0xa8);
	assert_false(world_pcap(w, 0, "/nonexistent/folder/file"));
	fclose(f);
	remove(path);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_lost),
		cmocka_unit_test(losses_come_in_bursts),
		cmocka_unit_test(air_has_a_rate),
		cmocka_unit_test(faults_of_frames),
		cmocka_unit_test(some_hear_some),
		cmocka_unit_test(clouds_are_apart_and_together),
		cmocka_unit_test(a_node_returns_or_is_another),
		cmocka_unit_test(clients_get_addresses),
		cmocka_unit_test(clocks_drift),
		cmocka_unit_test(sides_hear),
		cmocka_unit_test(recordings_have_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
