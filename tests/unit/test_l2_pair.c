/* Proves that engines joined by wires carry frames, whole and in pieces, over many hops, and follow
 * a client that roams. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "cmocka_all.h"
#include "l2_net.h"
#include "wire/batadv.h"

static struct net net;

/* count nodes in a line, each with a LAN and a client of its own. */
static void line(int count, uint16_t mtu)
{
	net_init(&net);
	for (int i = 0; i < count; i++) {
		net_node(&net, net_lan(&net, span_us(10)), NULL);
		net_client(&net, i);
	}
	for (int i = 0; i + 1 < count; i++) {
		int s = net_segment(&net, span_us(50), mtu, false);

		net_join(&net, i, s);
		net_join(&net, i + 1, s);
	}
}

static void until_warm(void)
{
	net_run(&net, span_s(20));
}

static struct mac mac_of(int client)
{
	return net.client[client].mac;
}

static void everybody_sees_everybody(void **state)
{
	struct l2_originator_view o[8];
	struct l2_client_view c[8];
	struct l2_neighbour_view nb[8];

	(void)state;
	line(3, 1532);
	until_warm();
	for (int i = 0; i < 3; i++)
		net_tell(&net, i, i, CLIENT_SEEN);
	net_run(&net, span_s(1));
	for (int i = 0; i < 3; i++) {
		const struct l2 *l2 = &net.node[i].l2;
		/* The middle node has a second port, whose MAC its neighbour there knows too. */
		size_t nodes = l2_originators(l2, o, 8), here = 0;

		assert_int_equal(nodes, i == 2 ? 3 : 2);
		assert_int_equal(l2_neighbours(l2, nb, 8), i == 1 ? 2 : 1);
		for (size_t k = 0; k < l2_neighbours(l2, nb, 8); k++)
			assert_in_range(nb[k].tq, 250, 255);
		assert_int_equal(l2_clients(l2, c, 8), 3);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(c[k].homes, 1);
			assert_false(c[k].temporary);
			here += c[k].here;
		}
		assert_int_equal(here, 1);
	}
	net_fini(&net);
}

static void frames_arrive(void **state)
{
	static const struct {
		int from, to;
		size_t len;
	} cases[] = {{0, 1, 60}, {1, 0, 60}, {0, 1, 1514}, {1, 0, 1514}, {0, 2, 1514}, {2, 0, 200}};

	(void)state;
	for (int nodes = 2; nodes <= 3; nodes++) {
		line(nodes, 1532);
		until_warm();
		for (int i = 0; i < nodes; i++)
			net_send(&net, i, MAC_BROADCAST, 500, 100); /* who is there? */
		net_run(&net, span_s(1));
		for (size_t k = 0; k < sizeof(cases) / sizeof(*cases); k++) {
			struct net_client *to = &net.client[cases[k].to];
			uint64_t got = to->got;

			if (cases[k].to >= nodes || cases[k].from >= nodes)
				continue;
			net_send(&net, cases[k].from, to->mac, (uint32_t)(1000 + k), cases[k].len);
			net_run(&net, span_ms(10));
			assert_int_equal(to->got, got + 1);
			assert_int_equal(to->number, 1000 + k);
			assert_int_equal(to->len, cases[k].len);
			assert_true(to->sound);
		}
		assert_int_equal(net_frames(&net, BATADV_UNICAST_FRAG), 0);
		net_fini(&net);
	}
}

static void a_broadcast_reaches_each_client_once(void **state)
{
	(void)state;
	line(4, 1532);
	until_warm();
	uint64_t before = net_frames(&net, BATADV_BCAST);
	net_send(&net, 0, MAC_BROADCAST, 1, 200);
	net_run(&net, span_ms(100));
	for (int i = 1; i < 4; i++)
		assert_int_equal(net.client[i].got, 1);
	assert_int_equal(net.client[0].got, 0);
	assert_int_equal(net_frames(&net, BATADV_BCAST) - before, 3); /* one a hop */
	net_fini(&net);
}

