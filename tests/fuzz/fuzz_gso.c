/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script of right frames, and of frames that are nearly right, into GRO and GSO (bytes
 * without order are fuzz_offload's). What a super-frame is cut into is right in every
 * length and checksum; what segments were joined into comes apart as it was, byte by
 * byte, each frame once and those of a flow in order.
 */
#include <string.h>
#include "../unit/test_drv_frames.h"
#include "base/bytes.h"
#include "drv/gro.h"
#include "drv/gso.h"
#include "fuzz.h"
#include "wire/ethernet.h"

enum {
	FRAMES_MAX = 160,
	FRAME_ROOM = 2048,
	FLOWS = 12,
	PAYLOAD_MAX = 65536 - 200,
};

/* A frame that went in; came: it came out again. */
struct sent {
	uint8_t *bytes; /* allocated to its length: ASan sees a read too far */
	size_t len;
	bool came;
};

struct script {
	struct rd r;
	struct gro gro;
	struct frame_fields flow[FLOWS];
	uint8_t kind[FLOWS];
	struct sent sent[FRAMES_MAX];
	unsigned count;
};

static void fill(uint8_t *payload, size_t len, uint8_t value)
{
	for (size_t i = 0; i < len; i++)
		payload[i] = (uint8_t)(value + i * (value & 7));
}

static struct frame_fields any_fields(struct script *s, uint8_t client)
{
	return (struct frame_fields){
		.sport = rd_u8(&s->r) & 3,
		.dport = 80,
		.seq = rd_u32(&s->r),
		.ack = 1,
		.window = 1000,
		.flags = 0x10,
		.id = rd_u16(&s->r),
		.dont_fragment = client & 1,
		.tos = client & 2,
		.ttl = 64,
		.client = client & 3,
	};
}

/* ---- joining ---- */

/* Numbers that may differ although nothing is lost: the id of a frame that must not be
 * cut, the checksum over it, and the two ways to write a checksum of zero. */
static void normalise(uint8_t *frame, size_t len)
{
	struct ethernet e;

	if (ethernet_parse(frame, len, &e) != OK || e.inner_type != ETHERTYPE_IPV4 ||
	    e.payload_len < 20 || e.payload[0] != 0x45)
		return;
	uint8_t *ip = frame + (e.payload - frame);

	if (ip[6] & 0x40)
		memset(ip + 4, 0, 2);
	memset(ip + 10, 0, 2);
}

static bool is_same(const uint8_t *a, const struct sent *b, size_t len)
{
	static uint8_t x[FRAME_ROOM], y[FRAME_ROOM];

	if (b->len != len || len > FRAME_ROOM)
		return false;
	memcpy(x, a, len);
	memcpy(y, b->bytes, len);
	normalise(x, len);
	normalise(y, len);
	return memcmp(x, y, len) == 0;
}

/* What tells flows apart: the Ethernet header, IP addresses and ports; 0: no plain TCP. */
static size_t flow_key(const uint8_t *frame, size_t len, uint8_t key[64])
{
	struct ethernet e;

	if (ethernet_parse(frame, len, &e) != OK || e.tags > 2)
		return 0;
	const uint8_t *ip = e.payload;
	size_t l3 = (size_t)(ip - frame);

	if (e.inner_type == ETHERTYPE_IPV4 && e.payload_len >= 40 && ip[0] == 0x45 && ip[9] == 6) {
		memcpy(key, frame, l3);
		memcpy(key + l3, ip + 12, 12);
		return l3 + 12;
	}
	if (e.inner_type == ETHERTYPE_IPV6 && e.payload_len >= 60 && ip[0] >> 4 == 6 &&
	    ip[6] == 6) {
		memcpy(key, frame, l3);
		memcpy(key + l3, ip + 8, 36);
		return l3 + 36;
	}
	return 0;
}

/* A frame comes out: it went in, and none before it of its flow still waits. */
static void frame_came(struct script *s, const uint8_t *frame, size_t len)
{
	uint8_t key[64], other[64];
	size_t key_len = flow_key(frame, len, key);
	unsigned i = 0;

	while (i < s->count && (s->sent[i].came || !is_same(frame, &s->sent[i], len)))
		i++;
	must(i < s->count);
	s->sent[i].came = true;
	for (unsigned k = 0; k < i && key_len > 0; k++) {
		const struct sent *earlier = &s->sent[k];

		must(earlier->came || flow_key(earlier->bytes, earlier->len, other) != key_len ||
		     memcmp(key, other, key_len) != 0);
	}
}

static void collect(void *ctx, const struct virtio_net_hdr *v, const struct iovec *iov,
		    unsigned count)
{
	static uint8_t super[GSO_FRAME_MAX], frame[GSO_FRAME_MAX];
	struct script *s = ctx;
	size_t len = 0;
	struct gso g;

	for (unsigned i = 0; i < count; i++) {
		must(len + iov[i].iov_len <= sizeof(super));
		memcpy(super + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	if (!gso_wanted(v)) {
		must(v->flags == 0);
		frame_came(s, super, len);
		return;
	}
	must(gso_open(&g, v, super, len) == OK && g.count >= 2);
	must(g.header_bytes == v->hdr_len);
	for (uint32_t i = 0; i < g.count; i++) {
		const uint8_t *payload;
		size_t n = gso_segment(&g, i, frame, &payload);

		memcpy(frame + g.header_bytes, payload, n);
		frame_came(s, frame, g.header_bytes + n);
	}
}

/* The next frame of a flow, right, or with some of its fields changed. */
static size_t next_frame(struct script *s, uint8_t *frame)
{
	unsigned n = rd_u8(&s->r) % FLOWS;
	const struct frame_kind *k = &frame_kinds[s->kind[n]];
	struct frame_fields *f = &s->flow[n], now;
	uint8_t how = rd_u8(&s->r);
	size_t payload = how & 1 ? 100 : (size_t)rd_u16(&s->r) % 1461;

	now = *f;
	if (how & 2)
		now.flags = rd_u8(&s->r);
	if (how & 4)
		now.ack = ++f->ack;
	if (how & 8)
		now.seq += rd_u8(&s->r);
	if (how & 16)
		now.tos ^= rd_u8(&s->r) & 3;
	fill(frame + frame_header(k), payload, (uint8_t)f->seq);
	size_t len = frame_build(k, &now, frame, payload, true) + payload;

	f->seq += (uint32_t)payload;
	f->id++;
	if (how & 32) /* a byte goes wrong, perhaps one that no checksum sees */
		frame[rd_u16(&s->r) % len] ^= rd_u8(&s->r);
	if (how & 64) { /* behind the end, as a cable pads it; or the end is missing */
		size_t more = rd_u8(&s->r) % 32;

		memset(frame + len, 0, more);
		len += how & 128 ? more : 0;
		len -= how & 128 ? 0 : more < len ? more : 0;
	}
	return len;
}

static void join(struct script *s)
{
	uint8_t frame[FRAME_ROOM];

	for (unsigned i = 0; i < FLOWS; i++) {
		uint8_t client = rd_u8(&s->r);

		s->kind[i] = (uint8_t)((client >> 2) % FRAME_KINDS);
		s->flow[i] = any_fields(s, client);
	}
	gro_init(&s->gro, collect, s);
	while (rd_left(&s->r) > 0 && s->count < FRAMES_MAX) {
		size_t len = next_frame(s, frame);
		struct sent *x = &s->sent[s->count++];

		x->bytes = malloc(len);
		must(x->bytes);
		memcpy(x->bytes, frame, len);
		x->len = len;
		gro_add(&s->gro, x->bytes, len);
		s->r.bad = false;
	}
	gro_flush(&s->gro);
	must(s->gro.used == 0);
	for (unsigned i = 0; i < s->count; i++) {
		must(s->sent[i].came);
		free(s->sent[i].bytes);
	}
}

/* ---- cutting ---- */

static void segments_check(const struct gso *g, const struct frame_kind *k, const uint8_t *super)
{
	static uint8_t frame[GSO_FRAME_MAX];
	size_t at = g->header_bytes;

	for (uint32_t i = 0; i < g->count; i++) {
		uint8_t *header = malloc(g->header_bytes);
		const uint8_t *payload;

		must(header);
		size_t n = gso_segment(g, i, header, &payload);

		must(n > 0 && g->header_bytes + n <= gso_segment_max(g));
		must(payload == super + at);
		memcpy(frame, header, g->header_bytes);
		memcpy(frame + g->header_bytes, payload, n);
		must(!frame_fault(k, frame, g->header_bytes + n));
		at += n;
		free(header);
	}
	must(at == g->header_bytes + g->payload_bytes);
}

/* A super-frame as the kernel gives it, its header perhaps as it would never. */
static void cut(struct script *s)
{
	const struct frame_kind *k = &frame_kinds[rd_u8(&s->r) % FRAME_KINDS];
	uint8_t how = rd_u8(&s->r);
	size_t payload = 1 + rd_u16(&s->r) % PAYLOAD_MAX, len = frame_header(k) + payload;
	struct frame_fields f = any_fields(s, how);
	struct virtio_net_hdr v = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = k->udp    ? 5
			    : k->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6
				      : VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = (uint16_t)(1 + rd_u16(&s->r) % 9000),
		.csum_start = (uint16_t)frame_l4(k),
		.csum_offset = k->udp ? 6 : 16,
	};
	uint8_t *super = malloc(len);
	struct gso g;

	must(super);
	f.flags = rd_u8(&s->r);
	fill(super + frame_header(k), payload, how);
	frame_build(k, &f, super, payload, false);
	if (how & 0x80) {
		((uint8_t *)&v)[rd_u8(&s->r) % sizeof(v)] = rd_u8(&s->r);
		super[rd_u16(&s->r) % len] ^= rd_u8(&s->r);
		super[rd_u8(&s->r) % frame_header(k)] ^= rd_u8(&s->r);
		if (gso_open(&g, &v, super, len) == OK)
			must(g.count >= 1 && g.header_bytes + g.payload_bytes == len);
		(void)gso_complete(&v, super, len);
		free(super);
		return;
	}
	must(gso_open(&g, &v, super, len) == OK);
	if (payload / v.gso_size < 2000)
		segments_check(&g, k, super);
	size_t max = rd_u16(&s->r) % 9000;
	if (gso_limit(&g, max) == OK) {
		must(gso_segment_max(&g) <= max);
		segments_check(&g, k, super);
	} else {
		must(k->udp || max < frame_header(k) + GSO_PAYLOAD_MIN);
	}
	must(gso_complete(&v, super, len) == OK);
	if (len < 65536)
		must(!frame_fault(k, super, len));
	free(super);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct script s;

	s = (struct script){.r = rd_over(data, size)};
	if (rd_u8(&s.r) % 4 == 0)
		cut(&s);
	else
		join(&s);
	return 0;
}
