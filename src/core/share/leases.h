/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leases - which client has which address, the same on all nodes of the cloud.
 *
 * Source  ours; README.md here has the rules and the records' layout.
 * Shape   Our DHCP server's doings come in as EV_LEASE, the records of other nodes by
 *         leases_record. What follows leaves as FX_LEASE (keep over a restart),
 *         FX_RESERVE and FX_RANGES (to the DHCP server), FX_NAME (to the DNS server),
 *         and as records of core/share.
 *         - Slices: the pool is cut in equal slices. A node gives new clients only
 *           addresses of slices that it claims in its records; two claims of one slice
 *           are decided by a hash, alike on all nodes.
 *         - A lease is one per MAC; the newest version holds. Of two MACs with one
 *           address the younger lease (since_unix_s, then the higher MAC) loses: it is
 *           withdrawn at its next renewal, counted and shown.
 *         - Names: nodes before clients, then older leases before younger ones; who
 *           comes second is called NAME-XXXX, from the end of its MAC.
 * Time    comes in as now and never goes back.
 * Memory  at most leases_max leases in a pool of its own; more are refused and counted.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/err.h"
#include "core/ev.h"
#include "core/fx.h"
#include "core/lease.h"
#include "core/share/share.h"

/* Types of records; 64 to 66 were LibreMesh's. */
enum {
	RECORD_LEGACY_HOSTS = 64,
	RECORD_LEGACY_LEASES = 65,     /* lines: expiry mac ip name client-id */
	RECORD_LEGACY_HOSTS_FILE = 66, /* lines: mac,id:client-id,ip,name */
	RECORD_NODE = 160,	       /* a node: its name, its addresses, its slices */
	RECORD_LEASES = 176,	       /* .. 191: its leases, by a hash of the client's MAC */
	RECORD_LEASES_COUNT = 16,
};

struct leases_conf {
	struct mac self;	 /* as in share_conf */
	struct ipv4 first, last; /* the pool; the same on all nodes of the cloud */
	struct ipv4 gateway;	 /* never given out, nor is `own` */
	struct ipv4 own;
	struct ipv6 own6;
	char hostname[LEASE_NAME_ROOM];
	uint32_t leases_max; /* default 8192 */
	bool serve;	     /* see leases_serve; default true */
	span settle;	     /* after init, and for a new slice, before it is used; default 2 s */
	span silent;	     /* a node not heard for so long may be dead: its leases are told by
				others; more than two announcements; default 22 s */
	const struct lease *reserved; /* static ones of the configuration, copied */
	size_t reserved_count;
};

struct leases_conf leases_conf_default(void);

enum leases_counter {
	LEASES_MALFORMED,   /* records that cannot be read */
	LEASES_FULL,	    /* no room */
	LEASES_OUTSIDE,	    /* an address that is not the pool's */
	LEASES_CONFLICTS,   /* two clients held one address */
	LEASES_SLICES_LOST, /* a slice that another node claims with more right */
	LEASES_ADOPTED,	    /* leases of nodes that are gone, told on by us */
	LEASES_NAMES_CLASHED,
	LEASES_COUNTERS
};

struct leases;

/* share is the caller's, and lives longer. NULL: no memory. */
struct leases *leases_new(const struct leases_conf *conf, struct share *share, instant now,
			  uint64_t seed);
void leases_free(struct leases *l);

/* EV_LEASE and EV_DEADLINE; others are ignored. */
void leases_handle(struct leases *l, instant now, const struct ev *ev, struct fx *fx);
instant leases_deadline(const struct leases *l);

/* share_env.changed and .peer are to be handed here. */
void leases_record(struct leases *l, instant now, const struct share_record *r, bool gone,
		   struct fx *fx);
void leases_peer(struct leases *l, instant now, struct mac mac, bool gone, struct fx *fx);
/* Is there a DHCP server of ours to give addresses? false withdraws our claims. */
void leases_serve(struct leases *l, instant now, bool serve, struct fx *fx);

/* What people see. */
struct lease_view {
	struct lease lease;		 /* left_s: from now */
	struct mac node;		 /* who gave or renewed it last; our own MAC for ours */
	bool here;			 /* our DHCP server holds it */
	bool conflict;			 /* another client has the older right to this address */
	struct mac winner;		 /* of the conflict */
	bool reserved;			 /* from the configuration */
	char shown[LEASE_NAME_ROOM + 8]; /* the name that DNS has; "" for none */
};

struct node_view {
	struct mac mac;
	bool self, alive;
	char hostname[LEASE_NAME_ROOM];
	struct ipv4 ip4;
	struct ipv6 ip6;
	uint32_t slices;
};

struct leases_status {
	uint32_t leases, here, conflicts; /* now */
	uint32_t pool;			  /* addresses */
	uint32_t slice_size, slices, slices_ours, slices_others;
	uint32_t free_here; /* addresses of our slices that nobody has */
	bool settled;	    /* we may give addresses */
};

/* A part of the pool. */
struct slice_view {
	uint32_t number, count; /* 1 .. count */
	struct range range;
	struct mac node; /* who gives its addresses to new clients; zero: nobody */
	bool settled;	 /* if that is us: we do already */
};

void leases_each(const struct leases *l, instant now,
		 bool (*show)(void *ctx, const struct lease_view *v), void *ctx);
bool leases_find(const struct leases *l, instant now, struct mac mac, struct lease_view *v);
bool leases_find_ip(const struct leases *l, instant now, struct ipv4 ip, struct lease_view *v);
/* The slice of an address. false: it is not the pool's. */
bool leases_find_slice(const struct leases *l, struct ipv4 ip, struct slice_view *v);
void leases_each_node(const struct leases *l, instant now,
		      bool (*show)(void *ctx, const struct node_view *v), void *ctx);
struct leases_status leases_status(const struct leases *l, instant now);
uint64_t leases_count(const struct leases *l, enum leases_counter c);
const char *leases_counter_name(enum leases_counter c);