/* Nobody announces a silent client: the first frame finds it all the same. */
static void first_contact_with_a_silent_client(void **state)
{
	(void)state;
	line(3, 1532);
	until_warm();
	net_send(&net, 0, mac_of(2), 1, 98);
	net_run(&net, span_ms(10));
	assert_int_equal(net.client[2].got, 1);
	net_send(&net, 2, mac_of(0), 2, 98); /* the answer goes the straight way */
	uint64_t floods = net_frames(&net, BATADV_BCAST);
	net_run(&net, span_ms(10));
	assert_int_equal(net.client[0].got, 1);
	net_send(&net, 0, mac_of(2), 3, 98);
	net_run(&net, span_ms(10));
	assert_int_equal(net.client[2].got, 2);
	assert_int_equal(net_frames(&net, BATADV_BCAST), floods);
	net_fini(&net);
}

static void large_frames_over_small_mtus(void **state)
{
	static const uint16_t mtus[] = {1500, 1000, 600, 256};

	(void)state;
	for (size_t k = 0; k < 4; k++) {
		line(3, mtus[k]);
		until_warm();
		for (int i = 0; i < 3; i++)
			net_tell(&net, i, i, CLIENT_SEEN);
		net_run(&net, span_s(5));
		for (uint32_t n = 1; n <= 20; n++) {
			net_send(&net, 0, mac_of(2), n, 1514);
			net_send(&net, 2, mac_of(0), n, 1514);
			net_run(&net, span_ms(5));
			assert_int_equal(net.client[2].got, n);
			assert_int_equal(net.client[0].got, n);
			assert_int_equal(net.client[2].len, 1514);
		}
		assert_true(net.client[2].sound && net.client[0].sound);
		net_fini(&net);
	}
}

/* 1500, then 700, then 1532: pieces are cut anew and joined on the way. */
static void mtus_that_change_on_the_way(void **state)
{
	static const uint16_t mtus[] = {1500, 700, 1532};

	(void)state;
	net_init(&net);
	for (int i = 0; i < 4; i++) {
		net_node(&net, net_lan(&net, span_us(10)), NULL);
		net_client(&net, i);
	}
	for (int i = 0; i < 3; i++) {
		int s = net_segment(&net, span_us(50), mtus[i], false);

		net_join(&net, i, s);
		net_join(&net, i + 1, s);
	}
	until_warm();
	for (int i = 0; i < 4; i++)
		net_tell(&net, i, i, CLIENT_SEEN);
	net_run(&net, span_s(5));
	for (uint32_t n = 1; n <= 20; n++) {
		net_send(&net, 0, mac_of(3), n, 1514);
		net_send(&net, 3, mac_of(0), n, 1514);
		net_run(&net, span_ms(5));
		assert_int_equal(net.client[3].got, n);
		assert_int_equal(net.client[0].got, n);
	}
	assert_true(net.client[3].sound && net.client[0].sound);
	assert_true(net.segment[0].frames[BATADV_UNICAST_FRAG] >= 40);
	assert_true(net.segment[1].frames[BATADV_UNICAST_FRAG] >= 120);
	/* The last hop: node 2 joins what came in three pieces. */
	assert_int_equal(net.node[3].l2.count.frag_merged, 0);
	assert_true(net.node[2].l2.count.frag_merged >= 20);
	net_fini(&net);
}

static void ping_and_traceroute(void **state)
{
	(void)state;
	line(4, 1532);
	until_warm();
	struct net_node *a = &net.node[0];

	net_echo(&net, 0, net_mac(&net, 3), 50, 1);
	net_run(&net, span_ms(5));
	assert_int_equal(a->echoes, 1);
	assert_int_equal(a->echo[0].result, ECHO_REPLY);
	assert_int_equal(a->echo[0].seqno, 1);
	assert_true(mac_equal(a->echo[0].from, net_mac(&net, 3)));
	assert_int_equal(a->echo[0].ttl, 48); /* two nodes in between */
	for (uint8_t ttl = 1; ttl <= 3; ttl++) {
		net_echo(&net, 0, net_mac(&net, 3), ttl, (uint16_t)(10 + ttl));
		net_run(&net, span_ms(5));
		assert_int_equal(a->echoes, 1u + ttl);
		const struct fx_echo *e = &a->echo[ttl];
		assert_int_equal(e->result, ttl < 3 ? ECHO_TTL_EXCEEDED : ECHO_REPLY);
		assert_true(mac_equal(e->from, net_mac(&net, ttl)));
		assert_int_equal(e->seqno, 10 + ttl);
	}
	net_fini(&net);
}

