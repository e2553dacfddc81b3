/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue - what will happen in a world, in order of time, then of insertion.
 *
 * Source  ours.
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
	ITEM_INTERNET, /* the answer to a check of a node's uplink */
};

struct item {
	instant at;
	uint64_t order;
	enum item_kind kind;
	uint16_t node;
	uint8_t port;
	uint8_t from_port;
	uint16_t from; /* node that sent it */
	uint32_t life; /* of the node when this was queued; other lives ignore it */
	size_t len;
	uint8_t bytes[];
};

struct queue {
	struct item **heap;
	size_t count, room;
	uint64_t order;
};

void queue_fini(struct queue *q);
/* A new item with room for len bytes, not yet in the queue. Never NULL. */
struct item *item_new(enum item_kind kind, size_t len);
void queue_put(struct queue *q, instant at, struct item *it);
/* The earliest, still inside; NULL when empty. */
const struct item *queue_peek(const struct queue *q);
/* Takes the earliest out; the caller frees it. */
struct item *queue_take(struct queue *q);
