/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel - one-way tunnels in the kernel: what drv/tunnel_user does, for what is easy.
 *
 * Source  drv/tunnel_user.h; RFC 2473, RFC 6040; tests/unit/test_bpf_tunnel.c holds it against
 *         a model in C.
 * Shape   tunnel_out runs at the egress of a gateway's interface, before its reader: the
 *         outer header goes in front, and the packet to the next hop of the network.
 *         tunnel_in runs at the ingress of the network's interfaces: what is for our end
 *         loses its outer header and comes in at our end's interface.
 *         What is not understood goes up, past other programs (TC_ACT_UNSPEC), and is counted
 * there. Super-packets stay whole; segments have room for the outer header, because the interface's
 * MTU says so. Memory  maps only, see tunnel_tables.h.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#include "bpf/cloud_frame.h"
#include "bpf/tunnel_tables.h"

enum {
	PROTO_IPV4_IN = 4,
	PROTO_IPV6_IN = 41,
	HOP_LIMIT = 64,
	ECN = 3,
	ECN_ECT0 = 2,
	ECN_CE = 3,
	FAMILY_IPV6 = 10,
	FOR_US = 0, /* __sk_buff.pkt_type */
	/* Fields of headers */
	V4_TOTAL = 2,
	V4_CHECKSUM = 10,
	V4_SOURCE = 12,
	V4_TO = 16,
	V6_LENGTH = 4,
	V6_NEXT = 6,
	V6_HOPS = 7,
	V6_SOURCE = 8,
	V6_TO = 24,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct tunnel_end_value);
} tunnel_ends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TUNNEL_TABLE_OUTS);
	__type(key, uint32_t);
	__type(value, struct tunnel_out_value);
} tunnel_outs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, TUNNEL_TABLE_OUTS + 1);
	__type(key, uint32_t);
	__type(value, struct tunnel_counter);
} tunnel_counts SEC(".maps");

ALWAYS void count(uint32_t ifindex, uint32_t packets, uint32_t bytes)
{
	struct tunnel_counter *c = bpf_map_lookup_elem(&tunnel_counts, &ifindex);

	if (!c)
		return;
	c->packets += packets;
	c->bytes += bytes;
}

ALWAYS int failed(uint32_t ifindex)
{
	struct tunnel_counter *c = bpf_map_lookup_elem(&tunnel_counts, &ifindex);

	if (c)
		c->failed++;
	return TC_ACT_SHOT;
}

ALWAYS uint32_t segments(const struct __sk_buff *skb)
{
	return skb->gso_segs ? skb->gso_segs : 1;
}

ALWAYS uint8_t ecn_of(const uint8_t *inner, bool v6)
{
	return (v6 ? inner[1] >> 4 : inner[1]) & ECN;
}

/* ---- out ---- */

/* Such packets are of one link, and a packet to the gateway itself has been here. */
ALWAYS bool is_unwanted(const struct tunnel_out_value *o, const uint8_t *inner, bool v6)
{
	const uint8_t *to = inner + (v6 ? V6_TO : V4_TO);

	if (!v6)
		return to[0] >= 224 || (to[0] == 169 && to[1] == 254);
	return to[0] == 0xff || (to[0] == 0xfe && (to[1] & 0xc0) == 0x80) ||
	       same(to, o->primary, sizeof(o->primary));
}

