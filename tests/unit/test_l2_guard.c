/* Proves that nothing loops between LAN and mesh: no batman in batman, no bridge's own frames, no
 * LAN with another gateway. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "cmocka_all.h"
#include "l2_rig.h"

static struct rig rig;
static struct rig_peer near;

static const struct mac gateway = {{0x02, 0xba, 0, 0, 7, 1}};

static struct mac client(uint8_t n)
{
	return rig_mac(KIND_CLIENT, n);
}

static int setup(void **state)
{
	(void)state;
	rig_init(&rig, NULL);
	rig_port(&rig, 0, 1532, false);
	near = (struct rig_peer){.port = 0, .mac = rig_mac(KIND_PEER, 1), .seqno = 100, .ttvn = 1};
	near.client[0] = (struct rig_client){client(10), 0};
	near.clients = 1;
	rig_client(&rig, CLIENT_SEEN, client(1), 0);
	rig_client(&rig, CLIENT_PERMANENT, client(2), 0);
	rig_meet(&rig, &near, 8);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_fini(&rig);
	return 0;
}

/* A claim frame: an ARP reply between two 0.0.0.0. */
static size_t claim(uint8_t *frame, size_t room, enum batadv_claim type, struct mac src,
		    struct mac sender, uint16_t vid)
{
	static const uint8_t arp[] = {0, 1, 8, 0, 6, 4, 0, 2};
	const uint8_t target[] = {0xff, 0x43, 0x05, (uint8_t)type, 0x12, 0x34};
	struct wr w = wr_over(frame, room);

	ethernet_write(&w, MAC_BROADCAST, src, vid ? ETHERTYPE_8021Q : ETHERTYPE_ARP);
	if (vid) {
		wr_u16(&w, vid & 0xfff);
		wr_u16(&w, ETHERTYPE_ARP);
	}
	wr_bytes(&w, arp, sizeof(arp));
	wr_mac(&w, sender);
	wr_u32(&w, 0);
	wr_bytes(&w, target, sizeof(target));
	wr_u32(&w, 0);
	assert_false(w.bad);
	return wr_len(&w);
}

static void claim_comes(enum batadv_claim type, struct mac src, struct mac sender, uint16_t vid)
{
	uint8_t frame[64];

	rig_payload(&rig, PORT_CLOUD, frame, claim(frame, sizeof(frame), type, src, sender, vid));
}

static void batman_is_not_carried_by_batman(void **state)
{
	static const uint16_t tags[][3] = {
		{0x4305},
		{0x8100, 0x4305},
		{0x88a8, 0x4305},
		{0x88a8, 0x8100, 0x4305},
	};
	static const uint8_t dsts[2][6] = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
					   {2, 0, 0, 0, KIND_CLIENT, 10}};
	uint8_t frame[80];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		const uint16_t *t = tags[i / 2];
		struct wr w = wr_over(frame, sizeof(frame));

		ethernet_write(&w, mac_from(dsts[i % 2]), client(1), t[0]);
		for (int k = 1; k < 3 && t[k]; k++) {
			wr_u16(&w, 29);
			wr_u16(&w, t[k]);
		}
		wr_zero(&w, wr_left(&w));
		rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
		assert_int_equal(rig.count, 0);
		assert_int_equal(rig.l2.count.nested_batadv, i + 1);
		assert_int_equal(rig.l2.count.dropped[ERR_LOOP], i + 1);
	}
	/* More tags than anybody has a use for hide nothing. */
	struct wr w = wr_over(frame, sizeof(frame));
	ethernet_write(&w, MAC_BROADCAST, client(1), ETHERTYPE_8021Q);
	for (int k = 0; k < ETHERNET_TAGS_MAX; k++) {
		wr_u16(&w, 29);
		wr_u16(&w, ETHERTYPE_8021Q);
	}
	wr_u16(&w, 29);
	wr_u16(&w, ETHERTYPE_BATADV);
	wr_zero(&w, wr_left(&w));
	rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_MALFORMED], 1);
}

