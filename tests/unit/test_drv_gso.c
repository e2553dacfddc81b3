/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves that super-frames are cut into frames whose every field and checksum is
 * right, and that impossible ones are refused. */
#include <stdlib.h>
#include "cmocka_all.h"

#include "base/prng.h"
#include "drv/checksum.h"
#include "drv/gso.h"
#include "test_drv_frames.h"

enum { FIN = 0x01, PSH = 0x08, ACK = 0x10, CWR = 0x80 };

static uint8_t super[GSO_FRAME_MAX];

static struct virtio_net_hdr header_of(const struct frame_kind *k, uint16_t size)
{
	return (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = k->udp    ? 5
			    : k->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6
				      : VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = (uint16_t)frame_header(k),
		.gso_size = size,
		.csum_start = (uint16_t)frame_l4(k),
		.csum_offset = k->udp ? 6 : 16,
	};
}

/* A super-frame with payload_len bytes that differ; its length. */
static size_t super_build(const struct frame_kind *k, size_t payload_len, uint8_t flags,
			  struct prng *r)
{
	struct frame_fields f = {.sport = 1000,
				 .dport = 2000,
				 .seq = 0xfffffe00,
				 .ack = 77,
				 .window = 500,
				 .flags = flags,
				 .id = 0xfffe,
				 .ttl = 64,
				 .client = 1};
	size_t header = frame_header(k);

	for (size_t i = 0; i < payload_len; i++)
		super[header + i] = (uint8_t)prng_u64(r);
	frame_build(k, &f, super, payload_len, false);
	return header + payload_len;
}

static void check_segment(const struct frame_kind *k, const struct gso *g, uint32_t i,
			  uint8_t flags)
{
	uint8_t frame[GSO_FRAME_MAX];
	const uint8_t *payload;
	size_t len = gso_segment(g, i, frame, &payload);
	const uint8_t *ip = frame + frame_l3(k), *l4 = frame + frame_l4(k);
	bool last = i == g->count - 1;
	uint8_t want = flags;

	memcpy(frame + g->header_bytes, payload, len);
	if (frame_fault(k, frame, g->header_bytes + len))
		fail_msg("%s segment %u: %s", k->name, i,
			 frame_fault(k, frame, g->header_bytes + len));
	assert_true(payload == super + frame_header(k) + (size_t)i * g->segment_bytes);
	assert_true(last || len == g->segment_bytes);
	assert_memory_equal(frame, super, frame_l3(k));
	if (!k->ipv6)
		assert_int_equal(frame_get(ip + 4, 2), (0xfffe + i) & 0xffff);
	if (k->udp)
		return;
	assert_int_equal(frame_get(l4 + 4, 4),
			 (uint32_t)(0xfffffe00 + i * (uint32_t)g->segment_bytes));
	if (!last)
		want &= (uint8_t) ~(FIN | PSH);
	if (i > 0)
		want &= (uint8_t)~CWR;
	assert_int_equal(l4[13], want);
}

static void cuts_every_kind(void **state)
{
	static const size_t payloads[] = {1, 2, 1399, 1400, 1401, 2800, 2801, 64000};
	struct prng r;

	(void)state;
	prng_seed(&r, 1);
	for (unsigned n = 0; n < FRAME_KINDS; n++) {
		const struct frame_kind *k = &frame_kinds[n];

		for (unsigned p = 0; p < sizeof(payloads) / sizeof(payloads[0]); p++) {
			uint8_t flags = FIN | PSH | ACK | CWR;
			size_t len = super_build(k, payloads[p], flags, &r), sum = 0;
			struct virtio_net_hdr v = header_of(k, 1400);
			struct gso g;

			assert_int_equal(gso_open(&g, &v, super, len), OK);
			assert_int_equal(g.count, (payloads[p] + 1399) / 1400);
			for (uint32_t i = 0; i < g.count; i++) {
				uint8_t header[GSO_HEADER_MAX];
				const uint8_t *payload;

				check_segment(k, &g, i, flags);
				sum += gso_segment(&g, i, header, &payload);
			}
			assert_int_equal(sum, payloads[p]);
		}
	}
}

