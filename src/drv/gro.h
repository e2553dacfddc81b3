/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gro - joining TCP segments from the wire into super-frames for the TAP.
 *
 * Source  specs/datapath.md 4.20; virtio 1.1, 5.1.6 (the header).
 * Shape   For one batch: gro_add each frame in order, then gro_flush. Up to
 *         GRO_FLOWS super-frames are open at a time. Segments join when they
 *         follow each other (sequence number, equal headers, equal size but for
 *         the last) and each one's checksum is right. All else passes as it is.
 *         The frames of one TCP flow keep their order, and so do a client's
 *         frames that are not TCP towards its TCP; two flows may swap.
 * Memory  frames stay the caller's and must stay in place until gro_flush.
 */
#pragma once
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
	GRO_FLOWS = 8,
	GRO_SEGMENTS_MAX = 64, /* of one super-frame */
	GRO_HEADER_MAX = 14 + 8 + 40 + 60,
	GRO_BYTES_MAX = 65535, /* of IP in a super-frame */
};

/* Where things are in one TCP frame. */
struct gro_segment {
	const uint8_t *frame;
	bool ipv4;
	bool mergeable;
	uint16_t l3, l4, header_bytes;
	uint16_t payload_bytes;
	uint32_t seq;
	uint8_t flags;
};

struct gro_flow {
	struct gro_segment first;
	uint32_t next_seq;
	uint16_t next_id;
	uint32_t payload_bytes;
	unsigned segments;
	bool push; /* the last segment had PSH */
	uint8_t header[GRO_HEADER_MAX];
	struct iovec iov[GRO_SEGMENTS_MAX + 1];
};

struct gro {
	/* A frame for the TAP: v, and bytes in count pieces. */
	void (*emit)(void *ctx, const struct virtio_net_hdr *v, const struct iovec *iov,
		     unsigned count);
	void *ctx;
	bool bare;			   /* packets without an Ethernet header */
	unsigned used;			   /* flows open */
	struct gro_flow *order[GRO_FLOWS]; /* the open ones first, oldest first */
	struct gro_flow flow[GRO_FLOWS];
};

void gro_init(struct gro *g,
	      void (*emit)(void *ctx, const struct virtio_net_hdr *v, const struct iovec *iov,
			   unsigned count),
	      void *ctx);

/* The next frame, from its Ethernet destination on, or from its IP header on if g is bare. May
 * emit this or earlier ones. */
void gro_add(struct gro *g, const uint8_t *frame, size_t len);

/* Emits all that is open. */
void gro_flush(struct gro *g);
