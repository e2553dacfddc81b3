/* Proves that l2_forward gives the right verdict, to the byte, and that what it leaves to the
 * engine goes right. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "cmocka_all.h"
#include "l2_rig.h"

/*
 *   LAN -- us --port 0 (1532)-- near (client 10, 11 in VLAN 5) -- far (client 20)
 *             \-port 1 (1500)-- side (client 30)
 */
static struct rig rig;
static struct rig_peer near, far, side;

static struct mac client(uint8_t n)
{
	return rig_mac(KIND_CLIENT, n);
}

static int setup(void **state)
{
	(void)state;
	rig_init(&rig, NULL);
	rig_port(&rig, 0, 1532, false);
	rig_port(&rig, 1, 1500, false);
	near = (struct rig_peer){.port = 0, .mac = rig_mac(KIND_PEER, 1), .seqno = 100, .ttvn = 1};
	near.client[0] = (struct rig_client){client(10), 0};
	near.client[1] = (struct rig_client){client(11), 0x8005};
	near.clients = 2;
	far = (struct rig_peer){
		.port = 0, .mac = rig_mac(KIND_PEER, 2), .via = &near, .seqno = 900, .ttvn = 1};
	far.client[0] = (struct rig_client){client(20), 0};
	far.clients = 1;
	side = (struct rig_peer){.port = 1, .mac = rig_mac(KIND_PEER, 3), .seqno = 500, .ttvn = 1};
	side.client[0] = (struct rig_client){client(30), 0};
	side.clients = 1;
	rig_client(&rig, CLIENT_SEEN, client(1), 0);
	rig_client(&rig, CLIENT_SEEN, client(2), 0x8005);
	rig_client(&rig, CLIENT_PERMANENT, client(3), 0);
	rig_meet(&rig, &near, 8);
	rig_meet(&rig, &side, 8);
	rig_meet(&rig, &far, 3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_fini(&rig);
	return 0;
}

static struct verdict ask_lan(size_t len, struct mac dst, struct mac src, uint16_t vid)
{
	uint8_t frame[2048];
	struct verdict v;

	rig_client_frame(frame, len, dst, src, vid, 0x55);
	l2_forward(&rig.l2, PORT_CLOUD, frame, len, len, &v);
	return v;
}

/* The client has spoken for longer than 3 intervals: plain UNICAST is due. */
static void grow_old(uint8_t n, uint16_t vid)
{
	uint8_t frame[64];

	rig_client_frame(frame, sizeof(frame), client(10), client(n), vid, 0);
	rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
	rig_clear(&rig);
}

static void expect_head(const struct verdict *v, const uint8_t *head, size_t len)
{
	assert_int_equal(v->kind, VERDICT_SEND);
	assert_int_equal(v->head_len, len);
	assert_memory_equal(v->head, head, len);
}

static void unicast_to_a_known_client(void **state)
{
	static const uint8_t head[] = {
		0x02, 0,  0,  0, 0xbb, 1, 0x02, 0, 0,	 0, 0xaa, 0, 0x43, 0x05, /* Ethernet */
		0x40, 15, 50, 1, 0x02, 0, 0,	0, 0xbb, 1,			 /* UNICAST */
	};
	(void)state;
	grow_old(1, 0);
	struct verdict v = ask_lan(100, client(10), client(1), 0);

	expect_head(&v, head, sizeof(head));
	assert_int_equal(v.port, 0);
	assert_int_equal(v.strip, 0);
	assert_ptr_equal(v.client, tt_local_find(&rig.l2, client(1), 0));
}

static void unicast_over_a_next_hop(void **state)
{
	static const uint8_t head[] = {
		0x02, 0,    0,	0,  0xbb, 1,	0x02, 0, 0, 0,	  0xaa, 0, 0x43,
		0x05, 0x40, 15, 50, 1,	  0x02, 0,    0, 0, 0xbb, 2, /* dest is far, the next hop
									near */
	};
	(void)state;
	grow_old(1, 0);
	struct verdict v = ask_lan(100, client(20), client(1), 0);

	expect_head(&v, head, sizeof(head));
}

/* A node starts anew under another port's name: what is left of the old name says nothing
 * of clients, and nobody would ever withdraw them. */
static void an_old_name_loses_its_clients(void **state)
{
	(void)state;
	rig_meet(&rig, &near, 1);
	near.mute_tt = true;
	rig_meet(&rig, &near, TT_UNTOLD_S - 1);
	assert_int_equal(ask_lan(100, client(10), client(1), 0).kind, VERDICT_SEND);
	rig_meet(&rig, &near, 3);
	assert_int_equal(ask_lan(100, client(10), client(1), 0).kind, VERDICT_UP);
}

static void a_vlan_is_a_world_of_its_own(void **state)
{
	(void)state;
	grow_old(2, 0x8005);
	assert_int_equal(ask_lan(100, client(11), client(2), 0x8005).kind, VERDICT_SEND);
	assert_int_equal(ask_lan(100, client(10), client(2), 0x8005).kind, VERDICT_UP);
	assert_int_equal(ask_lan(100, client(11), client(1), 0).kind, VERDICT_UP);
}

static void a_new_client_introduces_itself(void **state)
{
	static const uint8_t head[] = {
		0x02, 0, 0,    0, 0xbb, 1, 0x02, 0, 0,	  0, 0xaa, 0, 0x43, 0x05, 0x42, 15,
		50,   1, 0x02, 0, 0,	0, 0xbb, 1, 0x02, 0, 0,	   0, 0xaa, 0,	  1,	0,
	};
	(void)state;
	rig_client(&rig, CLIENT_SEEN, client(4), 0);
	struct verdict v = ask_lan(100, client(10), client(4), 0);

	expect_head(&v, head, sizeof(head));
	/* Announced meanwhile, but not for 3 intervals yet. */
	rig_run(&rig, span_ms(1500));
	grow_old(4, 0);
	expect_head((v = ask_lan(100, client(10), client(4), 0), &v), head, sizeof(head));
	rig_run(&rig, span_ms(2000));
	grow_old(4, 0);
	assert_int_equal(ask_lan(100, client(10), client(4), 0).head[14], BATADV_UNICAST);
}

static void lan_cases(void **state)
{
	static const struct {
		const char *what;
		uint8_t dst, src;
		uint16_t vid;
		size_t len;
		enum verdict_kind kind;
	} cases[] = {
		{"fits the port with 1532 to the byte", 10, 1, 0, 1532 - 10, VERDICT_SEND},
		{"one byte too long", 10, 1, 0, 1532 - 10 + 1, VERDICT_UP},
		{"fits the port with 1500", 30, 1, 0, 1500 - 10, VERDICT_SEND},
		{"a byte too long for it", 30, 1, 0, 1500 - 10 + 1, VERDICT_UP},
		{"unknown source", 10, 9, 0, 100, VERDICT_UP},
		{"unknown destination", 99, 1, 0, 100, VERDICT_UP},
		{"the bridge delivers to a client here", 3, 1, 0, 100, VERDICT_DROP},
		{"source known in another VLAN only", 10, 2, 0, 100, VERDICT_UP},
		{"shorter than an Ethernet header", 10, 1, 0, 13, VERDICT_UP},
	};
	uint8_t frame[2048];

	(void)state;
	grow_old(1, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct verdict v;

		rig_client_frame(frame, sizeof(frame), client(cases[i].dst), client(cases[i].src),
				 cases[i].vid, 1);
		l2_forward(&rig.l2, PORT_CLOUD, frame, cases[i].len, cases[i].len, &v);
		if (v.kind != cases[i].kind)
			fail_msg("%s: verdict %d", cases[i].what, v.kind);
	}
}

static void lan_frames_that_need_the_engine(void **state)
{
	static const struct {
		const char *what;
		uint8_t dst[6];
		uint16_t type;
	} cases[] = {
		{"broadcast", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 0x0800},
		{"multicast", {0x01, 0, 0x5e, 0, 0, 1}, 0x0800},
		{"spanning tree", {0x01, 0x80, 0xc2, 0, 0, 0}, 0x0027},
		{"ARP to a known client: it may be a claim", {2, 0, 0, 0, KIND_CLIENT, 10}, 0x0806},
		{"batman in batman", {2, 0, 0, 0, KIND_CLIENT, 10}, 0x4305},
		{"an open tag", {2, 0, 0, 0, KIND_CLIENT, 10}, 0x8100},
	};
	uint8_t frame[16];

	(void)state;
	grow_old(1, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct wr w = wr_over(frame, sizeof(frame));
		struct verdict v;

		ethernet_write(&w, mac_from(cases[i].dst), client(1), cases[i].type);
		wr_zero(&w, 2);
		l2_forward(&rig.l2, PORT_CLOUD, frame, sizeof(frame), sizeof(frame), &v);
		if (v.kind != VERDICT_UP)
			fail_msg("%s: verdict %d", cases[i].what, v.kind);
	}
}

/* A GSO super-frame: 64 KB are there, the longest segment counts. */
static void a_super_frame_is_judged_by_its_segments(void **state)
{
	static uint8_t frame[65536];
	struct verdict v;

	(void)state;
	grow_old(1, 0);
	rig_client_frame(frame, sizeof(frame), client(10), client(1), 0, 1);
	l2_forward(&rig.l2, PORT_CLOUD, frame, sizeof(frame), 1514, &v);
	assert_int_equal(v.kind, VERDICT_SEND);
	l2_forward(&rig.l2, PORT_CLOUD, frame, sizeof(frame), 1532, &v);
	assert_int_equal(v.kind, VERDICT_UP);
}

/* ---- from the mesh ---- */

struct mesh_case {
	const char *what;
	uint8_t port;
	struct mac from;
	struct mac to;
	struct batadv_unicast u;
	struct mac dst;
	size_t len; /* of the client's frame */
	enum verdict_kind kind;
};

static struct batadv_unicast uni(uint8_t ttl, uint8_t ttvn, struct mac dest)
{
	return (struct batadv_unicast){.ttl = ttl, .ttvn = ttvn, .dest = dest};
}

static struct batadv_unicast uni4(uint8_t ttl, uint8_t ttvn, struct mac dest, struct mac src,
				  uint8_t subtype)
{
	struct batadv_unicast u = uni(ttl, ttvn, dest);

	u.has_src = true;
	u.src = src;
	u.subtype = subtype;
	return u;
}

static size_t mesh_frame(uint8_t *frame, size_t room, const struct mesh_case *c)
{
	struct wr w = wr_over(frame, room);
	uint8_t inner[2048];

	ethernet_write(&w, c->to, c->from, ETHERTYPE_BATADV);
	batadv_unicast_write(&w, &c->u);
	rig_client_frame(inner, c->len, c->dst, client(10), 0, 0x77);
	wr_bytes(&w, inner, c->len);
	assert_false(w.bad);
	return wr_len(&w);
}

static struct verdict ask_mesh(const struct mesh_case *c)
{
	uint8_t frame[4096];
	size_t len = mesh_frame(frame, sizeof(frame), c);
	struct verdict v;

	l2_forward(&rig.l2, c->port, frame, len, len, &v);
	return v;
}

static void expect_verdicts(const struct mesh_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct verdict v = ask_mesh(&cases[i]);

		if (v.kind != cases[i].kind)
			fail_msg("%s: verdict %d", cases[i].what, v.kind);
		if (v.kind == VERDICT_DELIVER && v.strip != 14 + (cases[i].u.has_src ? 18 : 10))
			fail_msg("%s: strips %d", cases[i].what, v.strip);
	}
}