/* Probes every 10 ms from client 0 to one that moves from node 1 to node 2, and
 * speaks only when `talks`; else only the new node's radio tells of it. */
static void roam(bool talks, uint64_t lost_max)
{
	uint32_t number = 0;

	line(3, 1532);
	until_warm();
	net_tell(&net, 0, 0, CLIENT_SEEN);
	net_tell(&net, 1, 1, CLIENT_SEEN);
	net_run(&net, span_s(5));
	for (int i = 0; i < 100; i++) {
		net_send(&net, 0, mac_of(1), ++number, 98);
		net_run(&net, span_ms(10));
	}
	assert_int_equal(net.client[1].got, number);
	net_move(&net, 1, 2);
	if (talks)
		net_send(&net, 1, mac_of(0), 7, 98);
	else
		net_tell(&net, 2, 1, CLIENT_SEEN);
	net_run(&net, span_ms(1));
	for (int i = 0; i < 300; i++) {
		net_send(&net, 0, mac_of(1), ++number, 98);
		net_run(&net, span_ms(10));
	}
	assert_in_range(net.client[1].got, number - lost_max, number);
	assert_int_equal(net.client[1].number, number);
	assert_true(net.client[1].sound);
	/* Everybody knows, and the detour has ended. */
	for (int i = 0; i < 3; i++) {
		struct l2_client_view c[8];
		size_t count = l2_clients(&net.node[i].l2, c, 8);

		for (size_t k = 0; k < count; k++) {
			if (mac_equal(c[k].mac, mac_of(1)))
				assert_true(mac_equal(c[k].home, net_mac(&net, 2)));
		}
	}
	net_fini(&net);
}

static void a_client_that_talks_roams(void **state)
{
	(void)state;
	roam(true, 0);
}

static void a_silent_client_roams(void **state)
{
	(void)state;
	roam(false, 0);
}

/* After it all, peace: no requests, no floods, nothing refused. */
static void rest(void **state)
{
	uint64_t dropped[3][ERR_COUNT];

	(void)state;
	line(3, 1532);
	until_warm();
	for (int i = 0; i < 3; i++)
		net_tell(&net, i, i, CLIENT_SEEN);
	net_run(&net, span_s(10));
	uint64_t tables = net_frames(&net, BATADV_UNICAST_TVLV);
	uint64_t floods = net_frames(&net, BATADV_BCAST);
	for (int i = 0; i < 3; i++)
		memcpy(dropped[i], net.node[i].l2.count.dropped, sizeof(dropped[i]));
	net_run(&net, span_s(60));
	assert_int_equal(net_frames(&net, BATADV_UNICAST_TVLV), tables);
	assert_int_equal(net_frames(&net, BATADV_BCAST), floods);
	for (int i = 0; i < 3; i++) {
		for (int e = 1; e < ERR_COUNT; e++) {
			/* Its own announcements come back; nothing else is wrong. */
			if (e != ERR_OWN && net.node[i].l2.count.dropped[e] != dropped[i][e])
				fail_msg("node %d refuses: %s", i, err_name((enum err)e));
		}
	}
	net_fini(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_sees_everybody),
		cmocka_unit_test(frames_arrive),
		cmocka_unit_test(a_broadcast_reaches_each_client_once),
		cmocka_unit_test(first_contact_with_a_silent_client),
		cmocka_unit_test(large_frames_over_small_mtus),
		cmocka_unit_test(mtus_that_change_on_the_way),
		cmocka_unit_test(ping_and_traceroute),
		cmocka_unit_test(a_client_that_talks_roams),
		cmocka_unit_test(a_silent_client_roams),
		cmocka_unit_test(rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
