/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_lan - a node's own IP stack on its LAN, as far as shared records need it.
 *
 * Source  RFC 8200 (IPv6, fragments), RFC 768, docs/specs/alfred.md "Transport".
 * Shape   Datagrams become Ethernet frames of at most LAN_FRAME_MAX bytes, from and to
 *         link-local addresses (ff02::1 for all), and come out of them again. No
 *         neighbour discovery: a MAC is in its link-local address.
 * Memory  stack keeps up to LAN_PIECES unfinished datagrams from malloc; the oldest
 *         gives way.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/ip.h"
#include "core/ev.h"
#include "core/fx.h"

enum { LAN_FRAME_MAX = 1514, LAN_PIECES = 8 };

struct stack_piece {
	struct mac from;
	uint32_t id;
	size_t have, total; /* total 0: the last piece has not come */
	uint8_t *data;	    /* NULL: free */
};

struct stack {
	struct mac self;
	uint32_t id; /* of our next datagram in pieces */
	struct stack_piece piece[LAN_PIECES];
	unsigned oldest;
};

void stack_fini(struct stack *s);

/* A datagram over IPv6, from the link-local address of src_mac; source port as dst_port. */
struct lan_udp {
	struct mac src_mac, dst_mac;
	struct ipv6 dst;
	uint16_t port;
	const uint8_t *data;
	size_t len;
};

/* As one frame, if it fits; its length. */
size_t lan_udp_frame(const struct lan_udp *d, uint8_t frame[LAN_FRAME_MAX]);

/* Gives each frame of d to send. */
void stack_send(struct stack *s, const struct fx_datagram *d,
		void (*send)(void *ctx, const uint8_t *frame, size_t len), void *ctx);
/* Is this frame for us, and one of shared records (or a piece of something)? */
bool stack_is_ours(const struct stack *s, const uint8_t *frame, size_t len);
/* Takes such a frame; true: *out is a datagram, valid until the next call. */
bool stack_rx(struct stack *s, const uint8_t *frame, size_t len, struct ev_datagram *out);
