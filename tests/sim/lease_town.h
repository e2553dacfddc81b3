/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lease_town - DHCP servers and clients as they behave, around nodes of any kind of network.
 *
 * Source  ours; the servers are sim/dhcp_server.h's; the clients' rules are RFC 2131's: renewal
 *         at half time, a refusal ends the lease, then another one is asked for.
 * Shape   Clients are at a node; they join, renew, roam, leave. Each address in
 *         use is looked at: since when have two clients of one half had the same?
 *         Each new lease is watched until all nodes of its half know it.
 * Time    of the network; town_run goes on in steps of TOWN_STEP_MS.
 * Memory  from malloc.
 */
#pragma once
#include "base/prng.h"
#include "core/share/leases.h"
#include "sim/dhcp_server.h"

enum {
	TOWN_NODES_MAX = 32,
	TOWN_CLIENTS_MAX = 1024,
	TOWN_STEP_MS = 5,
	TOWN_TRY_MS = 200, /* a client without an answer */
	TOWN_POOL = 65536, /* addresses, from TOWN_NET on */
};
#define TOWN_NET UINT32_C(0x0a000000) /* in the low 16 bits an address differs */

struct town;

/* The network under the town. */
struct town_net {
	void *ctx;
	instant (*now)(void *ctx);
	void (*run)(void *ctx, span s);
	void (*tell)(void *ctx, unsigned node, const struct ev *ev);
	const struct leases *(*leases)(void *ctx, unsigned node); /* NULL: it is dead */
};

struct town_server {
	struct dhcp_server *dhcp;
	uint32_t skew_s; /* of its wall clock */
	unsigned half;
};

struct town_client {
	unsigned node;
	bool wants;  /* an address */
	uint32_t ip; /* 0: has none */
	instant until;
	instant next;	    /* when it does something */
	instant twin_since; /* when another one in its half was first seen with its address; 0 */
	instant granted;    /* and not yet known everywhere; 0 */
};

struct town {
	struct town_net net;
	struct prng prng;
	span lease; /* time of a lease */
	unsigned nodes, clients;
	struct town_server server[TOWN_NODES_MAX];
	struct town_client client[TOWN_CLIENTS_MAX];

	uint64_t acks, naks, unanswered;
	unsigned twins_ever; /* times that two came to have one address */
	span twins_longest;  /* and in one half */
	uint32_t *wait_ms;   /* of leases, until they were known everywhere */
	unsigned waits, waits_room;
	unsigned steps;
	bool wanderers; /* clients go from one half to the other */
	bool measures;
};

/* nodes' servers are empty and in half 0; seed: of what clients do. */
void town_init(struct town *t, const struct town_net *net, unsigned nodes, unsigned clients,
	       uint64_t seed);
void town_fini(struct town *t);

struct mac town_mac(unsigned client);
/* FX_LEASE, FX_RESERVE, FX_RANGES of a node. */
void town_effect(struct town *t, unsigned node, const struct effect *e);
/* The node, and its server, died. What was kept is there when it starts anew: town_booted tells
 * the node, or forgets it. */
void town_died(struct town *t, unsigned node);
void town_booted(struct town *t, unsigned node, bool remembers);

void town_join(struct town *t, unsigned client, unsigned node, span wait);
void town_roam(struct town *t, unsigned client, unsigned node);
/* Any node that the client may go to. */
unsigned town_node_near(struct town *t, unsigned client);
/* Gives its address back at its node. */
void town_leave(struct town *t, unsigned client);

void town_run(struct town *t, span s);

/* Clients that want an address and have none. */
unsigned town_without(const struct town *t);
/* Pairs of clients that have the same address now, wherever they are. */
unsigned town_twins(const struct town *t);
/* Do all living nodes know all clients' leases as they are? Prints the first that differs. */
bool town_agrees(const struct town *t);
/* The wait that so many of a thousand leases did not exceed. */
uint32_t town_wait_ms(struct town *t, unsigned permille);
