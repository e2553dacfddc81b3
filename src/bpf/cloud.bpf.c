/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cloud - the fast path of the cloud: l2_forward() in the kernel.
 *
 * Source  core/l2/forward.c, whose verdicts these are, field by field
 *         (tests/unit/test_bpf_forward.c).
 * Shape   fast_lan runs at the egress of the cloud's port (bat0): frames of the LAN.
 *         fast_mesh runs at the ingress of a mesh interface.
 *         Each comes to a verdict and carries it out; what it does not understand goes
 *         up to the engine (TC_ACT_OK).
 * Memory  maps only, see tables.h; nothing of the kernel's own structures is read, so
 *         that no BTF is needed where it runs.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#include "bpf/cloud_frame.h"
#include "bpf/tables.h"

const char of_programs[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct fast_key);
	__type(value, struct fast_client_value);
} fast_clients SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct fast_key);
	__type(value, struct fast_node_value);
} fast_nodes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FAST_PORTS);
	__type(key, uint32_t);
	__type(value, struct fast_port_value);
} fast_ports SEC(".maps");

/* Our own MACs -> nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * FAST_PORTS);
	__type(key, struct fast_key);
	__type(value, uint8_t);
} fast_macs SEC(".maps");

/* Interface -> port. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * FAST_PORTS);
	__type(key, uint32_t);
	__type(value, uint32_t);
} fast_links SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct fast_state_value);
} fast_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FAST_COUNTS);
	__type(key, uint32_t);
	__type(value, struct fast_counter);
} fast_counts SEC(".maps");

enum {
	BATADV_VERSION = 15,
	BATADV_TTL = 50,
	UNICAST = 0x40,
	UNICAST_4ADDR = 0x42,
	UNICAST_LEN = 10,
	FOURADDR_LEN = 18,
	FOURADDR_DATA = 1,
	/* What of a routed packet's front changes at each hop: Ethernet header, type,
	 * version, ttl. */
	HOP_FRONT = HEADER + 3,
	/* Less is no packet to the helper that takes headers away. */
	PACKET_LEAST = 20,
};

struct verdict {
	enum fast_verdict kind;
	uint32_t reason; /* of a drop: a counter */
	uint32_t port;
	uint32_t head_len; /* SEND: of head; DELIVER: how much goes */
	uint32_t mark;	   /* DELIVER: the filter need not look */
	uint8_t head[HEADER + FOURADDR_LEN];
};

ALWAYS void count(uint32_t which, uint32_t frames, uint32_t bytes)
{
	struct fast_counter *c = bpf_map_lookup_elem(&fast_counts, &which);

	if (c) {
		c->frames += frames;
		c->bytes += bytes;
	}
}

ALWAYS struct fast_key key_of(const uint8_t *mac, uint16_t vid)
{
	struct fast_key k = {.vid = vid};

	__builtin_memcpy(k.mac, mac, MAC);
	return k;
}

ALWAYS struct fast_client_value *client_find(const uint8_t *mac, uint16_t vid)
{
	struct fast_key k = key_of(mac, vid);

	return bpf_map_lookup_elem(&fast_clients, &k);
}

ALWAYS struct fast_node_value *node_find(const uint8_t *mac)
{
	struct fast_key k = key_of(mac, 0);

	return bpf_map_lookup_elem(&fast_nodes, &k);
}

ALWAYS bool is_ours(const uint8_t *mac)
{
	struct fast_key k = key_of(mac, 0);

	return bpf_map_lookup_elem(&fast_macs, &k) != NULL;
}

ALWAYS struct fast_port_value *port_find(uint32_t port)
{
	struct fast_port_value *p = bpf_map_lookup_elem(&fast_ports, &port);

	return p && p->up ? p : NULL;
}

ALWAYS bool ttvn_older(uint8_t a, uint8_t b)
{
	return (uint8_t)(a - b) >= 0x80;
}

