/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue - what will happen in a world, in order of time, then of insertion.
 *
 * Source  ours.
 * Shape   A heap by value: what is compared lies side by side, the items are touched only when
 *         they happen. What many are to get is one item, and its bytes are there once.
 * Memory  the queue owns the items; bytes follow each item.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"

enum item_kind {
	ITEM_WAKE,     /* a node's deadline */
	ITEM_ARRIVE,   /* a frame reaches a node's mesh port */
	ITEM_LAN_TX,   /* a frame of the node's own goes to its LAN */
	ITEM_LAN_RX,   /* a frame of the LAN reaches the node itself */
	ITEM_CLIENT,   /* a client does something; `node` is the client */
	ITEM_JOB,      /* public-key work of a node is done */
	ITEM_DATAGRAM, /* one of the network reaches a node's port */
	ITEM_PACKET,   /* one that is routed reaches a node */
	ITEM_SEEN,     /* a host looks who of its clients has sent something to the Internet */
	ITEM_INTERNET, /* the answer to a check of a node's uplink */
};

/* A frame that has left, for all who hear it. */
struct carried {
	unsigned users; /* items */
	size_t len;
	uint8_t bytes[];
};

struct item {
	instant at;
	enum item_kind kind;
	uint16_t node;
	uint8_t port;
	uint8_t from_port;
	uint16_t from;		 /* node that sent it */
	uint32_t life;		 /* of the node when this was queued; other lives ignore it */
	struct carried *carried; /* or NULL */
	size_t len;		 /* of bytes */
	uint8_t bytes[];
};

struct queue_place {
	instant at;
	uint64_t order;
	struct item *item;
};

struct queue {
	struct queue_place *heap;
	size_t count, room;
	uint64_t order;
};

void queue_fini(struct queue *q);
/* A new item with room for len bytes, not yet in the queue. Never NULL. */
struct item *item_new(enum item_kind kind, size_t len);
/* Frees it, and what it carries if it is the last to do so. */
void item_free(struct item *it);
/* A copy of bytes, carried by nobody yet. Never NULL. */
struct carried *carried_new(const uint8_t *bytes, size_t len);
void item_carry(struct item *it, struct carried *c);
void queue_put(struct queue *q, instant at, struct item *it);
/* The earliest, still inside; NULL when empty. */
const struct item *queue_peek(const struct queue *q);
/* Takes the earliest out; it is the caller's, for item_free. */
struct item *queue_take(struct queue *q);