static void mesh_cases(void **state)
{
	struct mac us = rig_mac(KIND_US, 0), us1 = rig_mac(KIND_US, 1);
	uint8_t ours = rig.l2.local.ttvn;
	struct mac n = near.mac, s = side.mac, f = far.mac;
	struct mac nobody = {{2, 9}};
	uint8_t old = (uint8_t)(ours - 1);
	const struct mesh_case cases[] = {
		{"for a client here", 0, n, us, uni(50, ours, us), client(1), 60, VERDICT_DELIVER},
		{"our other port's MAC", 0, n, us, uni(50, ours, us1), client(1), 60,
		 VERDICT_DELIVER},
		{"by a port that is not primary", 1, s, us1, uni(50, ours, us), client(1), 60,
		 VERDICT_DELIVER},
		{"old version, client here", 0, n, us, uni(50, old, us), client(1), 60,
		 VERDICT_DELIVER},
		{"old version, client not here", 0, n, us, uni(50, old, us), client(99), 60,
		 VERDICT_UP},
		{"current version: the LAN may know", 0, n, us, uni(50, ours, us), client(99), 60,
		 VERDICT_DELIVER},
		{"last ttl is enough for us", 0, n, us, uni(1, ours, us), client(1), 60,
		 VERDICT_DELIVER},
		{"multicast inside",
		 0,
		 n,
		 us,
		 uni(50, ours, us),
		 {{1, 0, 0x5e, 0, 0, 1}},
		 60,
		 VERDICT_UP},
		{"on to a neighbour", 0, n, us, uni(50, 1, s), client(30), 60, VERDICT_SEND},
		{"on, and back where it came from", 0, n, us, uni(50, 1, f), client(20), 60,
		 VERDICT_SEND},
		{"on, old version", 0, n, us, uni(50, 0, s), client(30), 60, VERDICT_UP},
		{"on, newer version", 0, n, us, uni(50, 2, s), client(30), 60, VERDICT_SEND},
		{"on, ttl used up", 0, n, us, uni(1, 1, s), client(30), 60, VERDICT_DROP},
		{"on, ttl just enough", 0, n, us, uni(2, 1, s), client(30), 60, VERDICT_SEND},
		{"to a node that nobody knows", 0, n, us, uni(50, 1, nobody), client(30), 60,
		 VERDICT_UP},
		{"fits the next port", 0, n, us, uni(50, 1, s), client(30), 1490, VERDICT_SEND},
		{"does not fit the next port", 0, n, us, uni(50, 1, s), client(30), 1491,
		 VERDICT_UP},
		{"addressed to another port of ours", 0, n, us1, uni(50, ours, us), client(1), 60,
		 VERDICT_UP},
		{"addressed to a stranger", 0, n, f, uni(50, ours, us), client(1), 60, VERDICT_UP},
		{"from a multicast address",
		 0,
		 {{1, 2}},
		 us,
		 uni(50, ours, us),
		 client(1),
		 60,
		 VERDICT_UP},
		{"from our own address", 0, us1, us, uni(50, ours, us), client(1), 60, VERDICT_UP},
		{"on a port that is down", 2, n, us, uni(50, ours, us), client(1), 60, VERDICT_UP},
		{"on a port that cannot be", 200, n, us, uni(50, ours, us), client(1), 60,
		 VERDICT_UP},
	};

	(void)state;
	expect_verdicts(cases, sizeof(cases) / sizeof(*cases));
}