/* The header that goes in front; false: this packet is not for us. */
ALWAYS bool outer_make(struct __sk_buff *skb, const struct tunnel_out_value *o,
		       uint8_t outer[IPV6_HEADER])
{
	uint8_t inner[IPV6_HEADER] = {0};
	bool v6 = skb->protocol == __builtin_bswap16(TYPE_IPV6);
	uint32_t len = skb->len - o->front;
	uint8_t ecn;

	if (!v6 && skb->protocol != __builtin_bswap16(TYPE_IPV4))
		return false;
	if (len > UINT16_MAX ||
	    bpf_skb_load_bytes_relative(skb, 0, inner, IPV4_HEADER, BPF_HDR_START_NET))
		return false;
	if (v6 && bpf_skb_load_bytes_relative(skb, 0, inner, IPV6_HEADER, BPF_HDR_START_NET))
		return false;
	if (inner[0] >> 4 != (v6 ? 6 : 4) || is_unwanted(o, inner, v6))
		return false;
	ecn = ecn_of(inner, v6);
	__builtin_memset(outer, 0, IPV6_HEADER);
	outer[0] = 6 << 4;
	outer[1] = (ecn == ECN_CE ? ECN_ECT0 : ecn) << 4;
	outer[V6_LENGTH] = len >> 8;
	outer[V6_LENGTH + 1] = len;
	outer[V6_NEXT] = v6 ? PROTO_IPV6_IN : PROTO_IPV4_IN;
	outer[V6_HOPS] = HOP_LIMIT;
	__builtin_memcpy(outer + V6_SOURCE, o->dummy, sizeof(o->dummy));
	__builtin_memcpy(outer + V6_TO, o->primary, sizeof(o->primary));
	return true;
}

/* Nothing has changed when the kernel refuses: some kinds of super-packets. */
ALWAYS long room_make(struct __sk_buff *skb)
{
	return bpf_skb_adjust_room(skb, IPV6_HEADER, BPF_ADJ_ROOM_MAC,
				   BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 | BPF_F_ADJ_ROOM_FIXED_GSO);
}

/* In front comes an Ethernet header, too, which bpf_redirect_neigh wants. */
ALWAYS int encapsulate(struct __sk_buff *skb, const uint8_t *outer, uint32_t front)
{
	if (front == 0 && bpf_skb_change_head(skb, HEADER, 0))
		return -1;
	return bpf_skb_store_bytes(skb, HEADER, outer, IPV6_HEADER, 0);
}

SEC("tc")
int tunnel_out(struct __sk_buff *skb)
{
	uint32_t ifindex = skb->ifindex, packets = segments(skb), bytes = skb->len;
	const struct tunnel_out_value *o = bpf_map_lookup_elem(&tunnel_outs, &ifindex);
	struct bpf_fib_lookup way = {.family = FAMILY_IPV6, .ifindex = ifindex};
	struct bpf_redir_neigh next = {.nh_family = FAMILY_IPV6};
	uint8_t outer[IPV6_HEADER];
	uint32_t front;
	long e;

	if (!o || !outer_make(skb, o, outer))
		return TC_ACT_UNSPEC;
	front = o->front;
	__builtin_memcpy(way.ipv6_src, o->dummy, sizeof(way.ipv6_src));
	__builtin_memcpy(way.ipv6_dst, o->primary, sizeof(way.ipv6_dst));
	e = bpf_fib_lookup(skb, &way, sizeof(way), 0);
	if ((e != BPF_FIB_LKUP_RET_SUCCESS && e != BPF_FIB_LKUP_RET_NO_NEIGH) || room_make(skb))
		return TC_ACT_UNSPEC;
	if (encapsulate(skb, outer, front))
		return failed(ifindex);
	skb->mark = 0; /* it was the inner packet's */
	count(ifindex, packets, bytes - front);
	__builtin_memcpy(next.ipv6_nh, way.ipv6_dst, sizeof(next.ipv6_nh));
	return bpf_redirect_neigh(way.ifindex, &next, sizeof(next), 0);
}

/* ---- in ---- */

ALWAYS bool is_within(const uint8_t *a, const uint8_t *net, const uint8_t *mask, unsigned n)
{
	uint8_t differs = 0;

#pragma unroll
	for (unsigned i = 0; i < n; i++)
		differs |= (a[i] ^ net[i]) & mask[i];
	return differs == 0;
}

/* From our own cloud to our own cloud: nobody needs a tunnel for that. */
ALWAYS bool is_spoofed(const struct tunnel_end_value *e, const uint8_t *inner, bool v6)
{
	if (v6)
		return e->has_cloud6 && is_within(inner + V6_SOURCE, e->cloud6, e->mask6, 16) &&
		       is_within(inner + V6_TO, e->cloud6, e->mask6, 16);
	return e->has_cloud4 && is_within(inner + V4_SOURCE, e->cloud4, e->mask4, 4) &&
	       is_within(inner + V4_TO, e->cloud4, e->mask4, 4);
}

