/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lease_net - a cheap network for a town: shares and leases without the cloud under them.
 *
 * Source  ours.
 * Shape   Every datagram reaches every node of its half by itself: lost, twice, late, in
 *         another order. Nodes die and start anew.
 * Memory  from malloc.
 */
#pragma once
#include "lease_town.h"
#include "sim/queue.h"

struct lease_net_conf {
	unsigned nodes, clients;
	unsigned loss_percent, twice_percent, late_percent; /* late: up to late_max more */
	span delay_max, late_max;
	struct share_conf share; /* without self */
	span settle;
};

struct lease_net {
	struct lease_net_conf conf;
	struct town town;
	instant now;
	struct prng prng;
	struct queue queue;
	struct lease_node {
		struct fx fx;
		struct lease_net *net;
		struct share *share; /* NULL: dead */
		struct leases *leases;
		uint32_t life;
		instant wake; /* when the next ITEM_WAKE comes */
	} node[TOWN_NODES_MAX];
	uint64_t datagrams;
};

struct lease_net_conf lease_net_conf_default(void);
/* The nodes do not run yet. */
void lease_net_init(struct lease_net *n, const struct lease_net_conf *conf, uint64_t seed);
void lease_net_fini(struct lease_net *n);
/* What its server kept is remembered, or not. */
void lease_net_start(struct lease_net *n, unsigned node, bool remembers);
void lease_net_kill(struct lease_net *n, unsigned node);
