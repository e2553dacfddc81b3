/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves that segments join into super-frames only when nothing is lost by it,
 * that order is kept, and that cutting and joining give the same bytes back. */
#include <stdlib.h>
#include "cmocka_all.h"

#include "base/prng.h"
#include "drv/gro.h"
#include "drv/gso.h"
#include "test_drv_frames.h"

enum { FIN = 0x01, SYN = 0x02, PSH = 0x08, ACK = 0x10, ECE = 0x40, CWR = 0x80 };
enum { OUT_MAX = 128, IN_MAX = 128, ROOM = 2048 };

/* What came out. */
struct out {
	struct virtio_net_hdr v;
	size_t len;
	uint8_t bytes[GSO_FRAME_MAX];
};

static struct out outs[OUT_MAX];
static unsigned out_count;
static uint8_t in[IN_MAX][ROOM];
static size_t in_len[IN_MAX];
static unsigned in_count;
static struct gro gro;

static void collect(void *ctx, const struct virtio_net_hdr *v, const struct iovec *iov,
		    unsigned count)
{
	struct out *o = &outs[out_count++];

	(void)ctx;
	assert_true(out_count <= OUT_MAX);
	o->v = *v;
	o->len = 0;
	for (unsigned i = 0; i < count; i++) {
		assert_true(o->len + iov[i].iov_len <= sizeof(o->bytes));
		memcpy(o->bytes + o->len, iov[i].iov_base, iov[i].iov_len);
		o->len += iov[i].iov_len;
	}
}

static void start(void)
{
	out_count = in_count = 0;
	gro_init(&gro, collect, NULL);
}

static struct frame_fields fields(void)
{
	return (struct frame_fields){.sport = 5,
				     .dport = 6,
				     .seq = 0xffffff00,
				     .ack = 9,
				     .window = 100,
				     .flags = ACK,
				     .id = 1,
				     .ttl = 64,
				     .dont_fragment = true,
				     .client = 1};
}

/* Makes the next frame of the input with payload of value fill. */
static uint8_t *frame(const struct frame_kind *k, const struct frame_fields *f, size_t payload,
		      uint8_t fill)
{
	uint8_t *p = in[in_count];

	assert_true(in_count < IN_MAX);
	memset(p + frame_header(k), fill, payload);
	frame_build(k, f, p, payload, true);
	in_len[in_count++] = frame_header(k) + payload;
	return p;
}

static void run(void)
{
	for (unsigned i = 0; i < in_count; i++)
		gro_add(&gro, in[i], in_len[i]);
	gro_flush(&gro);
	assert_int_equal(gro.used, 0);
}

/* What the kernel does with a super-frame: cuts it. Appends all frames to bytes. */
static size_t cut_again(const struct out *o, uint8_t *bytes, size_t at)
{
	const uint8_t *payload;
	struct gso g;

	if (!gso_wanted(&o->v)) {
		memcpy(bytes + at, o->bytes, o->len);
		return at + o->len;
	}
	assert_int_equal(gso_open(&g, &o->v, o->bytes, o->len), OK);
	assert_int_equal(g.header_bytes, o->v.hdr_len);
	for (uint32_t i = 0; i < g.count; i++) {
		size_t len = gso_segment(&g, i, bytes + at, &payload);

		memcpy(bytes + at + g.header_bytes, payload, len);
		at += g.header_bytes + len;
	}
	return at;
}

