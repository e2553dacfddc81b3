/* Proves that a broadcast reaches everybody, once on each medium, and that no arrangement of LANs
 * multiplies it. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "cmocka_all.h"
#include "l2_net.h"
#include "l2_rig.h"

static struct rig rig;
static struct rig_peer near, other, side;

static struct mac client(uint8_t n)
{
	return rig_mac(KIND_CLIENT, n);
}

/* us --port 0 (wired)-- near, other; us --port 1 (wifi)-- side; port 2: nobody */
static int setup(void **state)
{
	(void)state;
	rig_init(&rig, NULL);
	rig_port(&rig, 0, 1532, false);
	rig_port(&rig, 1, 1500, true);
	rig_port(&rig, 2, 1532, false);
	near = (struct rig_peer){.port = 0, .mac = rig_mac(KIND_PEER, 1), .seqno = 100, .ttvn = 1};
	other = (struct rig_peer){.port = 0, .mac = rig_mac(KIND_PEER, 2), .seqno = 9, .ttvn = 1};
	side = (struct rig_peer){.port = 1, .mac = rig_mac(KIND_PEER, 3), .seqno = 500, .ttvn = 1};
	rig_client(&rig, CLIENT_SEEN, client(1), 0);
	rig_meet(&rig, &near, 6);
	rig_meet(&rig, &other, 6);
	rig_meet(&rig, &side, 6);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_fini(&rig);
	return 0;
}

static void lan_frame(struct mac dst, uint8_t src, size_t len, uint8_t mark)
{
	uint8_t frame[2048];

	rig_client_frame(frame, len, dst, client(src), 0, mark);
	rig_payload(&rig, PORT_CLOUD, frame, len);
}

/* A BCAST of orig heard from the neighbour `from`. */
static void bcast_from(const struct rig_peer *from, struct mac orig, uint8_t ttl, uint32_t seqno,
		       struct mac dst, uint8_t mark, size_t frame_len)
{
	uint8_t frame[2048], packet[2048];
	struct wr w = wr_over(packet, sizeof(packet));
	struct batadv_bcast b = {
		.ttl = ttl, .seqno = seqno, .orig = orig, .frame = frame, .frame_len = frame_len};

	rig_client_frame(frame, frame_len, dst, client(50), 0, mark);
	batadv_bcast_write(&w, &b);
	rig_packet(&rig, from->port, from->mac, true, packet, wr_len(&w));
}

static size_t sent_on(uint8_t port)
{
	size_t n = 0;

	for (size_t i = 0; i < rig.count; i++)
		n += rig.kept[i].kind == FX_SEND && rig.kept[i].port == port &&
		     rig.kept[i].bytes[14] == BATADV_BCAST;
	return n;
}

/* ---- ours ---- */

static void ours_leaves_where_somebody_is(void **state)
{
	struct batadv_bcast b;
	uint32_t seqno = rig.l2.flood.seqno;

	(void)state;
	lan_frame(MAC_BROADCAST, 1, 100, 0x11);
	assert_int_equal(sent_on(0), 1);
	assert_int_equal(sent_on(1), 1);
	assert_int_equal(sent_on(2), 0);
	const struct rig_frame *f = rig_kept(&rig, FX_SEND, BATADV_BCAST, 1);
	assert_memory_equal(f->bytes, MAC_BROADCAST.b, 6);
	assert_memory_equal(f->bytes + 6, rig_mac(KIND_US, 1).b, 6);
	assert_int_equal(batadv_bcast_parse(f->bytes + 14, f->len - 14, &b), OK);
	assert_int_equal(b.ttl, 49);
	assert_int_equal(b.seqno, seqno + 1);
	assert_true(mac_equal(b.orig, rig_mac(KIND_US, 0)));
	assert_int_equal(b.frame_len, 100);
	assert_int_equal(b.frame[99], 0x11);
}

