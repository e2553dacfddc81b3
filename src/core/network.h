/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * network - what the engine of the network (core/l3) is told, and what it wants done.
 *
 * Source  DESIGN: the core interface; specs/bmx7.md 1, 7.
 * Shape   EV_NETWORK and FX_NETWORK carry one of these. Ports of the network (the VLAN that is
 *         the same for all clouds) have indices of their own, 0 .. PORT_MAX-1, and each an own
 *         link-local address.
 *         A node is named by the hash of its public key.
 * Memory  bytes belong to who emits, and are valid during the call only.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"
#include "base/ip.h"
#include "core/job.h"

enum {
	NETWORK_UDP_PORT = 6270,
	NETWORK_DATAGRAM_MAX = 1232, /* payload: 1280 without the headers of IPv6 and UDP */
};

/* ---- events ---- */

enum network_ev_kind {
	NETWORK_PORT,	  /* a port appeared, changed, lost its carrier or went */
	NETWORK_DATAGRAM, /* UDP port 6270, to ff02::2 or to our link-local address */
	NETWORK_LOST,	  /* the radio or the kernel says: that neighbour is gone */
	NETWORK_JOB_DONE, /* the answer to NETWORK_JOB */
	NETWORK_PUBLISH,  /* our description shall have this TLV */
	NETWORK_LEAVE,	  /* we are about to end: nobody is reached by us any more, nor are we. Told
			     again, it is said again */
};

struct ev_network_port {
	uint8_t port;
	bool up;		/* exists, has a carrier and its address, and is to be used */
	bool wireless;		/* rates are shared in the air */
	uint8_t channel;	/* 0: a wire of its own; 255: shared or not known */
	uint64_t rate_bps;	/* the most that it carries; 0: the default of its kind */
	struct ipv6 link_local; /* ours on this port */
};

struct ev_network_datagram {
	uint8_t port;
	struct ipv6 from;
	const uint8_t *data;
	size_t len;
};

struct ev_network_lost {
	uint8_t port;
	bool unsure;		/* questions were not answered, which loss may be the cause of */
	struct ipv6 link_local; /* the neighbour's */
};

/* SUPPORTS, TRUSTS, HNA6 (beside the primary address), TUN6, *_INGRESS, *_NET, TOPOLOGY, SMS: the
 * data of wire/bmx7_*.h. It stays until the next of its type; len 0 takes it out, but TRUSTS then
 * names only ourselves. What is malformed or too big (8 kB) changes nothing, and is counted. */
struct ev_network_publish {
	uint8_t type;
	const uint8_t *data;
	size_t len;
};

struct ev_network {
	enum network_ev_kind kind;
	union {
		struct ev_network_port port;
		struct ev_network_datagram datagram;
		struct ev_network_lost lost;
		struct job_done done;
		struct ev_network_publish publish;
	};
};

/* ---- effects ---- */

enum network_fx_kind {
	NETWORK_SEND,	   /* to ff02::2 port 6270, out of a port */
	NETWORK_ROUTE,	   /* key: prefix */
	NETWORK_ADDRESS,   /* key: port and address; on a port of the network */
	NETWORK_JOB,	   /* public-key work; answered by NETWORK_JOB_DONE, in any order */
	NETWORK_KEEP,	   /* must be on the disk before the next NETWORK_SEND leaves */
	NETWORK_DESCRIBED, /* key: node; another core looks at its description again */
	NETWORK_PATH,	   /* key: node; of our path to it */
	NETWORK_NOTE,	   /* for people; never acted on */
};

struct fx_network_send {
	uint8_t port;
	const uint8_t *data;
	size_t len;
};

struct fx_network_route {
	struct ipv6 prefix;
	struct ipv6 via; /* link-local of the next hop */
	uint8_t port;
	bool gone; /* via and port are what it was */
};

struct fx_network_address {
	struct ipv6 address; /* with the length of its prefix */
	uint8_t port;
	bool gone;
};

struct fx_network_keep {
	uint32_t desc_sqn; /* given back as l3_conf.desc_sqn_kept at the next start */
};

struct description;

/* A node's description was accepted, or another one, or there is none any more. */
struct fx_network_described {
	struct digest node;
	const struct description *description; /* core/l3/description.h; NULL: none any more */
	uint64_t metric;		       /* as told last */
};

/* The path to a node came, went, or is worth more or less by more than 1/16 than was told. */
struct fx_network_path {
	struct digest node;
	uint64_t metric; /* wire/bmx7_float.h; 0: no path. METRIC_ROUTABLE, the least that is one:
			    it is silent, and may be none */
};

enum network_note {
	NETWORK_NOTE_LINK_NEW,	   /* a neighbour's packets are verified; node, port */
	NETWORK_NOTE_LINK_USABLE,  /* good enough for routes, both ways; same */
	NETWORK_NOTE_LINK_DOUBTED, /* silent: others are preferred; same */
	NETWORK_NOTE_LINK_GONE,	   /* same */
	NETWORK_NOTE_NODE_NEW,	   /* its description was accepted; node */
	NETWORK_NOTE_NODE_RESTART, /* forgotten and learnt anew; node */
	NETWORK_NOTE_NODE_GONE,	   /* node */
	NETWORK_NOTE_NODE_BLOCKED, /* node; other: whose address it claims too */
	NETWORK_NOTE_ROUTE,	   /* node; other: the next hop; port */
	NETWORK_NOTE_ROUTE_LOST,   /* node */
	NETWORK_NOTE_ATTACK,	   /* node sends what only we, or only `other`, can know */
	NETWORK_NOTE_KEY_RENEWED,  /* ours */
	NETWORK_NOTE_TABLE_FULL,   /* rate limited */
};

struct fx_network_note {
	enum network_note what;
	struct digest node;
	struct digest other;
	uint8_t port;
};

struct fx_network {
	enum network_fx_kind kind;
	union {
		struct fx_network_send send;
		struct fx_network_route route;
		struct fx_network_address address;
		struct job job;
		struct fx_network_keep keep;
		struct fx_network_described described;
		struct fx_network_path path;
		struct fx_network_note note;
	};
};

/* "link-new" */
const char *network_note_name(enum network_note n);