/* Is it whole? room: what the outer header says that there is. */
ALWAYS bool is_whole(const uint8_t *inner, bool v6, uint32_t room)
{
	uint32_t header = v6 ? IPV6_HEADER : (inner[0] & 0x0fu) * 4;
	uint32_t whole = v6 ? IPV6_HEADER + be16(inner + V6_LENGTH) : be16(inner + V4_TOTAL);

	return inner[0] >> 4 == (v6 ? 6 : 4) && header >= IPV4_HEADER && header <= whole &&
	       whole <= room;
}

/* Marks the inner packet; only IPv4 has a checksum over it. */
ALWAYS int congestion_mark(struct __sk_buff *skb, const uint8_t *inner, bool v6)
{
	const uint32_t at = HEADER + IPV6_HEADER;
	uint16_t was, is;
	uint8_t marked = inner[1] | (v6 ? ECN_CE << 4 : ECN_CE);

	__builtin_memcpy(&was, inner, sizeof(was));
	if (bpf_skb_store_bytes(skb, at + 1, &marked, 1, v6 ? BPF_F_RECOMPUTE_CSUM : 0))
		return -1;
	if (v6)
		return 0;
	((uint8_t *)&is)[0] = inner[0];
	((uint8_t *)&is)[1] = marked;
	return bpf_l3_csum_replace(skb, at + V4_CHECKSUM, was, is, sizeof(is));
}

/* For IPv4 inside in two steps: the first makes it an IPv4 packet for the kernel. A super-packet of
 * another kind than TCP or UDP is refused. */
ALWAYS int decapsulate(struct __sk_buff *skb, bool v6)
{
	int32_t rest = IPV6_HEADER;

	if (!v6) {
		if (bpf_skb_change_proto(skb, __builtin_bswap16(TYPE_IPV4), 0))
			return -1;
		rest -= IPV6_HEADER - IPV4_HEADER;
	}
	return bpf_skb_adjust_room(skb, -rest, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO);
}

ALWAYS bool is_for_end(const struct tunnel_end_value *e, const uint8_t *outer)
{
	return (outer[V6_NEXT] == PROTO_IPV4_IN || outer[V6_NEXT] == PROTO_IPV6_IN) &&
	       same(outer + V6_TO, e->primary, sizeof(e->primary)) &&
	       same(outer + V6_SOURCE, e->dummy, sizeof(e->dummy));
}

SEC("tc")
int tunnel_in(struct __sk_buff *skb)
{
	const uint32_t zero = 0;
	const struct tunnel_end_value *end = bpf_map_lookup_elem(&tunnel_ends, &zero);
	uint32_t packets = segments(skb), bytes = skb->len - HEADER - IPV6_HEADER, ifindex, room;
	uint8_t outer[IPV6_HEADER], inner[IPV6_HEADER] = {0};
	bool v6, congested;

	if (!end || end->ifindex == 0 || skb->protocol != __builtin_bswap16(TYPE_IPV6) ||
	    skb->vlan_present || skb->pkt_type != FOR_US ||
	    bpf_skb_load_bytes(skb, HEADER, outer, sizeof(outer)) || !is_for_end(end, outer))
		return TC_ACT_UNSPEC;
	v6 = outer[V6_NEXT] == PROTO_IPV6_IN;
	room = be16(outer + V6_LENGTH);
	if (bpf_skb_load_bytes(skb, HEADER + IPV6_HEADER, inner, IPV4_HEADER) ||
	    (v6 && bpf_skb_load_bytes(skb, HEADER + IPV6_HEADER, inner, sizeof(inner))) ||
	    room > bytes || !is_whole(inner, v6, room) || is_spoofed(end, inner, v6))
		return TC_ACT_UNSPEC;
	congested = (outer[1] >> 4 & ECN) == ECN_CE;
	if (congested && ecn_of(inner, v6) == 0)
		return TC_ACT_UNSPEC;
	ifindex = end->ifindex;
	if ((congested && congestion_mark(skb, inner, v6)) || decapsulate(skb, v6))
		return failed(ifindex);
	count(ifindex, packets, bytes);
	return bpf_redirect(ifindex, BPF_F_INGRESS);
}

const char of_programs[] SEC("license") = "GPL";