static void wifi_hears_it_three_times(void **state)
{
	(void)state;
	lan_frame(MAC_BROADCAST, 1, 100, 0x11);
	rig_run(&rig, span_ms(4));
	assert_int_equal(sent_on(1), 1);
	rig_run(&rig, span_ms(1));
	assert_int_equal(sent_on(1), 2);
	rig_run(&rig, span_ms(5));
	assert_int_equal(sent_on(1), 3);
	rig_run(&rig, span_ms(500));
	assert_int_equal(sent_on(1), 3);
	assert_int_equal(sent_on(0), 1);
	for (size_t n = 2; n < 4; n++) {
		const struct rig_frame *a = rig_kept(&rig, FX_SEND, BATADV_BCAST, 1);
		const struct rig_frame *b = rig_kept(&rig, FX_SEND, BATADV_BCAST, n);

		assert_int_equal(a->len, b->len);
		assert_memory_equal(a->bytes, b->bytes, a->len);
	}
	assert_int_equal(rig.l2.flood.waiting_count, 0);
}

static void repeats_are_bounded(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < 255; i++)
		lan_frame(MAC_BROADCAST, 1, 100, i);
	for (uint8_t i = 0; i < 45; i++)
		lan_frame(MAC_BROADCAST, 1, 101, i);
	assert_int_equal(rig.l2.flood.waiting_count, FLOOD_WAITING_MAX);
	assert_int_equal(rig.l2.count.dropped[ERR_FULL], 300 - FLOOD_WAITING_MAX);
	rig_clear(&rig);
	rig_run(&rig, span_ms(100));
	assert_int_equal(sent_on(1), 2 * FLOOD_WAITING_MAX);
	/* A port that goes takes its repeats along. */
	lan_frame(MAC_BROADCAST, 1, 300, 1);
	rig_port_down(&rig, 1);
	rig_clear(&rig);
	rig_run(&rig, span_ms(100));
	assert_int_equal(sent_on(1), 0);
	assert_int_equal(rig.l2.flood.waiting_count, 0);
}

static void a_broadcast_too_big_for_a_port(void **state)
{
	(void)state;
	lan_frame(MAC_BROADCAST, 1, 1486, 1); /* 1500 to the byte */
	assert_int_equal(sent_on(1), 1);
	rig_clear(&rig);
	lan_frame(MAC_BROADCAST, 1, 1487, 1);
	assert_int_equal(sent_on(0), 1);
	assert_int_equal(sent_on(1), 0);
	assert_int_equal(rig.l2.count.dropped[ERR_TOO_BIG], 1);
}

static void strangers_are_looked_for(void **state)
{
	(void)state;
	for (int i = 0; i < 60; i++)
		lan_frame(client(99), 1, (size_t)(60 + i), 1);
	assert_int_equal(sent_on(0), FLOOD_UNKNOWN_BURST);
	assert_int_equal(rig.l2.count.flood_unknown, FLOOD_UNKNOWN_BURST);
	assert_int_equal(rig.l2.count.dropped[ERR_RATE], 10);
	rig_clear(&rig);
	rig_run(&rig, span_ms(60));
	rig_clear(&rig);
	for (int i = 0; i < 10; i++)
		lan_frame(client(99), 1, (size_t)(200 + i), 1);
	assert_int_equal(sent_on(0), 3);
	rig.l2.conf.flood_unknown = false;
	rig_clear(&rig);
	rig_run(&rig, span_s(5));
	rig_clear(&rig);
	lan_frame(client(99), 1, 300, 1);
	assert_int_equal(sent_on(0), 0);
	assert_int_equal(rig.l2.count.dropped[ERR_UNKNOWN], 1);
}

/* ---- others' ---- */

