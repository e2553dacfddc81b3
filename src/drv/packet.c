/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/packet.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/tables.h"
#include "drv/gso.h"
#include "wire/ethernet.h"

/* Newer than some C libraries. */
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

/* Before each frame that leaves: there is nothing to finish. */
enum { NO_VIRTUAL = sizeof(struct virtio_net_hdr) };

enum { MACS = 12, VLAN_ID_MASK = 0x0fff, FILTER_MAX = 24, FILTER_DROP = 255, FILTER_PASS = 254 };

/* A filter under construction; jumps to FILTER_DROP and FILTER_PASS are settled at
 * the end. */
struct filter {
	struct sock_filter at[FILTER_MAX];
	uint8_t count;
};

static void filter_load(struct filter *f, uint16_t size, uint32_t offset)
{
	assert(f->count < FILTER_MAX);
	f->at[f->count++] =
		(struct sock_filter)BPF_STMT((uint16_t)(BPF_LD | size | BPF_ABS), offset);
}

static void filter_mask(struct filter *f, uint32_t mask)
{
	assert(f->count < FILTER_MAX);
	f->at[f->count++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask);
}

static void filter_equal(struct filter *f, uint32_t value, uint8_t yes, uint8_t no)
{
	assert(f->count < FILTER_MAX);
	f->at[f->count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no);
}

/* The two ends, and the jumps to them. */
static void filter_close(struct filter *f)
{
	uint8_t drop = f->count, pass = (uint8_t)(drop + 1);

	assert(pass < FILTER_MAX);
	for (uint8_t i = 0; i < drop; i++) {
		if (BPF_CLASS(f->at[i].code) != BPF_JMP)
			continue;
		uint8_t *side[] = {&f->at[i].jt, &f->at[i].jf};

		for (unsigned s = 0; s < 2; s++) {
			if (*side[s] == FILTER_DROP)
				*side[s] = (uint8_t)(drop - i - 1);
			else if (*side[s] == FILTER_PASS)
				*side[s] = (uint8_t)(pass - i - 1);
		}
	}
	f->at[f->count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	f->at[f->count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0x40000);
}

static uint32_t extension(uint32_t which)
{
	return (uint32_t)SKF_AD_OFF + which;
}

static bool binds_to_all(const struct packet_conf *c)
{
	return !c->marked && (c->tagged || c->in_bridge || c->all_types);
}

/* Lets in what the head of packet.h says. */
static void filter_build(struct filter *f, const struct packet_conf *c)
{
	const uint8_t *m = c->mac.b;

	f->count = 0;
	filter_load(f, BPF_W, extension(SKF_AD_PKTTYPE));
	filter_equal(f, PACKET_OUTGOING, FILTER_DROP, 0);
	if (c->marked) {
		filter_load(f, BPF_W, extension(SKF_AD_MARK));
		filter_equal(f, FAST_MARK, 0, FILTER_DROP);
	}
	/* The kernel has taken a foreign tag away: it calls such frames another host's. */
	if (!binds_to_all(c) && !c->marked)
		filter_equal(f, PACKET_OTHERHOST, FILTER_DROP, 0);
	if (!c->all_types) {
		filter_load(f, BPF_H, extension(SKF_AD_PROTOCOL));
		filter_equal(f, ETHERTYPE_BATADV, 0, FILTER_DROP);
	}
	if (c->tagged && !c->marked) {
		filter_load(f, BPF_B, extension(SKF_AD_VLAN_TAG_PRESENT));
		filter_equal(f, 0, FILTER_DROP, 0);
		filter_load(f, BPF_H, extension(SKF_AD_VLAN_TPID));
		filter_equal(f, c->tpid, 0, FILTER_DROP);
	}
	if (binds_to_all(c)) {
		/* 0 without a tag; 802.1p's priority tag counts as none. */
		filter_load(f, BPF_H, extension(SKF_AD_VLAN_TAG));
		filter_mask(f, VLAN_ID_MASK);
		filter_equal(f, c->tagged ? c->vid : 0, 0, FILTER_DROP);
	}
	filter_load(f, BPF_B, 0);
	filter_mask(f, 1);
	filter_equal(f, 1, FILTER_PASS, 0);
	filter_load(f, BPF_W, 0);
	filter_equal(f, (uint32_t)m[0] << 24 | (uint32_t)m[1] << 16 | (uint32_t)m[2] << 8 | m[3], 0,
		     FILTER_DROP);
	filter_load(f, BPF_H, 4);
	filter_equal(f, (uint32_t)(m[4] << 8 | m[5]), FILTER_PASS, FILTER_DROP);
	filter_close(f);
}

static int filter_attach(int fd, const struct packet_conf *c)
{
	struct filter f;
	struct sock_fprog prog = {.filter = f.at};

	filter_build(&f, c);
	prog.len = f.count;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ? -errno : 0;
}

/* Sizes are wishes: without the capability, the system's limit holds. */
static void buffers_set(int fd)
{
	int receive = PACKET_RCVBUF, send = PACKET_SNDBUF;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof(receive)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send, sizeof(send)))
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof(send));
}

