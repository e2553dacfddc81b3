/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * share_internal - what the nouns of the share engine have in common.
 *
 * Source  ours. Nobody outside core/share includes this, but for its tests.
 */
#pragma once
#include "base/bucket.h"
#include "base/prng.h"
#include "core/share/announce.h"
#include "core/share/peer.h"
#include "core/share/push.h"
#include "core/share/recent.h"
#include "core/share/record.h"
#include "core/share/share.h"
#include "wire/alfred.h"

/* What a timer is for; timer.kind. */
enum share_timer {
	TIMER_ANNOUNCE, /* share.announce */
	TIMER_HURRY,	/* share.hurry */
	TIMER_EDITION,	/* share.edition */
	TIMER_PUSH,	/* share.push */
	TIMER_WANT,	/* share.want */
	TIMER_SILENCE,	/* peer.silence */
	TIMER_GREET,	/* peer.greet */
	TIMER_RECORD,	/* record.expiry */
};

enum {
	SILENCE_ANNOUNCES = 6, /* intervals until a peer is gone */
	STABLE_ANNOUNCES = 3,  /* a record this old is the same everywhere */
	PEER_DATAGRAMS = 400,  /* of one peer at once, then one each ... */
	PEER_DATAGRAM_US = 3000,
	ALL_DATAGRAMS = 4000,
	ALL_DATAGRAM_US = 500,
	PEER_REQUESTS = 20,
	PEER_REQUEST_MS = 100,
	ALL_REQUESTS = 200,
	ALL_REQUEST_MS = 5,
	TIMERS_PER_CALL = 64,
};

struct share {
	struct share_conf conf;
	struct share_env env;
	void (*seen)(void *ctx, struct mac source, uint8_t type);
	void *seen_ctx;
	struct pool pool;
	struct prng prng;
	struct timers timers;
	uint64_t count[SHARE_COUNTERS];

	struct map records;
	struct list all; /* records */
	uint32_t record_count, foreign_count;
	size_t foreign_bytes;

	struct map peers;
	struct list all_peers;
	uint32_t peer_count, plain_count; /* plain: primaries that are not ours */
	struct list behind;		  /* peers of whose sets we lack something */
	struct list recent;		  /* peers whose sets changed, the newest first */
	instant bulk_at;		  /* when sets of which we have nothing are asked for */

	struct set mine;
	uint32_t sent;		  /* of mine, by multicast */
	uint32_t repair[REPAIRS]; /* where mine stood at the last announcements */
	instant gathered;	  /* when what changed may leave */
	instant edition_began;
	instant started, announced;
	uint8_t hurries;
	uint8_t spoken_for; /* so many others announced what we have, since we last meant to */
	bool speaks;	    /* we do so ourselves all the same */
	uint16_t tx;
	struct list errands; /* of peers */
	struct timer announce, hurry, edition, push, want;
	struct bucket multicasts, answers, datagrams, requests, hints;
	uint8_t *scratch; /* a datagram under construction */
};

static inline span share_intervals(const struct share *s, unsigned n)
{
	return span_us(s->conf.announce.us * n);
}