static void what_bridges_keep_for_themselves(void **state)
{
	static const struct {
		uint8_t dst[6];
		bool stays;
	} cases[] = {
		{{0x01, 0x80, 0xc2, 0, 0, 0x00}, true}, /* spanning tree */
		{{0x01, 0x80, 0xc2, 0, 0, 0x0e}, true}, /* LLDP */
		{{0x01, 0x80, 0xc2, 0, 0, 0x0f}, true}, {{0x01, 0x80, 0xc2, 0, 0, 0x10}, false},
		{{0xcf, 0, 0, 0, 0, 0}, true}, /* loopback test */
		{{0x01, 0, 0x5e, 0, 0, 1}, false},	{{0x33, 0x33, 0, 0, 0, 1}, false},
	};
	uint8_t frame[80];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t before = rig.l2.count.dropped[ERR_BLOCKED];

		rig_clear(&rig);
		rig_client_frame(frame, sizeof(frame), mac_from(cases[i].dst), client(1), 0,
				 (uint8_t)i);
		rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
		assert_int_equal(rig.count, !cases[i].stays);
		assert_int_equal(rig.l2.count.dropped[ERR_BLOCKED] - before, cases[i].stays);
	}
}

static void sources_that_cannot_be(void **state)
{
	static const struct mac sources[] = {
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, {{1, 2, 3, 4, 5, 6}}, {{0}}};
	uint8_t frame[80];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		rig_client_frame(frame, sizeof(frame), client(10), sources[i], 0, 1);
		rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
		assert_int_equal(rig.count, 0);
		assert_int_equal(rig.l2.count.dropped[ERR_MALFORMED], i + 1);
	}
}

/* Frames that left, without our announcements. */
static size_t payload_sent(void)
{
	return rig_count(&rig, FX_SEND, -1) - rig_count(&rig, FX_SEND, BATADV_IV_OGM);
}

static bool frame_crosses_to_the_mesh(struct mac dst, uint8_t src)
{
	uint8_t frame[80];

	rig_clear(&rig);
	rig_client_frame(frame, sizeof(frame), dst, client(src), 0, src);
	rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
	return payload_sent() > 0;
}

static bool frame_crosses_to_the_lan(bool broadcast)
{
	static uint32_t seqno = 5000;
	uint8_t packet[128], frame[80];
	struct wr w = wr_over(packet, sizeof(packet));
	struct batadv_unicast u = {
		.ttl = 9, .ttvn = rig.l2.local.ttvn, .dest = rig_mac(KIND_US, 0)};
	struct batadv_bcast b = {
		.ttl = 9, .orig = near.mac, .frame = frame, .frame_len = sizeof(frame)};

	rig_clear(&rig);
	b.seqno = ++seqno;
	rig_client_frame(frame, sizeof(frame), broadcast ? MAC_BROADCAST : client(2), client(10), 0,
			 (uint8_t)seqno);
	if (broadcast) {
		batadv_bcast_write(&w, &b);
	} else {
		batadv_unicast_write(&w, &u);
		wr_bytes(&w, frame, sizeof(frame));
	}
	rig_packet(&rig, 0, near.mac, broadcast, packet, wr_len(&w));
	return rig_count(&rig, FX_DELIVER, -1) > 0;
}

static void expect_blocked(bool blocked)
{
	assert_int_equal(rig.l2.guard.blocked, blocked);
	assert_int_equal(frame_crosses_to_the_mesh(MAC_BROADCAST, 3), !blocked);
	assert_int_equal(frame_crosses_to_the_mesh(client(10), 2), !blocked);
	assert_int_equal(frame_crosses_to_the_lan(true), !blocked);
	assert_int_equal(frame_crosses_to_the_lan(false), !blocked);
	rig_run(&rig, span_ms(600)); /* the payloads are forgotten */
}

