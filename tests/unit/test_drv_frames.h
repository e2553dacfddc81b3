/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_drv_frames - frames for the tests of gso and gro, and a slow and plain
 * check of every length and checksum in a frame, written without drv's helpers.
 *
 * Source  ours; RFC 791, 768, 8200, 9293.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct frame_kind {
	const char *name;
	bool ipv6;
	bool udp;
	unsigned tags;	      /* 802.1Q tags */
	unsigned ip_options;  /* bytes: IPv4 options, or IPv6 extension headers; % 8 == 0 */
	unsigned tcp_options; /* bytes, % 4 == 0 */
};

struct frame_fields {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags;
	uint16_t id;
	bool dont_fragment;
	uint8_t tos, ttl;
	uint8_t client; /* last byte of the MAC and IP addresses */
};

static const struct frame_kind frame_kinds[] = {
	{"tcp4", false, false, 0, 0, 12},
	{"tcp4 bare", false, false, 0, 0, 0},
	{"tcp4 tag", false, false, 1, 0, 12},
	{"tcp4 two tags", false, false, 2, 0, 40},
	{"tcp4 ip options", false, false, 0, 8, 12},
	{"tcp6", true, false, 0, 0, 12},
	{"tcp6 tag", true, false, 1, 0, 0},
	{"tcp6 extension", true, false, 0, 16, 12},
	{"udp4", false, true, 0, 0, 0},
	{"udp4 tag", false, true, 1, 0, 0},
	{"udp6", true, true, 0, 0, 0},
};
enum { FRAME_KINDS = sizeof(frame_kinds) / sizeof(frame_kinds[0]) };

static inline void frame_put(uint8_t *p, unsigned bytes, uint32_t v)
{
	while (bytes-- > 0) {
		p[bytes] = (uint8_t)v;
		v >>= 8;
	}
}

static inline uint32_t frame_get(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | *p++;
	return v;
}

/* Plain sum of big-endian 16-bit words, folded. */
static inline uint32_t frame_sum(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static inline size_t frame_l3(const struct frame_kind *k)
{
	return 14 + 4 * k->tags;
}

static inline size_t frame_l4(const struct frame_kind *k)
{
	return frame_l3(k) + (k->ipv6 ? 40 : 20) + k->ip_options;
}

static inline size_t frame_header(const struct frame_kind *k)
{
	return frame_l4(k) + (k->udp ? 8 : 20 + k->tcp_options);
}

static inline uint32_t frame_pseudo(const struct frame_kind *k, const uint8_t *frame, size_t l4_len)
{
	const uint8_t *ip = frame + frame_l3(k);
	uint32_t sum = k->ipv6 ? frame_sum(0, ip + 8, 32) : frame_sum(0, ip + 12, 8);
	uint8_t rest[8] = {0};

	frame_put(rest, 4, (uint32_t)l4_len);
	rest[7] = k->udp ? 17 : 6;
	return frame_sum(sum, rest, 8);
}

/* The headers of a frame with payload_len bytes behind them. Without `whole`, the
 * checksum field holds the pseudo header, as a TAP gives it. Returns header bytes. */
static inline size_t frame_build(const struct frame_kind *k, const struct frame_fields *f,
				 uint8_t *frame, size_t payload_len, bool whole)
{
	uint8_t *ip = frame + frame_l3(k), *l4 = frame + frame_l4(k);
	size_t header = frame_header(k), l4_len = header - frame_l4(k) + payload_len;
	uint8_t *field = l4 + (k->udp ? 6 : 16);
	uint32_t sum;

	memset(frame, 0, header);
	memcpy(frame, "\x02\x00\x00\x00\x00\xbb\x02\x00\x00\x00\x00", 11);
	frame[11] = f->client;
	for (unsigned i = 0; i < k->tags; i++) {
		frame_put(frame + 12 + 4 * i, 2, 0x8100);
		frame_put(frame + 14 + 4 * i, 2, 10 + i);
	}
	frame_put(ip - 2, 2, k->ipv6 ? 0x86dd : 0x0800);
	if (k->ipv6) {
		frame_put(ip, 4, 0x60012345u | (uint32_t)f->tos << 20);
		frame_put(ip + 4, 2, (uint32_t)(k->ip_options + l4_len));
		ip[6] = k->udp ? 17 : 6;
		ip[7] = f->ttl;
		ip[8] = ip[24] = 0xfd;
		ip[23] = f->client;
		ip[39] = 0xbb;
		if (k->ip_options > 0) { /* one destination options header of padding */
			ip[40] = ip[6];
			ip[41] = (uint8_t)(k->ip_options / 8 - 1);
			ip[42] = 1;
			ip[43] = (uint8_t)(k->ip_options - 4);
			ip[6] = 60;
		}
	} else {
		ip[0] = (uint8_t)(0x40 | (5 + k->ip_options / 4));
		ip[1] = f->tos;
		frame_put(ip + 2, 2, (uint32_t)(20 + k->ip_options + l4_len));
		frame_put(ip + 4, 2, f->id);
		ip[6] = f->dont_fragment ? 0x40 : 0;
		ip[8] = f->ttl;
		ip[9] = k->udp ? 17 : 6;
		memcpy(ip + 12, "\x0a\x01\x02", 3);
		ip[15] = f->client;
		memcpy(ip + 16, "\x0a\x01\x02\xbb", 4);
		memset(ip + 20, 1, k->ip_options); /* no operation */
		frame_put(ip + 10, 2, ~frame_sum(0, ip, 20 + k->ip_options));
	}
	frame_put(l4, 2, f->sport);
	frame_put(l4 + 2, 2, f->dport);
	if (k->udp) {
		frame_put(l4 + 4, 2, (uint32_t)l4_len);
	} else {
		frame_put(l4 + 4, 4, f->seq);
		frame_put(l4 + 8, 4, f->ack);
		l4[12] = (uint8_t)((5 + k->tcp_options / 4) << 4);
		l4[13] = f->flags;
		frame_put(l4 + 14, 2, f->window);
		memset(l4 + 20, 1, k->tcp_options);
	}
	sum = frame_pseudo(k, frame, l4_len);
	if (whole)
		sum = (uint16_t)~frame_sum(sum, l4, l4_len);
	if (whole && k->udp && sum == 0)
		sum = 0xffff;
	frame_put(field, 2, sum);
	return header;
}

/* What is wrong with a whole frame's lengths and checksums, or NULL. */
static inline const char *frame_fault(const struct frame_kind *k, const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + frame_l3(k), *l4 = frame + frame_l4(k);
	size_t l4_len = len - frame_l4(k);
	uint32_t sum;

	if (len < frame_header(k))
		return "short";
	if (k->ipv6 && frame_get(ip + 4, 2) != k->ip_options + l4_len)
		return "IPv6 length";
	if (!k->ipv6 && frame_get(ip + 2, 2) != 20 + k->ip_options + l4_len)
		return "IPv4 length";
	if (!k->ipv6 && frame_sum(0, ip, 20 + k->ip_options) != 0xffff)
		return "IPv4 checksum";
	if (k->udp && frame_get(l4 + 4, 2) != l4_len)
		return "UDP length";
	if (k->udp && frame_get(l4 + 6, 2) == 0)
		return "UDP without checksum";
	sum = frame_sum(frame_pseudo(k, frame, l4_len), l4, l4_len);
	return sum == 0xffff ? NULL : "checksum";
}
