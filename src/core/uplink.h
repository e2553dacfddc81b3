/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplink - ways of this machine to the Internet: what core/uplink is told, and what it wants done.
 *
 * Source  DESIGN 1, "Gateways"; specs/needs.md 4 and 5.
 * Shape   EV_UPLINK and FX_UPLINK carry one of these. A slot is an interface with a default route
 *         that is not ours, 0 .. UPLINK_SLOTS-1; on each, IPv4 and IPv6 are two ways.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/prefix.h"

enum { UPLINK_SLOTS = 8, UPLINK_TARGETS_MAX = 24, UPLINK_NAME = 16 /* IFNAMSIZ */ };

/* ---- what can be asked of the Internet ---- */

enum uplink_means {
	UPLINK_PING, /* ICMP echo */
	UPLINK_TCP,  /* a connection to a port */
	UPLINK_DNS,  /* a name */
	UPLINK_WEB,  /* a page whose content we know: a portal puts its own there */
};

struct uplink_target {
	enum uplink_means means;
	struct prefix at; /* a whole address; of UPLINK_WEB only the family counts */
	uint16_t port;	  /* of UPLINK_TCP */
};

/* "ping", "tcp", "dns", "web" */
const char *uplink_means_name(enum uplink_means m);

/* ---- events ---- */

enum uplink_ev_kind {
	UPLINK_WAY,	/* a default route appeared, has another metric, or went */
	UPLINK_RESULT,	/* the answer to UPLINK_CHECK */
	UPLINK_COUNTED, /* the interface's counters, now and then */
	UPLINK_CARRIES, /* what comes of others can be carried: addresses are translated, or need
			   not be */
};

struct ev_uplink_way {
	uint8_t slot;
	bool v6;
	bool up; /* and the interface has a carrier */
	uint32_t metric;
	char name[UPLINK_NAME]; /* of the interface, for people */
};

enum uplink_result {
	UPLINK_GOOD,
	UPLINK_BAD,   /* refused, unreachable, no sense; silence is not told */
	UPLINK_OTHER, /* of UPLINK_WEB: somebody else answers in the page's name */
};

struct ev_uplink_result {
	uint32_t token;
	enum uplink_result result;
};

struct ev_uplink_counted {
	uint8_t slot;
	uint64_t rx_bytes, tx_bytes; /* since any time; less than before: counted anew */
};

struct ev_uplink_carries {
	bool v6, yes;
};

struct ev_uplink {
	enum uplink_ev_kind kind;
	union {
		struct ev_uplink_way way;
		struct ev_uplink_result result;
		struct ev_uplink_counted counted;
		struct ev_uplink_carries carries;
	};
};

/* ---- effects ---- */

enum uplink_fx_kind {
	UPLINK_CHECK,
	UPLINK_USE,   /* key: family. The default route of what we send and carry ourselves */
	UPLINK_OFFER, /* key: family. What others may be told */
	UPLINK_NOTE,  /* for people; never acted on */
};

/* By that interface and no other, so that a tunnel to another gateway proves nothing. */
struct fx_uplink_check {
	uint32_t token;
	uint8_t slot;
	struct uplink_target target;
};

struct fx_uplink_use {
	bool v6;
	bool none;
	bool dead; /* ... and nobody on the Internet answers by any, who once did: whom we serve is
		      to be told so at once */
	uint8_t slot;
};

struct fx_uplink_offer {
	bool v6, on;
	uint64_t bandwidth_bps;
};

enum uplink_state {
	UPLINK_AWAY,	/* no default route */
	UPLINK_TESTING, /* must prove itself for a while */
	UPLINK_WORKS,
	UPLINK_FAILED,
};

/* Why it does not work. */
enum uplink_fault {
	UPLINK_FINE,
	UPLINK_SILENT, /* nobody out there answers */
	UPLINK_NO_DNS, /* no resolver answers, others do */
	UPLINK_PORTAL, /* somebody wants to be asked first */
};

struct fx_uplink_note {
	char name[UPLINK_NAME];
	bool v6;
	enum uplink_state state;
	enum uplink_fault fault;
};

struct fx_uplink {
	enum uplink_fx_kind kind;
	union {
		struct fx_uplink_check check;
		struct fx_uplink_use use;
		struct fx_uplink_offer offer;
		struct fx_uplink_note note;
	};
};

/* "away", "testing", "works", "failed" */
const char *uplink_state_name(enum uplink_state s);
/* "", "silent", "no-dns", "portal" */
const char *uplink_fault_name(enum uplink_fault f);
