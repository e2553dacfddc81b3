/* Proves that batman-adv packets are laid out as specified and that bad ones are refused unread. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "cmocka_all.h"
#include "wire/batadv.h"
#include "wire/ethernet.h"

static const struct mac a = {{0x02, 0xba, 0, 0, 1, 1}};
static const struct mac b = {{0x02, 0xba, 0, 0, 2, 1}};
static const uint8_t inner[] = {2, 0xba, 0xcc, 0, 0, 1, 2, 0xba, 0xcc, 0, 0, 2, 8, 0, 'h', 'i'};
static const uint8_t containers[] = {4, 1, 0, 4, 1, 9, 0, 0, 2, 1, 0, 0};
static uint8_t record[96];

/* ---- parse and write again, one pair a packet type ---- */

static enum err ogm_again(const void *p, size_t len, struct wr *w)
{
	struct rd r = rd_over(p, len);
	struct batadv_ogm ogm;
	enum err e = batadv_ogm_parse(&r, &ogm);

	assert_ptr_equal(r.at, (const uint8_t *)p + (e == OK ? 24 + ogm.tvlv_len : 0));
	assert_false(r.bad);
	if (e == OK)
		batadv_ogm_write(w, &ogm);
	return e;
}

static enum err unicast_again(const void *p, size_t len, struct wr *w)
{
	struct batadv_unicast u;
	enum err e = batadv_unicast_parse(p, len, &u);

	if (e == OK) {
		batadv_unicast_write(w, &u);
		wr_bytes(w, u.frame, u.frame_len);
	}
	return e;
}

static enum err frag_again(const void *p, size_t len, struct wr *w)
{
	struct batadv_frag f;
	enum err e = batadv_frag_parse(p, len, &f);

	if (e == OK)
		batadv_frag_write(w, &f);
	return e;
}

static enum err icmp_again(const void *p, size_t len, struct wr *w)
{
	struct batadv_icmp i;
	enum err e = batadv_icmp_parse(p, len, &i);

	if (e == OK)
		batadv_icmp_write(w, &i);
	return e;
}

static enum err utvlv_again(const void *p, size_t len, struct wr *w)
{
	struct batadv_utvlv u;
	enum err e = batadv_utvlv_parse(p, len, &u);

	if (e == OK)
		batadv_utvlv_write(w, &u);
	return e;
}

static enum err bcast_again(const void *p, size_t len, struct wr *w)
{
	struct batadv_bcast c;
	enum err e = batadv_bcast_parse(p, len, &c);

	if (e == OK)
		batadv_bcast_write(w, &c);
	return e;
}

/* Each packet's bytes by hand from specs/batman-adv.md 2, and the least length
 * that its parser takes. */
#define MAC_A "\x02\xba\x00\x00\x01\x01"
#define MAC_B "\x02\xba\x00\x00\x02\x01"
#define FRAME "\x02\xba\xcc\x00\x00\x01\x02\xba\xcc\x00\x00\x02\x08\x00hi"
#define TVLVS "\x04\x01\x00\x04\x01\x09\x00\x00\x02\x01\x00\x00"
#define BYTES(s) s, sizeof(s) - 1

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	size_t least;
	enum err (*again)(const void *p, size_t len, struct wr *w);
} packets[] = {
	{"OGM", BYTES("\x00\x0f\x31\x05\x01\x02\x03\x04" MAC_A MAC_B "\x00\xc8\x00\x00"), 24,
	 ogm_again},
	{"OGM with TVLVs",
	 BYTES("\x00\x0f\x32\x00\xff\xff\xff\xff" MAC_A MAC_A "\x00\xff\x00\x0c" TVLVS), 36,
	 ogm_again},
	{"UNICAST", BYTES("\x40\x0f\x32\x07" MAC_B FRAME), 24, unicast_again},
	{"UNICAST_4ADDR", BYTES("\x42\x0f\x32\x07" MAC_B MAC_A "\x02\x00" FRAME), 32,
	 unicast_again},
	{"UNICAST_FRAG", BYTES("\x41\x0f\x32\xf6" MAC_B MAC_A "\x12\x34\x05\xdc" FRAME), 21,
	 frag_again},
	{"ICMP", BYTES("\x43\x0f\x32\x08" MAC_B MAC_A "\x07\x00\x00\x09"), 20, icmp_again},
	{"UNICAST_TVLV", BYTES("\x44\x0f\x32\x00" MAC_B MAC_A "\x00\x0c\x00\x00" TVLVS), 32,
	 utvlv_again},
	{"BCAST", BYTES("\x01\x0f\x31\x00\x80\x00\x00\x01" MAC_A FRAME), 28, bcast_again},
};