static void mesh_cases_with_a_source(void **state)
{
	struct mac us = rig_mac(KIND_US, 0);
	uint8_t ours = rig.l2.local.ttvn;
	struct mac n = near.mac, s = side.mac, f = far.mac;
	const struct mesh_case cases[] = {
		{"4ADDR, client known there", 0, n, us, uni4(50, ours, us, n, 1), client(1), 60,
		 VERDICT_DELIVER},
		{"4ADDR, client known elsewhere", 0, n, us, uni4(50, ours, us, f, 1), client(1), 60,
		 VERDICT_UP},
		{"4ADDR of the ARP table", 0, n, us, uni4(50, ours, us, n, 2), client(1), 60,
		 VERDICT_UP},
		{"4ADDR on", 0, n, us, uni4(50, 1, s, n, 1), client(30), 60, VERDICT_SEND},
	};

	(void)state;
	expect_verdicts(cases, sizeof(cases) / sizeof(*cases));
}

static void a_frame_passed_on_changes_in_ttl_only(void **state)
{
	static const uint8_t head[] = {0x02, 0,	   0, 0,    0xbb, 3,	0x02, 0, 0,
				       0,    0xaa, 1, 0x43, 0x05, 0x40, 15,   6};
	struct mesh_case c = {.from = near.mac,
			      .to = rig_mac(KIND_US, 0),
			      .u = uni(7, 1, side.mac),
			      .dst = client(30),
			      .len = 60};
	uint8_t frame[256];
	size_t len = mesh_frame(frame, sizeof(frame), &c);

	(void)state;
	struct verdict v = rig_payload(&rig, 0, frame, len);
	expect_head(&v, head, sizeof(head));
	const struct rig_frame *out = rig_kept(&rig, FX_SEND, BATADV_UNICAST, 0);
	assert_non_null(out);
	assert_int_equal(out->port, 1);
	assert_int_equal(out->len, len);
	assert_memory_equal(out->bytes, head, sizeof(head));
	assert_memory_equal(out->bytes + sizeof(head), frame + sizeof(head), len - sizeof(head));
	assert_int_equal(rig.l2.count.forward, 1);
}

