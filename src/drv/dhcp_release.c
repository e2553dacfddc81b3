/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/dhcp_release.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drv/now.h"
#include "wire/dhcp.h"
#include "wire/ethernet.h"

enum { FRAME_ROOM = 1600, BATCH = 64 };

void dhcp_release_init(struct dhcp_release *r, const char *interface, struct ipv4 server)
{
	r->listen_fd = r->send_fd = -1;
	r->server = server;
	snprintf(r->interface, sizeof(r->interface), "%s", interface);
	bucket_init(&r->bucket, DHCP_RELEASE_BURST, span_ms(DHCP_RELEASE_PERIOD_MS),
		    now_boottime());
}

/* IPv4, UDP, no later fragment, to port 67, and not from ourselves. */
static int filter_set(int fd)
{
	struct sock_filter at[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 8, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETHERNET_HEADER + 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETHERNET_HEADER + 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, ETHERNET_HEADER),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, ETHERNET_HEADER + 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DHCP_SERVER_PORT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, FRAME_ROOM),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {.len = sizeof(at) / sizeof(at[0]), .filter = at};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? -errno : 0;
}

static void frame_rx(struct dhcp_release *r, const uint8_t *frame, size_t len)
{
	struct ethernet e;
	struct dhcp_message m;

	if (ethernet_parse(frame, len, &e) != OK || e.type != ETHERTYPE_IPV4 ||
	    dhcp_parse_ipv4(e.payload, e.payload_len, &m) != OK) {
		r->malformed++;
		return;
	}
	if (m.type != DHCP_RELEASE && m.type != DHCP_DECLINE)
		return;
	/* By a relay, or for another server: none of our leases. */
	if (ipv4_to_u32(m.giaddr) != 0 || ipv4_to_u32(m.server) != ipv4_to_u32(r->server))
		return;
	if (!mac_equal(e.src, m.client))
		r->forged++;
	else if (!bucket_take(&r->bucket, now_boottime()))
		r->limited++;
	else {
		r->heard++;
		r->tell(r->ctx, m.client, m.type == DHCP_RELEASE ? m.ciaddr : m.requested);
	}
}

void dhcp_release_read(struct dhcp_release *r)
{
	uint8_t frame[FRAME_ROOM];

	for (unsigned i = 0; r->listen_fd >= 0 && i < BATCH; i++) {
		ssize_t n = recv(r->listen_fd, frame, sizeof(frame), MSG_DONTWAIT);

		if (n < 0)
			break;
		frame_rx(r, frame, (size_t)n);
	}
}

static void ready(uv_poll_t *poll, int status, int events)
{
	(void)events;
	dhcp_release_read(poll->data);
	/* uv stops at an error, such as an interface that went down. */
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, ready);
}

static void poll_free(uv_handle_t *h)
{
	free(h);
}

static void listen_stop(struct dhcp_release *r)
{
	if (r->listen_fd < 0)
		return;
	uv_close((uv_handle_t *)r->poll, poll_free);
	close(r->listen_fd);
	r->listen_fd = -1;
}

static int socket_open(struct dhcp_release *r, int ifindex)
{
	const struct sockaddr_ll at = {.sll_family = AF_PACKET,
				       .sll_protocol = htons(ETHERTYPE_IPV4),
				       .sll_ifindex = ifindex};
	int e;

	/* Protocol 0: it hears nothing before it has its filter. */
	r->listen_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (r->listen_fd < 0)
		return -errno;
	e = filter_set(r->listen_fd);
	if (!e && bind(r->listen_fd, (const struct sockaddr *)&at, sizeof(at)))
		e = -errno;
	return e;
}

int dhcp_release_listen(struct dhcp_release *r, uv_loop_t *uv, int ifindex)
{
	uv_poll_t *poll;
	int e;

	listen_stop(r);
	if (ifindex == 0)
		return 0;
	poll = calloc(1, sizeof(*poll));
	e = poll ? socket_open(r, ifindex) : -ENOMEM;
	if (!e)
		e = uv_poll_init(uv, poll, r->listen_fd);
	if (e) {
		free(poll);
		if (r->listen_fd >= 0)
			close(r->listen_fd);
		r->listen_fd = -1;
		return e;
	}
	r->poll = poll;
	poll->data = r;
	uv_poll_start(poll, UV_READABLE, ready);
	return 0;
}

int dhcp_release_send(struct dhcp_release *r, struct mac mac, struct ipv4 ip)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(DHCP_SERVER_PORT)};
	uint8_t message[DHCP_MESSAGE_MIN];
	struct wr w = wr_over(message, sizeof(message));

	if (r->send_fd < 0)
		r->send_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (r->send_fd < 0)
		return -errno;
	/* To ourselves, but as if it had come in there: dnsmasq hears no other interface. */
	if (setsockopt(r->send_fd, SOL_SOCKET, SO_BINDTODEVICE, r->interface,
		       (socklen_t)strlen(r->interface)))
		return -errno;
	memcpy(&to.sin_addr, r->server.b, sizeof(r->server.b));
	dhcp_release_write(&w, (uint32_t)r->sent, mac, ip, r->server);
	if (sendto(r->send_fd, message, wr_len(&w), 0, (const struct sockaddr *)&to, sizeof(to)) <
	    0)
		return -errno;
	r->sent++;
	return 0;
}

void dhcp_release_fini(struct dhcp_release *r)
{
	listen_stop(r);
	if (r->send_fd >= 0)
		close(r->send_fd);
	r->send_fd = -1;
}