static void joins_every_tcp_kind(void **state)
{
	static uint8_t bytes[IN_MAX * ROOM];

	(void)state;
	for (unsigned n = 0; n < FRAME_KINDS; n++) {
		const struct frame_kind *k = &frame_kinds[n];
		struct frame_fields f = fields();
		bool joins = !k->udp && k->ip_options == 0;

		start();
		for (unsigned i = 0; i < 10; i++) {
			if (i == 9)
				f.flags = ACK | PSH;
			frame(k, &f, i == 9 ? 300 : 1000, (uint8_t)i);
			f.seq += 1000;
			f.id++;
		}
		run();
		assert_int_equal(out_count, joins ? 1 : 10);
		assert_int_equal(outs[0].v.gso_type == VIRTIO_NET_HDR_GSO_NONE, !joins);
		if (joins) {
			assert_int_equal(outs[0].v.gso_size, 1000);
			assert_int_equal(outs[0].v.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
			assert_int_equal(outs[0].bytes[frame_l4(k) + 13], ACK | PSH);
		}
		size_t at = 0, from = 0;

		for (unsigned i = 0; i < out_count; i++)
			at = cut_again(&outs[i], bytes, at);
		for (unsigned i = 0; i < in_count; from += in_len[i++])
			assert_memory_equal(bytes + from, in[i], in_len[i]);
		assert_int_equal(at, from);
	}
}

/* The second of three frames differs in one way from a plain continuation. */
static void change(unsigned how, const struct frame_kind *k, struct frame_fields *f,
		   size_t *payload, bool *spoil)
{
	(void)k;
	switch (how) {
	case 0: break;
	case 1: f->seq += 1; break;
	case 2: f->ack += 1; break;
	case 3: f->window += 1; break;
	case 4: f->flags = ACK | FIN; break;
	case 5: f->flags = ACK | SYN; break;
	case 6: f->flags = ACK | CWR; break;
	case 7: f->flags = ACK | ECE; break;
	case 8: f->tos = 3; break;
	case 9: f->ttl = 63; break;
	case 10: *payload = 1001; break;
	case 11: *payload = 0; break;
	case 12: *spoil = true; break;
	case 13: f->sport = 7; break;
	case 14: f->client = 2; break;
	default: fail();
	}
}

static void joins_nothing_that_differs(void **state)
{
	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++)
		for (unsigned how = 0; how < 15; how++) {
			const struct frame_kind *k = &frame_kinds[v6 ? 5 : 0];
			struct frame_fields f = fields(), g;
			size_t payload = 1000;
			bool spoil = false;
			unsigned super = 0, total = 0;

			start();
			frame(k, &f, 1000, 1);
			f.seq += 1000, f.id++;
			g = f;
			change(how, k, &g, &payload, &spoil);
			uint8_t *p = frame(k, &g, payload, 2);

			if (spoil)
				p[frame_header(k) + 500] ^= 1;
			run();
			for (unsigned i = 0; i < out_count; i++) {
				super += outs[i].v.gso_type != 0;
				total += 1;
			}
			if (how == 0) {
				assert_int_equal(total, 1);
				continue;
			}
			if (total != 2 || super != 0)
				fail_msg("way %u joined", how);
			/* in order, untouched */
			assert_memory_equal(outs[0].bytes, in[0], in_len[0]);
			assert_memory_equal(outs[1].bytes, in[1], in_len[1]);
			assert_int_equal(outs[1].len, in_len[1]);
		}
}

/* Without the do-not-fragment bit the IPv4 id must go on by one. */
static void minds_the_id(void **state)
{
	static const struct {
		bool dont_fragment;
		uint16_t step;
		unsigned want;
	} cases[] = {{true, 1, 1}, {true, 5, 1}, {false, 1, 1}, {false, 2, 2}, {false, 0, 2}};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame_fields f = fields();

		start();
		f.dont_fragment = cases[i].dont_fragment;
		f.id = 0xffff;
		frame(&frame_kinds[0], &f, 500, 1);
		f.seq += 500;
		f.id = (uint16_t)(f.id + cases[i].step);
		frame(&frame_kinds[0], &f, 500, 2);
		run();
		assert_int_equal(out_count, cases[i].want);
	}
}

