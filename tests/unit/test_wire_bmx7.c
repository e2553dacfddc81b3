/* Proves that BMX7's floats, packets and TLVs are laid out as specified, and that what cannot be is
 * refused unread. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "bmx7_again.h"
#include "cmocka_all.h"
#include "wire/bmx7_description.h"
#include "wire/bmx7_info.h"
#include "wire/bmx7_metric.h"
#include "wire/bmx7_ogm.h"
#include "wire/bmx7_prefix.h"

#define BYTES(s) s, sizeof(s) - 1

/* ---- floats ---- */

static void test_metrics(void **state)
{
	static const struct {
		uint64_t metric;
		struct bmx7_float f;
	} cases[] = {
		{0, {0, 0}},
		{64, {0, 0}},
		{65, {0, 1}},
		{66, {0, 2}},
		{127, {0, 63}},
		{128, {1, 0}},
		{129, {1, 0}},
		{570425344, {23, 4}},
		{704643072, {23, 20}},
		{998244352, {23, 55}},
		{1000000000, {23, 55}},
		{METRIC_MAX - 1, {31, 55}},
		{METRIC_MAX, {31, 56}},
		{METRIC_MAX + 1, {31, 56}},
		{UINT64_MAX, {31, 56}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bmx7_float f = bmx7_float_from(cases[i].metric);

		if (f.exponent != cases[i].f.exponent || f.mantissa != cases[i].f.mantissa)
			fail_msg("%llu: %u %u", (unsigned long long)cases[i].metric, f.exponent,
				 f.mantissa);
	}
}

static void test_every_float(void **state)
{
	uint64_t before = 0;

	(void)state;
	for (unsigned e = 0; e < 256; e++) {
		for (unsigned m = 0; m < 256; m++) {
			struct bmx7_float f = {(uint8_t)e, (uint8_t)m};
			bool valid = m < 64 && (e < 31 || (e == 31 && m <= 56));

			assert_int_equal(bmx7_float_valid(f), valid);
			if (!valid)
				continue;
			uint64_t v = bmx7_float_value(f);
			assert_true(v > before && v <= METRIC_MAX);
			assert_true(bmx7_metric_round(v) == v);
			if (v > METRIC_INVALID)
				assert_true(bmx7_metric_below(v) == before);
			before = v;
		}
	}
	assert_true(before == METRIC_MAX);
}

static void test_bandwidths(void **state)
{
	static const struct {
		uint64_t bps;
		uint8_t byte;
		uint64_t heard;
	} cases[] = {
		{0, 0, 64},
		{71, 0, 64},
		{72, 1, 72},
		{1000, 0x1f, 960},
		{10000000, 137, 9437184},
		{UINT64_C(257698037760), 255, UINT64_C(257698037760)},
		{UINT64_MAX, 255, UINT64_C(257698037760)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(bmx7_bandwidth_byte(cases[i].bps), cases[i].byte);
		assert_true(bmx7_bandwidth(cases[i].byte) == cases[i].heard);
	}
	for (unsigned byte = 1; byte < 256; byte++)
		assert_int_equal(bmx7_bandwidth_byte(bmx7_bandwidth((uint8_t)byte)), byte);
}

/* ---- packets, by hand from docs/specs/bmx7.md 1 ---- */

#define ID                                                                                         \
	"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"                                 \
	"\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
#define HEAD "\x15\x00" ID
#define LINK "\x21\x22\x23\x24\x25\x26\x27\x28\x29\x2a\x2b\x2c\x2d\x2e"
#define SIGN "\x40\x0b\x00\x00\x00\x0c\x00\x00\x00\x01\x07"
#define AGG "\x48\x06\x00\x05\x00\x02"
#define SIGNED HEAD SIGN AGG

struct packet {
	const char *name;
	const char *bytes;
	size_t len;
	enum err err;
};

static const struct packet packets[] = {
	{"nothing", BYTES(""), ERR_SHORT},
	{"piece of a header", BYTES("\x15\x00\x01\x02"), ERR_SHORT},
	{"header only", BYTES(HEAD), OK},
	{"next version", BYTES("\x16\x00" ID), OK},
	{"version 23", BYTES("\x17\x00" ID), ERR_VERSION},
	{"version 19", BYTES("\x13\x00" ID), ERR_VERSION},
	{"one byte more", BYTES(HEAD "\x40"), ERR_SHORT},
	{"length 0", BYTES(HEAD "\x40\x00"), ERR_MALFORMED},
	{"length 2", BYTES(HEAD "\x40\x02"), ERR_MALFORMED},
	{"longer than the packet", BYTES(HEAD "\x40\x0c\x00\x00\x00\x0c\x00\x00\x00\x01\x07"),
	 ERR_SHORT},
	{"signed", BYTES(SIGNED), OK},
	{"with a MAC",
	 BYTES(HEAD "\x40\x1a\x00\x00\x00\x0c\x00\x00\x00\x01\x07\x11" LINK AGG "\x60\x04\x12\x34"),
	 OK},
	{"piece of a MAC",
	 BYTES(HEAD "\x40\x0e\x00\x00\x00\x0c\x00\x00\x00\x01\x07\x11\x01\x02" AGG), ERR_MALFORMED},
	{"unknown signature",
	 BYTES(HEAD "\x40\x0e\x00\x00\x00\x0c\x00\x00\x00\x01\x07\x63\x01\x02" AGG), ERR_MALFORMED},
	{"devIdx 0", BYTES(HEAD "\x40\x0b\x00\x00\x00\x0c\x00\x00\x00\x01\x00" AGG), ERR_MALFORMED},
	{"piece of a signature frame", BYTES(HEAD "\x40\x08\x00\x00\x00\x0c\x00\x00"), ERR_SHORT},
	{"HELLO unsigned", BYTES(HEAD "\x60\x04\x12\x34"), ERR_MALFORMED},
	{"HELLO without aggregation", BYTES(HEAD SIGN "\x60\x04\x12\x34"), ERR_MALFORMED},
	{"HELLO twice", BYTES(SIGNED "\x60\x04\x12\x34\x60\x04\x12\x35"), OK},
	{"HELLO too long", BYTES(SIGNED "\x60\x05\x12\x34\x56"), ERR_MALFORMED},
	{"HELLO too short", BYTES(SIGNED "\x60\x03\x12"), ERR_SHORT},
	{"two signature frames", BYTES(HEAD SIGN SIGN AGG), ERR_MALFORMED},
	{"two aggregations", BYTES(SIGNED AGG), ERR_MALFORMED},
	{"aggregation window 257", BYTES(HEAD SIGN "\x48\x06\x00\x05\x01\x01"), ERR_MALFORMED},
	{"kinds mixed", BYTES(HEAD "\x20\x04\x00\x55" SIGN AGG), ERR_MALFORMED},
	{"content", BYTES(HEAD "\x20\x04\x00\x55"), OK},
	{"content list", BYTES(HEAD "\x20\x1f\x02" ID), OK},
	{"content without a body", BYTES(HEAD "\x20\x03\x00"), ERR_SHORT},
	{"content with reserved bits", BYTES(HEAD "\x20\x04\x08\x55"), ERR_MALFORMED},
	{"content nested twice", BYTES(HEAD "\x20\x04\x04\x55"), ERR_MALFORMED},
	{"content list, odd", BYTES(HEAD "\x20\x04\x02\x55"), ERR_MALFORMED},
	{"not ascending", BYTES(SIGNED "\x60\x04\x12\x34\x48\x06\x00\x05\x00\x02"), ERR_MALFORMED},
	{"IID_ADV", BYTES(SIGNED "\x98\x32\x00\x02\x00\x00\x00\x0c" LINK ID), OK},
	{"IID_ADV of iid 0", BYTES(SIGNED "\x98\x32\x00\x00\x00\x00\x00\x0c" LINK ID),
	 ERR_MALFORMED},
	{"IID_ADV of iid 10001", BYTES(SIGNED "\x98\x32\x27\x11\x00\x00\x00\x0c" LINK ID),
	 ERR_MALFORMED},
	{"IID_ADV, short",
	 BYTES(SIGNED "\x98\x31\x00\x02\x00\x00\x00\x0c" LINK
		      "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"
		      "\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d"),
	 ERR_MALFORMED},
	{"batch without OGMs", BYTES(SIGNED "\xa8\x04\x00\x05"), OK},
	{"batch of half a number", BYTES(SIGNED "\xa8\x03\x00"), ERR_SHORT},
	{"OGM", BYTES(SIGNED "\xa8\x16\x00\x05" LINK "\x00\x02\x07\xf8"), OK},
	{"OGM of iid 0", BYTES(SIGNED "\xa8\x16\x00\x05" LINK "\x00\x00\x07\xf8"), ERR_MALFORMED},
	{"OGM of iid 10001", BYTES(SIGNED "\xa8\x16\x00\x05" LINK "\x4e\x22\x07\xf8"),
	 ERR_MALFORMED},
	{"OGM of 63 hops", BYTES(SIGNED "\xa8\x16\x00\x05" LINK "\x00\x03\xff\xf8"), ERR_MALFORMED},
	{"OGM of 62 hops", BYTES(SIGNED "\xa8\x16\x00\x05" LINK "\x00\x03\xf7\xf8"), OK},
	{"OGM with a float that cannot be",
	 BYTES(SIGNED "\xa8\x16\x00\x05" LINK "\x00\x02\x07\xf9"), ERR_MALFORMED},
	{"OGM cut", BYTES(SIGNED "\xa8\x15\x00\x05" LINK "\x00\x02\x07"), ERR_MALFORMED},
	{"OGM and half", BYTES(SIGNED "\xa8\x18\x00\x05" LINK "\x00\x02\x07\xf8\x21\x22"),
	 ERR_MALFORMED},
	{"OGM with history",
	 BYTES(SIGNED "\xa8\x1c\x00\x05" LINK "\x80\x02\x07\xf8\x80\x41\x06\x00\x42\xff"), OK},
	{"history that goes on too far",
	 BYTES(SIGNED "\xa8\x19\x00\x05" LINK "\x80\x02\x07\xf8\x80\x41\x06"), ERR_MALFORMED},
	{"history with a float that cannot be",
	 BYTES(SIGNED "\xa8\x19\x00\x05" LINK "\x80\x02\x07\xf8\x07\xff\x06"), ERR_MALFORMED},
	{"history of 11",
	 BYTES(SIGNED "\xa8\x37\x00\x05" LINK
		      "\x80\x02\x07\xf8\x80\x41\x06\x80\x41\x06\x80\x41\x06\x80\x41\x06\x80\x41\x06"
		      "\x80\x41\x06\x80\x41\x06\x80\x41\x06\x80\x41\x06\x80\x41\x06\x00\x41\x06"),
	 ERR_MALFORMED},
	{"history of 10",
	 BYTES(SIGNED "\xa8\x34\x00\x05" LINK
		      "\x80\x02\x07\xf8\x80\x41\x06\x80\x41\x06\x80\x41\x06\x80\x41\x06\x80\x41\x06"
		      "\x80\x41\x06\x80\x41\x06\x80\x41\x06\x80\x41\x06\x00\x41\x06"),
	 OK},
	{"OGM_REQ", BYTES(SIGNED "\xd8\x22" ID "\x00\x05\x00\x06"), OK},
	{"OGM_REQ for nothing", BYTES(SIGNED "\xd8\x1e" ID), ERR_MALFORMED},
	{"OGM_REQ, odd", BYTES(SIGNED "\xd8\x21" ID "\x00\x05\x00"), ERR_MALFORMED},
	{"IID_REQ", BYTES(SIGNED "\xe0\x20" ID "\x00\x02"), OK},
	{"DESC_REQ", BYTES(SIGNED "\xe8\x3a" ID ID), OK},
	{"DESC_REQ, odd", BYTES(SIGNED "\xe8\x20" ID "\x00\x02"), ERR_MALFORMED},
	{"CONTENT_REQ", BYTES(SIGNED "\xf0\x56" ID ID ID), OK},
	{"CONTENT_REQ to nobody", BYTES(SIGNED "\xf0\x05\x00\x00\x00"), ERR_SHORT},
	{"HELLO_REPLY", BYTES(SIGNED "\x68\x20" ID "\xff\x01"), OK},
	{"HELLO_REPLY, short", BYTES(SIGNED "\x68\x1f" ID "\xff"), ERR_MALFORMED},
};

static void test_packets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		const struct packet *p = &packets[i];
		uint8_t again[200];
		struct wr w = wr_over(again, sizeof(again));
		enum err e = bmx7_packet_again(p->bytes, p->len, &w, NULL);

		if (e != p->err)
			fail_msg("%s: %s, not %s", p->name, err_name(e), err_name(p->err));
		if (e != OK)
			continue;
		assert_false(w.bad);
		assert_int_equal(wr_len(&w), p->len);
		assert_memory_equal(again + 1, p->bytes + 1, p->len - 1);
	}
}

