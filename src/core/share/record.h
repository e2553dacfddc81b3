/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record - what is known of the cloud: (source, type) -> version, bytes.
 *
 * Source  docs/specs/alfred.md "Data base"; README.md here, "Sets".
 * Shape   A record belongs to one set: the node that pushes it on to the others. In a set
 *         records are in order of their sequence number, the last change last.
 *         Ours is the set of our LOCAL records and of what secondaries gave us.
 * Memory  from the pool. What came by the network is charged to the peer that publishes
 *         it: a quarter of all at most; and all of it is three quarters at most, so that
 *         there is room for our own.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timer.h"
#include "core/share/share.h"
#include "wire/alfred.h"

struct peer;

/* What one node pushes: all of it is one edition, with a running number of changes. */
struct set {
	struct list records;
	uint32_t edition; /* 0: alfred's, which has none */
	uint32_t seqno;	  /* of the last change; of others': the last that we have */
};

struct record {
	struct map_node node;
	struct list all; /* in order of their coming */
	struct list in_set;
	struct set *set;
	struct peer *charged; /* NULL: LOCAL */
	struct timer expiry;
	struct mac source;
	uint8_t type, version;
	enum share_class class;
	bool expires;
	uint32_t edition, seqno; /* in its set; edition is not the set's: it is in it no more */
	instant pushed, changed;
	uint8_t *data;
	size_t len;
};

/* NULL: there is none. */
struct record *record_find(const struct share *s, struct mac source, uint8_t type);
bool record_same(const struct record *r, uint8_t version, const uint8_t *data, size_t len);
struct share_record record_view(const struct record *r, instant now);

/* A LOCAL record; nothing happens when it is there as it should be. ERR_TOO_BIG, ERR_FULL. */
enum err record_put(struct share *s, instant now, const struct alfred_record *x, bool expires,
		    struct fx *fx);

/* Where a record of the network came from. */
struct origin {
	struct peer *sender;
	struct peer *publisher;	 /* of the set; NULL: a secondary gave it to us */
	uint32_t edition, seqno; /* 0: alfred */
};
/* A record of the network; refusals are counted. */
void record_rx(struct share *s, instant now, const struct origin *from,
	       const struct alfred_record *x, struct fx *fx);

/* It is no more; said nobody. */
void record_free(struct share *s, instant now, struct record *r);
/* Its timer: it goes, unless it was confirmed since. */
void record_expire(struct share *s, instant now, struct record *r, struct fx *fx);