/* PSH, a short segment, 64 segments and 64 KiB each end a super-frame. */
static void ends_where_it_must(void **state)
{
	const struct frame_kind *k = &frame_kinds[0];
	struct frame_fields f = fields();

	(void)state;
	start();
	for (unsigned i = 0; i < 6; i++) {
		f.flags = i == 1 ? ACK | PSH : ACK;
		frame(k, &f, i == 3 ? 400 : 1000, 0);
		f.seq += i == 3 ? 400 : 1000;
	}
	run();
	assert_int_equal(out_count, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(outs[i].v.gso_size, 1000);

	start();
	for (unsigned i = 0; i < 100; i++) {
		frame(k, &f, 10, 0);
		f.seq += 10;
	}
	run();
	assert_int_equal(out_count, 2);
	assert_int_equal(outs[0].len, frame_header(k) + GRO_SEGMENTS_MAX * 10);

	start();
	for (unsigned i = 0; i < 60; i++) {
		frame(k, &f, 1448, 0);
		f.seq += 1448;
	}
	run();
	assert_int_equal(out_count, 2);
	assert_true(outs[0].len <= 14 + GRO_BYTES_MAX && outs[0].len > 63000);
}

/* A frame of the same client that is not TCP waits for the TCP before it; a pure
 * acknowledgement of another flow disturbs nothing. */
static void keeps_order(void **state)
{
	const struct frame_kind *tcp = &frame_kinds[0], *udp = &frame_kinds[8];
	struct frame_fields f = fields(), other = fields();

	(void)state;
	start();
	other.sport = 77;
	frame(tcp, &f, 1000, 1);
	f.seq += 1000;
	frame(tcp, &other, 0, 0);
	frame(tcp, &f, 1000, 2);
	f.seq += 1000;
	frame(udp, &other, 20, 0);
	frame(tcp, &f, 1000, 3);
	run();
	assert_int_equal(out_count, 4);
	assert_memory_equal(outs[0].bytes, in[1], in_len[1]);
	assert_int_equal(outs[1].v.gso_size, 1000);
	assert_memory_equal(outs[2].bytes, in[3], in_len[3]);
	assert_memory_equal(outs[3].bytes, in[4], in_len[4]);
}

/* More flows than fit at a time: each byte of each flow arrives, in order. */
static void many_flows(void **state)
{
	const struct frame_kind *k = &frame_kinds[0];
	struct frame_fields f[12];
	uint32_t next[12];

	(void)state;
	start();
	for (unsigned i = 0; i < 12; i++) {
		f[i] = fields();
		f[i].sport = (uint16_t)(100 + i);
		next[i] = f[i].seq;
	}
	for (unsigned round = 0; round < 8; round++)
		for (unsigned i = 0; i < 12; i++) {
			frame(k, &f[i], 100, (uint8_t)i);
			f[i].seq += 100;
		}
	run();
	for (unsigned i = 0; i < out_count; i++) {
		unsigned flow = frame_get(outs[i].bytes + frame_l4(k), 2) - 100;

		assert_int_equal(frame_get(outs[i].bytes + frame_l4(k) + 4, 4), next[flow]);
		next[flow] += (uint32_t)(outs[i].len - frame_header(k));
	}
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(next[i], f[i].seq);
}

/* Cut at random, joined, cut again: the same frames. */
static void round_trip(void **state)
{
	static uint8_t super[GSO_FRAME_MAX], again[IN_MAX * ROOM];
	struct prng r;

	(void)state;
	prng_seed(&r, 1);
	for (int round = 0; round < 300; round++) {
		const struct frame_kind *k = &frame_kinds[prng_below(&r, 4)];
		struct frame_fields f = fields();
		size_t payload = 1 + prng_below(&r, 40000);
		size_t at = 0, from = 0;
		struct virtio_net_hdr v = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					   .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
					   .gso_size = (uint16_t)(500 + prng_below(&r, 960)),
					   .csum_start = (uint16_t)frame_l4(k),
					   .csum_offset = 16};
		struct gso g;

		start();
		f.flags = ACK | PSH;
		for (size_t i = 0; i < payload; i++)
			super[frame_header(k) + i] = (uint8_t)prng_u64(&r);
		frame_build(k, &f, super, payload, false);
		assert_int_equal(gso_open(&g, &v, super, frame_header(k) + payload), OK);
		for (uint32_t i = 0; i < g.count; i++) {
			const uint8_t *piece;
			size_t len = gso_segment(&g, i, in[i], &piece);

			memcpy(in[i] + g.header_bytes, piece, len);
			in_len[i] = g.header_bytes + len;
		}
		in_count = g.count;
		run();
		assert_int_equal(out_count, (g.count + GRO_SEGMENTS_MAX - 1) / GRO_SEGMENTS_MAX);
		for (unsigned i = 0; i < out_count; i++)
			at = cut_again(&outs[i], again, at);
		for (unsigned i = 0; i < in_count; from += in_len[i++])
			assert_memory_equal(again + from, in[i], in_len[i]);
		assert_int_equal(at, from);
	}
}

