/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * share_net - several share engines, joined by a wire that loses, repeats and delays.
 *
 * Source  ours; the segment of docs/specs/alfred.md "Transport".
 * Shape   Every datagram reaches its receivers after 1 to delay_max, each receiver by
 *         itself, or not. Nodes in different halves do not hear each other.
 *         A node's leases-to-be: each record of another that it heard of is counted.
 * Time    virtual, begins at 1000 s.
 */
#pragma once
#include "base/prng.h"
#include "core/share/share.h"

enum { SHARE_NODES = 64 };

struct share_net;
struct share_item;

struct share_node {
	struct fx fx;
	struct share_net *net;
	struct share *share; /* NULL: not running */
	unsigned half;
	uint64_t came, went; /* records of others: news, ends */
	uint64_t peers_came, peers_went;
	uint64_t unicasts, multicasts, bytes; /* sent */
	uint64_t from[SHARE_NODES];	      /* records' datagrams received, by unicast */
};

struct share_net {
	instant now;
	struct prng prng;
	struct share_conf conf;
	struct share_node node[SHARE_NODES];
	unsigned nodes;
	unsigned loss;	/* percent */
	unsigned twice; /* percent that come twice */
	span delay_max;
	struct share_item *queue;
	/* Sees what leaves; NULL: nobody looks. */
	void (*tap)(struct share_net *n, unsigned from, const struct fx_datagram *d);
};

void share_net_init(struct share_net *n, unsigned nodes, uint64_t seed);
void share_net_fini(struct share_net *n);
void share_net_start(struct share_net *n, unsigned node);
void share_net_stop(struct share_net *n, unsigned node);
struct mac share_net_mac(unsigned node);
/* Until then, or until done (if there is one) says so after an event. */
bool share_net_run(struct share_net *n, span s, bool (*done)(struct share_net *n));
/* Node puts a record of its own; text is its bytes. */
void share_net_put(struct share_net *n, unsigned node, uint8_t type, const char *text);
/* Does node have this text of source? */
bool share_net_has(struct share_net *n, unsigned node, unsigned source, uint8_t type,
		   const char *text);
/* A datagram by hand, at once. */
void share_net_give(struct share_net *n, unsigned node, struct mac from, const void *data,
		    size_t len);