/* ---- what the engine does with the rest ---- */

static void an_old_version_is_sent_after_the_client(void **state)
{
	struct mesh_case c = {.from = side.mac,
			      .to = rig_mac(KIND_US, 1),
			      .port = 1,
			      .u = uni(9, (uint8_t)(rig.l2.local.ttvn - 1), rig_mac(KIND_US, 0)),
			      .dst = client(20),
			      .len = 80};
	uint8_t frame[256];
	size_t len = mesh_frame(frame, sizeof(frame), &c);
	struct batadv_unicast u;

	(void)state;
	assert_int_equal(rig_payload(&rig, 1, frame, len).kind, VERDICT_UP);
	const struct rig_frame *out = rig_kept(&rig, FX_SEND, BATADV_UNICAST, 0);
	assert_non_null(out);
	assert_int_equal(out->port, 0);
	assert_int_equal(batadv_unicast_parse(out->bytes + 14, out->len - 14, &u), OK);
	assert_true(mac_equal(u.dest, far.mac));
	assert_int_equal(u.ttvn, 1);
	assert_int_equal(u.ttl, 8);
	assert_memory_equal(u.frame, frame + 24, 80);
	assert_int_equal(rig.l2.count.tt_reroute, 1);
}

static void an_old_version_for_nobody_is_dropped(void **state)
{
	struct mesh_case c = {.from = near.mac,
			      .to = rig_mac(KIND_US, 0),
			      .u = uni(9, (uint8_t)(rig.l2.local.ttvn - 1), rig_mac(KIND_US, 0)),
			      .dst = client(99),
			      .len = 80};
	uint8_t frame[256];
	uint64_t before = rig.l2.count.dropped[ERR_UNKNOWN];

	(void)state;
	rig_payload(&rig, 0, frame, mesh_frame(frame, sizeof(frame), &c));
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_UNKNOWN], before + 1);
}

