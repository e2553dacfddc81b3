/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l3 - the engine of the network over all clouds: BMX7, compatibility version 21.
 *
 * Source  specs/bmx7.md; where we do more than the reference, README.md here says what and
 *         why real nodes accept it.
 * Shape   Ports of the network by index, see core/network.h. Nodes by their id.
 * Time    comes in as now and never goes back.
 * Memory  all in one pool, bounded by conf. Public-key work is asked for as NETWORK_JOB.
 */
#pragma once
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "core/crypto.h"
#include "core/ev.h"
#include "core/fx.h"
#include "core/l3/counters.h"
#include "core/l3/description.h"
#include "core/l3/l3_conf.h"

struct l3;

/* conf is copied; crypto: the functions that cost little (hashes). seed is for jitter, start
 * values and the chains of our OGMs: it must not be known to others. NULL: no memory. */
struct l3 *l3_new(const struct l3_conf *conf, const struct crypto *crypto, instant now,
		  uint64_t seed);
void l3_free(struct l3 *x);

/* EV_NETWORK and EV_DEADLINE; others are ignored. Whatever is due at now happens with every
 * event, a bounded part per call; what is left shows as a deadline that is due already. Bad
 * input is counted, never fatal. */
void l3_handle(struct l3 *x, instant now, const struct ev *ev, struct fx *fx);

/* When l3_handle wants to be called next; NEVER when idle. */
instant l3_deadline(const struct l3 *x);

/* ---- read-only views; arrays are filled up to max, the full number is returned ---- */

struct digest l3_id(const struct l3 *x);
struct ipv6 l3_primary(const struct l3 *x); /* our primary address, with the prefix's length */
/* That of the node with this id, known or not; /128. */
struct ipv6 l3_primary_of(const struct l3 *x, const struct digest *id);
const struct l3_counters *l3_counters(const struct l3 *x);
size_t l3_memory(const struct l3 *x);

enum l3_node_state {
	L3_NODE_LISTED,	   /* its id was heard */
	L3_NODE_TRACKED,   /* we know its key and ask for its description */
	L3_NODE_BLOCKED,   /* described, but an address of it belongs to another */
	L3_NODE_DESCRIBED, /* described, accepted; it can have a route */
};

struct l3_node_view {
	struct digest id;
	struct ipv6 primary;
	char name[BMX7_NAME_MAX + 1];
	enum l3_node_state state;
	bool neighbour; /* verified, heard directly */
	uint32_t desc_sqn;
	span described;	 /* how long ago its description was accepted */
	uint64_t metric; /* of the chosen path; 0 without a route */
	uint8_t hops;
	struct digest next_hop;
	struct ipv6 via;
	uint8_t port;
	uint16_t ogm_sqn;   /* that the route was chosen by */
	uint8_t candidates; /* neighbours that claim a path */
};
size_t l3_nodes(const struct l3 *x, instant now, struct l3_node_view *out, size_t max);
bool l3_node_find(const struct l3 *x, instant now, const struct digest *id,
		  struct l3_node_view *out);

struct l3_link_view {
	struct digest node;
	char name[BMX7_NAME_MAX + 1];
	struct ipv6 link_local;
	uint8_t port;
	uint8_t dev_idx; /* the neighbour's */
	uint8_t rq, tq;
	bool usable, doubted;
	uint64_t rate_bps; /* that the path metric takes it for */
	span heard;	   /* how long ago */
};
size_t l3_links(const struct l3 *x, instant now, struct l3_link_view *out, size_t max);

/* Why a neighbour is not the next hop to a node. */
enum l3_exclusion {
	L3_CHOSEN,
	L3_UNRESOLVED, /* we do not know yet which number or description it speaks of */
	L3_NO_LINK,    /* no link to it is good enough, both ways */
	L3_DOUBTED,    /* its links are silent */
	L3_UNTRUSTED,  /* the node does not want to be reached through it */
	L3_WITHDRAWN,  /* it says that it has no route any more */
	L3_TOO_FAR,    /* hops, or the node's minimum metric */
	L3_INFEASIBLE, /* could lead back to us: not newer nor better than what we told */
	L3_OLDER,      /* newer numbers came by others */
	L3_WORSE,      /* usable at once when the chosen one is lost */
	L3_WAITING,    /* better, but not by enough or for long enough yet */
};
const char *l3_exclusion_name(enum l3_exclusion e); /* "no-link" */

struct l3_claim_view {
	struct digest neighbour;
	enum l3_exclusion excluded;
	uint16_t ogm_sqn;
	uint64_t claimed; /* metric of the neighbour */
	uint64_t metric;  /* of the path over it; 0: none */
	uint8_t hops;
	span age; /* of the claim */
};
/* All who claim a path to a node; 0 when there is no such node. */
size_t l3_claims(const struct l3 *x, instant now, const struct digest *node,
		 struct l3_claim_view *out, size_t max);

/* The data of a TLV of a node's accepted description, our own too; len 0: there is none. Valid
 * until the engine handles something. */
struct tlv_data l3_node_tlv(const struct l3 *x, const struct digest *id, uint8_t type);
struct l3_network_view {
	struct ipv6 net;
	struct digest node;
};
/* The accepted HNAs of other nodes that get routes, in order of acceptance. */
size_t l3_networks(const struct l3 *x, struct l3_network_view *out, size_t max);

/* A link that a node publishes (TOPOLOGY). */
struct l3_published_view {
	struct digest neighbour;
	uint64_t tx_bps, rx_bps;
	uint8_t tq, rq;
};
/* 0 when there is no such node, or it publishes none. */
size_t l3_published(const struct l3 *x, const struct digest *node, struct l3_published_view *out,
		    size_t max);

/* The node that an address belongs to, by its accepted HNAs, the longest first; false: none. */
bool l3_node_of(const struct l3 *x, struct ipv6 address, struct digest *id);
