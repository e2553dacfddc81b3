/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/tunnel_user.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drv/checksum.h"
#include "drv/ip_header.h"

/* Newer than some C libraries. */
#ifndef IPV6_TRANSPARENT
#define IPV6_TRANSPARENT 75
#endif

enum {
	PROTOCOL_IPV4 = 4,
	PROTOCOL_IPV6 = 41,
	HOP_LIMIT = 64,
	ECN_MASK = 3,
	ECN_ECT0 = 2,
	ECN_CE = 3,
	SOCKET_BYTES = 4 << 20, /* for packets not yet read, and not yet sent */
	READ_BYTES = 256 << 10, /* from one TUN before others have their turn */
	ALIGN = 64,
};

struct tunnel_user_batch {
	/* To send; all of one socket and one out. */
	unsigned queued, socket;
	struct tunnel_user_out *out;
	struct mmsghdr tx[TUNNEL_BATCH];
	struct iovec tx_iov[TUNNEL_BATCH][2];
	uint8_t tx_header[TUNNEL_BATCH][GSO_HEADER_MAX];
	/* Read */
	struct mmsghdr rx[TUNNEL_BATCH];
	struct iovec rx_iov[TUNNEL_BATCH];
	struct sockaddr_in6 rx_from[TUNNEL_BATCH];
	struct tunnel_control rx_control[TUNNEL_BATCH];
	uint8_t rx_bytes[TUNNEL_BATCH][TUNNEL_RX_ROOM];
};

/* ---- polls ---- */

static void poll_closed(uv_handle_t *h)
{
	free(h);
}

static void poll_stop(uv_poll_t **p)
{
	if (*p)
		uv_close((uv_handle_t *)*p, poll_closed);
	*p = NULL;
}

static uv_poll_t *poll_start(uv_loop_t *uv, int fd, uv_poll_cb ready, void *data)
{
	uv_poll_t *p = calloc(1, sizeof(*p));

	if (!p || uv_poll_init(uv, p, fd)) {
		free(p);
		return NULL;
	}
	p->data = data;
	uv_poll_start(p, UV_READABLE, ready);
	return p;
}

/* ---- packets out ---- */

/* One that the kernel refuses is dropped, the others are not. */
static void batch_send(struct tunnel_user *u)
{
	struct tunnel_user_batch *b = u->batch;
	unsigned sent = 0;

	while (sent < b->queued) {
		int n = sendmmsg(u->fd[b->socket], b->tx + sent, b->queued - sent, MSG_DONTWAIT);

		for (int i = 0; i < n; i++) {
			b->out->tx++;
			b->out->tx_bytes += b->tx[sent + (unsigned)i].msg_len;
		}
		if (n > 0) {
			sent += (unsigned)n;
			continue;
		}
		if (errno == EAGAIN || errno == ENOBUFS)
			b->out->tx_full++;
		else
			b->out->tx_refused++;
		sent++;
	}
	b->queued = 0;
}

/* A packet in two pieces that stay where they are until batch_send. */
static void packet_put(struct tunnel_user_out *o, unsigned socket, uint8_t ecn,
		       const struct iovec piece[2])
{
	struct tunnel_user_batch *b = o->user->batch;
	struct msghdr *m;

	if (b->queued == TUNNEL_BATCH || (b->queued > 0 && (b->socket != socket || b->out != o)))
		batch_send(o->user);
	b->socket = socket;
	b->out = o;
	memcpy(b->tx_iov[b->queued], piece, 2 * sizeof(*piece));
	m = &b->tx[b->queued].msg_hdr;
	*m = (struct msghdr){.msg_name = &o->to,
			     .msg_namelen = sizeof(o->to),
			     .msg_iov = b->tx_iov[b->queued],
			     .msg_iovlen = 2,
			     .msg_control = o->control[ecn].bytes,
			     .msg_controllen = sizeof(o->control[ecn].bytes)};
	b->queued++;
}

static void super_put(struct tunnel_user_out *o, unsigned socket, uint8_t ecn, const struct gso *g)
{
	struct tunnel_user_batch *b = o->user->batch;

	for (uint32_t i = 0; i < g->count; i++) {
		uint8_t *header;
		const uint8_t *payload;
		struct iovec piece[2];
		size_t len;

		if (b->queued == TUNNEL_BATCH || (b->queued > 0 && b->socket != socket))
			batch_send(o->user);
		header = b->tx_header[b->queued];
		len = gso_segment(g, i, header, &payload);
		piece[0] = (struct iovec){header, g->header_bytes};
		/* iovec has no const; sending only reads */
		piece[1] = (struct iovec){(uint8_t *)(uintptr_t)payload, len};
		packet_put(o, socket, ecn, piece);
	}
}