/* Everything cut off at every byte is refused, or is a shorter packet of whole frames. */
static void test_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		for (size_t len = 0; len < packets[i].len; len++) {
			uint8_t again[200];
			struct wr w = wr_over(again, sizeof(again));
			uint8_t *cut = test_malloc(len + 1);

			memcpy(cut, packets[i].bytes, len);
			if (bmx7_packet_again(cut, len, &w, NULL) == OK)
				assert_int_equal(wr_len(&w), len);
			test_free(cut);
		}
	}
}

static void test_too_big(void **state)
{
	uint8_t big[BMX7_PACKET_MAX + 1] = HEAD;
	struct bmx7_packet p;

	(void)state;
	assert_int_equal(bmx7_packet_parse(big, BMX7_PACKET_MAX, &p), OK);
	assert_int_equal(bmx7_packet_parse(big, BMX7_PACKET_MAX + 1, &p), ERR_MALFORMED);
}

static void test_what_is_signed(void **state)
{
	static const char bytes[] = SIGNED "\x60\x04\x12\x34";
	struct bmx7_signatures s;
	struct bmx7_packet p;
	struct bmx7_tlv t;

	(void)state;
	assert_int_equal(bmx7_packet_parse(bytes, sizeof(bytes) - 1, &p), OK);
	struct bmx7_walk walk = bmx7_frames_walk(&p);
	assert_true(bmx7_next(&walk, &t));
	assert_int_equal(bmx7_signatures_parse(&p, &t, &s), OK);
	assert_int_equal(s.desc_sqn, 12);
	assert_int_equal(s.burst_sqn, 1);
	assert_int_equal(s.dev_idx, 7);
	assert_memory_equal(s.header, "\x00\x00\x00\x0c\x00\x00\x00\x01\x07",
			    BMX7_SIGNATURE_HEADER);
	assert_int_equal(s.signed_rest_len, 10);
	assert_memory_equal(s.signed_rest, AGG "\x60\x04\x12\x34", 10);
}

