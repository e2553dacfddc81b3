/* Proves that every packet of captured bmx7 nodes parses to its last byte, is counted as another
 * decoder counts it, and is written back as it was. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "bmx7_again.h"
#include "bmx7_capture.h"
#include "cmocka_all.h"
#include "wire/bmx7_frame.h"

/* Packets, UDP bytes and frames by type, as tests/capture/bmx7/decode.py -q counts them. */
static const struct {
	const char *name;
	unsigned packets, bytes;
	unsigned desc, content, signature, hello, reply, iid, ogm; /* ADV */
	unsigned ogm_req, iid_req, desc_req, content_req;
} captures[] = {
	{"01-two-nodes-startup", 235, 28417, 6, 14, 224, 207, 201, 4, 39, 1, 4, 3, 6},
	{"02-two-nodes-rsa-link-signatures", 140, 31471, 6, 12, 129, 117, 111, 4, 22, 1, 4, 3, 6},
	{"03-three-in-a-line-n1-eth0", 230, 32627, 9, 21, 213, 181, 186, 6, 47, 2, 7, 4, 12},
	{"03-three-in-a-line-n1-eth1", 225, 32175, 9, 21, 209, 181, 183, 5, 46, 2, 5, 5, 12},
	{"04-tunnel-gateway-n2-eth0", 459, 72529, 18, 51, 428, 386, 392, 7, 115, 1, 7, 4, 24},
	{"04-tunnel-gateway-n2-eth1", 460, 68672, 18, 51, 428, 382, 390, 6, 118, 2, 6, 4, 18},
	{"05-link-failure-n0_eth0", 653, 87887, 14, 37, 625, 573, 500, 11, 160, 3, 11, 5, 25},
	{"05-link-failure-n0_eth1", 700, 98239, 19, 37, 669, 618, 620, 9, 166, 1, 9, 6, 25},
	{"05-link-failure-n2_eth0", 699, 102184, 24, 50, 660, 606, 602, 12, 184, 4, 13, 9, 29},
	{"06-three-on-one-lan-all-desc-types", 272, 52269, 18, 34, 242, 194, 384, 7, 53, 8, 13, 12,
	 23},
	{"07-node-isolated-by-short-dh-key", 12, 812, 0, 0, 12, 12, 0, 0, 5, 0, 0, 0, 0},
};

enum { CAPTURES = sizeof(captures) / sizeof(captures[0]) };

static void test_every_packet(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CAPTURES; i++) {
		struct bmx7_counts got = {0};
		struct bmx7_datagram d;
		unsigned packets = 0, bytes = 0;
		char path[500];

		snprintf(path, sizeof(path), BMX7_CAPTURES "/%s.pcap", captures[i].name);
		for (struct pcap p = pcap_open(path); bmx7_capture_next(&p, &d); packets++) {
			uint8_t again[BMX7_PACKET_MAX];
			struct wr w = wr_over(again, sizeof(again));
			enum err e = bmx7_packet_again(d.data, d.len, &w, &got);

			if (e != OK)
				fail_msg("%s, packet %u: %s", path, packets, err_name(e));
			assert_false(w.bad);
			assert_int_equal(wr_len(&w), d.len);
			assert_memory_equal(again, d.data, d.len);
			bytes += (unsigned)d.len;
		}
		assert_int_equal(packets, captures[i].packets);
		assert_int_equal(bytes, captures[i].bytes);
		assert_int_equal(got.frames[BMX7_DESC_ADV], captures[i].desc);
		assert_int_equal(got.frames[BMX7_CONTENT_ADV], captures[i].content);
		assert_int_equal(got.frames[BMX7_SIGNATURE_ADV], captures[i].signature);
		assert_int_equal(got.frames[BMX7_OGM_AGGREG_SQN_ADV], captures[i].signature);
		assert_int_equal(got.frames[BMX7_HELLO_ADV], captures[i].hello);
		assert_int_equal(got.frames[BMX7_HELLO_REPLY], captures[i].reply);
		assert_int_equal(got.frames[BMX7_IID_ADV], captures[i].iid);
		assert_int_equal(got.frames[BMX7_OGM_ADV], captures[i].ogm);
		assert_int_equal(got.frames[BMX7_OGM_REQ], captures[i].ogm_req);
		assert_int_equal(got.frames[BMX7_IID_REQ], captures[i].iid_req);
		assert_int_equal(got.frames[BMX7_DESC_REQ], captures[i].desc_req);
		assert_int_equal(got.frames[BMX7_CONTENT_REQ], captures[i].content_req);
	}
}

/* What the node that wants every packet signed by RSA sends: 118 signatures, no MAC. */
static void test_signatures(void **state)
{
	struct bmx7_counts got = {0};
	struct bmx7_datagram d;
	struct pcap p = pcap_open(BMX7_CAPTURES "/02-two-nodes-rsa-link-signatures.pcap");

	(void)state;
	while (bmx7_capture_next(&p, &d)) {
		uint8_t again[BMX7_PACKET_MAX];
		struct wr w = wr_over(again, sizeof(again));

		assert_int_equal(bmx7_packet_again(d.data, d.len, &w, &got), OK);
	}
	assert_int_equal(got.signatures, 118);
	assert_int_equal(got.macs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_packet),
		cmocka_unit_test(test_signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