static int membership_add(int fd, const struct packet_conf *c, unsigned short type)
{
	struct packet_mreq m = {
		.mr_ifindex = c->ifindex, .mr_type = type, .mr_alen = sizeof(c->mac.b)};

	memcpy(m.mr_address, c->mac.b, sizeof(c->mac.b));
	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)) ? -errno : 0;
}

/* The interface is to hear the port's own MAC: as a second address, or else all. */
static int mac_listen(int fd, const struct packet_conf *c)
{
	int e = c->hear_all ? -EOPNOTSUPP : 0;

	if (!e && c->own_mac)
		e = membership_add(fd, c, PACKET_MR_UNICAST);
	return e ? membership_add(fd, c, PACKET_MR_PROMISC) : 0;
}

static int socket_set_up(int fd, const struct packet_conf *c)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(binds_to_all(c) ? ETH_P_ALL : ETHERTYPE_BATADV),
		.sll_ifindex = c->ifindex,
	};
	int on = 1, e = filter_attach(fd, c);

	if (e)
		return e;
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)))
		return -errno;
	buffers_set(fd);
	/* Without it (before Linux 4.20) the filter drops them. */
	(void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	/* sockaddr_ll is longer than sockaddr; bind wants the latter's type. */
	if (bind(fd, (const struct sockaddr *)(const void *)&sll, sizeof(sll)))
		return -errno;
	return mac_listen(fd, c);
}

int packet_open(struct packet *p, const struct packet_conf *conf)
{
	int e;

	p->conf = *conf;
	p->queued = 0;
	p->count = (struct packet_counters){0};
	/* Protocol 0: nothing comes in before the filter is there. */
	p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		return -errno;
	e = conf->deaf ? mac_listen(p->fd, conf) : socket_set_up(p->fd, conf);
	if (e)
		packet_close(p);
	return e;
}

void packet_close(struct packet *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->queued = 0;
}

bool packet_rx_resize(struct packet_rx *rx, size_t room)
{
	uint8_t *bytes;

	room = room < PACKET_RX_ROOM ? PACKET_RX_ROOM : (room + 63) & ~(size_t)63;
	bytes = calloc(PACKET_BATCH, room);
	if (!bytes)
		return false;
	free(rx->bytes);
	*rx = (struct packet_rx){.room = room, .bytes = bytes};
	for (unsigned i = 0; i < PACKET_BATCH; i++) {
		rx->iov[i][0] = (struct iovec){&rx->virtual[i], sizeof(rx->virtual[i])};
		rx->iov[i][1] = (struct iovec){.iov_base = bytes + i * room, .iov_len = room};
		rx->msg[i].msg_hdr.msg_iov = rx->iov[i];
		rx->msg[i].msg_hdr.msg_iovlen = 2;
	}
	return true;
}

void packet_rx_fini(struct packet_rx *rx)
{
	free(rx->bytes);
	rx->bytes = NULL;
}

/* Makes of a message what packet_rx_frame gives. */
static void frame_settle(struct packet *p, struct packet_rx *rx, unsigned i)
{
	struct mmsghdr *m = &rx->msg[i];

	m->msg_len -= m->msg_len < NO_VIRTUAL ? m->msg_len : NO_VIRTUAL;
	p->count.rx++;
	p->count.rx_bytes += m->msg_len;
	if (m->msg_hdr.msg_flags & MSG_TRUNC) {
		p->count.rx_truncated++;
		m->msg_len = 0;
	} else if (!gso_wanted(&rx->virtual[i]) &&
		   gso_complete(&rx->virtual[i], rx -> iov[i][1].iov_base, m->msg_len) != OK) {
		m->msg_len = 0;
	}
}