/* Packets without Ethernet are cut into the same. */
static void cuts_bare_packets_alike(void **state)
{
	struct prng r;

	(void)state;
	prng_seed(&r, 4);
	for (unsigned n = 0; n < FRAME_KINDS; n++) {
		const struct frame_kind *k = &frame_kinds[n];
		const size_t l3 = frame_l3(k), len = super_build(k, 5000, PSH | ACK, &r);
		struct virtio_net_hdr v = header_of(k, 1400), bare = v;
		struct gso g, b;

		bare.csum_start = (uint16_t)(bare.csum_start - l3);
		assert_int_equal(gso_open(&g, &v, super, len), OK);
		assert_int_equal(gso_open_ip(&b, &bare, super + l3, len - l3), OK);
		assert_int_equal(b.count, g.count);
		assert_int_equal(b.header_bytes, g.header_bytes - l3);
		for (uint32_t i = 0; i < g.count; i++) {
			uint8_t one[GSO_HEADER_MAX], other[GSO_HEADER_MAX];
			const uint8_t *payload, *same;
			size_t bytes = gso_segment(&g, i, one, &payload);

			assert_int_equal(gso_segment(&b, i, other, &same), bytes);
			assert_ptr_equal(payload, same);
			assert_memory_equal(one + l3, other, b.header_bytes);
		}
		super[l3] = (uint8_t)(k->ipv6 ? 0x45 : 0x60);
		if (!k->udp)
			assert_int_equal(gso_open_ip(&b, &bare, super + l3, len - l3),
					 ERR_MALFORMED);
	}
}

static void random_sizes_and_limits(void **state)
{
	struct prng r;

	(void)state;
	prng_seed(&r, 2);
	for (int round = 0; round < 400; round++) {
		const struct frame_kind *k = &frame_kinds[prng_below(&r, FRAME_KINDS)];
		size_t len = super_build(k, 1 + prng_below(&r, 20000), PSH | ACK, &r);
		struct virtio_net_hdr v = header_of(k, (uint16_t)(1 + prng_below(&r, 9000)));
		size_t max = frame_header(k) + prng_below(&r, 3000);
		struct gso g;

		if (v.gso_size < 200)
			v.gso_size = 200;
		assert_int_equal(gso_open(&g, &v, super, len), OK);
		bool fits = gso_segment_max(&g) <= max;
		enum err e = gso_limit(&g, max);

		if (fits)
			assert_int_equal(e, OK);
		else if (k->udp || max < frame_header(k) + GSO_PAYLOAD_MIN)
			assert_int_equal(e, ERR_TOO_BIG);
		else
			assert_int_equal(e, OK);
		if (e == OK)
			assert_true(gso_segment_max(&g) <= max);
		for (uint32_t i = 0; i < g.count; i++)
			check_segment(k, &g, i, PSH | ACK);
	}
}

static void refuses_what_cannot_be(void **state)
{
	const struct frame_kind *k = &frame_kinds[0];
	struct prng r;
	struct gso g;

	(void)state;
	prng_seed(&r, 3);
	size_t len = super_build(k, 4000, ACK, &r);
	const struct virtio_net_hdr good = header_of(k, 1000);
	struct virtio_net_hdr v;

	assert_int_equal(gso_open(&g, &good, super, len), OK);
	v = good, v.gso_type = VIRTIO_NET_HDR_GSO_UDP;
	assert_int_equal(gso_open(&g, &v, super, len), ERR_UNKNOWN);
	v = good, v.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
	assert_int_equal(gso_open(&g, &v, super, len), ERR_MALFORMED);
	v = good, v.gso_size = 0;
	assert_int_equal(gso_open(&g, &v, super, len), ERR_MALFORMED);
	v = good, v.flags = 0;
	assert_int_equal(gso_open(&g, &v, super, len), ERR_MALFORMED);
	v = good, v.csum_start = 0xffff;
	assert_int_equal(gso_open(&g, &v, super, len), ERR_SHORT);
	v = good, v.csum_start = 20;
	assert_int_equal(gso_open(&g, &v, super, len), ERR_MALFORMED);
	v = good, v.csum_offset = 6;
	assert_int_equal(gso_open(&g, &v, super, len), ERR_MALFORMED);
	assert_int_equal(gso_open(&g, &good, super, frame_header(k)), ERR_SHORT);
	super[frame_l4(k) + 12] = 0x40; /* a TCP header of 16 bytes */
	assert_int_equal(gso_open(&g, &good, super, len), ERR_MALFORMED);
}