/* The kernel drops it; our neighbour's client has not moved. */
static void an_old_version_on_its_right_way_goes_on(void **state)
{
	struct mesh_case c = {.from = near.mac,
			      .to = rig_mac(KIND_US, 0),
			      .u = uni(9, 0, side.mac),
			      .dst = client(30),
			      .len = 80};
	uint8_t frame[256];

	(void)state;
	rig_payload(&rig, 0, frame, mesh_frame(frame, sizeof(frame), &c));
	const struct rig_frame *out = rig_kept(&rig, FX_SEND, BATADV_UNICAST, 0);
	assert_non_null(out);
	assert_int_equal(out->bytes[14 + 2], 8); /* ttl */
	assert_int_equal(out->bytes[14 + 3], 1); /* ttvn */
}

/* Our client went to far, which said so by ROAM: its frames follow at once. */
static void a_roamed_client_is_followed_before_the_announcement(void **state)
{
	uint8_t tvlv[16], packet[64], frame[256];
	struct wr t = wr_over(tvlv, sizeof(tvlv)), w = wr_over(packet, sizeof(packet));
	struct batadv_utvlv adv = {.ttl = 50,
				   .dst = rig_mac(KIND_US, 0),
				   .src = far.mac,
				   .tvlv = tvlv,
				   .tvlv_len = 12};
	struct mesh_case c = {.from = side.mac,
			      .to = rig_mac(KIND_US, 1),
			      .port = 1,
			      .u = uni(9, rig.l2.local.ttvn, rig_mac(KIND_US, 0)),
			      .dst = client(1),
			      .len = 80};

	(void)state;
	batadv_tvlv_write(&t, TVLV_ROAM, 1, 8);
	batadv_roam_write(&t, (struct batadv_roam){client(1), 0});
	batadv_utvlv_write(&w, &adv);
	rig_packet(&rig, 0, near.mac, false, packet, wr_len(&w));
	rig_clear(&rig);
	for (int round = 0; round < 2; round++) {
		rig_payload(&rig, 1, frame, mesh_frame(frame, sizeof(frame), &c));
		const struct rig_frame *out = rig_kept(&rig, FX_SEND, BATADV_UNICAST, 0);
		assert_non_null(out);
		assert_memory_equal(out->bytes + 14 + 4, far.mac.b, 6);
		/* Then our own table has committed the loss. */
		rig_run(&rig, span_ms(1500));
		rig_clear(&rig);
	}
}