int packet_read(struct packet *p, struct packet_rx *rx)
{
	int n = recvmmsg(p->fd, rx->msg, PACKET_BATCH, MSG_DONTWAIT, NULL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++)
		frame_settle(p, rx, (unsigned)i);
	return n;
}

uint8_t *packet_begin(struct packet *p, const uint8_t *head, size_t head_len)
{
	uint8_t *at;

	assert(head_len >= ETHERNET_HEADER && head_len <= PACKET_HEAD_ROOM - VLAN_TAG - NO_VIRTUAL);
	if (p->queued == PACKET_BATCH)
		packet_flush(p);
	at = p->tx_head[p->queued];
	p->tx_iov[p->queued][0].iov_base = at;
	memset(at, 0, NO_VIRTUAL);
	at += NO_VIRTUAL;
	memcpy(at, head, MACS);
	at += MACS;
	if (p->conf.tagged) {
		uint16_t tag[2] = {htons(p->conf.tpid), htons(p->conf.vid)};

		memcpy(at, tag, VLAN_TAG);
		at += VLAN_TAG;
	}
	memcpy(at, head + MACS, head_len - MACS);
	at += head_len - MACS;
	p->tx_iov[p->queued][0].iov_len = (size_t)(at - p->tx_head[p->queued]);
	return at;
}

void packet_put(struct packet *p, size_t written, const uint8_t *body, size_t body_len)
{
	struct iovec *iov = p->tx_iov[p->queued];

	iov[0].iov_len += written;
	assert(p->queued < PACKET_BATCH && iov[0].iov_len <= PACKET_HEAD_ROOM);
	/* iovec has no const; sending only reads */
	iov[1] = (struct iovec){.iov_base = (uint8_t *)(uintptr_t)body, .iov_len = body_len};
	p->tx[p->queued].msg_hdr =
		(struct msghdr){.msg_iov = iov, .msg_iovlen = body_len > 0 ? 2 : 1};
	p->queued++;
}

void packet_copy(struct packet *p, const uint8_t *frame, size_t len)
{
	if (p->queued == PACKET_BATCH)
		packet_flush(p);
	packet_begin(p, frame, ETHERNET_HEADER);
	frame += ETHERNET_HEADER;
	len -= ETHERNET_HEADER;
	if (len <= PACKET_COPY_ROOM) {
		packet_put(p, 0, memcpy(p->tx_copy[p->queued], frame, len), len);
	} else {
		packet_put(p, 0, frame, len);
		packet_flush(p);
	}
}

/* Counts why the kernel refused n frames. */
static void refused_count(struct packet_counters *c, int error, unsigned n)
{
	if (error == ENOBUFS || error == EAGAIN || error == ENOMEM)
		c->tx_full += n;
	else if (error == EMSGSIZE)
		c->tx_too_big += n;
	else
		c->tx_refused += n;
}

void packet_flush(struct packet *p)
{
	unsigned at = 0;

	while (at < p->queued) {
		int n = sendmmsg(p->fd, p->tx + at, p->queued - at, MSG_DONTWAIT);

		for (int i = 0; i < n; i++) {
			p->count.tx++;
			p->count.tx_bytes += p->tx[at + (unsigned)i].msg_len - NO_VIRTUAL;
		}
		if (n > 0) {
			at += (unsigned)n;
		} else if (errno == EAGAIN) {
			/* No room will come while we stay here. */
			refused_count(&p->count, errno, p->queued - at);
			break;
		} else if (errno != EINTR) {
			refused_count(&p->count, errno, 1);
			at++;
		}
	}
	p->queued = 0;
}

void packet_count_missed(struct packet *p)
{
	struct tpacket_stats s;
	socklen_t len = sizeof(s);

	if (getsockopt(p->fd, SOL_PACKET, PACKET_STATISTICS, &s, &len) == 0)
		p->count.rx_missed += s.tp_drops;
}