/* Whatever the bytes, nothing is read outside (the sanitizers watch). */
static void survives_noise(void **state)
{
	struct prng r;

	(void)state;
	prng_seed(&r, 4);
	for (int round = 0; round < 20000; round++) {
		const struct frame_kind *k = &frame_kinds[prng_below(&r, FRAME_KINDS)];
		struct virtio_net_hdr v = header_of(k, (uint16_t)(1 + prng_below(&r, 300)));
		size_t len = super_build(k, prng_below(&r, 600), ACK, &r);
		uint8_t header[GSO_HEADER_MAX];
		const uint8_t *payload;
		struct gso g;
		uint8_t *copy;

		super[prng_below(&r, (uint32_t)len)] ^= (uint8_t)(1u << prng_below(&r, 8));
		((uint8_t *)&v)[prng_below(&r, sizeof(v))] ^= (uint8_t)(1u << prng_below(&r, 8));
		len = prng_below(&r, 3) ? len : prng_below(&r, (uint32_t)len);
		copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy, super, len);
		if (gso_open(&g, &v, copy, len) == OK) {
			size_t sum = 0;

			for (uint32_t i = 0; i < g.count; i++)
				sum += gso_segment(&g, i, header, &payload);
			assert_int_equal(sum + g.header_bytes, len);
		}
		(void)gso_complete(&v, copy, len);
		free(copy);
	}
}

static void completes_single_frames(void **state)
{
	struct prng r;

	(void)state;
	prng_seed(&r, 5);
	for (unsigned n = 0; n < FRAME_KINDS; n++)
		for (size_t payload = 0; payload < 70; payload++) {
			const struct frame_kind *k = &frame_kinds[n];
			size_t len = super_build(k, payload, ACK, &r);
			struct virtio_net_hdr v = header_of(k, 0);

			v.gso_type = VIRTIO_NET_HDR_GSO_NONE;
			assert_false(gso_wanted(&v));
			assert_int_equal(gso_complete(&v, super, len), OK);
			assert_null(frame_fault(k, super, len));
			v.flags = 0; /* nothing to do: nothing changes */
			assert_int_equal(gso_complete(&v, super, len), OK);
			assert_null(frame_fault(k, super, len));
		}
}

/* A UDP checksum that comes out as 0 is sent as 0xffff. */
static void never_sends_udp_zero(void **state)
{
	const struct frame_kind *k = &frame_kinds[8];
	struct virtio_net_hdr v = header_of(k, 0);
	struct prng r;

	(void)state;
	prng_seed(&r, 6);
	size_t len = super_build(k, 2, ACK, &r);

	v.gso_type = VIRTIO_NET_HDR_GSO_NONE;
	memset(super + frame_header(k), 0, 2);
	assert_int_equal(gso_complete(&v, super, len), OK);
	/* the payload that makes the sum complete */
	memcpy(super + frame_header(k), super + frame_l4(k) + 6, 2);
	frame_put(super + frame_l4(k) + 6, 2, frame_pseudo(k, super, 10));
	assert_int_equal(gso_complete(&v, super, len), OK);
	assert_int_equal(frame_get(super + frame_l4(k) + 6, 2), 0xffff);
	assert_null(frame_fault(k, super, len));
}

static void sums_like_the_plain_way(void **state)
{
	uint8_t bytes[300];
	struct prng r;

	(void)state;
	prng_seed(&r, 7);
	for (int round = 0; round < 3000; round++) {
		size_t len = prng_below(&r, sizeof(bytes));
		size_t cut = prng_below(&r, (uint32_t)len + 1) & ~1u;
		bool ones = prng_below(&r, 4) == 0;
		uint8_t field[2];

		for (size_t i = 0; i < len; i++)
			bytes[i] = ones ? 0xff : (uint8_t)prng_u64(&r);
		checksum_store(field,
			       checksum_add(checksum_add(0, bytes, cut), bytes + cut, len - cut));
		assert_int_equal(frame_get(field, 2), (uint16_t)~frame_sum(0, bytes, len));
	}
	/* adding and taking away again */
	uint64_t sum = checksum_add_u16(checksum_add_u16(0, 0x1234), 0xfedc);

	assert_int_equal(checksum_fold(checksum_sub_u16(sum, 0xfedc)),
			 checksum_fold(checksum_add_u16(0, 0x1234)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_every_kind),
		cmocka_unit_test(cuts_bare_packets_alike),
		cmocka_unit_test(random_sizes_and_limits),
		cmocka_unit_test(refuses_what_cannot_be),
		cmocka_unit_test(survives_noise),
		cmocka_unit_test(completes_single_frames),
		cmocka_unit_test(never_sends_udp_zero),
		cmocka_unit_test(sums_like_the_plain_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