static void what_is_refused(void **state)
{
	const struct {
		const char *what;
		struct mac orig;
		uint8_t ttl;
		uint32_t seqno;
		enum err err;
	} cases[] = {
		{"new", near.mac, 49, 1000, OK},
		{"a copy", near.mac, 48, 1000, ERR_DUPLICATE},
		{"older, not heard", near.mac, 49, 990, OK},
		{"older, heard", near.mac, 49, 990, ERR_DUPLICATE},
		{"far behind", near.mac, 49, 900, ERR_OLD},
		{"a restart", near.mac, 49, 70000, OK},
		{"a second restart", near.mac, 49, 300, ERR_PROTECTED},
		{"ours", rig_mac(KIND_US, 0), 49, 1, ERR_OWN},
		{"our other port's", rig_mac(KIND_US, 2), 49, 1, ERR_OWN},
		{"of nobody", {{2, 4, 4}}, 49, 1, ERR_UNKNOWN},
		{"used up", near.mac, 1, 70001, ERR_TTL},
		{"ttl 0", near.mac, 0, 70002, ERR_TTL},
		{"ttl 2", near.mac, 2, 70003, OK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t before[ERR_COUNT];

		memcpy(before, rig.l2.count.dropped, sizeof(before));
		rig_clear(&rig);
		bcast_from(&near, cases[i].orig, cases[i].ttl, cases[i].seqno, MAC_BROADCAST,
			   (uint8_t)i, 100);
		for (int e = 1; e < ERR_COUNT; e++) {
			if (rig.l2.count.dropped[e] - before[e] != (e == (int)cases[i].err))
				fail_msg("%s: %s", cases[i].what, err_name((enum err)e));
		}
		assert_int_equal(rig_count(&rig, FX_DELIVER, -1), cases[i].err == OK);
		assert_int_equal(sent_on(0), cases[i].err == OK);
		assert_int_equal(sent_on(1), cases[i].err == OK);
	}
}

/* A node that starts anew twice within 30 s: what its OGMs may, its broadcasts may, too. */
static void a_restart_that_is_believed(void **state)
{
	(void)state;
	bcast_from(&near, near.mac, 49, 1000, MAC_BROADCAST, 1, 100);
	bcast_from(&near, near.mac, 49, 800000, MAC_BROADCAST, 2, 100);
	bcast_from(&near, near.mac, 49, 400, MAC_BROADCAST, 3, 100);
	assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 2);
	near.seqno += 1000000;
	rig_peer_ogm(&rig, &near);
	bcast_from(&near, near.mac, 49, 401, MAC_BROADCAST, 4, 100);
	assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 3);
}

static void what_is_passed_on(void **state)
{
	(void)state;
	bcast_from(&near, near.mac, 40, 1000, MAC_BROADCAST, 1, 100);
	assert_int_equal(sent_on(0), 1); /* other may not hear near */
	const struct rig_frame *f = rig_kept(&rig, FX_SEND, BATADV_BCAST, 0);
	struct batadv_bcast b;
	assert_int_equal(batadv_bcast_parse(f->bytes + 14, f->len - 14, &b), OK);
	assert_int_equal(b.ttl, 39);
	assert_int_equal(b.seqno, 1000);
	assert_true(mac_equal(b.orig, near.mac));
	assert_int_equal(b.frame_len, 100);
	const struct rig_frame *d = rig_kept(&rig, FX_DELIVER, -1, 0);
	assert_int_equal(d->len, 100);
	assert_memory_equal(d->bytes, b.frame, 100);
	/* The only neighbour of a port is its origin, or gave it to us. */
	rig_clear(&rig);
	bcast_from(&side, side.mac, 40, 77, MAC_BROADCAST, 2, 100);
	assert_int_equal(sent_on(1), 0);
	assert_int_equal(sent_on(0), 1);
	rig_clear(&rig);
	bcast_from(&side, near.mac, 40, 1001, MAC_BROADCAST, 3, 100);
	assert_int_equal(sent_on(1), 0);
	assert_int_equal(sent_on(0), 1);
	rig_clear(&rig);
	bcast_from(&near, side.mac, 40, 78, MAC_BROADCAST, 4, 100);
	assert_int_equal(sent_on(1), 0);
	assert_int_equal(sent_on(0), 1);
}