enum { PACKETS = sizeof(packets) / sizeof(packets[0]) };

static void test_round_trips(void **state)
{
	(void)state;
	for (size_t i = 0; i < PACKETS; i++) {
		uint8_t bytes[100];
		struct wr w = wr_over(bytes, sizeof(bytes));

		assert_int_equal(packets[i].again(packets[i].bytes, packets[i].len, &w), OK);
		assert_false(w.bad);
		assert_int_equal(wr_len(&w), packets[i].len);
		assert_memory_equal(bytes, packets[i].bytes, packets[i].len);
	}
}

/* The copies end where their memory ends, so that ASan sees a read too far. */
static void test_every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < PACKETS; i++) {
		for (size_t len = 0; len <= packets[i].len; len++) {
			uint8_t bytes[100], *copy = malloc(len + 1);
			struct wr w = wr_over(bytes, sizeof(bytes));

			memcpy(copy + 1, packets[i].bytes, len);
			assert_int_equal(packets[i].again(copy + 1, len, &w),
					 len < packets[i].least ? ERR_SHORT : OK);
			free(copy);
		}
	}
}

/* No parser takes another version, another's type, or a type that is none. */
static void test_version_and_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < PACKETS; i++) {
		for (unsigned value = 0; value < 256; value++) {
			uint8_t bytes[100], out[100];
			struct wr w = wr_over(out, sizeof(out));
			uint8_t type = (uint8_t)packets[i].bytes[0];
			bool unicast = packets[i].again == unicast_again;
			enum err e;

			memcpy(bytes, packets[i].bytes, packets[i].len);
			bytes[1] = (uint8_t)value;
			e = packets[i].again(bytes, packets[i].len, &w);
			assert_int_equal(e, value == 15 ? OK : ERR_VERSION);
			bytes[1] = 15;
			bytes[0] = (uint8_t)value;
			if (value == type || (unicast && (value == 0x40 || value == 0x42)))
				continue;
			e = packets[i].again(bytes, packets[i].len, &w);
			assert_int_equal(e, ERR_MALFORMED);
		}
	}
}

/* ---- fields, each in its place ---- */

static void test_ogm_fields(void **state)
{
	struct rd r = rd_over(packets[0].bytes, packets[0].len);
	struct batadv_ogm ogm;

	(void)state;
	assert_int_equal(batadv_ogm_parse(&r, &ogm), OK);
	assert_int_equal(ogm.ttl, 49);
	assert_int_equal(ogm.flags, OGM_DIRECTLINK | OGM_NOT_BEST_NEXT_HOP);
	assert_int_equal(ogm.seqno, 0x01020304);
	assert_true(mac_equal(ogm.orig, a));
	assert_true(mac_equal(ogm.prev_sender, b));
	assert_int_equal(ogm.tq, 200);
	assert_int_equal(ogm.tvlv_len, 0);
}