/* ---- TLVs ---- */

#define IP6 "\xfd\x70\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"
#define METRIC                                                                                     \
	"\x00\x01\x00\x00\x10\x01\x00\x00\x65\xaa\x55\xe5\x28\x05\x3f\x00\x03\x19\x00\x14\x00\x0a" \
	"\x00\x06\x80\x00\x00\x00\x06\x7f\x64\x3f\x00\x00\x00\x00"
#define VERSION "\x15\x02\x00\x00\x00\x0b\x00\x00\x00\x0c\x17\x70" LINK LINK "\x00\x15\xd8\x08"
#define REVISION "\x09\x02\x08\x96"
#define ZERO12 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

static const struct {
	const char *name;
	uint8_t type;
	const char *bytes;
	size_t len;
	enum err err;
} tlvs[] = {
	{"reference", BMX7_CONTENT_HASH, BYTES(ID "\x00\x01\x01\x0a"), OK},
	{"reference to a list", BMX7_CONTENT_HASH, BYTES(ID "\x00\x00\x16\xe5" ID), OK},
	{"reference to itself", BMX7_CONTENT_HASH, BYTES(ID "\x00\x01\x01\x02"), ERR_MALFORMED},
	{"reference, nesting 3", BMX7_CONTENT_HASH, BYTES(ID "\x00\x01\x01\x0e" ID), ERR_MALFORMED},
	{"reference to nothing", BMX7_CONTENT_HASH, BYTES(ID "\x00\x00\x00\x0a"), ERR_MALFORMED},
	{"reference, 100549 bytes", BMX7_CONTENT_HASH, BYTES(ID "\x01\x88\xc5\x0c" ID),
	 ERR_MALFORMED},
	{"reference, 100548 bytes", BMX7_CONTENT_HASH, BYTES(ID "\x01\x88\xc4\x0c" ID), OK},
	{"reference to one content too long", BMX7_CONTENT_HASH, BYTES(ID "\x00\x04\xae\x0a"),
	 ERR_MALFORMED},
	{"reference inline, not compressed", BMX7_CONTENT_HASH, BYTES(ID "\x00\x00\x12\xe0\x55"),
	 ERR_MALFORMED},
	{"reference inline", BMX7_CONTENT_HASH, BYTES(ID "\x00\x00\x12\xe1\x55"), OK},
	{"reference inline, empty", BMX7_CONTENT_HASH, BYTES(ID "\x00\x00\x12\xe1"), ERR_MALFORMED},
	{"reference to a list, odd", BMX7_CONTENT_HASH, BYTES(ID "\x00\x00\x16\xe5\x55"),
	 ERR_MALFORMED},
	{"reference, short", BMX7_CONTENT_HASH, BYTES(ID "\x00\x01\x01"), ERR_SHORT},
	{"key of a type that we do not know", BMX7_NODE_PUBKEY, BYTES("\x03\x55\x55"), ERR_UNKNOWN},
	{"key, short", BMX7_NODE_PUBKEY, BYTES("\x06\x55\x55"), ERR_MALFORMED},
	{"signature with a DH type", BMX7_DSC_SIGNATURE, BYTES("\x11\x55\x55"), ERR_UNKNOWN},
	{"old link key", BMX7_RSA_LINK_PUBKEY, BYTES("\x03\x55\x55"), OK},
	{"link key, short", BMX7_RSA_LINK_PUBKEY, BYTES("\x04\x55\x55"), ERR_MALFORMED},
	{"g^x, short", BMX7_DHM_LINK_PUBKEY, BYTES("\x11\x55\x55"), ERR_MALFORMED},
	{"version", BMX7_VERSION_TLV, BYTES(VERSION), OK},
	{"version and more", BMX7_VERSION_TLV, BYTES(VERSION "\x00"), ERR_MALFORMED},
	{"version 23", BMX7_VERSION_TLV,
	 BYTES("\x17\x02\x00\x00\x00\x0b\x00\x00\x00\x0c\x17\x70" LINK LINK "\x00\x15\xd8\x08"),
	 ERR_VERSION},
	{"descSqn 0", BMX7_VERSION_TLV,
	 BYTES("\x15\x02\x00\x00\x00\x0b\x00\x00\x00\x00\x17\x70" LINK LINK "\x00\x15\xd8\x08"),
	 ERR_MALFORMED},
	{"chain of 8193", BMX7_VERSION_TLV,
	 BYTES("\x15\x02\x00\x00\x00\x0b\x00\x00\x00\x0c\x20\x01" LINK LINK "\x00\x15\xd8\x08"),
	 ERR_MALFORMED},
	{"trusts", BMX7_TRUSTS, BYTES(ID "\x80\x00"), OK},
	{"trusts, twice the same", BMX7_TRUSTS, BYTES(ID "\x80\x00" ID "\x80\x00"), ERR_MALFORMED},
	{"supports, cut", BMX7_SUPPORTS, BYTES(ID "\x80"), ERR_MALFORMED},
	{"metric", BMX7_METRIC, BYTES(METRIC), OK},
	{"metric and more", BMX7_METRIC, BYTES(METRIC "\x55"), OK},
	{"metric with a float that cannot be", BMX7_METRIC,
	 BYTES("\x1f\x3f\x00\x00\x10\x01\x00\x00\x65\xaa\x55\xe5\x28\x05\x3f\x00\x03\x19\x00\x14"
	       "\x00\x0a\x00\x06\x80\x00\x00\x00\x06\x7f\x64\x3f\x00\x00\x00\x00"),
	 ERR_MALFORMED},
	{"metric divided by 0", BMX7_METRIC,
	 BYTES("\x00\x01\x00\x00\x10\x01\x00\x00\x45\xaa\x55\xe5\x28\x05\x3f\x00\x03\x19\x00\x14"
	       "\x00\x0a\x00\x06\x80\x00\x00\x00\x06\x7f\x64\x3f\x00\x00\x00\x00"),
	 ERR_MALFORMED},
	{"metric, history of 11", BMX7_METRIC,
	 BYTES("\x00\x01\x00\x00\x10\x01\x00\x00\x65\xaa\x55\xe5\x28\x0b\x3f\x00\x03\x19\x00\x14"
	       "\x00\x0a\x00\x06\x80\x00\x00\x00\x06\x7f\x64\x3f\x00\x00\x00\x00"),
	 ERR_MALFORMED},
	{"link-local addresses", BMX7_LLIP, BYTES(IP6 IP6), OK},
	{"link-local addresses, cut", BMX7_LLIP, BYTES(IP6 "\x55"), ERR_MALFORMED},
	{"HNA", BMX7_HNA6, BYTES("\x80\x00" IP6 "\x40\x01" IP6), OK},
	{"HNA of 129 bits", BMX7_HNA6, BYTES("\x81\x00" IP6), ERR_MALFORMED},
	{"tunnels", BMX7_TUN6, BYTES(IP6), OK},
	{"ingress", BMX7_TUN4IN6_INGRESS, BYTES("\x00\x18\x0a\x01\x02\x00"), OK},
	{"ingress of 33 bits", BMX7_TUN4IN6_INGRESS, BYTES("\x00\x21\x0a\x01\x02\x00"),
	 ERR_MALFORMED},
	{"ingress, IPv6", BMX7_TUN6IN6_INGRESS, BYTES("\x00\x18" IP6), OK},
	{"network", BMX7_TUN4IN6_NET, BYTES("\x00\x00\xff\x18\x0a\x01\x02\x00"), OK},
	{"network, cut", BMX7_TUN4IN6_NET, BYTES("\x00\x00\xff\x18\x0a\x01\x02"), ERR_MALFORMED},
	{"network, IPv6", BMX7_TUN6IN6_NET, BYTES("\x00\x00\xff\x40" IP6), OK},
	{"topology", BMX7_TOPOLOGY,
	 BYTES("\x00\x00" ID "\x00\x00\x00\x0c\x01\x02\xff\x89\xff\xfe\xc4\xa1\x06\x00\x00\x00"),
	 OK},
	{"topology of another kind", BMX7_TOPOLOGY, BYTES("\x01\x00\x55"), OK},
	{"topology, cut", BMX7_TOPOLOGY, BYTES("\x00\x00" ID), ERR_MALFORMED},
	{"info", BMX7_INFO, BYTES("\x00\x14" REVISION ZERO12 "\x02\x03n0a@b"), OK},
	{"info with more", BMX7_INFO, BYTES("\x00\x16" REVISION ZERO12 "\x02\x00\x55\x55n0"), OK},
	{"info, name too long for it", BMX7_INFO, BYTES("\x00\x14" REVISION ZERO12 "\x03\x00n0"),
	 ERR_SHORT},
	{"info, name in its head", BMX7_INFO, BYTES("\x00\x13" REVISION ZERO12 "\x02\x00n0"),
	 ERR_MALFORMED},
	{"info, a name that is a path", BMX7_INFO, BYTES("\x00\x14" REVISION ZERO12 "\x04\x00../x"),
	 ERR_MALFORMED},
	{"info, a name with a space", BMX7_INFO, BYTES("\x00\x14" REVISION ZERO12 "\x03\x00n 0"),
	 ERR_MALFORMED},
	{"message", BMX7_SMS, BYTES("chat" ZERO12 "\x00\x00\x00\x02hi"), OK},
	{"message longer than it is", BMX7_SMS, BYTES("chat" ZERO12 "\xff\xff\xff\xfehi"),
	 ERR_MALFORMED},
	{"source", 20, BYTES("\x55"), OK},
	{"unknown", 31, BYTES("\x55"), OK},
};