static void senders_are_learnt(void **state)
{
	(void)state;
	bcast_from(&near, other.mac, 40, 1000, MAC_BROADCAST, 1, 100);
	const struct global_client *g = tt_global_find(&rig.l2, client(50), 0);
	assert_non_null(g);
	assert_true(g->temporary);
	assert_ptr_equal(tt_global_home(g)->originator, originator_find(&rig.l2, other.mac));
	/* A unicast frame that was flooded reaches the LAN, too. */
	rig_clear(&rig);
	bcast_from(&near, other.mac, 40, 1001, client(1), 1, 100);
	assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 1);
}

static void nothing_with_batman_inside_is_delivered(void **state)
{
	uint8_t packet[64], frame[40];
	struct wr w = wr_over(packet, sizeof(packet)), i = wr_over(frame, sizeof(frame));
	struct batadv_bcast b = {
		.ttl = 9, .seqno = 5, .orig = near.mac, .frame = frame, .frame_len = sizeof(frame)};

	(void)state;
	ethernet_write(&i, MAC_BROADCAST, client(50), ETHERTYPE_8021AD);
	wr_u16(&i, 29);
	wr_u16(&i, ETHERTYPE_BATADV);
	wr_zero(&i, wr_left(&i));
	batadv_bcast_write(&w, &b);
	rig_packet(&rig, 0, near.mac, true, packet, wr_len(&w));
	assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 0);
	assert_int_equal(rig.l2.count.nested_batadv, 1);
}

/* ---- payloads ---- */

static void a_frame_of_the_mesh_is_not_sent_again(void **state)
{
	uint8_t frame[100];

	(void)state;
	bcast_from(&near, near.mac, 40, 1000, MAC_BROADCAST, 0x42, 100);
	rig_clear(&rig);
	/* Another node delivered it to the LAN that we share. */
	rig_client_frame(frame, sizeof(frame), MAC_BROADCAST, client(50), 0, 0x42);
	rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_DUPLICATE], 1);
	assert_null(tt_local_find(&rig.l2, client(50), 0));
	/* Not even when the client was here a moment ago, and is known. */
	rig_client(&rig, CLIENT_SEEN, client(50), 0);
	rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
	assert_int_equal(sent_on(0), 0);
	assert_int_equal(rig.l2.count.dropped[ERR_DUPLICATE], 2);
	rig_client(&rig, CLIENT_GONE, client(50), 0);
	/* Half a second later it is news. */
	rig_run(&rig, span_ms(500));
	rig_clear(&rig);
	rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
	assert_int_equal(sent_on(0), 1);
	assert_non_null(tt_local_find(&rig.l2, client(50), 0));
}

static void a_short_frame_is_known_with_padding(void **state)
{
	uint8_t frame[60] = {0};

	(void)state;
	bcast_from(&near, near.mac, 40, 1000, MAC_BROADCAST, 0x42, 42);
	rig_clear(&rig);
	rig_client_frame(frame, 42, MAC_BROADCAST, client(50), 0, 0x42);
	rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_DUPLICATE], 1);
}

static void one_payload_by_two_nodes_is_one(void **state)
{
	(void)state;
	bcast_from(&near, near.mac, 40, 1000, MAC_BROADCAST, 0x42, 100);
	rig_clear(&rig);
	bcast_from(&other, other.mac, 40, 500, MAC_BROADCAST, 0x42, 100);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.l2.count.bcast_duplicate, 1);
	/* The same node may say it twice, and another something else. */
	bcast_from(&near, near.mac, 40, 1001, MAC_BROADCAST, 0x42, 100);
	assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 1);
	bcast_from(&other, other.mac, 40, 501, MAC_BROADCAST, 0x43, 100);
	assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 2);
	/* What a client here said comes back by another node. */
	rig_clear(&rig);
	rig_client_frame((uint8_t[100]){0}, 100, MAC_BROADCAST, client(1), 0, 0x44);
	lan_frame(MAC_BROADCAST, 50, 100, 0x44);
	rig_clear(&rig);
	bcast_from(&other, other.mac, 40, 502, MAC_BROADCAST, 0x44, 100);
	assert_int_equal(rig.count, 0);
}