static void a_stranger_behind_4addr_is_learnt(void **state)
{
	struct mesh_case c = {.from = near.mac,
			      .to = rig_mac(KIND_US, 0),
			      .u = {.ttl = 9,
				    .ttvn = rig.l2.local.ttvn,
				    .dest = rig_mac(KIND_US, 0),
				    .has_src = true,
				    .src = far.mac},
			      .dst = client(1),
			      .len = 80};
	uint8_t frame[256];
	size_t len;

	(void)state;
	/* The client of near, which mesh_frame puts in, is announced: nothing to learn. */
	for (uint8_t subtype = 1; subtype <= 4; subtype++) {
		c.u.subtype = subtype;
		len = mesh_frame(frame, sizeof(frame), &c);
		memcpy(frame + 14 + 18 + 6, client(70 + subtype).b, 6);
		rig_payload(&rig, 0, frame, len);
		assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 1);
		bool learnt = tt_global_find(&rig.l2, client(70 + subtype), 0) != NULL;
		assert_int_equal(learnt, subtype == BATADV_4ADDR_DATA);
		rig_clear(&rig);
	}
	assert_true(tt_global_find(&rig.l2, client(71), 0)->temporary);
	/* Learnt: the next one takes the fast way. */
	c.u.subtype = BATADV_4ADDR_DATA;
	len = mesh_frame(frame, sizeof(frame), &c);
	memcpy(frame + 14 + 18 + 6, client(71).b, 6);
	assert_int_equal(rig_payload(&rig, 0, frame, len).kind, VERDICT_DELIVER);
	/* What an ARP table says to nobody here is not for the LAN. */
	rig_clear(&rig);
	c.dst = client(99);
	for (c.u.subtype = 3; c.u.subtype <= 4; c.u.subtype++) {
		rig_payload(&rig, 0, frame, mesh_frame(frame, sizeof(frame), &c));
		assert_int_equal(rig.count, 0);
	}
}