static void test_unicast_fields(void **state)
{
	struct batadv_unicast u;

	(void)state;
	assert_int_equal(batadv_unicast_parse(packets[2].bytes, packets[2].len, &u), OK);
	assert_int_equal(u.ttl, 50);
	assert_int_equal(u.ttvn, 7);
	assert_true(mac_equal(u.dest, b));
	assert_false(u.has_src);
	assert_int_equal(u.frame_len, sizeof(inner));
	assert_memory_equal(u.frame, inner, sizeof(inner));
	assert_int_equal(batadv_unicast_parse(packets[3].bytes, packets[3].len, &u), OK);
	assert_true(u.has_src);
	assert_true(mac_equal(u.src, a));
	assert_int_equal(u.subtype, BATADV_4ADDR_DHT_GET);
	assert_memory_equal(u.frame, inner, sizeof(inner));
}

static void test_frag_fields(void **state)
{
	struct batadv_frag f;
	uint8_t bytes[40];

	(void)state;
	assert_int_equal(batadv_frag_parse(packets[4].bytes, packets[4].len, &f), OK);
	assert_int_equal(f.no, 15);
	assert_int_equal(f.prio, 3);
	assert_true(mac_equal(f.dest, b));
	assert_true(mac_equal(f.orig, a));
	assert_int_equal(f.seqno, 0x1234);
	assert_int_equal(f.total_size, 1500);
	assert_int_equal(f.piece_len, sizeof(inner));
	/* A piece that is larger than the whole cannot be. */
	memcpy(bytes, packets[4].bytes, packets[4].len);
	bytes[18] = 0;
	bytes[19] = sizeof(inner);
	assert_int_equal(batadv_frag_parse(bytes, packets[4].len, &f), OK);
	bytes[19]--;
	assert_int_equal(batadv_frag_parse(bytes, packets[4].len, &f), ERR_MALFORMED);
}

static void test_utvlv_and_bcast_fields(void **state)
{
	struct batadv_utvlv u;
	struct batadv_bcast c;

	(void)state;
	assert_int_equal(batadv_utvlv_parse(packets[6].bytes, packets[6].len, &u), OK);
	assert_int_equal(u.ttl, 50);
	assert_true(mac_equal(u.dst, b));
	assert_true(mac_equal(u.src, a));
	assert_int_equal(u.tvlv_len, sizeof(containers));
	assert_memory_equal(u.tvlv, containers, sizeof(containers));
	assert_int_equal(batadv_bcast_parse(packets[7].bytes, packets[7].len, &c), OK);
	assert_int_equal(c.ttl, 49);
	assert_int_equal(c.seqno, 0x80000001);
	assert_true(mac_equal(c.orig, a));
	assert_int_equal(c.frame_len, sizeof(inner));
}

/* ---- OGM aggregates ---- */

static unsigned ogm_count(const uint8_t *bytes, size_t len, enum err *stop)
{
	struct rd r = rd_over(bytes, len);
	struct batadv_ogm ogm;
	unsigned n = 0;

	while ((*stop = batadv_ogm_parse(&r, &ogm)) == OK)
		n++;
	return n;
}

static void test_aggregate(void **state)
{
	uint8_t bytes[200] = {0};
	struct wr w = wr_over(bytes, sizeof(bytes));
	enum err stop;

	(void)state;
	wr_bytes(&w, packets[1].bytes, packets[1].len);
	wr_bytes(&w, packets[0].bytes, packets[0].len);
	wr_bytes(&w, packets[1].bytes, packets[1].len);
	size_t len = wr_len(&w);
	assert_int_equal(ogm_count(bytes, len, &stop), 3);
	assert_int_equal(stop, ERR_SHORT);
	/* Zeros of the Ethernet minimum behind it are no fourth. */
	assert_int_equal(ogm_count(bytes, len + 60, &stop), 3);
	assert_int_equal(stop, ERR_VERSION);
	/* The last member lacks its last byte. */
	assert_int_equal(ogm_count(bytes, len - 1, &stop), 2);
	assert_int_equal(stop, ERR_SHORT);
	/* What follows is of another type. */
	bytes[packets[1].len] = BATADV_BCAST;
	assert_int_equal(ogm_count(bytes, len, &stop), 1);
	assert_int_equal(stop, ERR_MALFORMED);
}

