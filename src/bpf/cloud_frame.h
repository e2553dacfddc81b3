/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cloud_frame - reading client frames in a program: headers, and what stays on its LAN.
 *
 * Source  wire/ethernet.c and core/l2/keep.c, of which this is the twin; the same test
 *         holds them together.
 * Shape   Offsets from the frame's first byte; bytes are copied out by the kernel's
 *         helper, which checks bounds.
 */
#pragma once
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#include "bpf/program.h"
#include "bpf/tables.h"

enum {
	MAC = 6,
	HEADER = 14, /* of Ethernet */
	TAG = 4,
	TAGS_MAX = 8,
	VLAN_ID = 0x0fff,
	VID_TAGGED = 0x8000,

	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_8021Q = 0x8100,
	TYPE_IPV6 = 0x86dd,
	TYPE_8021AD = 0x88a8,
	TYPE_HELLO = 0x88b5,
	TYPE_BATADV = 0x4305,

	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_FRAGMENT = 44,
	PROTO_AH = 51,
	PROTO_ICMPV6 = 58,

	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	EXTENSIONS_MAX = 8,
	ALFRED_PORT = 16962,
};

enum kept { KEPT_NOT, KEPT, KEPT_ALFRED };

/* A frame whose first tag may be beside it, not in it. */
struct frame {
	uint8_t dst[MAC], src[MAC];
	uint16_t inner_type; /* the first that is not a tag's */
	uint16_t vid;	     /* as wire/batadv counts it */
	uint32_t payload;    /* offset */
};

ALWAYS bool is_multicast(const uint8_t *mac)
{
	return mac[0] & 1;
}

ALWAYS bool is_station(const uint8_t *mac)
{
	return !is_multicast(mac) && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) != 0;
}

ALWAYS bool is_tag(uint16_t type)
{
	return type == TYPE_8021Q || type == TYPE_8021AD;
}

/* at: where the frame begins. beside: its first tag, TPID << 16 | TCI, or 0.
 * false: too short, or too many tags. */
ALWAYS bool frame_parse(struct __sk_buff *skb, uint32_t at, uint32_t beside, struct frame *f)
{
	uint8_t h[HEADER], tag[TAG];
	uint16_t first, vlan = beside & VLAN_ID;
	unsigned tags = beside != 0;

	if (bpf_skb_load_bytes(skb, at, h, sizeof(h)))
		return false;
	__builtin_memcpy(f->dst, h, MAC);
	__builtin_memcpy(f->src, h + MAC, MAC);
	f->inner_type = be16(h + 2 * MAC);
	first = beside ? beside >> 16 : f->inner_type;
	at += HEADER;
	for (unsigned i = 0; i < TAGS_MAX + 1 && is_tag(f->inner_type); i++) {
		if (tags == TAGS_MAX || bpf_skb_load_bytes(skb, at, tag, sizeof(tag)))
			return false;
		if (tags == 0)
			vlan = be16(tag) & VLAN_ID;
		tags++;
		f->inner_type = be16(tag + 2);
		at += TAG;
	}
	f->vid = first == TYPE_8021Q && vlan != 0 ? VID_TAGGED | vlan : 0;
	f->payload = at;
	return true;
}

/* ---- what stays on its own LAN: core/l2/keep.h ---- */

ALWAYS bool is_anycast_mac(const struct fast_state_value *s, const uint8_t *m)
{
	return s->anycast &&
	       ((m[0] == 0xaa && m[1] == 0xaa && m[2] == 0xaa) || same(m, s->anycast_mac, MAC));
}

/* at: the header of TCP or UDP. */
ALWAYS enum kept kept_port(const struct fast_state_value *s, struct __sk_buff *skb, bool udp,
			   uint32_t at)
{
	uint8_t b[4];

	if (bpf_skb_load_bytes(skb, at, b, sizeof(b)))
		return KEPT_NOT;
	uint16_t to = be16(b + 2);
	if (to == ALFRED_PORT)
		return KEPT_ALFRED;
	if (!udp || !s->anycast)
		return KEPT_NOT;
	return to == 67 || to == 68 || to == 546 || to == 547 ? KEPT : KEPT_NOT;
}

