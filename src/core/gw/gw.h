/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gw - through which node's tunnel is a network outside reached?
 *
 * Source  specs/bmx7.md 8.2, 6.2; specs/libremesh.md 1.8; README.md here has the rules.
 * Shape   Nodes offer networks behind their tunnels; searches (tunOut) say which are wanted. An
 *         offer that a search matches is a candidate for a route: rule preference, table, metric
 *         and prefix. Each route gets its best candidate, or none where one of a wider prefix is
 *         better and overlapping is forbidden. What is told (offers, metrics, searches, sources)
 *         takes effect at the next gw_evaluate, which tells differences only.
 *         Of gateways for the Internet (networks of no length) more counts, when proving is on:
 *         the whole bandwidth, what was found out about them, and that nothing flaps. And
 *         people may prefer one.
 * Time    comes in as now, for holding what is used; without proving it changes nothing.
 * Memory  from the pool, bounded by struct gw_conf; what is passed in is copied.
 */
#pragma once
#include <stddef.h>
#include "base/digest.h"
#include "base/err.h"
#include "base/pool.h"
#include "core/gw/proof.h"
#include "core/gw/search.h"
#include "core/note.h"
#include "core/tunnel.h"
#include "wire/bmx7_float.h"

enum {
	GW_TUNNELS_MAX = 15, /* of a node: its TUN6 entries */
	GW_SOURCES_MAX = 16,
	GW_LOCALS_MAX = 16,
};

struct gw_conf {
	struct digest self;   /* its own offers are not considered */
	uint32_t nodes_max;   /* that offer anything */
	uint32_t per_node;    /* networks, and ingress prefixes, of one node */
	uint32_t matches_max; /* offers that match, counted for each search */
	uint64_t hash_key;    /* secret, see base/map.h */
};

enum {
	GW_BETTER_S = 10, /* another one must be better for so long, all the time */
	GW_HOLD_S = 60,	  /* and then stays for this, twice as long each time ... */
	GW_HOLD_MAX_S = 1800,
	GW_HOLD_FORGET_S = 3600, /* ... unless all was quiet for so long */
	GW_CROWD_S =
		300, /* who stays where many are, though it is better elsewhere, does so for this */
};

/* ---- offers: the description of a node ---- */

struct gw_network { /* *_NET */
	struct prefix prefix;
	uint8_t tunnel; /* which of the node's */
	uint8_t proto;
	uint8_t bandwidth; /* as on the wire: bmx7_bandwidth() */
};

struct gw_ingress { /* *_INGRESS: sources that a tunnel takes; without one, all */
	struct prefix prefix;
	uint8_t tunnel;
};

struct gw_offer {
	struct digest node;
	char name[GW_NAME]; /* "": has none */
	uint64_t metric;    /* of the path to the node; 0: no route */
	const struct ipv6 *tunnel;
	size_t tunnels;
	const struct gw_network *network;
	size_t networks;
	const struct gw_ingress *ingress;
	size_t ingresses;
};

/* ---- what comes out ---- */

struct gw_counters {
	uint64_t nodes_refused;	   /* there are nodes_max, or no memory */
	uint64_t networks_refused; /* beyond per_node, twice the same, or of no tunnel */
	uint64_t matches_refused;  /* there are matches_max, or no memory */
	uint64_t changes;	   /* routes set, moved and withdrawn */
};

struct gw;

/* NULL: no memory. */
struct gw *gw_new(struct pool *pool, const struct gw_conf *conf);
void gw_free(struct gw *g);

/* The whole of what a node offers, instead of what it did before. Networks beyond per_node,
 * repeated, or of a tunnel that it has not are left out.
 * ERR_OWN, ERR_FULL (nodes_max, more ingress prefixes than per_node, no memory): nothing
 * changed. */
enum err gw_offer_set(struct gw *g, const struct gw_offer *offer);
/* Of a node that offers nothing (any more): nothing happens. */
void gw_offer_gone(struct gw *g, const struct digest *node);
void gw_metric_set(struct gw *g, const struct digest *node, uint64_t metric);
/* slot < GW_SEARCHES_MAX is the search's number, which it keeps when it changes; NULL: no more. */
void gw_search_set(struct gw *g, unsigned slot, const struct gw_search *search);
/* Our addresses on tunnels: at most GW_SOURCES_MAX. Without one of its family nothing matches. */
void gw_sources_set(struct gw *g, const struct prefix *source, size_t count);
/* What is reached without tunnels, at most GW_LOCALS_MAX: no route is made for one of these nor for
 * a part of one, whoever offers it. What contains one can be routed: the longer prefix holds. */
void gw_locals_set(struct gw *g, const struct prefix *local, size_t count);

/* Whether gateways for the Internet are proved, and what was found out; nodes that offer nothing
 * now are left out. */
