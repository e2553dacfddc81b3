/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world - many nodes in one process: virtual time, segments with loss and
 * delay, clients that talk and roam, one seed.
 *
 * Source  ours. Hosts the daemon's own object files (node and its cores).
 * Shape   Nodes, segments and clients are small indexes in order of creation.
 *         A segment joins ports of nodes; each receiver loses by itself; a pair
 *         that cannot hear each other can be told apart (world_deaf).
 *         Members of a segment on different sides do not hear each other.
 *         Everything that happens is an item in one queue, ordered by time and
 *         then by insertion: one seed gives one history, and one digest.
 * Time    starts at 1 s (so that 0 is never "now") and moves in world_run.
 * Memory  the world owns all; world_free gives it back.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/mac.h"
#include "core/fx.h"
#include "node/node.h"

enum { WORLD_NODES_MAX = 1024, WORLD_SEGMENTS_MAX = 2048, WORLD_CLIENTS_MAX = 4096 };
enum { WORLD_NOWHERE = 0xffff }; /* where a client is that left, a node that is none */

struct world;

struct segment_conf {
	uint8_t loss_percent; /* of each receiver by itself */
	span delay;
	span jitter;	    /* 0 .. jitter more, may reorder */
	bool wifi;	    /* ports on it are wifi ports */
	uint16_t mtu_bytes; /* of a batman packet; 0: 1532 */
};

struct world *world_new(uint64_t seed);
void world_free(struct world *w);
instant world_now(const struct world *w);

/* A node with the defaults; its MACs come from its index. */
unsigned world_node(struct world *w);
/* The same with a configuration of its own. */
unsigned world_node_with(struct world *w, const struct node_conf *conf);
struct node *world_node_at(struct world *w, unsigned node);
/* The MAC that names it in the cloud (its first port's). */
struct mac world_node_mac(const struct world *w, unsigned node);
/* The node that has a port with this MAC, or WORLD_NOWHERE. */
unsigned world_node_of(const struct world *w, struct mac port);

unsigned world_segment(struct world *w, const struct segment_conf *conf);
/* Other loss, delay, jitter or MTU from now on; the nodes are told of an MTU. */
void world_change(struct world *w, unsigned segment, const struct segment_conf *conf);
/* Joins node to segment by a new port; gives the port's index in the node. */
unsigned world_join(struct world *w, unsigned node, unsigned segment);
/* a and b do not hear each other on segment; or only b does not hear a. */
void world_deaf(struct world *w, unsigned segment, unsigned a, unsigned b);
void world_deaf_one_way(struct world *w, unsigned segment, unsigned a, unsigned b);
/* Cuts a node's port: carrier says that the node notices at once. */
void world_cut(struct world *w, unsigned node, unsigned segment, bool carrier);
void world_heal(struct world *w, unsigned node, unsigned segment);
/* Puts a node's port on a side of its segment; all begin on side 0. */
void world_side(struct world *w, unsigned node, unsigned segment, uint8_t side);
/* Stops a node dead, with the state lost; starts it anew with another seed, or
 * (only the program was started anew, not the machine) with the same. */
void world_kill(struct world *w, unsigned node);
void world_start(struct world *w, unsigned node);
void world_restart(struct world *w, unsigned node);

/* What the node's host would do for it and the world does not: effects of leases and names
 * are shown, events told. Nodes share records when their configuration says so. */
void world_watch(struct world *w, void (*seen)(void *ctx, unsigned node, const struct effect *e),
		 void *ctx);
void world_tell(struct world *w, unsigned node, const struct ev *ev);

/* A client attached to node: a MAC that sends and counts what reaches it. */
unsigned world_client(struct world *w, unsigned node);
struct mac world_client_mac(const struct world *w, unsigned client);
/* Moves; seen says that the new node hears of it at once (an association). */
void world_roam(struct world *w, unsigned client, unsigned node, bool seen);
/* The old node's bridge says that the client's port went. */
void world_leave(struct world *w, unsigned client);
/* It is nowhere, and nobody is told; world_roam brings it back. */
void world_vanish(struct world *w, unsigned client);

/* Sends len bytes (46..1500) to dst from client, with a number that receivers note. */
void world_send(struct world *w, unsigned client, struct mac dst, uint32_t number, size_t len);

/* What a client got: how many frames; the newest number; when. */
struct world_inbox {
	uint64_t frames;
	uint64_t duplicates; /* a number that had come before, among the last 64 */
	uint64_t damaged;    /* shorter than sent, or with other bytes */
	uint32_t newest;
	uint64_t recent; /* bit i: newest - i came */
	instant last;
};
const struct world_inbox *world_inbox(const struct world *w, unsigned client);

/* Lets time pass, or until pred says true: gives whether it did. */
void world_run(struct world *w, span duration);
bool world_run_until(struct world *w, span at_most, bool (*pred)(struct world *, void *),
		     void *arg);

/* Frames and bytes that left ports since the start. */
struct world_traffic {
	uint64_t frames, bytes;
	uint64_t ogm_frames, ogm_bytes;
	uint64_t bcast_frames;
	uint64_t tt_requests;
	uint64_t circled; /* routed packets that took more hops than there are nodes */
};
struct world_traffic world_traffic_of(const struct world *w, unsigned node);
struct world_traffic world_traffic_by(const struct world *w, unsigned node, unsigned port);

/* A hash over everything that happened so far. */
uint64_t world_digest(const struct world *w);

/* Writes every frame of segment to a pcap file from now on; NULL ends it.
 * The only file that the world touches; false: it cannot be opened. */
bool world_pcap(struct world *w, unsigned segment, const char *path);