/* Packets without Ethernet are joined to the same; what is no TCP keeps its place. */
static void joins_bare_packets_alike(void **state)
{
	static const uint8_t other[64] = {0x45, 0, 0, 64};

	(void)state;
	for (unsigned n = 0; n < FRAME_KINDS; n++) {
		const struct frame_kind *k = &frame_kinds[n];
		const size_t l3 = frame_l3(k);
		struct frame_fields f = fields();
		struct virtio_net_hdr whole;

		if (k->udp || k->ip_options > 0)
			continue;
		start();
		for (unsigned i = 0; i < 4; i++, f.seq += 1000, f.id++)
			frame(k, &f, 1000, (uint8_t)i);
		run();
		assert_int_equal(out_count, 1);
		whole = outs[0].v;
		out_count = 0;
		gro.bare = true;
		for (unsigned i = 0; i < in_count; i++)
			gro_add(&gro, in[i] + l3, in_len[i] - l3);
		gro_add(&gro, other, sizeof(other));
		assert_int_equal(out_count, 2);
		assert_int_equal(outs[0].v.csum_start, whole.csum_start - l3);
		assert_int_equal(outs[0].v.gso_size, whole.gso_size);
		assert_int_equal(outs[0].len, in_len[0] - l3 + 3000);
		assert_memory_equal(outs[1].bytes, other, sizeof(other));
	}
}

/* Whatever the bytes, nothing is lost and nothing is read outside. */
static void survives_noise(void **state)
{
	struct prng r;

	(void)state;
	prng_seed(&r, 2);
	for (int round = 0; round < 3000; round++) {
		uint8_t *copy[20];
		size_t len[20], sent = 0, payloads = 0;

		start();
		for (unsigned i = 0; i < 20; i++) {
			const struct frame_kind *k = &frame_kinds[prng_below(&r, FRAME_KINDS)];
			struct frame_fields f = fields();

			f.seq += 100 * i;
			frame(k, &f, 100, 3);
			len[i] = in_len[i];
			if (prng_below(&r, 3) == 0)
				in[i][prng_below(&r, (uint32_t)len[i])] ^= (uint8_t)prng_u64(&r);
			if (prng_below(&r, 8) == 0)
				len[i] = prng_below(&r, (uint32_t)len[i]);
			copy[i] = malloc(len[i] + 1);
			assert_non_null(copy[i]);
			memcpy(copy[i], in[i], len[i]);
			gro_add(&gro, copy[i], len[i]);
			sent += len[i];
		}
		gro_flush(&gro);
		for (unsigned i = 0; i < out_count; i++) {
			unsigned more = 0;

			if (gso_wanted(&outs[i].v))
				more = (unsigned)((outs[i].len - outs[i].v.hdr_len +
						   outs[i].v.gso_size - 1u) /
						  outs[i].v.gso_size) -
				       1;
			payloads += outs[i].len + (size_t)more * outs[i].v.hdr_len;
		}
		assert_int_equal(payloads, sent);
		for (unsigned i = 0; i < 20; i++)
			free(copy[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_every_tcp_kind),
		cmocka_unit_test(joins_nothing_that_differs),
		cmocka_unit_test(minds_the_id),
		cmocka_unit_test(ends_where_it_must),
		cmocka_unit_test(keeps_order),
		cmocka_unit_test(many_flows),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(joins_bare_packets_alike),
		cmocka_unit_test(survives_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