static void our_own_payload_leaves_a_few_times(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		lan_frame(MAC_BROADCAST, 1, 100, 0x42);
	assert_int_equal(sent_on(0), FLOOD_OWN_TIMES);
	rig_run(&rig, span_ms(500));
	rig_clear(&rig);
	lan_frame(MAC_BROADCAST, 1, 100, 0x42);
	assert_int_equal(sent_on(0), 1);
}

/* Broadcasts of near, each different, all at once, as they come by `from`. */
static void burst(const struct rig_peer *from, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++) {
		uint8_t packet[BATADV_BCAST_LEN + 64] = {0};
		struct wr w = wr_over(packet, sizeof(packet));
		struct batadv_bcast b = {.ttl = 40, .seqno = 1000 + i, .orig = near.mac};

		batadv_bcast_write(&w, &b);
		wr_mac(&w, MAC_BROADCAST);
		wr_mac(&w, client(50));
		wr_u16(&w, 0x88b6);
		wr_u32(&w, i);
		rig_packet(&rig, from->port, from->mac, true, packet, sizeof(packet));
	}
}

/* One of them as the LAN that we share with another node brings it. */
static void burst_returns(uint32_t i)
{
	uint8_t frame[64] = {0};
	struct wr w = wr_over(frame, sizeof(frame));

	wr_mac(&w, MAC_BROADCAST);
	wr_mac(&w, client(50));
	wr_u16(&w, 0x88b6);
	wr_u32(&w, i);
	rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
}

/* What a burst of the mesh brings to a shared LAN never goes back, however long the burst:
 * otherwise it goes round for ever. */
static void a_long_burst_does_not_go_round(void **state)
{
	(void)state;
	burst(&near, 0, 500);
	rig_clear(&rig);
	for (uint32_t i = 0; i < 500; i++)
		burst_returns(i);
	assert_int_equal(sent_on(0), 0);
	/* Even one that is longer than our memory. */
	for (uint32_t i = 0; i < 3; i++) {
		burst(&near, 500 + i * FLOOD_RING, FLOOD_RING);
		rig_clear(&rig);
	}
	for (uint32_t i = 0; i < 500 + 3 * FLOOD_RING; i++)
		burst_returns(i);
	assert_int_equal(sent_on(0), 0);
	assert_null(tt_local_find(&rig.l2, client(50), 0));
	lan_frame(MAC_BROADCAST, 1, 100, 0x42);
	assert_int_equal(sent_on(0), 0);
	/* A moment later all is as before. */
	rig_run(&rig, span_ms(500));
	lan_frame(MAC_BROADCAST, 1, 100, 0x42);
	assert_int_equal(sent_on(0), 1);
}

/* Our own floods fill the memory, too, and are refused when it is full. */
static void our_own_floods_are_bounded(void **state)
{
	(void)state;
	rig_client(&rig, CLIENT_SEEN, client(50), 0);
	for (uint32_t i = 0; i < 2 * FLOOD_RING; i++)
		burst_returns(i);
	assert_int_equal(rig.l2.count.dropped[ERR_RATE], FLOOD_RING);
	assert_int_equal(rig.l2.count.dropped[ERR_DUPLICATE], 0);
}

/* Copies by a slow node that lag behind by more than the window are copies, and no restart
 * of their originator. */
static void late_copies_are_copies(void **state)
{
	(void)state;
	burst(&near, 0, 300);
	assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 300);
	rig_clear(&rig);
	burst(&other, 0, 300);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_OLD], 300 - WINDOW_BITS);
	assert_int_equal(rig.l2.count.bcast_duplicate, WINDOW_BITS);
	burst(&near, 300, 1);
	assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 1);
	/* A restart is one, as before. */
	rig_run(&rig, span_ms(1000));
	rig_clear(&rig);
	burst(&near, 0, 1);
	assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 1);
	assert_int_equal(rig.l2.count.dropped[ERR_PROTECTED], 0);
}

/* ---- no storm ---- */

static struct net net;