/* The frame's length, or that of a super-frame's longest segment. 0: cannot tell. */
ALWAYS uint32_t segment_len(struct __sk_buff *skb, const struct frame *f, uint32_t len)
{
	uint8_t h[IPV6_HEADER], offset = 0;
	uint32_t at = f->payload, proto;

	if (skb->gso_size == 0)
		return len;
	/* Both begin with version and length; the IPv6 header is the longer one. */
	if (bpf_skb_load_bytes(skb, at, h, f->inner_type == TYPE_IPV6 ? IPV6_HEADER : IPV4_HEADER))
		return 0;
	if (f->inner_type == TYPE_IPV6) {
		proto = h[6];
		at += IPV6_HEADER;
	} else if (f->inner_type == TYPE_IPV4) {
		proto = h[9];
		at += (h[0] & 0xf) * 4u;
	} else {
		return 0;
	}
	if (proto == PROTO_UDP)
		return len - (skb->len - at) + 8 + skb->gso_size;
	if (proto != PROTO_TCP || bpf_skb_load_bytes(skb, at + 12, &offset, 1))
		return 0;
	return len - (skb->len - at) + (offset >> 4) * 4u + skb->gso_size;
}

/* Fills in the outer Ethernet header for the next hop. NULL: there is none, or what
 * is to go there does not fit. */
ALWAYS struct fast_port_value *next_hop(const struct fast_node_value *n, uint32_t from,
					uint32_t packet_len, struct verdict *v)
{
	if (from > FAST_PORTS)
		return NULL;
	const struct fast_next_hop *by = &n->by[from];
	if (by->port == FAST_NO_PORT)
		return NULL;
	struct fast_port_value *p = port_find(by->port);
	if (!p || packet_len > p->mtu_bytes)
		return NULL;
	v->port = by->port;
	__builtin_memcpy(v->head, by->mac, MAC);
	__builtin_memcpy(v->head + MAC, p->mac, MAC);
	v->head[12] = TYPE_BATADV >> 8;
	v->head[13] = TYPE_BATADV & 0xff;
	return p;
}

/* ---- verdicts: each is one of core/l2/forward.c ---- */

/* beside: the frame's first tag, if it is not in it. Gives the client that sent it. */
ALWAYS struct fast_client_value *from_lan(struct __sk_buff *skb, uint32_t beside,
					  const struct fast_state_value *s, struct verdict *v)
{
	struct frame f;

	if (!frame_parse(skb, 0, beside, &f) || is_multicast(f.dst))
		return NULL;
	if (f.inner_type == TYPE_ARP || f.inner_type == TYPE_BATADV || s->blocked)
		return NULL;
	struct fast_client_value *from = client_find(f.src, f.vid);
	if (!from || from->here != FAST_HERE)
		return NULL;
	enum kept kept = kept_why(s, skb, &f);
	if (kept == KEPT || (kept == KEPT_ALFRED && !from->permanent))
		return NULL;
	struct fast_client_value *to = client_find(f.dst, f.vid);
	if (!to)
		return NULL;
	if (to->here == FAST_HERE) {
		v->kind = FAST_DROP;
		v->reason = FAST_COUNT_DROP_OWN;
		return NULL;
	}
	struct fast_node_value *n = to->has_home ? node_find(to->home[0]) : NULL;
	bool introduce = from->seen_us < from->introduce_until_us;
	uint32_t header = introduce ? FOURADDR_LEN : UNICAST_LEN;
	uint32_t len = segment_len(skb, &f, skb->len + (beside ? TAG : 0));
	if (!n || len == 0 || !next_hop(n, 0, len + header, v))
		return NULL;
	uint8_t *h = v->head + HEADER;
	h[0] = introduce ? UNICAST_4ADDR : UNICAST;
	h[1] = BATADV_VERSION;
	h[2] = BATADV_TTL;
	h[3] = n->ttvn - to->left;
	__builtin_memcpy(h + 4, to->home[0], MAC);
	__builtin_memcpy(h + 10, s->primary, MAC);
	h[16] = FOURADDR_DATA;
	h[17] = 0;
	v->head_len = HEADER + header;
	v->kind = FAST_SEND;
	return from;
}