static void test_ogm_impossible_originator(void **state)
{
	static const struct mac impossible[] = {
		{{0, 0, 0, 0, 0, 0}},
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
		{{0x01, 0, 0x5e, 0, 0, 1}},
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		uint8_t bytes[24];
		enum err stop;

		memcpy(bytes, packets[0].bytes, sizeof(bytes));
		memcpy(bytes + 8, impossible[i].b, 6);
		assert_int_equal(ogm_count(bytes, sizeof(bytes), &stop), 0);
		assert_int_equal(stop, ERR_MALFORMED);
	}
}

/* ---- what all packets share ---- */

static void test_peek(void **state)
{
	uint8_t type = 0;

	(void)state;
	assert_int_equal(batadv_peek("\x43\x0f", 2, &type), OK);
	assert_int_equal(type, BATADV_ICMP);
	assert_int_equal(batadv_peek("\x43\x0f", 1, &type), ERR_SHORT);
	assert_int_equal(batadv_peek("\x43\x0f", 0, &type), ERR_SHORT);
	assert_int_equal(batadv_peek("\x43\x0e", 2, &type), ERR_VERSION);
}

/* Known types and unknown ones alike, but no others. */
static void test_routed(void **state)
{
	uint8_t bytes[11] = "\x00\x0f\x05\xff" MAC_B;
	struct batadv_routed h;

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		bytes[0] = (uint8_t)type;
		bool routed = type >= 0x40 && type <= 0x7f;
		assert_int_equal(batadv_routed_parse(bytes, 10, &h), routed ? OK : ERR_MALFORMED);
		if (!routed)
			continue;
		assert_int_equal(h.type, type);
		assert_int_equal(h.ttl, 5);
		assert_true(mac_equal(h.dest, b));
	}
	bytes[0] = 0x7f;
	for (size_t len = 0; len < 10; len++) {
		uint8_t *copy = malloc(len + 1);
		memcpy(copy + 1, bytes, len);
		assert_int_equal(batadv_routed_parse(copy + 1, len, &h), ERR_SHORT);
		free(copy);
	}
	bytes[1] = 14;
	assert_int_equal(batadv_routed_parse(bytes, 10, &h), ERR_VERSION);
}

/* ---- ICMP with a record of the route ---- */

static void test_icmp_record(void **state)
{
	static const struct {
		uint8_t msg_type;
		uint8_t rr_cur;
		size_t len;
		enum err err;
		bool recorded;
	} cases[] = {
		{BATADV_ECHO_REQUEST, 0, 116, OK, true},
		{BATADV_ECHO_REPLY, 16, 116, OK, true},
		{BATADV_ECHO_REQUEST, 17, 116, ERR_MALFORMED, false},
		{BATADV_ECHO_REQUEST, 17, 115, OK, false},
		{BATADV_ECHO_REQUEST, 3, 150, OK, true},
		{BATADV_THROUGHPUT, 0, 116, OK, false},
		{BATADV_TTL_EXCEEDED, 255, 116, OK, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(record); i++)
		record[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[150] = {0}, again[150];
		struct wr w = wr_over(bytes, sizeof(bytes)), v = wr_over(again, sizeof(again));
		struct batadv_icmp in = {50, cases[i].msg_type, b,  a,
					 9,  cases[i].rr_cur,	77, record};
		struct batadv_icmp out;

		batadv_icmp_write(&w, &in);
		assert_int_equal(wr_len(&w), BATADV_ICMP_RR_LEN);
		assert_int_equal(batadv_icmp_parse(bytes, cases[i].len, &out), cases[i].err);
		if (cases[i].err != OK)
			continue;
		assert_int_equal(out.rr != NULL, cases[i].recorded);
		assert_int_equal(out.msg_type, in.msg_type);
		assert_int_equal(out.uid, 9);
		assert_int_equal(out.rr_cur, in.rr_cur);
		assert_int_equal(out.seqno, 77);
		assert_true(mac_equal(out.dst, b) && mac_equal(out.orig, a));
		batadv_icmp_write(&v, &out);
		assert_int_equal(wr_len(&v), cases[i].recorded ? 116 : 20);
		assert_memory_equal(again, bytes, wr_len(&v));
	}
}

/* ---- containers ---- */

static void test_tvlv_list(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		unsigned count; /* of good containers before the end */
		size_t left;
	} cases[] = {
		{BYTES(""), 0, 0},
		{BYTES(TVLVS), 2, 0},
		{BYTES("\x02\x01\x00\x00"), 1, 0},
		{BYTES("\x02\x01\x00"), 0, 3},
		{BYTES("\x02\x01\x00\x00\x06"), 1, 1},
		{BYTES("\x05\x01\x00\x08xxxxxxx"), 0, 11}, /* a byte is missing */
		{BYTES("\x05\x01\xff\xfexxxxxxx"), 0, 11},
		{BYTES("\x09\x07\x00\x03xxx\x02\x01\x00\x00"), 0, 11}, /* odd */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rd r = rd_over(cases[i].bytes, cases[i].len);
		struct batadv_tvlv t;
		unsigned n = 0;

		while (batadv_tvlv_next(&r, &t))
			n++;
		assert_int_equal(n, cases[i].count);
		assert_int_equal(rd_left(&r), cases[i].left);
		assert_false(batadv_tvlv_next(&r, &t));
	}
}

