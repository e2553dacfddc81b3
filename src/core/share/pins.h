/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pins - through which gateway each client of the cloud goes to the Internet, and what people wish
 * for it; the same on all nodes.
 *
 * Source  ours; README.md here has the rules and the records' layout.
 * Shape   For each client a pin (a gateway for each family) and a wish, each with a version of
 *         its own: the newer one holds, on every node. A node tells of its clients by records of
 *         core/share; other nodes' records come by pins_record.
 *         Versions are compared as serial numbers: they may wrap, and nobody can say a last word.
 * Time    comes in as now and never goes back.
 * Memory  at most clients_max clients in a pool of its own; more are refused and counted.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mac.h"
#include "core/ev.h"
#include "core/fx.h"
#include "core/share/share.h"

enum {
	RECORD_PINS = 192, /* .. 199: of its clients, by a hash of the MAC */
	RECORD_PINS_COUNT = 8,
	RECORD_WISHES = 200, /* .. 203, likewise */
	RECORD_WISHES_COUNT = 4,
	PINS_RECORD_MAX = 256, /* clients in one record of pins, or of wishes */
	PINS_KEEP_S = 600,     /* what nobody tells any more */
	PINS_AWAY_S = 3600,    /* a client that we tell of, and that was not here for so long */
	PINS_ADOPT_S = 30,     /* a wish that nobody tells any more is told by another node */
	WISHES_KEEP_S = 86400, /* that a wish has ended */
};

struct pins_conf {
	struct mac self; /* as in share_conf */
	uint32_t clients_max;
};

/* What a client is pinned to. */
struct pins_exit {
	bool there[2]; /* [1]: IPv6 */
	struct digest gateway[2];
};

bool pins_exit_equal(const struct pins_exit *a, const struct pins_exit *b);

/* What people want for a client. */
struct pins_wish {
	bool any; /* nothing (any more) */
	bool strict;
	struct digest gateway;
};

struct pins_view {
	struct mac mac;
	bool pinned; /* exit and pin_node hold */
	struct pins_exit exit;
	struct mac pin_node; /* who tells of it; zero: nobody any more */
	bool wished;
	struct pins_wish wish;
};

enum pins_counter {
	PINS_MALFORMED, /* records that cannot be read */
	PINS_FULL,	/* no room for a client */
	PINS_COUNTERS
};

struct pins_env {
	void *ctx;
	/* What others say of a client is new. */
	void (*changed)(void *ctx, instant now, struct mac mac);
	/* A wish is to be known after a restart; any: a wish has ended. */
	void (*keep)(void *ctx, struct mac mac, uint32_t version, const struct pins_wish *wish,
		     struct fx *fx);
};

struct pins;

/* share is the caller's, and lives longer. NULL: no memory. */
struct pins *pins_new(const struct pins_conf *conf, const struct pins_env *env, struct share *share,
		      instant now, uint64_t seed);
void pins_free(struct pins *p);

/* EV_DEADLINE; others are ignored. */
void pins_handle(struct pins *p, instant now, const struct ev *ev, struct fx *fx);
instant pins_deadline(const struct pins *p);
/* share_env.changed is to be handed here. */
void pins_record(struct pins *p, instant now, const struct share_record *r, bool gone,
		 struct fx *fx);

/* Our client goes out there from now on; the cloud hears of it when that is news. ERR_FULL:
 * counted, nothing has changed. */
enum err pins_put(struct pins *p, instant now, struct mac mac, const struct pins_exit *exit);
/* It is here still. */
void pins_touch(struct pins *p, instant now, struct mac mac);
/* People say so, here. The same errors. */
enum err pins_wish(struct pins *p, instant now, struct mac mac, const struct pins_wish *wish,
		   struct fx *fx);
/* ... said so before a restart. */
void pins_recall(struct pins *p, instant now, struct mac mac, uint32_t version,
		 const struct pins_wish *wish);

/* false: nothing is known of it. */
bool pins_find(const struct pins *p, struct mac mac, struct pins_view *v);
uint64_t pins_count(const struct pins *p, enum pins_counter c);
/* Clients that are known of. */
uint32_t pins_clients(const struct pins *p);