ALWAYS bool is_known_at(const uint8_t *mac, uint16_t vid, const uint8_t *home)
{
	const struct fast_client_value *c = client_find(mac, vid);
	bool found = false;

	if (!c)
		return false;
#pragma unroll
	for (unsigned i = 0; i < FAST_HOMES; i++)
		found = found || (i < c->homes && same(c->home[i], home, MAC));
	return found;
}

ALWAYS void for_us(struct __sk_buff *skb, const struct fast_state_value *s, const uint8_t *h,
		   uint32_t front, const struct frame *f, struct verdict *v)
{
	if (f->inner_type == TYPE_ARP || f->inner_type == TYPE_BATADV || s->blocked ||
	    kept_why(s, skb, f) == KEPT)
		return;
	if (h[HEADER] == UNICAST_4ADDR && !is_known_at(f->src, f->vid, h + HEADER + 10))
		return;
	const struct fast_client_value *c = client_find(f->dst, f->vid);
	uint8_t here = c ? c->here : FAST_NOT_HERE;
	if (here == FAST_LEAVING || (here == FAST_NOT_HERE && ttvn_older(h[HEADER + 3], s->ttvn)))
		return;
	v->kind = FAST_DELIVER;
	v->head_len = front;
	/* What is tagged may be the network's, of which the filter knows. */
	v->mark = s->anycast && f->payload == front + HEADER ? FAST_MARK : 0;
}

ALWAYS void for_others(struct __sk_buff *skb, uint32_t port, const uint8_t *h,
		       const struct frame *f, struct verdict *v)
{
	const uint8_t *packet = h + HEADER;
	const struct fast_node_value *n = node_find(packet + 4);
	uint32_t len = segment_len(skb, f, skb->len);

	if (!n || n->hurried || len == 0 || ttvn_older(packet[3], n->ttvn))
		return;
	if (packet[2] < 2) {
		v->kind = FAST_DROP;
		v->reason = FAST_COUNT_DROP_TTL;
		return;
	}
	const struct fast_port_value *to = next_hop(n, port + 1, len - HEADER, v);
	/* To the kernel it is batman-adv, which it cannot cut. */
	if (!to || (skb->gso_size != 0 && !to->whole))
		return;
	v->head[HEADER] = packet[0];
	v->head[HEADER + 1] = BATADV_VERSION;
	v->head[HEADER + 2] = packet[2] - 1;
	v->head_len = HOP_FRONT;
	v->kind = FAST_SEND;
}

ALWAYS void from_mesh(struct __sk_buff *skb, uint32_t port, const struct fast_port_value *p,
		      const struct fast_state_value *s, struct verdict *v)
{
	uint8_t h[HEADER + FOURADDR_LEN] = {0};
	uint32_t front = HEADER + UNICAST_LEN;
	struct frame f;

	if (bpf_skb_load_bytes(skb, 0, h, HEADER + UNICAST_LEN))
		return;
	if (be16(h + 2 * MAC) != TYPE_BATADV || !same(h, p->mac, MAC))
		return;
	if (!is_station(h + MAC) || is_ours(h + MAC))
		return;
	if (h[HEADER + 1] != BATADV_VERSION)
		return;
	if (h[HEADER] == UNICAST_4ADDR) {
		front = HEADER + FOURADDR_LEN;
		if (bpf_skb_load_bytes(skb, HEADER + UNICAST_LEN, h + HEADER + UNICAST_LEN,
				       FOURADDR_LEN - UNICAST_LEN) ||
		    h[HEADER + 16] != FOURADDR_DATA)
			return;
	} else if (h[HEADER] != UNICAST) {
		return;
	}
	if (!frame_parse(skb, front, 0, &f) || is_multicast(f.dst))
		return;
	if (is_ours(h + HEADER + 4))
		for_us(skb, s, h, front, &f, v);
	else
		for_others(skb, port, h, &f, v);
}