void gw_prove(struct gw *g, bool v6, bool on);
void gw_judge(struct gw *g, bool v6, const struct digest *node, enum gw_verdict verdict);
/* What the routes of no length use, of those that have a gateway; false: none has. */
bool gw_best(const struct gw *g, bool v6, struct tunnel_to *to);
/* May packets go to the Internet by that node, whatever is better or preferred? Some search takes
 * its offer, there is a way to it, and, unless `unjudged`, it is not known to be bad. */
bool gw_fit(const struct gw *g, bool v6, const struct digest *node, bool unjudged,
	    struct tunnel_to *to);
/* Whether clients that are attached here go out by that node: it is proved like what is used.
 * true: that is new. */
bool gw_pinned_set(struct gw *g, bool v6, const struct digest *node, bool pinned);
/* How many clients of our cloud go out by a node for that family, as all its nodes count them
 * (core/share). It is kept when the node offers anew; who offers nothing is left out. */
void gw_users_set(struct gw *g, bool v6, const struct digest *node, uint32_t clients);
uint32_t gw_users(const struct gw *g, bool v6, const struct digest *node);
/* How much of what a node offers loss and delay take: 0 .. 999 permille. */
void gw_damage_set(struct gw *g, bool v6, const struct digest *node, uint32_t permille);
/* The gateway for the Internet that people prefer, as long as it is not bad; NULL: none. strict:
 * rather nothing than another one. */
void gw_prefer(struct gw *g, const struct digest *node, bool strict);
/* All that could carry a family to the Internet, bad ones too, as at the last evaluation: what is
 * used first, then by what they are worth; up to max. */
size_t gw_wishes(const struct gw *g, bool v6, struct proof_wish *out, size_t max);

/* to: NULL when the route is withdrawn, and, with lost, when there are gateways but none that
 * may be used: whoever sends there is to be told so at once. */
typedef void gw_change(void *ctx, const struct tunnel_key *key, const struct tunnel_to *to,
		       bool lost);
/* One walk of the reference, over what changes may reach. true: another walk may change more,
 * because what is chosen now is better by its hysteresis (only where overlapping is forbidden). */
bool gw_evaluate(struct gw *g, instant now, gw_change *tell, void *ctx);
/* When something is to be evaluated, though nothing is told: somebody was better for long enough.
 */
instant gw_deadline(const struct gw *g);
/* Is anything to be evaluated? */
bool gw_due(const struct gw *g);
/* All routes that have a gateway or are lost, as told last. tell must not change g. */
void gw_routes(const struct gw *g, gw_change *tell, void *ctx);

const struct gw_counters *gw_counters(const struct gw *g);
/* While gw_evaluate tells a change of a route for the Internet: why is `was` not used any more?
 * to: as it was told. */
enum gateway_why gw_why_left(const struct gw *g, const struct tunnel_key *key,
			     const struct tunnel_to *was, const struct tunnel_to *to);
/* "": it has none, or offers nothing. Valid until g is told anything. */
const char *gw_name(const struct gw *g, const struct digest *node);
/* What a node offers; up to max, the full number is returned. */
size_t gw_networks(const struct gw *g, const struct digest *node, struct gw_network *out,
		   size_t max);

/* ---- why ---- */

enum gw_reason {
	GW_CHOSEN,
	GW_WORSE,      /* another gateway for the same prefix is better */
	GW_OVERLAPPED, /* a wider prefix has a better gateway */
	GW_NO_ROUTE,   /* to the node */
	GW_WORTHLESS,  /* path or rating leave nothing */
	GW_DEAD,       /* it carries nothing to the Internet: gw_judge */
	GW_ASKED,      /* whether it does is not known yet */
	GW_UNWISHED,   /* another is preferred, strictly */
	GW_HELD,       /* better than what is used, but not for long enough */
	GW_FULL,       /* no room, see matches_refused */
	GW_FAMILY,     /* IPv4 is searched and IPv6 offered, or the reverse */
	GW_PROTO,
	GW_LENGTH,    /* longer or shorter than searched */
	GW_APART,     /* the prefixes have nothing in common */
	GW_LOCAL,     /* it is reached without a tunnel */
	GW_NAMED,     /* another name is searched ... */
	GW_NODE,      /* ... another node */
	GW_NAMESAKE,  /* ... the name, but another node had it before */
	GW_IGNORED,   /* its bandwidth says: ignore me */
	GW_NO_SOURCE, /* we have no address of this family */
	GW_INGRESS,   /* ... none that the gateway takes */
	GW_REASONS
};

struct gw_why {
	const struct digest *node;
	const char *name;
	const struct gw_network *network;
	unsigned slot;
	const struct gw_search *search;
	enum gw_reason reason;
	struct tunnel_key key; /* of the route that it is, or could be: up to GW_FULL only */
	uint64_t metric;       /* as it counts now, 0 if for nothing */
};

typedef void gw_tell(void *ctx, const struct gw_why *why);
/* Each network of each node with each search, as at the last evaluation; by node, then search. */
void gw_explain(const struct gw *g, gw_tell *tell, void *ctx);
/* "chosen", "worse" */
const char *gw_reason_name(enum gw_reason reason);
