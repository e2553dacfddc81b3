/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/netlink.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int open_bus(struct netlink *n, int bus, const unsigned *groups, size_t group_count)
{
	int size = NETLINK_RCVBUF, fd, e;

	*n = (struct netlink){0};
	n->answer = malloc(NETLINK_ROOM);
	n->socket = n->answer ? mnl_socket_open2(bus, SOCK_CLOEXEC) : NULL;
	if (!n->socket) {
		e = -errno;
		netlink_close(n);
		return e;
	}
	fd = mnl_socket_get_fd(n->socket);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	e = mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID);
	for (size_t i = 0; !e && i < group_count; i++)
		e = mnl_socket_setsockopt(n->socket, NETLINK_ADD_MEMBERSHIP,
					  (void *)(uintptr_t)&groups[i], sizeof(groups[i]));
	if (!e && group_count > 0)
		e = fcntl(fd, F_SETFL, O_NONBLOCK);
	if (!e)
		return 0;
	e = -errno;
	netlink_close(n);
	return e;
}

int netlink_open(struct netlink *n, const unsigned *groups, size_t group_count)
{
	return open_bus(n, NETLINK_ROUTE, groups, group_count);
}

int netlink_open_netfilter(struct netlink *n)
{
	return open_bus(n, NETLINK_NETFILTER, NULL, 0);
}

int netlink_open_generic(struct netlink *n, uint32_t group)
{
	const unsigned groups[] = {group};

	return open_bus(n, NETLINK_GENERIC, groups, group > 0);
}

void netlink_close(struct netlink *n)
{
	if (n->socket)
		mnl_socket_close(n->socket);
	free(n->answer);
	n->socket = NULL;
	n->answer = NULL;
}

int netlink_fd(const struct netlink *n)
{
	return mnl_socket_get_fd(n->socket);
}

struct nlmsghdr *netlink_begin(struct netlink *n, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h;

	memset(n->request, 0, sizeof(n->request));
	h = mnl_nlmsg_put_header(n->request);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++n->seq;
	return h;
}

/* Sends and reads until the last part of the answer. */
static int talk(struct netlink *n, const struct nlmsghdr *request, mnl_cb_t cb, void *ctx)
{
	unsigned port = mnl_socket_get_portid(n->socket);
	int more = 1;

	assert(request->nlmsg_len <= sizeof(n->request));
	if (mnl_socket_sendto(n->socket, request, request->nlmsg_len) < 0)
		return -errno;
	while (more > 0) {
		ssize_t len = mnl_socket_recvfrom(n->socket, n->answer, NETLINK_ROOM);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		more = mnl_cb_run(n->answer, (size_t)len, n->seq, port, cb, ctx);
	}
	/* mnl_cb_run gives the error of the kernel's answer by errno. */
	return more < 0 ? -errno : 0;
}

int netlink_show(struct netlink *n, struct nlmsghdr *request, mnl_cb_t cb, void *ctx)
{
	request->nlmsg_flags |= NLM_F_ACK;
	return talk(n, request, cb, ctx);
}

int netlink_ask(struct netlink *n, struct nlmsghdr *request)
{
	return netlink_show(n, request, NULL, NULL);
}

int netlink_dump(struct netlink *n, struct nlmsghdr *request, mnl_cb_t cb, void *ctx)
{
	request->nlmsg_flags |= NLM_F_DUMP;
	return talk(n, request, cb, ctx);
}

int netlink_read(struct netlink *n, mnl_cb_t cb, void *ctx)
{
	for (;;) {
		ssize_t len = mnl_socket_recvfrom(n->socket, n->answer, NETLINK_ROOM);

		if (len < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (mnl_cb_run(n->answer, (size_t)len, 0, 0, cb, ctx) < 0)
			return -errno;
	}
}
