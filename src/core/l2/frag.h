/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frag - packets cut in pieces for a small MTU, and put together again.
 *
 * Source  specs/batman-adv.md 12.
 * Shape   per originator 8 chains (seqno % 8); a packet has at most 16 pieces
 *         and 20160 bytes; a chain lives 10 s.
 * Memory  pieces from the pool; chains are made when an originator sends its
 *         first fragment.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "base/timer.h"
#include "core/fx.h"
#include "wire/batadv.h"
#include "wire/ethernet.h"

struct l2;
struct originator;

enum {
	FRAG_CHAINS = 8,
	FRAG_PIECES_MAX = 16,
	FRAG_TOTAL_MAX = 20160,
	FRAG_TIMEOUT_S = 10,
	FRAG_MTU_MAX = 1280,
	/* What may wait in all chains together, bytes; the oldest chain gives way. */
	FRAG_WAITING_MAX = 2 << 20,
};

struct frag_piece {
	struct list in_chain; /* highest no first */
	uint8_t no;
	uint16_t len;
	uint8_t bytes[];
};

struct frag_chain {
	struct list pieces;
	struct list by_age; /* in frags.by_age while not empty */
	uint16_t seqno;
	uint16_t total_size;
	uint16_t got_bytes;
	instant since;
};

struct frag_chains {
	struct frag_chain chain[FRAG_CHAINS];
};

struct frags {
	uint16_t seqno;
	struct list by_age; /* chains with pieces, oldest first */
	struct timer expiry;
	size_t waiting_bytes;
	uint8_t *merged; /* FRAG_TOTAL_MAX bytes to merge into */
};

enum err frags_init(struct l2 *l2);
void frags_fini(struct l2 *l2);

/* Sends a packet to next hop dst over port, whole when it fits, else in pieces.
 * There is room for an Ethernet header before packet. ERR_TOO_BIG: more than 16
 * pieces, or fragmentation is off. */
enum err frag_send(struct l2 *l2, uint8_t port, struct mac dst, uint8_t *packet, size_t len,
		   uint8_t prio, struct fx *fx);

/* A fragment from the mesh: passed on, or kept; the last piece of a packet gives
 * the whole to l2_packet() (not when its type is a fragment again). */
enum err frag_rx(struct l2 *l2, instant now, uint8_t port, struct mac src, const uint8_t *packet,
		 size_t len, struct fx *fx);

/* Timer: chains older than 10 s. */
void frag_expire(struct l2 *l2, instant now);
/* The priority of a client's frame, 0..7, from its VLAN tag or IP header. e: the
 * frame, parsed. */
uint8_t frag_prio(const struct ethernet *e, const uint8_t *frame);
/* The originator goes. */
void frag_forget(struct l2 *l2, struct originator *o);
