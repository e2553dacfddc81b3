/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorder - a witness that writes down what a node is told (node/record.h).
 *
 * Source  ours.
 * Shape   put gets whole items, in order: an input before the node has heard of it, so that a
 *         node that dies of it leaves it behind. Clients whose frames were carried are told
 *         once before the next input, as the last frame has it.
 * Memory  embedded by the caller; large.
 */
#pragma once
#include "node/record.h"

enum {
	RECORDER_CLIENTS = 64, /* told at once when there are more */
	RECORDER_JOBS = 256,   /* of link keys under way, that are remembered */
	RECORDER_ROOM = RECORD_ITEM_MAX + RECORDER_CLIENTS * 64 + 256,
};

struct recorder_client {
	struct node_input_client who;
	instant now;
};

struct recorder {
	struct node_witness witness;
	const struct crypto *crypto; /* what is done really */
	void (*put)(void *ctx, const void *data, size_t len);
	void *ctx;
	struct record_secrets secrets;
	uint32_t shared[RECORDER_JOBS]; /* ids of jobs that make a link's key */
	uint32_t shared_count;
	struct recorder_client client[RECORDER_CLIENTS]; /* the last one's frame is the newest */
	unsigned clients;
	struct record_done done;
	bool is_done; /* done is to be written */
	struct wr w;
	uint8_t room[RECORDER_ROOM];
};

void recorder_init(struct recorder *r, const struct crypto *crypto,
		   void (*put)(void *ctx, const void *data, size_t len), void *ctx);
/* The first items. false: the configuration is longer than an item. */
bool recorder_begin(struct recorder *r, const char *conf, const struct record_start *start);
/* Nothing more comes for now: what came of the last input is written too. */
void recorder_settle(struct recorder *r);
void recorder_end(struct recorder *r, enum record_end why);

/* Instead of the functions of crypto, for the node that is recorded. */
struct digest recorder_sha224(struct recorder *r, const struct crypto_part *part, size_t count);
size_t recorder_deflate(struct recorder *r, const void *data, size_t len, void *out, size_t room);