static void test_tlvs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tlvs) / sizeof(tlvs[0]); i++) {
		enum err e = bmx7_tlv_check(tlvs[i].type, tlvs[i].bytes, tlvs[i].len);
		uint8_t again[200];
		struct wr w = wr_over(again, sizeof(again));

		if (e != tlvs[i].err)
			fail_msg("%s: %s, not %s", tlvs[i].name, err_name(e),
				 err_name(tlvs[i].err));
		if (strstr(tlvs[i].name, "more") || strstr(tlvs[i].name, "kind") ||
		    strstr(tlvs[i].name, "old") || e != OK)
			continue;
		assert_int_equal(bmx7_tlv_again(tlvs[i].type, tlvs[i].bytes, tlvs[i].len, &w), OK);
		assert_int_equal(wr_len(&w), tlvs[i].len);
		assert_memory_equal(again, tlvs[i].bytes, tlvs[i].len);
	}
}

static void test_metric_defaults(void **state)
{
	uint8_t bytes[BMX7_METRIC_LEN];
	struct wr w = wr_over(bytes, sizeof(bytes));

	(void)state;
	bmx7_metric_write(&w, &BMX7_METRIC_DEFAULT);
	assert_int_equal(wr_len(&w), BMX7_METRIC_LEN);
	assert_memory_equal(bytes, METRIC, BMX7_METRIC_LEN);
}