static void a_foreign_claim_blocks_the_lan(void **state)
{
	static const struct {
		enum batadv_claim type;
		uint16_t vid;
	} cases[] = {{BATADV_CLAIM, 0},
		     {BATADV_UNCLAIM, 0},
		     {BATADV_ANNOUNCE, 0},
		     {BATADV_CLAIM_REQUEST, 0},
		     {BATADV_ANNOUNCE, 0x8005}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool by_sender = cases[i].type == BATADV_CLAIM;

		expect_blocked(false);
		rig_clear(&rig);
		claim_comes(cases[i].type, by_sender ? client(9) : gateway,
			    by_sender ? gateway : client(9), cases[i].vid);
		assert_int_equal(rig.notes[NOTE_LAN_BLOCKED], 1);
		assert_int_equal(payload_sent(), 0);
		assert_true(mac_equal(rig.l2.guard.gateway, gateway));
		assert_int_equal(rig.l2.count.claim_rx, i + 1);
		/* The client that it claims is not ours. */
		assert_null(tt_local_find(&rig.l2, client(9), 0));
		expect_blocked(true);
		rig_clear(&rig);
		rig_run(&rig, span_s(GUARD_HOLD_S));
		assert_int_equal(rig.notes[NOTE_LAN_OPEN], 1);
		rig_meet(&rig, &near, 3);
	}
	expect_blocked(false);
}

static void claims_that_go_on_keep_it_blocked(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		claim_comes(BATADV_ANNOUNCE, gateway, gateway, 0);
		assert_int_equal(rig.notes[NOTE_LAN_BLOCKED], 1);
		rig_run(&rig, span_s(10));
		assert_true(rig.l2.guard.blocked);
	}
	assert_int_equal(rig.notes[NOTE_LAN_OPEN], 0);
	rig_run(&rig, span_ms(49999));
	assert_true(rig.l2.guard.blocked);
	rig_run(&rig, span_ms(1));
	assert_false(rig.l2.guard.blocked);
}

/* Who serves the LAN announces its clients; two who do that fight for them. */
static void clients_of_a_blocked_lan_are_withdrawn(void **state)
{
	struct l2_client_view c[8];

	(void)state;
	claim_comes(BATADV_ANNOUNCE, gateway, gateway, 0);
	rig_client(&rig, CLIENT_SEEN, client(5), 0);
	rig_run(&rig, span_s(2));
	size_t count = l2_clients(&rig.l2, c, 8), here = 0;
	for (size_t i = 0; i < count; i++)
		here += c[i].here && !c[i].permanent;
	assert_int_equal(here, 0);
	assert_non_null(tt_local_find(&rig.l2, client(2), 0));
	/* It stays where it is, on another node perhaps; our word is gone. */
	assert_null(tt_local_find(&rig.l2, client(1), 0));
	/* The node's own LAN address is the node's business. */
	rig_client(&rig, CLIENT_PERMANENT, client(6), 0);
	assert_non_null(tt_local_find(&rig.l2, client(6), 0));
}

static void what_is_no_foreign_claim(void **state)
{
	uint8_t frame[64];
	size_t len;

	(void)state;
	/* Our own name, come back. */
	claim_comes(BATADV_ANNOUNCE, rig_mac(KIND_US, 0), gateway, 0);
	assert_false(rig.l2.guard.blocked);
	assert_int_equal(rig.count, 0);
	/* A loop detector goes through, so that its sender hears it; nobody lives there. */
	claim_comes(BATADV_LOOP_DETECT, (struct mac){{0xba, 0xbe, 1, 2, 3, 4}}, gateway, 0);
	assert_false(rig.l2.guard.blocked);
	assert_int_equal(rig_count(&rig, FX_SEND, BATADV_BCAST), 1);
	assert_null(tt_local_find(&rig.l2, (struct mac){{0xba, 0xbe, 1, 2, 3, 4}}, 0));
	/* An ordinary ARP reply with one address. */
	len = claim(frame, sizeof(frame), BATADV_CLAIM, client(4), client(4), 0);
	frame[14 + 14] = 10;
	rig_payload(&rig, PORT_CLOUD, frame, len);
	assert_false(rig.l2.guard.blocked);
	assert_int_equal(rig_count(&rig, FX_SEND, BATADV_BCAST), 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(batman_is_not_carried_by_batman),
		T(what_bridges_keep_for_themselves),
		T(sources_that_cannot_be),
		T(a_foreign_claim_blocks_the_lan),
		T(claims_that_go_on_keep_it_blocked),
		T(clients_of_a_blocked_lan_are_withdrawn),
		T(what_is_no_foreign_claim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