/* ---- carrying them out ---- */

ALWAYS void say(struct __sk_buff *skb, const struct verdict *v)
{
	skb->cb[FAST_CB_VERDICT] = v->kind;
	skb->cb[FAST_CB_PORT] = v->port;
	skb->cb[FAST_CB_REASON] = v->reason;
}

ALWAYS int refused(struct __sk_buff *skb)
{
	count(FAST_COUNT_FAILED, 1, skb->len);
	return TC_ACT_SHOT;
}

ALWAYS int leave_by(struct __sk_buff *skb, uint32_t port, uint32_t frames, uint32_t bytes)
{
	const struct fast_port_value *p = port_find(port);

	if (!p)
		return refused(skb);
	if (p->tagged && bpf_skb_vlan_push(skb, __builtin_bswap16(p->tpid), p->vid))
		return refused(skb);
	count(FAST_COUNT_PORT_TX + port, frames, bytes);
	return bpf_redirect(p->ifindex, 0);
}

/* The batman header goes in front of the frame, and a tag that was beside it into it. */
ALWAYS int encapsulate(struct __sk_buff *skb, uint32_t beside, const struct verdict *v)
{
	uint8_t macs[2 * MAC + TAG];
	uint32_t head_len = v->head_len;

	if (beside) {
		if (bpf_skb_load_bytes(skb, 0, macs, 2 * MAC) || bpf_skb_vlan_pop(skb))
			return -1;
		macs[12] = beside >> 24;
		macs[13] = beside >> 16;
		macs[14] = beside >> 8;
		macs[15] = beside;
	}
	if (bpf_skb_change_head(skb, head_len + (beside ? TAG : 0), 0))
		return -1;
	if (beside && bpf_skb_store_bytes(skb, head_len, macs, sizeof(macs), 0))
		return -1;
	if (head_len == HEADER + FOURADDR_LEN)
		return bpf_skb_store_bytes(skb, 0, v->head, HEADER + FOURADDR_LEN, 0);
	return bpf_skb_store_bytes(skb, 0, v->head, HEADER + UNICAST_LEN, 0);
}

/* Takes front bytes off. The helper for it wants an IP packet behind the Ethernet
 * header; the type under a tag is taken for what the frame is when the tag goes. */
ALWAYS int decapsulate(struct __sk_buff *skb, uint32_t front)
{
	uint8_t inner[HEADER];
	uint16_t type = __builtin_bswap16(TYPE_IPV4);

	if (bpf_skb_load_bytes(skb, front, inner, sizeof(inner)))
		return -1;
	/* A super-frame will be cut as what it is taken for. */
	if (skb->gso_size && be16(inner + 2 * MAC) == TYPE_IPV6)
		type = __builtin_bswap16(TYPE_IPV6);
	if (!skb->vlan_present && bpf_skb_vlan_push(skb, __builtin_bswap16(TYPE_8021Q), 1))
		return -1;
	if (bpf_skb_vlan_push(skb, __builtin_bswap16(TYPE_8021Q), 1) ||
	    bpf_skb_store_bytes(skb, HEADER + 2, &type, sizeof(type), BPF_F_RECOMPUTE_CSUM) ||
	    bpf_skb_vlan_pop(skb) || bpf_skb_vlan_pop(skb))
		return -1;
	if (bpf_skb_adjust_room(skb, -(int32_t)front, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO))
		return -1;
	return bpf_skb_store_bytes(skb, 0, inner, sizeof(inner), BPF_F_RECOMPUTE_CSUM);
}

ALWAYS struct fast_state_value *state(void)
{
	uint32_t zero = 0;
	struct fast_state_value *s = bpf_map_lookup_elem(&fast_state, &zero);

	return s && s->ready ? s : NULL;
}

