/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/tap.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Newer than some kernel headers: UDP segmentation, since Linux 6.2. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* Asks for all, then for less. */
static void offloads_ask(struct tap *t)
{
	unsigned tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
	unsigned udp = TUN_F_USO4 | TUN_F_USO6;

	t->offload_tcp = true;
	t->offload_udp = ioctl(t->fd, TUNSETOFFLOAD, tcp | TUN_F_TSO_ECN | udp) == 0;
	if (t->offload_udp || ioctl(t->fd, TUNSETOFFLOAD, tcp | TUN_F_TSO_ECN) == 0 ||
	    ioctl(t->fd, TUNSETOFFLOAD, tcp) == 0)
		return;
	t->offload_tcp = false;
	(void)ioctl(t->fd, TUNSETOFFLOAD, 0);
}

static int device_open(struct tap *t, const char *name, short kind, bool offloads)
{
	struct ifreq ifr = {.ifr_flags = (short)(kind | IFF_NO_PI | IFF_VNET_HDR)};
	int e, header = sizeof(struct virtio_net_hdr);

	*t = (struct tap){.fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)};
	if (t->fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(t->fd, TUNSETIFF, &ifr) || ioctl(t->fd, TUNSETVNETHDRSZ, &header)) {
		e = -errno;
		tap_close(t);
		return e;
	}
	memcpy(t->name, ifr.ifr_name, sizeof(t->name));
	if (offloads)
		offloads_ask(t);
	else
		(void)ioctl(t->fd, TUNSETOFFLOAD, 0);
	return 0;
}

int tap_open(struct tap *t, const char *name, bool offloads)
{
	return device_open(t, name, IFF_TAP, offloads);
}

int tap_open_tun(struct tap *t, const char *name, bool offloads)
{
	return device_open(t, name, IFF_TUN, offloads);
}

int tap_set_lasting(struct tap *t, bool lasting)
{
	return ioctl(t->fd, TUNSETPERSIST, lasting ? 1UL : 0UL) ? -errno : 0;
}

void tap_close(struct tap *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

int tap_read(struct tap *t, struct virtio_net_hdr *v, uint8_t *frame, size_t room)
{
	struct iovec iov[2] = {{v, sizeof(*v)}, {frame, room}};
	ssize_t n = readv(t->fd, iov, 2);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n <= (ssize_t)sizeof(*v))
		return 0;
	n -= (ssize_t)sizeof(*v);
	t->count.rx++;
	t->count.rx_bytes += (uint64_t)n;
	return (int)n;
}

void tap_write(struct tap *t, const struct virtio_net_hdr *v, const struct iovec *iov,
	       unsigned count)
{
	struct iovec all[TAP_PIECES_MAX + 1];
	ssize_t n;

	assert(count <= TAP_PIECES_MAX);
	/* iovec has no const; writing only reads */
	all[0] = (struct iovec){(void *)(uintptr_t)v, sizeof(*v)};
	memcpy(all + 1, iov, count * sizeof(*iov));
	n = writev(t->fd, all, (int)count + 1);
	if (n < 0) {
		t->count.tx_refused++;
		return;
	}
	t->count.tx++;
	t->count.tx_bytes += (uint64_t)n - sizeof(*v);
}
