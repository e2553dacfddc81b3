/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/path_mtu.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IPV6_HEADER_BYTES = 40, PROBE_MAX = 9000 };

/* ---- what the kernel knows ---- */

static void metrics_read(const struct nlattr *metrics, struct path_mtu *p)
{
	netlink_each_nested(a, metrics)
	{
		if (mnl_attr_get_type(a) == RTAX_MTU &&
		    mnl_attr_get_payload_len(a) == sizeof(uint32_t))
			p->mtu_bytes = mnl_attr_get_u32(a);
	}
}

static int way_read(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(h);
	struct path_mtu *p = ctx;

	if (h->nlmsg_type != RTM_NEWROUTE || r->rtm_type != RTN_UNICAST)
		return MNL_CB_OK;
	netlink_each(a, h, sizeof(*r))
	{
		if (mnl_attr_get_type(a) == RTA_OIF)
			p->ifindex = (int)mnl_attr_get_u32(a);
		else if (mnl_attr_get_type(a) == RTA_METRICS)
			metrics_read(a, p);
	}
	return MNL_CB_OK;
}

int path_mtu_find(struct netlink *ask, const struct links *links, struct ipv6 to,
		  struct path_mtu *p)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_GETROUTE, 0);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	const struct link *first;
	int e;

	r->rtm_family = AF_INET6;
	r->rtm_dst_len = 128;
	mnl_attr_put(h, RTA_DST, sizeof(to.b), to.b);
	*p = (struct path_mtu){.ifindex = 0};
	e = netlink_show(ask, h, way_read, p);
	first = e ? NULL : link_find(links, p->ifindex);
	if (!first)
		return e ? e : -ENETUNREACH;
	p->first_mtu_bytes = first->mtu_bytes;
	if (p->mtu_bytes == 0 || p->mtu_bytes > first->mtu_bytes)
		p->mtu_bytes = first->mtu_bytes;
	return 0;
}

/* ---- asking ---- */

int path_mtu_open(void)
{
	/* The answers are nothing to us, the kernel reads what routers say. */
	struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	const struct sock_fprog filter = {.len = 1, .filter = nothing};
	/* Bigger than the way that is known, and in one piece: it may have become wider. */
	const int probe = IPV6_PMTUDISC_PROBE, on = 1;
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	int e;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe, sizeof(probe)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof(on)))
		return fd;
	e = -errno;
	close(fd);
	return e;
}

int path_mtu_probe(int fd, struct ipv6 from, struct ipv6 to, uint32_t bytes)
{
	static const uint8_t zero[PROBE_MAX];
	struct icmp6_hdr echo = {.icmp6_type = ICMP6_ECHO_REQUEST};
	struct sockaddr_in6 name = {.sin6_family = AF_INET6};
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = {0};
	struct iovec iov[2] = {{&echo, sizeof(echo)}, {(uint8_t *)(uintptr_t)zero, 0}};
	struct msghdr m = {.msg_name = &name,
			   .msg_namelen = sizeof(name),
			   .msg_iov = iov,
			   .msg_iovlen = 2,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct in6_pktinfo info = {.ipi6_ifindex = 0};

	bytes = bytes < PROBE_MAX ? bytes : PROBE_MAX;
	if (bytes < IPV6_HEADER_BYTES + sizeof(echo))
		return -EINVAL;
	iov[1].iov_len = bytes - IPV6_HEADER_BYTES - sizeof(echo);
	memcpy(&name.sin6_addr, to.b, sizeof(to.b));
	memcpy(&info.ipi6_addr, from.b, sizeof(from.b));
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	return sendmsg(fd, &m, MSG_DONTWAIT) < 0 ? -errno : 0;
}
