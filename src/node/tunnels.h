/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnels - what a node does about tunnels: its own end is published, what others publish goes to
 * core/gw, and what that chooses becomes tunnels and routes (FX_TUNNEL).
 *
 * Source  specs/bmx7.md 8; specs/libremesh.md 1.8; core/gw/README.md for the choice.
 * Shape   out: the tunnel to a gateway's end. It is made before its first route, and kept for
 *         TUNNELS_HOLD_S after its last, so that a route that comes and goes makes no new
 *         interface each time. At most TUNNELS_OUT_MAX: an interface is a cost to the kernel,
 *         and who offers is a stranger. Then the one without routes for longest gives way; when
 *         all have routes, the new route is refused until another goes.
 *         route: what was told last.
 *         After a start all is told anew; drivers compare.
 *         Gateways for the Internet are proved, if the configuration wants it and somebody of their
 *         family can be asked: what is used or comes next has a tunnel for that, too.
 * Time    comes in as now. Changes are collected for TUNNELS_COLLECT_MS; a gateway in use whose
 *         path is lost or doubted is left at once.
 * Memory  a pool of its own, at most TUNNELS_MEMORY_MAX.
 */
#pragma once
#include "core/fx.h"
#include "core/gw/gw.h"
#include "core/l3/l3.h"
#include "core/plan/plan.h"
#include "node/node_conf.h"
#include "node/tunnel_tlv.h"

enum {
	TUNNELS_COLLECT_MS = 100,
	TUNNELS_HOLD_S = 30,
	TUNNELS_OUT_MAX = 512,
	TUNNELS_MEMORY_MAX = 8 << 20,
	TUNNELS_MATCHES_MAX = 16384,
	TUNNELS_NOTES = 20,   /* people are told of so many changes of gateways at once, and ... */
	TUNNELS_NOTES_S = 30, /* ... one more after each so many seconds */
};

struct tunnels;

struct tunnel_client_route {
	uint32_t table; /* one of TUNNEL_CLIENT_TABLES */
	bool v6;
	bool lost;
	const struct tunnel_to *to;
};

/* plan and l3 are the caller's, and live longer; conf is copied. NULL: no memory. */
struct tunnels *tunnels_new(const struct node_conf *conf, const struct plan *plan, struct l3 *l3,
			    uint64_t seed);
void tunnels_free(struct tunnels *t);

/* l3 said something (NETWORK_DESCRIBED, NETWORK_PATH; others are ignored). l3 itself is not
 * called, so this may happen while it emits. */
void tunnels_heard(struct tunnels *t, instant now, const struct fx_network *said);
/* Does what is due; publishes by l3_handle, which emits into fx too. */
void tunnels_run(struct tunnels *t, instant now, struct fx *fx);
/* When tunnels_run wants to be called next. */
instant tunnels_deadline(const struct tunnels *t);

/* What is offered behind our end beside the prefixes of our cloud, instead of what was before;
 * at most TUNNEL_OFFERED_MAX - 2, and tunnel is 0. Published by the next tunnels_run, which is due
 * now. */
void tunnels_offer(struct tunnels *t, const struct gw_network *network, size_t count);

/* The answer to a probe (TUNNEL_PROBE). tunnels_run may be due now. */
void tunnels_answer(struct tunnels *t, instant now, const struct ev_tunnel_answer *answer);
/* Which gateway for the Internet people want. tunnels_run is due now. */
void tunnels_prefer(struct tunnels *t, instant now, const struct tunnel_preference *p);

/* ---- for clients with a gateway of their own (exits.h) ---- */

/* The default route of one of the tables of clients; to: NULL, none, or with lost an unreachable
 * one. false: there is no room for its tunnel. */
bool tunnels_client_route(struct tunnels *t, instant now, const struct tunnel_client_route *r,
			  struct fx *fx);
/* How many clients of the cloud go out by a node, and whether some that are attached here do.
 * tunnels_run may be due now. */
void tunnels_clients_set(struct tunnels *t, instant now, bool v6, const struct digest *node,
			 uint32_t clients, bool here);
/* How often it was decided anew: what is fit may be another then. */
uint64_t tunnels_decisions(const struct tunnels *t);

/* ---- read-only views; arrays are filled up to max, the full number is returned ---- */

struct tunnels_counters {
	uint64_t ends_refused;	   /* dummy addresses in descriptions that are not the node's own */
	uint64_t networks_refused; /* too many of one node, or of no end */
	uint64_t routes_refused;   /* TUNNELS_OUT_MAX tunnels are in use, or no memory */
	uint64_t notes_untold;	   /* of gateways: TUNNELS_NOTES */
};
struct tunnels_counters tunnels_counters(const struct tunnels *t);
struct tunnel_end tunnels_end(const struct tunnels *t);
/* What we offer, the cloud's own included. */
size_t tunnels_offered(const struct tunnels *t, struct gw_network *out, size_t max);
/* Is it, or is it in, what no tunnel leads to: this cloud, what never leaves a host or link? */
bool tunnels_is_local(const struct tunnels *t, const struct prefix *p);
/* The chooser: gw_explain, gw_networks, gw_counters. */
const struct gw *tunnels_gw(const struct tunnels *t);
size_t tunnels_memory(const struct tunnels *t);
/* Are gateways of that family proved? */
bool tunnels_proves(const struct tunnels *t, bool v6);
/* What was found out about one; NULL: nothing. */
const struct proof *tunnels_proof(const struct tunnels *t, bool v6, const struct digest *node);

struct tunnels_out_view {
	struct tunnel_out out;
	uint32_t routes; /* 0: it is kept for a while; those for clients count too */
	span since;	 /* it was made */
};
size_t tunnels_outs(const struct tunnels *t, instant now, struct tunnels_out_view *out, size_t max);

struct tunnels_route_view {
	struct tunnel_key key;
	bool lost; /* no gateway may be used, and who sends there is told so; to is zero */
	struct tunnel_to to;
	span since; /* it goes there */
};
/* Without those of clients. */
size_t tunnels_routes(const struct tunnels *t, instant now, struct tunnels_route_view *out,
		      size_t max);
