/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/network_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drv/network.h"

enum { ROOM = NETWORK_DATAGRAM_MAX + 1, RCVBUF = 1 << 20 };

static const struct in6_addr all_routers = {{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}}};

struct network_batch {
	struct mmsghdr message[NETWORK_BATCH];
	struct iovec iov[NETWORK_BATCH];
	struct sockaddr_in6 from[NETWORK_BATCH];
	uint8_t bytes[NETWORK_BATCH][ROOM];
};

struct network_batch *network_batch_new(void)
{
	struct network_batch *b = calloc(1, sizeof(*b));

	for (unsigned i = 0; b && i < NETWORK_BATCH; i++) {
		b->iov[i] = (struct iovec){b->bytes[i], ROOM};
		b->message[i].msg_hdr.msg_iov = &b->iov[i];
		b->message[i].msg_hdr.msg_iovlen = 1;
		b->message[i].msg_hdr.msg_name = &b->from[i];
	}
	return b;
}

void network_batch_free(struct network_batch *b)
{
	free(b);
}

static int socket_set_up(int fd, const char *interface, int ifindex)
{
	const struct sockaddr_in6 at = {.sin6_family = AF_INET6,
					.sin6_port = htons(NETWORK_UDP_PORT)};
	const struct ipv6_mreq group = {all_routers, (unsigned)ifindex};
	const int on = 1, off = 0, hops = 1, size = RCVBUF;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		       (socklen_t)strlen(interface) + 1) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &off, sizeof(off)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &ifindex, sizeof(ifindex)) ||
	    /* sockaddr_in6 is longer than sockaddr; bind wants the latter's type. */
	    bind(fd, (const struct sockaddr *)(const void *)&at, sizeof(at)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &group, sizeof(group)))
		return -errno;
	return 0;
}

int network_socket_open(const char *interface, int ifindex)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), e;

	if (fd < 0)
		return -errno;
	e = socket_set_up(fd, interface, ifindex);
	if (!e)
		return fd;
	close(fd);
	return e;
}

unsigned network_socket_read(int fd, struct network_batch *b)
{
	int n;

	for (unsigned i = 0; i < NETWORK_BATCH; i++)
		b->message[i].msg_hdr.msg_namelen = sizeof(b->from[i]);
	n = recvmmsg(fd, b->message, NETWORK_BATCH, MSG_DONTWAIT, NULL);
	return n > 0 ? (unsigned)n : 0;
}

bool network_socket_datagram(const struct network_batch *b, unsigned i,
			     struct ev_network_datagram *d)
{
	const struct sockaddr_in6 *from = &b->from[i];

	if (b->message[i].msg_len > NETWORK_DATAGRAM_MAX ||
	    from->sin6_port != htons(NETWORK_UDP_PORT) || !IN6_IS_ADDR_LINKLOCAL(&from->sin6_addr))
		return false;
	memcpy(d->from.b, &from->sin6_addr, sizeof(d->from.b));
	d->from.bits = 64;
	d->data = b->bytes[i];
	d->len = b->message[i].msg_len;
	return true;
}

int network_socket_send(int fd, int ifindex, const uint8_t *data, size_t len)
{
	const struct sockaddr_in6 to = {.sin6_family = AF_INET6,
					.sin6_port = htons(NETWORK_UDP_PORT),
					.sin6_addr = all_routers,
					.sin6_scope_id = (uint32_t)ifindex};

	return sendto(fd, data, len, MSG_DONTWAIT, (const struct sockaddr *)(const void *)&to,
		      sizeof(to)) < 0
		       ? -errno
		       : 0;
}
