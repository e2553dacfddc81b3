/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * share - the cloud's replicated records, in ALFRED's protocol, as a primary.
 *
 * Source  docs/specs/alfred.md; README.md here for what we do beyond it.
 * Shape   Datagrams come in as EV_DATAGRAM and leave as FX_DATAGRAM. A record is
 *         (source, type) -> version, bytes. Our own records (class LOCAL) go out
 *         as soon as they change, again for what was lost, and stay until they are
 *         withdrawn; those of others are forgotten share_conf.keep after their last push.
 * Time    comes in as now and never goes back.
 * Memory  all in one pool of memory_max_bytes; what does not fit is refused and counted.
 * Trust   env->admits says which senders are nodes of the cloud; all else is dropped
 *         before it costs anything. A sender may push records of other sources, as the
 *         protocol has it, but never over a record of ours or one first-hand and alive.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mac.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/timer.h"
#include "core/ev.h"
#include "core/fx.h"

enum {
	SHARE_PORT = 16962,	    /* UDP, 0x4242 */
	SHARE_DATAGRAM_MAX = 65527, /* payload of one */
	SHARE_DATA_MAX = 65000,	    /* bytes of one record */
};

enum share_class {
	SHARE_LOCAL,	  /* ours */
	SHARE_FIRST_HAND, /* pushed by its source */
	SHARE_SYNCED,	  /* pushed by another node */
};

struct share_conf {
	struct mac self;	 /* the MAC of our link-local address: the source of our records */
	span announce;		 /* default 10 s */
	span keep;		 /* default 600 s */
	uint32_t peers_max;	 /* default 1024 */
	uint32_t records_max;	 /* default 16384 */
	size_t memory_max_bytes; /* default 16 MiB */
};

struct share_conf share_conf_default(void);

struct share_record {
	struct mac source;
	uint8_t type;
	uint8_t version;
	enum share_class class;
	const uint8_t *data;
	size_t len;
	span age; /* since it was pushed last; LOCAL: since it changed */
};

struct share_peer {
	struct mac mac;
	span heard;	  /* how long ago it announced itself or pushed */
	bool ours;	  /* it understands what we do beyond the protocol */
	uint32_t records; /* first-hand */
};

/* Counters, all since init. Names for people: share_counter_name. */
enum share_counter {
	SHARE_RX,
	SHARE_TX,
	SHARE_RX_BYTES,
	SHARE_TX_BYTES,
	SHARE_STRANGER,	 /* from somebody who is no node of the cloud */
	SHARE_MALFORMED, /* not to be read */
	SHARE_TOO_BIG,
	SHARE_FULL,   /* no room for a peer, a record, a request */
	SHARE_RATE,   /* more requests or pushes than one sender may have */
	SHARE_FORGED, /* a record of ours or of a live node, pushed by another */
	SHARE_LOST,   /* pushes of ours that did not come; asked for again */
	SHARE_COUNTERS
};

struct share_env {
	void *ctx;
	/* Is who a node of the cloud (not a client that pretends)? */
	bool (*admits)(void *ctx, struct mac who);
	/* A record of another source came, changed (data differs), or went (gone: it expired,
	 * data is its last). May call share_put, not share_handle. */
	void (*changed)(void *ctx, instant now, const struct share_record *r, bool gone,
			struct fx *fx);
	/* A peer announced itself for the first time, or fell silent. */
	void (*peer)(void *ctx, instant now, struct mac mac, bool gone, struct fx *fx);
};

struct share; /* share_internal.h has its shape; hosts embed nothing, share_new makes it */

/* NULL: no memory. conf and env are copied. */
struct share *share_new(const struct share_conf *conf, const struct share_env *env, instant now,
			uint64_t seed);
void share_free(struct share *s);

/* EV_DATAGRAM and EV_DEADLINE; others are ignored. */
void share_handle(struct share *s, instant now, const struct ev *ev, struct fx *fx);
instant share_deadline(const struct share *s);

/* One observer of all records, ours too, besides env.changed: that of (source, type) came,
 * changed or expired. It must not call us. NULL: none. */
void share_watch(struct share *s, void (*seen)(void *ctx, struct mac source, uint8_t type),
		 void *ctx);

/* Our own record of this type; goes out soon when it differs from what it was.
 * ERR_TOO_BIG, ERR_FULL: it stays as it was. len 0 is a record too. */
enum err share_put(struct share *s, instant now, uint8_t type, uint8_t version, const uint8_t *data,
		   size_t len, struct fx *fx);
/* A record that a program gave on the unix socket: source may be another's (zero: ours);
 * ours expires like others when it is not given again, as alfred's does. ERR_TAKEN: the node
 * itself puts that one, or its living source does. */
enum err share_put_for(struct share *s, instant now, struct mac source, uint8_t type,
		       uint8_t version, const uint8_t *data, size_t len, struct fx *fx);
/* Our own record of this type is no more; peers forget it in time. */
void share_withdraw(struct share *s, uint8_t type);

/* Shows each record of a type (-1: of all), ours too; false from show: stop. */
void share_each(const struct share *s, instant now, int type,
		bool (*show)(void *ctx, const struct share_record *r), void *ctx);
void share_each_peer(const struct share *s, instant now,
		     bool (*show)(void *ctx, const struct share_peer *p), void *ctx);
/* false: there is none. */
bool share_find(const struct share *s, instant now, struct mac source, uint8_t type,
		struct share_record *r);
uint64_t share_count(const struct share *s, enum share_counter c);
/* "stranger" */
const char *share_counter_name(enum share_counter c);
size_t share_memory(const struct share *s);
