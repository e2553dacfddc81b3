/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/fast_port.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HANDLE = 1 };

struct place {
	enum bpf_tc_attach_point point;
	uint32_t priority; /* ours among the filters: "Nu", and those before */
};

static const struct place places[] = {
	[FAST_INGRESS] = {BPF_TC_INGRESS, 0x4e75},
	[FAST_EGRESS] = {BPF_TC_EGRESS, 0x4e75},
	[FAST_VLAN_INGRESS] = {BPF_TC_INGRESS, 0x4e74},
	[FAST_VLAN_EGRESS] = {BPF_TC_EGRESS, 0x4e74},
	[FAST_TUNNEL_INGRESS] = {BPF_TC_INGRESS, 0x4e73},
	[FAST_TUNNEL_EGRESS] = {BPF_TC_EGRESS, 0x4e73},
};

int fast_port_attach(uint32_t ifindex, enum fast_side side, int program)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = places[side].point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = places[side].priority,
		    .prog_fd = program, .flags = BPF_TC_F_REPLACE);
	int e = bpf_tc_hook_create(&hook);

	return e && e != -EEXIST ? e : bpf_tc_attach(&hook, &opts);
}

static int filter_count(const struct nlmsghdr *h, void *ctx)
{
	unsigned *count = ctx;

	*count += h->nlmsg_type == RTM_NEWTFILTER;
	return MNL_CB_OK;
}

static bool has_filters(struct netlink *ask, uint32_t ifindex, uint32_t parent)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_GETTFILTER, NLM_F_DUMP);
	struct tcmsg *t = mnl_nlmsg_put_extra_header(h, sizeof(*t));
	unsigned count = 0;

	t->tcm_ifindex = (int)ifindex;
	t->tcm_parent = parent;
	return netlink_dump(ask, h, filter_count, &count) != 0 || count > 0;
}

void fast_port_detach(struct netlink *ask, uint32_t ifindex, enum fast_side side)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = places[side].point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = places[side].priority);

	if (bpf_tc_detach(&hook, &opts))
		return;
	if (has_filters(ask, ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) ||
	    has_filters(ask, ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)))
		return;
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	(void)bpf_tc_hook_destroy(&hook);
}

int fast_port_program(uint32_t ifindex, enum fast_side side)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = places[side].point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = places[side].priority);
	int e = bpf_tc_query(&hook, &opts);

	return e ? e : bpf_prog_get_fd_by_id(opts.prog_id);
}

/* ---- offloads ---- */

static int offload_do(const char *name, uint32_t command, uint32_t *value)
{
	struct ethtool_value v = {.cmd = command, .data = *value};
	struct ifreq ifr = {.ifr_data = (void *)&v};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), e;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	e = ioctl(fd, SIOCETHTOOL, &ifr) ? -errno : 0;
	*value = v.data;
	close(fd);
	return e;
}

int fast_port_checksum_off(const char *name)
{
	uint32_t value = 0;
	int e = offload_do(name, ETHTOOL_GTXCSUM, &value);

	/* Without this question hardware does nothing of the kind. */
	if (e == -EOPNOTSUPP || (!e && value == 0))
		return 0;
	value = 0;
	if (!e)
		e = offload_do(name, ETHTOOL_STXCSUM, &value);
	return e ? e : 1;
}

void fast_port_checksum_on(const char *name)
{
	uint32_t value = 1;

	(void)offload_do(name, ETHTOOL_STXCSUM, &value);
}

bool fast_port_cuts_tcp(const char *name)
{
	uint32_t value = 0;

	return offload_do(name, ETHTOOL_GTSO, &value) == 0 && value != 0;
}
