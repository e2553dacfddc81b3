/* Proves that the engine lives with any limit of memory: it refuses to start, or to learn, and
 * gives all back. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "l2_rig.h"

static struct rig rig;

static void it_starts_or_it_does_not(void **state)
{
	struct l2_conf conf = l2_conf_default();
	struct l2 l2;
	size_t started_at = 0;

	(void)state;
	for (size_t limit = 0; limit < 60000; limit += 50) {
		conf.memory_max_bytes = limit;
		enum err e = l2_init(&l2, &conf, (instant){0}, limit);

		if (e == OK) {
			started_at = started_at ? started_at : limit;
			assert_int_equal(l2_deadline(&l2).us, NEVER.us);
			l2_fini(&l2); /* asserts that nothing is left out */
		} else {
			assert_int_equal(e, ERR_FULL);
			assert_int_equal(started_at, 0);
		}
	}
	assert_in_range(started_at, 1, 59999);
}

static struct mac client(uint8_t n)
{
	return rig_mac(KIND_CLIENT, n);
}

/* Neighbours, nodes, clients, floods on wifi, pieces. */
static void a_busy_life(void)
{
	struct rig_peer peer[6], far[6];
	uint8_t frame[1514], packet[700];

	rig_port(&rig, 0, 1500, true);
	for (uint8_t i = 0; i < 6; i++) {
		peer[i] = (struct rig_peer){.mac = rig_mac(KIND_PEER, i), .seqno = 7, .ttvn = 1};
		peer[i].clients = RIG_PEER_CLIENTS;
		for (uint8_t k = 0; k < RIG_PEER_CLIENTS; k++)
			peer[i].client[k] = (struct rig_client){client((uint8_t)(i * 8 + k)),
								k % 4 ? (uint16_t)(0x8000 + k) : 0};
		far[i] = peer[i];
		far[i].mac = rig_mac(KIND_PEER, (uint8_t)(100 + i));
		far[i].via = &peer[i];
		rig_meet(&rig, &peer[i], 3);
		rig_meet(&rig, &far[i], 1);
	}
	for (uint8_t i = 0; i < 60; i++) {
		struct mac dst = i % 3 ? client((uint8_t)(i % 50)) : MAC_BROADCAST;

		rig_client_frame(frame, sizeof(frame), dst, client((uint8_t)(200 - i)), 0, i);
		rig_payload(&rig, PORT_CLOUD, frame, i % 2 ? 1514 : 100);
		struct wr w = wr_over(packet, sizeof(packet));
		struct batadv_frag f = {.ttl = 9,
					.no = i % 16,
					.dest = rig_mac(KIND_US, 0),
					.orig = rig_mac(KIND_PEER, i % 6),
					.seqno = i / 6,
					.total_size = 9000,
					.piece = frame,
					.piece_len = 600};
		batadv_frag_write(&w, &f);
		rig_packet(&rig, 0, rig_mac(KIND_PEER, 0), false, packet, wr_len(&w));
		rig_run(&rig, span_ms(20));
	}
	rig_run(&rig, span_s(15));
	rig_port_down(&rig, 0);
	rig_run(&rig, span_s(700));
}

static void it_lives_with_what_it_has(void **state)
{
	struct l2_conf conf = l2_conf_default();
	uint64_t refused = 0;

	(void)state;
	for (size_t limit = 46000; limit < 160000; limit += 1009) {
		conf.memory_max_bytes = limit;
		rig_init(&rig, &conf);
		a_busy_life();
		refused += rig.l2.pool.refused;
		assert_true(rig.l2.pool.used_bytes <= limit);
		rig_fini(&rig);
	}
	assert_true(refused > 1000);
	conf = l2_conf_default();
	rig_init(&rig, &conf);
	a_busy_life();
	assert_int_equal(rig.l2.pool.refused, 0);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_starts_or_it_does_not),
		cmocka_unit_test(it_lives_with_what_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
