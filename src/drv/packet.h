/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet - frames of a mesh port in and out of one Linux interface.
 *
 * Source  packet(7); specs/datapath.md 4.15, 4.17, 4.18.
 * Shape   One raw socket. A filter in the kernel lets in only frames for us, of
 *         batman-adv unless all are wanted, with exactly the port's VLAN tag (or
 *         none), whether the kernel has 8021q or not. Two ways to bind:
 *         - untagged, not in a bridge, or marked by the fast path's program (bpf/README.md),
 *           whose own frames other listeners would see too: to ethertype 0x4305;
 *         - else to all ethertypes: the kernel takes the tag of other sockets'
 *           frames away without a trace, and a bridge takes its ports' frames
 *           before they get them.
 *         The tag is written into the frame on the way out. Frames out are queued
 *         and leave together; what the kernel refuses is dropped and counted.
 *         Over a wire that is none (veth) kernels hand each other unfinished checksums and
 *         super-frames. The former are finished when they are read; the latter come whole,
 *         as far as the room given for a frame goes.
 * Memory  packet_put refers to bytes that must stay until packet_flush;
 *         packet_rx is shared by all ports, which are read one after the other.
 */
#pragma once
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/mac.h"

enum {
	PACKET_BATCH = 64,
	PACKET_HEAD_ROOM = 256,	 /* headers of one frame that are written here */
	PACKET_COPY_ROOM = 2304, /* a whole frame that is copied */
	PACKET_RX_ROOM = 2304,	 /* a frame that comes in, at least */
	PACKET_RCVBUF = 8 << 20, /* bytes of kernel memory for frames not yet read ... */
	PACKET_SNDBUF = 2 << 20, /* ... and not yet sent: the queue of a slow interface */
};

struct packet_conf {
	int ifindex;
	struct mac mac; /* of the port */
	bool own_mac;	/* it is not the interface's: listen to it too */
	bool hear_all;	/* promiscuous: hardware that filters VLANs knows nothing of ours */
	bool all_types; /* all that is under the tag, not only batman-adv */
	bool tagged;
	uint16_t vid, tpid; /* when tagged */
	bool in_bridge;	    /* the interface is a port of a bridge */
	bool is_veth;	    /* super-frames may come */
	bool deaf;	    /* frames do not come to us: the interface is only to hear them */
	bool marked; /* a program sees frames before, takes the tag of ours away and marks them */
};

struct packet_counters {
	uint64_t rx, rx_bytes;
	uint64_t rx_missed;    /* by the kernel: its queue was full */
	uint64_t rx_truncated; /* longer than the buffer */
	uint64_t tx, tx_bytes;
	uint64_t tx_full;    /* the interface or its queue is full */
	uint64_t tx_too_big; /* more than the interface's MTU */
	uint64_t tx_refused; /* any other reason: interface down, gone */
};

struct packet {
	int fd;
	struct packet_conf conf;
	struct packet_counters count;
	unsigned queued;
	struct mmsghdr tx[PACKET_BATCH];
	struct iovec tx_iov[PACKET_BATCH][2];
	uint8_t tx_head[PACKET_BATCH][PACKET_HEAD_ROOM];
	uint8_t tx_copy[PACKET_BATCH][PACKET_COPY_ROOM];
};

/* Where frames are read to. */
struct packet_rx {
	size_t room; /* of each frame */
	uint8_t *bytes;
	struct virtio_net_hdr virtual[PACKET_BATCH];
	struct mmsghdr msg[PACKET_BATCH];
	struct iovec iov[PACKET_BATCH][2];
};

/* Negative errno. On success p->fd is to be polled for reading. */
int packet_open(struct packet *p, const struct packet_conf *conf);
void packet_close(struct packet *p);

/* room: the longest frame of any port; rx is zeroed before its first time. What was
 * read before is lost. false: no memory, and rx is as it was. */
bool packet_rx_resize(struct packet_rx *rx, size_t room);
void packet_rx_fini(struct packet_rx *rx);

/* Reads up to PACKET_BATCH frames, each from its Ethernet destination on, without
 * the tag; 0: none are waiting. Frame i: packet_rx_frame(). Truncated ones have
 * length 0. Negative errno: the interface went down (read again later). */
int packet_read(struct packet *p, struct packet_rx *rx);

static inline const uint8_t *packet_rx_frame(const struct packet_rx *rx, unsigned i, size_t *len)
{
	*len = rx->msg[i].msg_len;
	return rx->iov[i][1].iov_base;
}

/* What it is, if it is a super-frame (gso_wanted). */
static inline const struct virtio_net_hdr *packet_rx_virtual(const struct packet_rx *rx, unsigned i)
{
	return &rx->virtual[i];
}

/* Begins a frame: its Ethernet header and what follows it (head_len >= 14 bytes) is
 * copied and tagged. Returns where the caller may write more of its front, up to
 * PACKET_HEAD_ROOM - head_len - 14 bytes, before packet_put. */
uint8_t *packet_begin(struct packet *p, const uint8_t *head, size_t head_len);
/* Queues the frame that was begun: written bytes that the caller wrote, and a body
 * that stays where it is. */
void packet_put(struct packet *p, size_t written, const uint8_t *body, size_t body_len);
/* Queues a copy of a whole frame. */
void packet_copy(struct packet *p, const uint8_t *frame, size_t len);
/* Sends all that is queued. */
void packet_flush(struct packet *p);

/* Asks the kernel how many frames it had to drop since last time. */
void packet_count_missed(struct packet *p);