/*
 * Five nodes, each on the same segment and in pairs on others; the LANs of nodes 0
 * and 1 are one; clients on that LAN, and behind nodes 2 and 4. All hear all.
 */
static void meshed(span lan, span mesh, bool wifi)
{
	net_init(&net);
	net_lan(&net, lan);
	for (int i = 0; i < 5; i++)
		net_node(&net, i < 2 ? 0 : net_lan(&net, span_us(10)), NULL);
	for (int s = 0; s < 3; s++)
		net_segment(&net, mesh, 1532, wifi);
	for (int i = 0; i < 5; i++)
		net_join(&net, i, 0);
	for (int i = 0; i < 4; i++)
		net_join(&net, i, 1 + i / 2);
	net_client(&net, 0);
	net_client(&net, 0);
	net_client(&net, net.node[2].lan);
	net_client(&net, net.node[4].lan);
}

/* A client says something: that may cost a few transmissions for each of the 9 ports,
 * because it enters the mesh at two nodes; then nothing moves any more. */
static void expect_calm(int from, struct mac dst, uint32_t number, unsigned repeats)
{
	uint64_t before = net_frames(&net, BATADV_BCAST), after;
	uint64_t most = 9 * 2 * FLOOD_OWN_TIMES * repeats;

	net_send(&net, from, dst, number, 200);
	net_run(&net, span_s(2));
	after = net_frames(&net, BATADV_BCAST);
	if (after == before || after - before > most)
		fail_msg("LAN %d us, mesh %d us, client %d: %d frames", (int)net.lan_delay[0].us,
			 (int)net.segment[0].delay.us, from, (int)(after - before));
	net_run(&net, span_s(2));
	assert_int_equal(net_frames(&net, BATADV_BCAST), after);
}

/* Whatever the delays, and whichever of the two nodes hears the LAN first. */
static void no_lan_multiplies_a_flood(void **state)
{
	static const struct {
		int64_t lan_us, mesh_us, skew;
		bool wifi;
	} cases[] = {
		{10, 100, 0, false},	{100, 10, 0, false},   {1000, 10, 0, true},
		{10, 1000, 0, true},	{20000, 10, 0, false}, {10, 20000, 0, false},
		{100, 10, 5, false},	{1000, 10, 5, true},   {1000, 100, 50, false},
		{10, 100, 1000, false}, {3000, 5000, 3, true}, {5000, 20000, 10, false},
	};

	(void)state;
	for (size_t k = 0; k < sizeof(cases) / sizeof(*cases); k++) {
		unsigned repeats = cases[k].wifi ? FLOOD_WIFI_REPEATS : 1;

		meshed(span_us(cases[k].lan_us), span_us(cases[k].mesh_us), cases[k].wifi);
		net.lan_skew = cases[k].skew;
		net_run(&net, span_s(15));
		for (int c = 0; c < 4; c++) {
			expect_calm(c, MAC_BROADCAST, (uint32_t)(10 * k) + (uint32_t)c, repeats);
			for (int o = 0; o < 4; o++)
				assert_true(o == c || net.client[o].got > 0);
			/* Frames for a client that nobody knows are flooded, too. */
			expect_calm(c, (struct mac){{2, 7, 7, 7, 7, 7}}, (uint32_t)c, repeats);
		}
		net_fini(&net);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(ours_leaves_where_somebody_is),
		T(wifi_hears_it_three_times),
		T(repeats_are_bounded),
		T(a_broadcast_too_big_for_a_port),
		T(strangers_are_looked_for),
		T(what_is_refused),
		T(a_restart_that_is_believed),
		T(what_is_passed_on),
		T(senders_are_learnt),
		T(nothing_with_batman_inside_is_delivered),
		T(a_frame_of_the_mesh_is_not_sent_again),
		T(a_short_frame_is_known_with_padding),
		T(one_payload_by_two_nodes_is_one),
		T(our_own_payload_leaves_a_few_times),
		T(a_long_burst_does_not_go_round),
		T(our_own_floods_are_bounded),
		T(late_copies_are_copies),
		cmocka_unit_test(no_lan_multiplies_a_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