ALWAYS enum kept kept_ipv4(const struct fast_state_value *s, struct __sk_buff *skb, uint32_t at)
{
	uint8_t h[IPV4_HEADER];

	if (bpf_skb_load_bytes(skb, at, h, sizeof(h)))
		return KEPT_NOT;
	if (s->anycast && (same(h + 12, s->anycast_ipv4, 4) || same(h + 16, s->anycast_ipv4, 4)))
		return KEPT;
	bool first = ((h[6] & 0x1f) | h[7]) == 0;
	if ((h[9] != PROTO_UDP && h[9] != PROTO_TCP) || !first)
		return KEPT_NOT;
	uint32_t len = (h[0] & 0xf) * 4u;
	return kept_port(s, skb, h[9] == PROTO_UDP, at + (len > IPV4_HEADER ? len : IPV4_HEADER));
}

ALWAYS bool is_our_ipv6(const struct fast_state_value *s, const uint8_t *b)
{
	return s->anycast && (same(b, s->anycast_ipv6, 16) || same(b, s->anycast_link_local, 16));
}

ALWAYS enum kept kept_icmpv6(const struct fast_state_value *s, struct __sk_buff *skb, uint32_t at)
{
	uint8_t type = 0, target[16];

	if (!s->anycast || bpf_skb_load_bytes(skb, at, &type, 1))
		return KEPT_NOT;
	if (type == 133 || type == 134)
		return KEPT;
	if (type != 135 && type != 136)
		return KEPT_NOT;
	if (bpf_skb_load_bytes(skb, at + 8, target, sizeof(target)))
		return KEPT_NOT;
	return is_our_ipv6(s, target) ? KEPT : KEPT_NOT;
}

ALWAYS bool is_extension(uint8_t next)
{
	return next == 0 || next == 43 || next == PROTO_FRAGMENT || next == PROTO_AH ||
	       next == 60 || next == 135 || next == 139 || next == 140;
}

ALWAYS enum kept kept_ipv6(const struct fast_state_value *s, struct __sk_buff *skb, uint32_t at)
{
	uint8_t h[IPV6_HEADER], x[4];
	unsigned count = 0;
	bool bad = false;

	if (bpf_skb_load_bytes(skb, at, h, sizeof(h)))
		return KEPT_NOT;
	if (is_our_ipv6(s, h + 8) || is_our_ipv6(s, h + 24))
		return KEPT;
	uint8_t next = h[6];
	at += IPV6_HEADER;
	for (unsigned i = 0; i < EXTENSIONS_MAX && !bad && is_extension(next); i++) {
		uint8_t type = next;

		count++;
		if (bpf_skb_load_bytes(skb, at, x, sizeof(x))) {
			bad = true;
			break;
		}
		next = x[0];
		/* Later pieces have no ports, and are worth nothing without the first. */
		if (type == PROTO_FRAGMENT && be16(x + 2) >= 8)
			return KEPT_NOT;
		at += 8;
		if (type != PROTO_FRAGMENT)
			at += x[1] * (type == PROTO_AH ? 4u : 8u);
		bad = at > skb->len;
	}
	if (count > 0 && (bad || count == EXTENSIONS_MAX))
		return s->anycast ? KEPT : KEPT_NOT;
	if (next == PROTO_ICMPV6)
		return kept_icmpv6(s, skb, at);
	return next == PROTO_UDP || next == PROTO_TCP ? kept_port(s, skb, next == PROTO_UDP, at)
						      : KEPT_NOT;
}

/* ARP is not asked about: it goes up anyway. */
ALWAYS enum kept kept_why(const struct fast_state_value *s, struct __sk_buff *skb,
			  const struct frame *f)
{
	if (is_anycast_mac(s, f->src) || is_anycast_mac(s, f->dst))
		return KEPT;
	switch (f->inner_type) {
	case TYPE_IPV4: return kept_ipv4(s, skb, f->payload);
	case TYPE_IPV6: return kept_ipv6(s, skb, f->payload);
	case TYPE_HELLO: return KEPT;
	default: return KEPT_NOT;
	}
}