static bool is_whole(const uint8_t *packet, size_t len, bool v6)
{
	return v6 ? len >= IPV6_HEADER && packet[0] >> 4 == 6
		  : len >= IPV4_HEADER && packet[0] >> 4 == 4;
}

/* Such packets are of one link, and a packet to the gateway itself has been here. */
static bool is_unwanted(const struct tunnel_user_out *o, const uint8_t *packet, bool v6)
{
	const uint8_t *to = packet + (v6 ? IPV6_ADDRESSES + 16 : IPV4_ADDRESSES + 4);

	if (!v6)
		return to[0] >= 224 || (to[0] == 169 && to[1] == 254);
	return to[0] == 0xff || (to[0] == 0xfe && (to[1] & 0xc0) == 0x80) ||
	       memcmp(to, &o->to.sin6_addr, sizeof(o->to.sin6_addr)) == 0;
}

static uint8_t ecn_of(const uint8_t *packet, bool v6)
{
	return (v6 ? packet[1] >> 4 : packet[1]) & ECN_MASK;
}

static void packet_out(struct tunnel_user_out *o, const struct virtio_net_hdr *v, uint8_t *packet,
		       size_t len)
{
	struct iovec piece[2] = {{packet, len}, {packet, 0}};
	struct tunnel_user_counters *count = &o->user->count;
	bool v6 = packet[0] >> 4 == 6;
	struct gso g;

	if (!is_whole(packet, len, v6) ||
	    (gso_wanted(v) ? gso_open_ip(&g, v, packet, len) : gso_complete(v, packet, len)) != OK)
		count->tx_malformed++;
	else if (is_unwanted(o, packet, v6))
		count->tx_unwanted++;
	else if (gso_wanted(v))
		super_put(o, v6, ecn_of(packet, v6), &g);
	else
		packet_put(o, v6, ecn_of(packet, v6), piece);
}

static void out_ready(uv_poll_t *poll, int status, int events)
{
	struct tunnel_user_out *o = poll->data;
	struct tunnel_user *u = o->user;
	size_t used = 0, total = 0;
	int len = 1;

	(void)events;
	for (unsigned i = 0; i < TUNNEL_BATCH && total < READ_BYTES && len > 0; i++) {
		struct virtio_net_hdr v;
		uint8_t *packet;

		if (TUNNEL_SLAB - used < GSO_FRAME_MAX) {
			batch_send(u);
			used = 0;
		}
		packet = u->slab + used;
		len = tap_read(&o->tap, &v, packet, GSO_FRAME_MAX);
		if (len <= 0)
			break;
		packet_out(o, &v, packet, (size_t)len);
		used += ((size_t)len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
		total += (size_t)len;
	}
	batch_send(u);
	if (len < 0)
		uv_poll_stop(poll); /* somebody deleted it: the link's end is told too */
	else if (status < 0)
		uv_poll_start(poll, UV_READABLE, out_ready);
}

/* ---- packets in ---- */

static void end_emit(void *ctx, const struct virtio_net_hdr *v, const struct iovec *iov,
		     unsigned count)
{
	struct tunnel_user *u = ctx;

	tap_write(&u->end, v, iov, count);
}

static uint8_t class_of(struct msghdr *m)
{
	int class = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
			memcpy(&class, CMSG_DATA(c), sizeof(class));
	return (uint8_t) class;
}

/* Marks the inner packet; only IPv4 has a checksum over it. */
static void congestion_mark(uint8_t *packet, bool v6)
{
	uint16_t was, before = get16(packet);
	uint64_t sum;

	packet[1] |= (uint8_t)(v6 ? ECN_CE << 4 : ECN_CE);
	if (v6)
		return;
	memcpy(&was, packet + IPV4_CHECKSUM, sizeof(was));
	sum = checksum_sub_u16((uint16_t)~was, before);
	sum = checksum_add_u16(sum, get16(packet));
	checksum_store(packet + IPV4_CHECKSUM, sum);
}

/* How long the IP packet says that it is; 0: not what it should be. */
static size_t inner_len(const uint8_t *packet, size_t len, bool v6)
{
	size_t header, whole;

	if (!is_whole(packet, len, v6))
		return 0;
	header = v6 ? (size_t)IPV6_HEADER : (size_t)(packet[0] & 0x0f) * 4;
	whole = v6 ? IPV6_HEADER + (size_t)get16(packet + IPV6_LENGTH)
		   : get16(packet + IPV4_LENGTH);
	return header >= IPV4_HEADER && header <= whole && whole <= len ? whole : 0;
}

/* A stranger who takes a client's address would else be taken for it by another one: what a LAN
 * says to itself does not come from outside. To the Internet it does: this node may be the cloud's
 * way. */
static bool is_spoofed(const struct tunnel_user *u, const uint8_t *packet, bool v6)
{
	const struct prefix *cloud = &u->cloud[v6];
	const uint8_t *at = packet + (v6 ? IPV6_ADDRESSES : IPV4_ADDRESSES);
	const size_t len = v6 ? 16 : 4;

	if (cloud->net.bits == 0)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		struct ipv6 a6 = {{0}, 128};
		struct ipv4 a4 = {{0}, 32};

		memcpy(v6 ? a6.b : a4.b, at + i * len, len);
		struct prefix one = v6 ? prefix_of6(a6) : prefix_of4(a4);

		if (!prefix_contains(cloud, &one))
			return false;
	}
	return true;
}