static void test_tvlv_fields(void **state)
{
	uint8_t bytes[20];
	struct wr w = wr_over(bytes, sizeof(bytes));
	struct batadv_tvlv t;

	(void)state;
	batadv_tvlv_write(&w, TVLV_ROAM, 1, 8);
	batadv_roam_write(&w, (struct batadv_roam){a, 0x800a});
	assert_int_equal(wr_len(&w), 12);
	assert_memory_equal(bytes, "\x05\x01\x00\x08" MAC_A "\x80\x0a", 12);
	struct rd r = rd_over(bytes, wr_len(&w));
	assert_true(batadv_tvlv_next(&r, &t));
	assert_int_equal(t.type, TVLV_ROAM);
	assert_int_equal(t.version, 1);
	assert_int_equal(t.len, 8);
	assert_ptr_equal(t.value, bytes + 4);
	assert_int_equal(rd_left(&r), 0);
}

/* One VLAN and two changes, by hand. */
static const char tt_value[] = "\x14\x09\x00\x01"
			       "\xac\x03\x9f\xb3\x80\x00\x00\x00"
			       "\x03\x00\x00\x00" MAC_A "\x80\x0a"
			       "\x10\x00\x00\x00" MAC_B "\x00\x00";
enum { TT_VALUE_LEN = sizeof(tt_value) - 1 };

static void test_tt(void **state)
{
	uint8_t bytes[100];
	struct wr w = wr_over(bytes, sizeof(bytes));
	struct batadv_tt tt;

	(void)state;
	assert_int_equal(batadv_tt_parse(tt_value, TT_VALUE_LEN, &tt), OK);
	assert_int_equal(tt.flags, TT_RESPONSE | TT_FULL);
	assert_int_equal(tt.ttvn, 9);
	assert_int_equal(tt.vlan_count, 1);
	assert_int_equal(tt.change_count, 2);
	struct batadv_tt_vlan v = batadv_tt_vlan_at(&tt, 0);
	assert_int_equal(v.crc, 0xac039fb3);
	assert_int_equal(v.vid, 0x8000);
	struct batadv_tt_change c = batadv_tt_change_at(&tt, 0);
	assert_int_equal(c.flags, TT_CLIENT_DEL | TT_CLIENT_ROAM);
	assert_true(mac_equal(c.mac, a));
	assert_int_equal(c.vid, 0x800a);
	assert_true(mac_equal(batadv_tt_change_at(&tt, 1).mac, b));
	batadv_tt_write(&w, tt.flags, tt.ttvn, tt.vlan_count);
	batadv_tt_vlan_write(&w, v);
	batadv_tt_change_write(&w, c);
	batadv_tt_change_write(&w, batadv_tt_change_at(&tt, 1));
	assert_int_equal(wr_len(&w), TT_VALUE_LEN);
	assert_memory_equal(bytes, tt_value, TT_VALUE_LEN);
}

