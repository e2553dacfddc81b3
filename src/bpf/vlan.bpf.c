/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vlan - a VLAN port in the kernel without 8021q.
 *
 * Source  drv/vlan_fast.h; tests/unit/test_bpf_vlan.c holds it against a model in C.
 * Shape   vlan_out runs at the egress of the port's interface: a tag, and out by the interface
 *         below. vlan_in runs at the ingress of that: what is for the port's MAC loses the
 *         tag and comes in at the port. Of multicast the port gets a copy: the interface below
 *         may be in a bridge, behind which others wait for it. Other frames are left alone.
 * Memory  maps only, see vlan_tables.h.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#include "bpf/cloud_frame.h"
#include "bpf/vlan_tables.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VLAN_TABLE_PORTS);
	__type(key, uint32_t);
	__type(value, struct vlan_out_value);
} vlan_outs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VLAN_TABLE_PORTS);
	__type(key, struct vlan_in_key);
	__type(value, struct vlan_in_value);
} vlan_ins SEC(".maps");

SEC("tc")
int vlan_out(struct __sk_buff *skb)
{
	uint32_t ifindex = skb->ifindex;
	const struct vlan_out_value *v = bpf_map_lookup_elem(&vlan_outs, &ifindex);
	uint32_t lower;

	if (!v)
		return TC_ACT_UNSPEC;
	lower = v->lower;
	if (bpf_skb_vlan_push(skb, __builtin_bswap16(v->tpid), v->vid))
		return TC_ACT_SHOT;
	return bpf_redirect(lower, 0);
}

/* The kernel takes the outer tag out of the frame before we see it; not in its test run. */
ALWAYS bool tag_read(struct __sk_buff *skb, struct vlan_in_key *k, uint16_t *tci)
{
	uint8_t b[2];

	if (skb->vlan_present) {
		k->tpid = __builtin_bswap16(skb->vlan_proto);
		*tci = skb->vlan_tci;
	} else {
		if (bpf_skb_load_bytes(skb, HEADER, b, sizeof(b)))
			return false;
		k->tpid = __builtin_bswap16(skb->protocol);
		*tci = be16(b);
	}
	k->vid = *tci & VLAN_ID;
	return is_tag(k->tpid);
}

SEC("tc")
int vlan_in(struct __sk_buff *skb)
{
	struct vlan_in_key k = {.lower = skb->ifindex};
	const struct vlan_in_value *v;
	uint8_t to[MAC];
	uint16_t tci;
	uint32_t port;

	if (!tag_read(skb, &k, &tci))
		return TC_ACT_UNSPEC;
	v = bpf_map_lookup_elem(&vlan_ins, &k);
	if (!v || bpf_skb_load_bytes(skb, 0, to, sizeof(to)) ||
	    (!is_multicast(to) && !same(to, v->mac, MAC)))
		return TC_ACT_UNSPEC;
	port = v->port;
	if (bpf_skb_vlan_pop(skb))
		return TC_ACT_SHOT;
	if (!is_multicast(to))
		return bpf_redirect(port, BPF_F_INGRESS);
	bpf_clone_redirect(skb, port, BPF_F_INGRESS);
	if (bpf_skb_vlan_push(skb, __builtin_bswap16(k.tpid), tci))
		return TC_ACT_SHOT;
	return TC_ACT_UNSPEC;
}

const char of_programs[] SEC("license") = "GPL";