/* Another node answers ARP for our client, in its name: the bridge would learn that
 * it is in the mesh. */
static void an_answer_in_the_name_of_our_client(void **state)
{
	static const uint16_t type[] = {ETHERTYPE_IPV4, ETHERTYPE_ARP};
	struct mesh_case c = {.from = near.mac,
			      .to = rig_mac(KIND_US, 0),
			      .u = uni(9, rig.l2.local.ttvn, rig_mac(KIND_US, 0)),
			      .dst = client(3),
			      .len = 60};
	uint8_t frame[256];

	(void)state;
	for (int i = 0; i < 2; i++) {
		size_t len = mesh_frame(frame, sizeof(frame), &c);

		memcpy(frame + 24 + 6, client(1).b, 6);
		frame[24 + 12] = (uint8_t)(type[i] >> 8);
		frame[24 + 13] = (uint8_t)type[i];
		rig_payload(&rig, 0, frame, len);
		assert_int_equal(rig_count(&rig, FX_DELIVER, -1), 1);
	}
	assert_int_equal(rig.l2.count.dropped[ERR_OWN], 1);
}

static void packets_that_are_refused(void **state)
{
	struct mac us = rig_mac(KIND_US, 0);
	const struct {
		const char *what;
		enum err err;
		bool broadcast;
		struct mac src;
		uint8_t packet[20];
		size_t len;
	} cases[] = {
		{"nothing", ERR_SHORT, true, near.mac, {0}, 0},
		{"another version", ERR_VERSION, true, near.mac, {0, 14}, 20},
		{"reserved type", ERR_UNKNOWN, true, near.mac, {0x80, 15}, 20},
		{"network coding", ERR_UNKNOWN, true, near.mac, {2, 15}, 20},
		{"BATMAN_V", ERR_UNKNOWN, true, near.mac, {4, 15}, 20},
		{"unknown broadcast type", ERR_UNKNOWN, true, near.mac, {0x3f, 15}, 20},
		{"OGM to us alone", ERR_MALFORMED, false, near.mac, {0, 15}, 20},
		{"unicast to everybody", ERR_UNKNOWN, true, near.mac, {0x40, 15}, 20},
		{"from ourselves", ERR_OWN, false, us, {0x40, 15}, 20},
		{"from a group", ERR_MALFORMED, false, {{3}}, {0x40, 15}, 20},
		{"half a header", ERR_SHORT, false, near.mac, {0x40, 15, 50}, 8},
		{"unknown routed type for us",
		 ERR_UNKNOWN,
		 false,
		 near.mac,
		 {0x55, 15, 50, 0, 2, 0, 0, 0, 0xaa, 0},
		 20},
		{"unknown routed type, no ttl",
		 ERR_TTL,
		 false,
		 near.mac,
		 {0x55, 15, 1, 0, 2, 0, 0, 0, 0xbb, 3},
		 20},
		{"unknown routed type to nobody",
		 ERR_NO_ROUTE,
		 false,
		 near.mac,
		 {0x55, 15, 9, 0, 2, 0, 0, 0, 0xbb, 99},
		 20},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t before[ERR_COUNT];

		memcpy(before, rig.l2.count.dropped, sizeof(before));
		rig_packet(&rig, 0, cases[i].src, cases[i].broadcast, cases[i].packet,
			   cases[i].len);
		for (int e = 1; e < ERR_COUNT; e++) {
			uint64_t more = rig.l2.count.dropped[e] - before[e];

			if (more != (e == (int)cases[i].err))
				fail_msg("%s: %s counted %d times", cases[i].what,
					 err_name((enum err)e), (int)more);
		}
		if (rig.count != 0)
			fail_msg("%s: something left", cases[i].what);
	}
}