static void test_description_order(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		enum err err;
	} cases[] = {
		{"ascending", BYTES("\x70\x12" IP6 "\x78\x14\x80\x00" IP6), OK},
		{"twice", BYTES("\x70\x12" IP6 "\x70\x12" IP6), ERR_MALFORMED},
		{"descending", BYTES("\x78\x14\x80\x00" IP6 "\x70\x12" IP6), ERR_MALFORMED},
		{"wrapped in between", BYTES("\x00\x22" ID "\x00\x01\x01\x0a\x70\x12" IP6), OK},
		{"wrapped and descending", BYTES("\x00\x22" ID "\x00\x01\x01\x7a\x70\x12" IP6),
		 ERR_MALFORMED},
		{"reference cut", BYTES("\x00\x21" ID "\x00\x01\x01"), ERR_SHORT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bmx7_walk walk = bmx7_description_walk(cases[i].bytes, cases[i].len);
		struct bmx7_tlv t;

		while (bmx7_next(&walk, &t))
			;
		if (walk.err != cases[i].err)
			fail_msg("%s: %s", cases[i].name, err_name(walk.err));
	}
}

static void test_names(void **state)
{
	char long_name[BMX7_NAME_MAX + 1];

	(void)state;
	memset(long_name, 'a', sizeof(long_name));
	assert_true(bmx7_name_valid("anna-1_b.c", 10));
	assert_true(bmx7_name_valid("", 0));
	assert_false(bmx7_name_valid(".a", 2));
	assert_false(bmx7_name_valid("a.", 2));
	assert_false(bmx7_name_valid("a/b", 3));
	assert_true(bmx7_name_valid(long_name, BMX7_NAME_MAX));
	assert_false(bmx7_name_valid(long_name, BMX7_NAME_MAX + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metrics),		cmocka_unit_test(test_every_float),
		cmocka_unit_test(test_bandwidths),	cmocka_unit_test(test_packets),
		cmocka_unit_test(test_every_cut),	cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_what_is_signed),	cmocka_unit_test(test_tlvs),
		cmocka_unit_test(test_metric_defaults), cmocka_unit_test(test_description_order),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
