/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/tunnel_fast.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/object.h"
#include "drv/fast_object.h"
#include "drv/fast_port.h"
#include "drv/log.h"

/* ---- loading ---- */

static int load(struct tunnel_fast *f)
{
	int e = fast_object_load(&f->object, bpf_tunnel_object, bpf_tunnel_object_len);

	if (e)
		return e;
	f->in_program = fast_object_program(f->object, "tunnel_in");
	f->out_program = fast_object_program(f->object, "tunnel_out");
	f->ends = bpf_object__find_map_fd_by_name(f->object, "tunnel_ends");
	f->outs = bpf_object__find_map_fd_by_name(f->object, "tunnel_outs");
	f->counts = bpf_object__find_map_fd_by_name(f->object, "tunnel_counts");
	return f->in_program < 0 || f->out_program < 0 ? -ENOENT : 0;
}

static bool may_be(enum host_datapath datapath, enum host_tunnel kind)
{
	switch (kind) {
	case HOST_TUNNEL_AUTO: return datapath != HOST_DATAPATH_PORTABLE;
	case HOST_TUNNEL_BPF: return true;
	case HOST_TUNNEL_IP6_TUNNEL:
	case HOST_TUNNEL_TUN: break;
	}
	return false;
}

void tunnel_fast_open(struct tunnel_fast *f, enum host_datapath datapath, enum host_tunnel kind)
{
	int e;

	*f = (struct tunnel_fast){0};
	if (!may_be(datapath, kind))
		return;
	e = load(f);
	if (!e)
		return;
	log_line(kind == HOST_TUNNEL_BPF ? LOG_WARN : LOG_DEBUG,
		 "the kernel does not take the programs of tunnels: %s", strerror(-e));
	bpf_object__close(f->object);
	f->object = NULL;
}

void tunnel_fast_close(struct tunnel_fast *f, struct netlink *ask)
{
	if (!f->object)
		return;
	tunnel_fast_end_unset(f);
	for (unsigned i = 0; i < TUNNEL_FAST_PORTS; i++)
		tunnel_fast_port(f, ask, i, 0);
	bpf_object__close(f->object);
	f->object = NULL;
}

/* ---- tables ---- */

static void count_begin(struct tunnel_fast *f, uint32_t ifindex)
{
	int cpus = libbpf_num_possible_cpus();
	struct tunnel_counter *zero = cpus > 0 ? calloc((size_t)cpus, sizeof(*zero)) : NULL;

	if (zero)
		(void)bpf_map_update_elem(f->counts, &ifindex, zero, BPF_NOEXIST);
	free(zero);
}

struct tunnel_counter tunnel_fast_count(const struct tunnel_fast *f, int ifindex)
{
	struct tunnel_counter sum = {0}, *each;
	int cpus = f->object ? libbpf_num_possible_cpus() : 0;

	each = cpus > 0 ? calloc((size_t)cpus, sizeof(*each)) : NULL;
	if (each && bpf_map_lookup_elem(f->counts, &ifindex, each) == 0) {
		for (int i = 0; i < cpus; i++) {
			sum.packets += each[i].packets;
			sum.bytes += each[i].bytes;
			sum.failed += each[i].failed;
		}
	}
	free(each);
	return sum;
}

static bool attach(uint32_t ifindex, enum fast_side side, int program)
{
	int e = fast_port_attach(ifindex, side, program);

	if (e)
		log_line(LOG_WARN, "tunnels: no fast path at interface %u: %s", ifindex,
			 strerror(-e));
	return e == 0;
}

/* ---- our end ---- */

static void mask_set(uint8_t *mask, unsigned bytes, unsigned bits)
{
	for (unsigned i = 0; i < bytes; i++, bits -= bits < 8 ? bits : 8)
		mask[i] = (uint8_t)(bits >= 8 ? 0xff : 0xff00 >> bits);
}

void tunnel_fast_end_set(struct tunnel_fast *f, int ifindex, const struct tunnel_end *end)
{
	const uint32_t zero = 0;
	struct tunnel_end_value v = {.ifindex = (uint32_t)ifindex,
				     .has_cloud4 = end->inner4.bits != 0,
				     .has_cloud6 = end->inner6.bits != 0};

	if (!f->object)
		return;
	memcpy(v.primary, end->primary.b, sizeof(v.primary));
	memcpy(v.dummy, end->dummy.b, sizeof(v.dummy));
	memcpy(v.cloud4, end->inner4.b, sizeof(v.cloud4));
	memcpy(v.cloud6, end->inner6.b, sizeof(v.cloud6));
	mask_set(v.mask4, sizeof(v.mask4), end->inner4.bits);
	mask_set(v.mask6, sizeof(v.mask6), end->inner6.bits);
	count_begin(f, v.ifindex);
	f->has_end = bpf_map_update_elem(f->ends, &zero, &v, BPF_ANY) == 0;
	tunnel_fast_check(f);
}

void tunnel_fast_end_unset(struct tunnel_fast *f)
{
	const struct tunnel_end_value none = {0};
	const uint32_t zero = 0;

	if (!f->object)
		return;
	(void)bpf_map_update_elem(f->ends, &zero, &none, BPF_ANY);
	f->has_end = false;
}

void tunnel_fast_check(struct tunnel_fast *f)
{
	for (unsigned i = 0; f->has_end && i < TUNNEL_FAST_PORTS; i++)
		if (f->port[i] != 0)
			(void)attach(f->port[i], FAST_TUNNEL_INGRESS, f->in_program);
}

void tunnel_fast_port(struct tunnel_fast *f, struct netlink *ask, unsigned slot, uint32_t ifindex)
{
	assert(slot < TUNNEL_FAST_PORTS);
	if (f->port[slot] == ifindex)
		return;
	if (f->port[slot] != 0)
		fast_port_detach(ask, f->port[slot], FAST_TUNNEL_INGRESS);
	f->port[slot] = ifindex;
	if (ifindex == 0)
		return;
	/* A former daemon's program goes on until ours knows the end. */
	if (f->has_end)
		(void)attach(ifindex, FAST_TUNNEL_INGRESS, f->in_program);
	else if (!f->object)
		fast_port_detach(ask, ifindex, FAST_TUNNEL_INGRESS);
}

/* ---- gateways ---- */

void tunnel_fast_out_set(struct tunnel_fast *f, int ifindex, struct ipv6 primary, struct ipv6 dummy)
{
	const uint32_t key = (uint32_t)ifindex;
	struct tunnel_out_value v = {.front = 0};

	if (!f->object)
		return;
	memcpy(v.primary, primary.b, sizeof(v.primary));
	memcpy(v.dummy, dummy.b, sizeof(v.dummy));
	count_begin(f, key);
	if (bpf_map_update_elem(f->outs, &key, &v, BPF_ANY) == 0)
		(void)attach(key, FAST_TUNNEL_EGRESS, f->out_program);
}

void tunnel_fast_out_unset(struct tunnel_fast *f, struct netlink *ask, int ifindex)
{
	const uint32_t key = (uint32_t)ifindex;

	if (!f->object)
		return;
	(void)bpf_map_delete_elem(f->outs, &key);
	fast_port_detach(ask, key, FAST_TUNNEL_EGRESS);
}