static void an_unknown_routed_type_is_passed_on(void **state)
{
	static const uint8_t in[] = {0x7f, 15, 9, 0xee, 2, 0, 0, 0, 0xbb, 3, 1, 2, 3, 4, 5};
	uint8_t expected[sizeof(in)];

	(void)state;
	memcpy(expected, in, sizeof(in));
	expected[2] = 8;
	rig_packet(&rig, 0, near.mac, false, in, sizeof(in));
	const struct rig_frame *out = rig_kept(&rig, FX_SEND, 0x7f, 0);
	assert_non_null(out);
	assert_int_equal(out->port, 1);
	assert_memory_equal(out->bytes, side.mac.b, 6);
	assert_int_equal(out->len, 14 + sizeof(in));
	assert_memory_equal(out->bytes + 14, expected, sizeof(in));
	assert_int_equal(rig.l2.count.unknown_type, 1);
}

/* The fast path and the engine must agree: what goes by the one may go by the other. */
static void the_engine_gives_the_same_frame(void **state)
{
	uint8_t frame[200];

	(void)state;
	grow_old(1, 0);
	rig_client_frame(frame, sizeof(frame), client(20), client(1), 0, 9);
	rig_payload(&rig, PORT_CLOUD, frame, sizeof(frame));
	rig_frame(&rig, PORT_CLOUD, frame, sizeof(frame));
	const struct rig_frame *fast = rig_kept(&rig, FX_SEND, -1, 0);
	const struct rig_frame *slow = rig_kept(&rig, FX_SEND, -1, 1);
	assert_non_null(fast);
	assert_non_null(slow);
	assert_int_equal(fast->len, slow->len);
	assert_memory_equal(fast->bytes, slow->bytes, fast->len);
}

/* Every frame of 60 random bytes after a plausible header: nothing to crash on, and
 * the engine's tables are not touched by asking. */
static void asking_changes_nothing(void **state)
{
	uint32_t x = 12345;
	uint8_t frame[80];
	struct l2_counters before = rig.l2.count;
	struct verdict v;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(frame); i++) {
			x = x * 1103515245 + 12345;
			frame[i] = (uint8_t)(x >> 16);
		}
		if (round % 2) {
			memcpy(frame, rig_mac(KIND_US, 0).b, 6);
			memcpy(frame + 12, "\x43\x05\x40\x0f", 4);
			if (round % 4 == 1)
				memcpy(frame + 18, side.mac.b, 6);
		}
		l2_forward(&rig.l2, round % 3 ? 0 : PORT_CLOUD, frame, x % sizeof(frame),
			   sizeof(frame), &v);
		assert_true(v.kind <= VERDICT_DELIVER && v.head_len <= VERDICT_HEAD_MAX);
	}
	assert_memory_equal(&before, &rig.l2.count, sizeof(before));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(unicast_to_a_known_client),
		T(unicast_over_a_next_hop),
		T(an_old_name_loses_its_clients),
		T(a_vlan_is_a_world_of_its_own),
		T(a_new_client_introduces_itself),
		T(lan_cases),
		T(lan_frames_that_need_the_engine),
		T(a_super_frame_is_judged_by_its_segments),
		T(mesh_cases),
		T(mesh_cases_with_a_source),
		T(a_frame_passed_on_changes_in_ttl_only),
		T(an_old_version_is_sent_after_the_client),
		T(an_old_version_for_nobody_is_dropped),
		T(an_old_version_on_its_right_way_goes_on),
		T(a_roamed_client_is_followed_before_the_announcement),
		T(a_stranger_behind_4addr_is_learnt),
		T(an_answer_in_the_name_of_our_client),
		T(packets_that_are_refused),
		T(an_unknown_routed_type_is_passed_on),
		T(the_engine_gives_the_same_frame),
		T(asking_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
