/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gso - cutting a super-frame of the TAP into frames for the wire.
 *
 * Source  virtio 1.1, 5.1.6 (the header); RFC 9293, RFC 768, RFC 791;
 *         specs/datapath.md 4.20.
 * Shape   The headers are written anew for each segment, the payload stays where
 *         it is: a segment is a header and a pointer. Kinds: TCP and UDP over
 *         IPv4 and IPv6, behind 802.1Q/802.1ad tags, IPv4 options and IPv6
 *         extension headers. Each payload byte is read once, for its checksum.
 * Memory  the caller's; nothing is copied or allocated.
 *
 * The checksum field of a frame that comes from the TAP with NEEDS_CSUM holds the
 * folded sum of the pseudo header, with the length of the whole super-frame's
 * message. We rely on that, as the kernel's own segmentation does.
 */
#pragma once
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum {
	GSO_HEADER_MAX = 192,	    /* Ethernet up to the end of the TCP header */
	GSO_FRAME_MAX = 65536 + 64, /* a super-frame: 64 KiB of IP, Ethernet and tags */
};

struct gso {
	const uint8_t *frame;
	size_t payload_bytes; /* of the super-frame */
	bool tcp;	      /* else UDP */
	bool ipv4;
	uint16_t l3;		/* where the IP header begins */
	uint16_t l4;		/* where the TCP or UDP header begins */
	uint16_t header_bytes;	/* all before the payload */
	uint16_t segment_bytes; /* payload of each segment but the last */
	uint32_t count;		/* segments, >= 1 */
	uint16_t pseudo_field;	/* the checksum field as it came */
};

/* Is it a super-frame? */
static inline bool gso_wanted(const struct virtio_net_hdr *v)
{
	return v->gso_type != VIRTIO_NET_HDR_GSO_NONE;
}

/* Looks at the headers. ERR_UNKNOWN: a kind that we did not ask the TAP for;
 * ERR_SHORT, ERR_MALFORMED: lengths or places that cannot be. */
enum err gso_open(struct gso *g, const struct virtio_net_hdr *v, const uint8_t *frame, size_t len);
/* The same for what begins with the IP header. */
enum err gso_open_ip(struct gso *g, const struct virtio_net_hdr *v, const uint8_t *packet,
		     size_t len);

/* Makes segments smaller, so that none is longer than frame_max with its headers.
 * ERR_TOO_BIG: UDP, whose datagrams keep their size, or not even the headers and
 * GSO_PAYLOAD_MIN bytes fit; g is unchanged. */
enum { GSO_PAYLOAD_MIN = 64 };
enum err gso_limit(struct gso *g, size_t frame_max);

/* Writes the headers of segment i < g->count, all fields and checksums right, to
 * header (g->header_bytes); returns the length of its payload and where it is. */
size_t gso_segment(const struct gso *g, uint32_t i, uint8_t *header, const uint8_t **payload);

/* The longest segment, headers included. */
static inline size_t gso_segment_max(const struct gso *g)
{
	return g->header_bytes + (g->count > 1 ? g->segment_bytes : g->payload_bytes);
}

/* Completes the checksum of a single frame whose v says NEEDS_CSUM; else nothing.
 * ERR_MALFORMED: its place is outside the frame. */
enum err gso_complete(const struct virtio_net_hdr *v, uint8_t *frame, size_t len);