ALWAYS uint32_t segments(const struct __sk_buff *skb)
{
	return skb->gso_segs ? skb->gso_segs : 1;
}

SEC("tc")
int fast_lan(struct __sk_buff *skb)
{
	struct verdict v = {.kind = FAST_UP};
	uint32_t frames = segments(skb), bytes = skb->len;
	uint32_t beside = skb->vlan_present ? (uint32_t)__builtin_bswap16(skb->vlan_proto) << 16 |
						      skb->vlan_tci
					    : 0;
	const struct fast_state_value *s = state();
	struct fast_client_value *from = s ? from_lan(skb, beside, s, &v) : NULL;

	say(skb, &v);
	if (v.kind == FAST_DROP) {
		count(v.reason, frames, bytes);
		return TC_ACT_SHOT;
	}
	if (v.kind != FAST_SEND || !from) {
		count(FAST_COUNT_UP_LAN, frames, bytes);
		return TC_ACT_OK;
	}
	from->seen_us = bpf_ktime_get_boot_ns() / 1000;
	if (encapsulate(skb, beside, &v))
		return refused(skb);
	count(FAST_COUNT_TX, frames, bytes);
	return leave_by(skb, v.port, frames, bytes);
}

/* Is it the port's tag, or none where there is to be none? */
ALWAYS bool is_of_port(const struct __sk_buff *skb, const struct fast_port_value *p)
{
	uint16_t vid = skb->vlan_present ? skb->vlan_tci & VLAN_ID : 0;

	if (!p->tagged)
		return vid == 0;
	return skb->vlan_present && vid == p->vid && __builtin_bswap16(skb->vlan_proto) == p->tpid;
}

SEC("tc")
int fast_mesh(struct __sk_buff *skb)
{
	struct verdict v = {.kind = FAST_UP};
	uint32_t frames = segments(skb), bytes = skb->len, ifindex = skb->ifindex;
	const uint32_t *port = bpf_map_lookup_elem(&fast_links, &ifindex);
	const struct fast_port_value *p = port ? port_find(*port) : NULL;
	const struct fast_state_value *s = state();

	if (!p || skb->protocol != __builtin_bswap16(TYPE_BATADV) || !is_of_port(skb, p))
		return TC_ACT_OK;
	if (s)
		from_mesh(skb, *port, p, s, &v);
	/* Too short for the helper: others can do it. */
	if (v.kind == FAST_DELIVER && skb->len < v.head_len + HEADER + PACKET_LEAST)
		v.kind = FAST_UP;
	say(skb, &v);
	if (v.kind == FAST_UP) {
		/* The tag goes, because the socket that this is for would not see it. */
		if (skb->vlan_present && bpf_skb_vlan_pop(skb))
			return refused(skb);
		skb->mark = FAST_MARK;
		count(FAST_COUNT_UP_MESH, frames, bytes);
		return TC_ACT_OK;
	}
	count(FAST_COUNT_PORT_RX + *port, frames, bytes);
	if (v.kind == FAST_DROP) {
		count(v.reason, frames, bytes);
		return TC_ACT_SHOT;
	}
	if (v.kind == FAST_DELIVER) {
		if (decapsulate(skb, v.head_len))
			return refused(skb);
		skb->mark = v.mark;
		count(FAST_COUNT_RX, frames, bytes);
		return bpf_redirect(s ? s->cloud_ifindex : 0, BPF_F_INGRESS);
	}
	if ((skb->vlan_present && bpf_skb_vlan_pop(skb)) ||
	    bpf_skb_store_bytes(skb, 0, v.head, HOP_FRONT, BPF_F_RECOMPUTE_CSUM))
		return refused(skb);
	count(FAST_COUNT_FORWARD, frames, bytes);
	return leave_by(skb, v.port, frames, bytes);
}