static void packet_in(struct tunnel_user *u, unsigned i, bool v6)
{
	struct tunnel_user_batch *b = u->batch;
	uint8_t *packet = b->rx_bytes[i];
	struct tunnel_user_counters *c = &u->count;
	bool whole = !(b->rx[i].msg_hdr.msg_flags & MSG_TRUNC);
	size_t len = whole ? inner_len(packet, b->rx[i].msg_len, v6) : 0;

	if (!u->has_end || memcmp(&b->rx_from[i].sin6_addr, &u->dummy, sizeof(u->dummy)) != 0) {
		c->rx_foreign++;
		return;
	}
	if (len == 0) {
		c->rx_malformed++;
		return;
	}
	if (is_spoofed(u, packet, v6)) {
		c->rx_spoofed++;
		return;
	}
	if ((class_of(&b->rx[i].msg_hdr) & ECN_MASK) == ECN_CE) {
		if (ecn_of(packet, v6) == 0) {
			c->rx_congested++;
			return;
		}
		congestion_mark(packet, v6);
	}
	c->rx++;
	c->rx_bytes += len;
	gro_add(&u->gro, packet, len);
}

static int batch_read(struct tunnel_user *u, int fd)
{
	struct tunnel_user_batch *b = u->batch;

	for (unsigned i = 0; i < TUNNEL_BATCH; i++) {
		struct msghdr *m = &b->rx[i].msg_hdr;

		m->msg_namelen = sizeof(b->rx_from[i]);
		m->msg_controllen = sizeof(b->rx_control[i].bytes);
	}
	return recvmmsg(fd, b->rx, TUNNEL_BATCH, MSG_DONTWAIT, NULL);
}

static void socket_ready(uv_poll_t *poll, int status, int events)
{
	struct tunnel_user *u = poll->data;
	bool v6 = poll == u->poll[1];
	int n = TUNNEL_BATCH;

	(void)events;
	for (unsigned round = 0; round < TUNNEL_ROUNDS && n == TUNNEL_BATCH; round++) {
		n = batch_read(u, u->fd[v6]);
		for (int i = 0; i < n; i++)
			packet_in(u, (unsigned)i, v6);
		gro_flush(&u->gro);
	}
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, socket_ready);
}

/* ---- the sockets ---- */

/* Without an end nothing comes in. */
static int socket_close_ear(int fd)
{
	struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	const struct sock_fprog filter = {.len = 1, .filter = nothing};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
}

static int socket_open(int protocol)
{
	/* Transparent: the source of what we send is somebody else's. */
	const int on = 1, hops = HOP_LIMIT, bytes = SOCKET_BYTES;
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol), e;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	if (!socket_close_ear(fd) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &on, sizeof(on)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on)))
		return fd;
	e = -errno;
	close(fd);
	return e;
}

static int sockets_start(struct tunnel_user *u)
{
	static const int protocols[] = {PROTOCOL_IPV4, PROTOCOL_IPV6};

	for (unsigned i = 0; i < 2; i++) {
		u->fd[i] = socket_open(protocols[i]);
		if (u->fd[i] < 0)
			return u->fd[i];
		u->poll[i] = poll_start(u->uv, u->fd[i], socket_ready, u);
		if (!u->poll[i])
			return -ENOMEM;
	}
	return 0;
}

