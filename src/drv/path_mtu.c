/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/path_mtu.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IPV6_HEADER_BYTES = 40, PROBE_MAX = 9000, READS = 64 };

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

int path_mtu_look(struct netlink *ask, const struct links *links, struct ipv6 to,
		  struct path_mtu *p)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_GETROUTE, 0);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	struct path_mtu now = {.ifindex = 0};
	const struct link *first;
	int e;

	r->rtm_family = AF_INET6;
	r->rtm_dst_len = 128;
	mnl_attr_put(h, RTA_DST, sizeof(to.b), to.b);
	e = netlink_show(ask, h, way_read, &now);
	first = e ? NULL : link_find(links, now.ifindex);
	if (!first)
		return e ? e : -ENETUNREACH;
	now.first_bytes = first->mtu_bytes;
	if (now.mtu_bytes == 0 || now.mtu_bytes > now.first_bytes)
		now.mtu_bytes = now.first_bytes;
	now.proven_bytes = p->proven_bytes < now.mtu_bytes ? p->proven_bytes : now.mtu_bytes;
	if (p->ifindex == now.ifindex && p->mtu_bytes == now.mtu_bytes) {
		now.answered = p->answered;
		now.asked = p->asked;
	}
	*p = now;
	return 0;
}

uint32_t path_mtu_bytes(const struct path_mtu *p)
{
	return p->proven_bytes > PATH_MTU_MIN ? p->proven_bytes : PATH_MTU_MIN;
}

void path_mtu_answered(struct path_mtu *p, uint32_t bytes)
{
	/* The kernel's limit is younger than the question. */
	if (bytes > p->mtu_bytes)
		return;
	if (bytes > p->proven_bytes)
		p->proven_bytes = bytes;
	p->answered = p->answered || bytes == (p->mtu_bytes < PROBE_MAX ? p->mtu_bytes : PROBE_MAX);
}

/* ---- asking ---- */

static void answer_read(struct path_mtu_asker *a, const struct icmp6_hdr *echo, size_t len,
			const struct sockaddr_in6 *name)
{
	struct ipv6 from = {.bits = 128};

	if (len < sizeof(*echo) || len > PROBE_MAX || echo->icmp6_id != a->id)
		return;
	memcpy(from.b, &name->sin6_addr, sizeof(from.b));
	a->heard(a->ctx, from, (uint32_t)len + IPV6_HEADER_BYTES);
}

static void answers_ready(uv_poll_t *poll, int status, int events)
{
	struct path_mtu_asker *a = poll->data;

	(void)status;
	(void)events;
	for (unsigned i = 0; i < READS; i++) {
		struct icmp6_hdr echo;
		struct sockaddr_in6 name = {.sin6_family = AF_UNSPEC};
		socklen_t name_len = sizeof(name);
		ssize_t len = recvfrom(a->fd, &echo, sizeof(echo), MSG_DONTWAIT | MSG_TRUNC,
				       (struct sockaddr *)(void *)&name, &name_len);

		if (len < 0)
			return;
		answer_read(a, &echo, (size_t)len, &name);
	}
}

static int socket_open(void)
{
	/* Bigger than the way that is known, and in one piece: it may have become wider. */
	const int probe = IPV6_PMTUDISC_PROBE, on = 1;
	struct icmp6_filter answers;
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	int e;

	if (fd < 0)
		return -errno;
	ICMP6_FILTER_SETBLOCKALL(&answers);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &answers);
	if (!setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &answers, sizeof(answers)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe, sizeof(probe)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof(on)))
		return fd;
	e = -errno;
	close(fd);
	return e;
}

int path_mtu_open(struct path_mtu_asker *a, uv_loop_t *uv)
{
	a->fd = socket_open();
	if (a->fd < 0)
		return a->fd;
	if (getrandom(&a->id, sizeof(a->id), 0) != sizeof(a->id) ||
	    uv_poll_init(uv, &a->poll, a->fd)) {
		close(a->fd);
		a->fd = -1;
		return -EIO;
	}
	a->poll.data = a;
	uv_poll_start(&a->poll, UV_READABLE, answers_ready);
	return 0;
}

void path_mtu_close(struct path_mtu_asker *a)
{
	if (a->fd < 0)
		return;
	uv_close((uv_handle_t *)&a->poll, NULL);
	close(a->fd);
	a->fd = -1;
}

static void probe_send(const struct path_mtu_asker *a, struct ipv6 from, struct ipv6 to,
		       uint32_t bytes)
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

	echo.icmp6_id = a->id;
	iov[1].iov_len = bytes - IPV6_HEADER_BYTES - sizeof(echo);
	memcpy(&name.sin6_addr, to.b, sizeof(to.b));
	memcpy(&info.ipi6_addr, from.b, sizeof(from.b));
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	/* What does not leave is as one that is lost. */
	(void)sendmsg(a->fd, &m, MSG_DONTWAIT);
}

void path_mtu_ask(struct path_mtu_asker *a, struct ipv6 from, struct ipv6 to, struct path_mtu *p)
{
	uint32_t known = p->mtu_bytes < PROBE_MAX ? p->mtu_bytes : PROBE_MAX;
	uint32_t most = p->first_bytes < PROBE_MAX ? p->first_bytes : PROBE_MAX;

	p->asked++;
	if (a->fd < 0 || known < PATH_MTU_MIN)
		return;
	probe_send(a, from, to, known);
	if (most > known)
		probe_send(a, from, to, most);
}
