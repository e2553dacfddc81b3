/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * push - what is to be pushed, at a pace.
 *
 * Source  README.md here, "Pushes".
 * Shape   Our own set goes out by multicast as it changes: share.sent is the number up to
 *         which it did. What a single peer asked for, or must be told, is its errand.
 * Time    a change waits PUSH_GATHER_MS for company; then multicasts and answers each
 *         have a bucket.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "core/share/share.h"
#include "wire/alfred.h"

struct peer;
struct record;
struct set;

enum {
	PUSH_GATHER_MS = 5,
	PUSH_MULTICASTS = 8, /* at once, then one each ... */
	PUSH_MULTICAST_MS = 100,
	PUSH_ANSWERS = 32,
	PUSH_ANSWER_MS = 4,
	PUSH_PER_CALL = 16,
	DATAGRAM_GOOD = 1200, /* bytes; no more records follow then */
	PUSH_WANTS_MAX = 64,
};

struct errand {
	struct list queue;
	bool own; /* our own set, from ... on */
	uint32_t from;
	struct alfred_want *wants; /* sets of others; wants_room allocated */
	uint32_t wants_count, wants_room, wants_at;
	bool answer; /* all records of a type, as one transaction of alfred's */
	uint8_t type;
	uint16_t tx, packets;
	struct list *cursor; /* in share.all */
};

/* Our set has changed. */
void push_changed(struct share *s, instant now);
/* Peer is to get our set, from this number on. */
void push_own(struct share *s, instant now, struct peer *p, uint32_t from);
/* Peer asked for a type. */
void push_answer(struct share *s, instant now, struct peer *p, struct alfred_request q);
/* Peer asked for sets. */
void push_wants(struct share *s, instant now, struct peer *p, struct rd r);
/* Nothing more for this peer. */
void errand_drop(struct share *s, struct peer *p);
/* A record is about to go. */
void push_forget(struct share *s, const struct record *r);
/* Its timer. */
void push_run(struct share *s, instant now, struct fx *fx);

/* One datagram, counted. */
void datagram_send(struct share *s, struct mac to, const struct wr *w, struct fx *fx);