/* Shorter than its VLANs: refused. Behind them whole changes count, no part of one. */
static void test_tt_every_truncation(void **state)
{
	(void)state;
	for (size_t len = 0; len <= TT_VALUE_LEN; len++) {
		uint8_t *copy = malloc(len + 1);
		struct batadv_tt tt;

		memcpy(copy + 1, tt_value, len);
		enum err e = batadv_tt_parse(copy + 1, len, &tt);
		assert_int_equal(e, len < 12 ? ERR_SHORT : OK);
		if (e == OK)
			assert_int_equal(tt.change_count, (len - 12) / 12);
		for (size_t i = 0; e == OK && i < tt.change_count; i++)
			assert_true(mac_is_station(batadv_tt_change_at(&tt, i).mac));
		free(copy);
	}
}

static void test_tt_vlan_count_lies(void **state)
{
	char bytes[TT_VALUE_LEN];
	struct batadv_tt tt;

	(void)state;
	memcpy(bytes, tt_value, sizeof(bytes));
	memcpy(bytes + 2, "\xff\xff", 2);
	assert_int_equal(batadv_tt_parse(bytes, sizeof(bytes), &tt), ERR_SHORT);
	memcpy(bytes + 2, "\x00\x04", 2); /* 4 + 4 * 8 = 36: fits exactly */
	assert_int_equal(batadv_tt_parse(bytes, sizeof(bytes), &tt), OK);
	assert_int_equal(tt.change_count, 0);
	memcpy(bytes + 2, "\x00\x05", 2);
	assert_int_equal(batadv_tt_parse(bytes, sizeof(bytes), &tt), ERR_SHORT);
}

static void test_small_values(void **state)
{
	static const char gw[] = "\x00\x00\x00\x64\x00\x00\x00\x14", roam[] = MAC_B "\x80\x0a";
	struct batadv_gw g;
	struct batadv_roam r;

	(void)state;
	for (size_t len = 0; len < 8; len++) {
		char *copy = malloc(len + 1);
		memcpy(copy + 1, gw, len);
		assert_int_equal(batadv_gw_parse(copy + 1, len, &g), ERR_SHORT);
		assert_int_equal(batadv_roam_parse(copy + 1, len, &r), ERR_SHORT);
		free(copy);
	}
	assert_int_equal(batadv_gw_parse(gw, 8, &g), OK);
	assert_int_equal(g.down_100kbit, 100);
	assert_int_equal(g.up_100kbit, 20);
	assert_int_equal(batadv_roam_parse(roam, 8, &r), OK);
	assert_true(mac_equal(r.client, b));
	assert_int_equal(r.vid, 0x800a);
}

/* ---- claim frames of bridge loop avoidance ---- */

struct claim_frame {
	bool tagged;
	uint16_t tag_type;
	uint16_t arp_op;
	uint32_t sender_ip, target_ip;
	uint8_t target[6];
};

static size_t claim_write(uint8_t bytes[60], const struct claim_frame *c)
{
	struct wr w = wr_over(bytes, 60);

	ethernet_write(&w, MAC_BROADCAST, b, c->tagged ? c->tag_type : ETHERTYPE_ARP);
	if (c->tagged) {
		wr_u16(&w, 10);
		wr_u16(&w, ETHERTYPE_ARP);
	}
	wr_u16(&w, 1);
	wr_u16(&w, ETHERTYPE_IPV4);
	wr_u8(&w, 6);
	wr_u8(&w, 4);
	wr_u16(&w, c->arp_op);
	wr_mac(&w, a);
	wr_u32(&w, c->sender_ip);
	wr_bytes(&w, c->target, 6);
	wr_u32(&w, c->target_ip);
	assert_false(w.bad);
	return wr_len(&w);
}

