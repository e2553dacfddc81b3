/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap - an interface whose frames come to us: bat0, the cloud's port in the bridge, and others;
 *       or, as a TUN, whose IP packets do.
 *
 * Source  Linux Documentation/networking/tuntap.rst; virtio 1.1, 5.1.6.
 * Shape   A TAP that lives as long as the process, if nothing else is said. Frames carry a virtio
 * header: with offloads the kernel gives TCP (and UDP) super-frames and unfinished checksums; it
 * takes them always.
 */
#pragma once
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct tap_counters {
	uint64_t rx, rx_bytes; /* super-frames count as one */
	uint64_t tx, tx_bytes;
	uint64_t tx_refused;
};

struct tap {
	int fd;
	char name[IFNAMSIZ];
	bool offload_tcp, offload_udp; /* what the kernel accepted */
	struct tap_counters count;
};

/* Creates the interface. -EBUSY: another program has it; -EINVAL: an interface of
 * that name is not a TAP; -ENOENT: no /dev/net/tun; other negative errno. */
int tap_open(struct tap *t, const char *name, bool offloads);
/* The same without Ethernet: what is read and written begins with the IP header. */
int tap_open_tun(struct tap *t, const char *name, bool offloads);
/* It outlives us, or does not, as at first. Negative errno. */
int tap_set_lasting(struct tap *t, bool lasting);
void tap_close(struct tap *t);

/* Reads one frame. 0: none is waiting. Negative errno: -EBADFD when somebody has
 * deleted the interface. */
int tap_read(struct tap *t, struct virtio_net_hdr *v, uint8_t *frame, size_t room);

/* Writes one frame, in count <= TAP_PIECES_MAX pieces. What the kernel refuses is
 * counted. */
enum { TAP_PIECES_MAX = 96 };
void tap_write(struct tap *t, const struct virtio_net_hdr *v, const struct iovec *iov,
	       unsigned count);