int tunnel_user_start(struct tunnel_user *u, uv_loop_t *uv)
{
	int e;

	*u = (struct tunnel_user){.uv = uv, .fd = {-1, -1}, .end.fd = -1};
	u->batch = calloc(1, sizeof(*u->batch));
	u->slab = malloc(TUNNEL_SLAB);
	gro_init(&u->gro, end_emit, u);
	u->gro.bare = true;
	for (unsigned i = 0; u->batch && i < TUNNEL_BATCH; i++) {
		struct tunnel_user_batch *b = u->batch;

		b->rx_iov[i] = (struct iovec){b->rx_bytes[i], TUNNEL_RX_ROOM};
		b->rx[i].msg_hdr = (struct msghdr){.msg_name = &b->rx_from[i],
						   .msg_iov = &b->rx_iov[i],
						   .msg_iovlen = 1,
						   .msg_control = b->rx_control[i].bytes};
	}
	e = u->batch && u->slab ? sockets_start(u) : -ENOMEM;
	if (e)
		tunnel_user_stop(u);
	return e;
}

void tunnel_user_stop(struct tunnel_user *u)
{
	for (unsigned i = 0; i < 2; i++) {
		poll_stop(&u->poll[i]);
		if (u->fd[i] >= 0)
			close(u->fd[i]);
		u->fd[i] = -1;
	}
	free(u->batch);
	free(u->slab);
	u->batch = NULL;
	u->slab = NULL;
}

/* ---- ends ---- */

/* A TUN of that name which is not ours alone is somebody else's. */
static int tun_open(const struct tunnel_user *u, struct tap *t, const char *name)
{
	int e = tap_open_tun(t, name, true);

	if (!e) {
		e = tap_set_lasting(t, u->lasting);
		if (e)
			tap_close(t);
	}
	return e == -EBUSY || e == -EINVAL ? -EEXIST : e;
}

static void tun_close(struct tap *t)
{
	if (t->fd >= 0)
		(void)tap_set_lasting(t, false);
	tap_close(t);
}

int tunnel_user_end_open(struct tunnel_user *u, const char *name)
{
	return tun_open(u, &u->end, name);
}

int tunnel_user_end_set(struct tunnel_user *u, struct ipv6 primary, struct ipv6 dummy)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	const int unused = 0;

	memcpy(&at.sin6_addr, primary.b, sizeof(primary.b));
	memcpy(&u->dummy, dummy.b, sizeof(dummy.b));
	u->has_end = true;
	for (unsigned i = 0; i < 2; i++) {
		if (bind(u->fd[i], (const struct sockaddr *)(const void *)&at, sizeof(at)))
			return -errno;
		(void)setsockopt(u->fd[i], SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
	}
	return 0;
}

void tunnel_user_cloud_set(struct tunnel_user *u, struct ipv4 inner4, struct ipv6 inner6)
{
	u->cloud[0] = prefix_of4(inner4);
	u->cloud[1] = prefix_of6(inner6);
}

void tunnel_user_end_close(struct tunnel_user *u)
{
	u->has_end = false;
	for (unsigned i = 0; i < 2; i++)
		(void)socket_close_ear(u->fd[i]);
	tun_close(&u->end);
}

int tunnel_user_out_open(struct tunnel_user *u, struct tunnel_user_out *o, const char *name)
{
	int e;

	*o = (struct tunnel_user_out){.user = u, .tap.fd = -1};
	e = tun_open(u, &o->tap, name);
	if (e)
		return e;
	o->poll = poll_start(u->uv, o->tap.fd, out_ready, o);
	if (o->poll)
		return 0;
	tun_close(&o->tap);
	return -ENOMEM;
}

static void control_put(struct tunnel_control *control, const struct in6_pktinfo *info, int class)
{
	struct msghdr m = {.msg_control = control->bytes, .msg_controllen = sizeof(control->bytes)};
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(*info));
	memcpy(CMSG_DATA(c), info, sizeof(*info));
	c = CMSG_NXTHDR(&m, c);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_TCLASS;
	c->cmsg_len = CMSG_LEN(sizeof(class));
	memcpy(CMSG_DATA(c), &class, sizeof(class));
}

void tunnel_user_out_set(struct tunnel_user_out *o, struct ipv6 primary, struct ipv6 dummy)
{
	struct in6_pktinfo info = {.ipi6_ifindex = 0};

	o->to = (struct sockaddr_in6){.sin6_family = AF_INET6};
	memcpy(&o->to.sin6_addr, primary.b, sizeof(primary.b));
	memcpy(&info.ipi6_addr, dummy.b, sizeof(dummy.b));
	for (int ecn = 0; ecn <= ECN_CE; ecn++)
		control_put(&o->control[ecn], &info, ecn == ECN_CE ? ECN_ECT0 : ecn);
}

void tunnel_user_out_close(struct tunnel_user_out *o)
{
	poll_stop(&o->poll);
	tun_close(&o->tap);
}