static void test_claims(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		for (unsigned tagged = 0; tagged < 2; tagged++) {
			struct claim_frame c = {tagged, ETHERTYPE_8021Q,
						2,	0,
						0,	{0xff, 0x43, 0x05, (uint8_t)type, 7, 8}};
			uint8_t bytes[60];
			size_t len = claim_write(bytes, &c);
			enum batadv_claim claim;
			struct mac gateway;
			bool is = batadv_claim_parse(bytes, len, &claim, &gateway);

			assert_int_equal(is, type <= BATADV_LOOP_DETECT);
			if (!is)
				continue;
			assert_int_equal(claim, type);
			bool by_sender = type == BATADV_CLAIM || type == BATADV_LOOP_DETECT;
			assert_true(mac_equal(gateway, by_sender ? a : b));
		}
	}
}

static void test_no_claims(void **state)
{
	static const struct claim_frame not_claims[] = {
		{false, 0, 1, 0, 0, {0xff, 0x43, 0x05, 0, 7, 8}},		/* ARP request */
		{false, 0, 2, 0x0a000001, 0, {0xff, 0x43, 0x05, 0, 7, 8}},	/* has an address */
		{false, 0, 2, 0, 0x0a000001, {0xff, 0x43, 0x05, 0, 7, 8}},	/* so too */
		{false, 0, 2, 0, 0, {0xff, 0x43, 0x06, 0, 7, 8}},		/* other target */
		{false, 0, 2, 0, 0, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},	/* broadcast */
		{true, ETHERTYPE_8021AD, 2, 0, 0, {0xff, 0x43, 0x05, 0, 7, 8}}, /* 802.1ad */
	};
	enum batadv_claim claim;
	struct mac gateway;
	uint8_t bytes[60];

	(void)state;
	for (size_t i = 0; i < sizeof(not_claims) / sizeof(not_claims[0]); i++) {
		size_t len = claim_write(bytes, &not_claims[i]);
		assert_false(batadv_claim_parse(bytes, len, &claim, &gateway));
	}
	struct claim_frame good = {false, 0, 2, 0, 0, {0xff, 0x43, 0x05, 0, 7, 8}};
	size_t whole = claim_write(bytes, &good);
	for (size_t len = 0; len <= whole; len++) {
		uint8_t *copy = malloc(len + 1);
		memcpy(copy + 1, bytes, len);
		assert_int_equal(batadv_claim_parse(copy + 1, len, &claim, &gateway), len == whole);
		free(copy);
	}
}

/* A writer without room says so and writes nothing outside. */
static void test_write_without_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < PACKETS; i++) {
		for (size_t room = 0; room < packets[i].len; room++) {
			uint8_t *bytes = malloc(room + 1);
			struct wr w = wr_over(bytes + 1, room);

			assert_int_equal(packets[i].again(packets[i].bytes, packets[i].len, &w),
					 OK);
			assert_true(w.bad);
			free(bytes);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_version_and_type),
		cmocka_unit_test(test_ogm_fields),
		cmocka_unit_test(test_unicast_fields),
		cmocka_unit_test(test_frag_fields),
		cmocka_unit_test(test_utvlv_and_bcast_fields),
		cmocka_unit_test(test_aggregate),
		cmocka_unit_test(test_ogm_impossible_originator),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_routed),
		cmocka_unit_test(test_icmp_record),
		cmocka_unit_test(test_tvlv_list),
		cmocka_unit_test(test_tvlv_fields),
		cmocka_unit_test(test_tt),
		cmocka_unit_test(test_tt_every_truncation),
		cmocka_unit_test(test_tt_vlan_count_lies),
		cmocka_unit_test(test_small_values),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_no_claims),
		cmocka_unit_test(test_write_without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
