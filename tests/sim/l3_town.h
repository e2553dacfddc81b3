/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l3_town - engines of the network in virtual time: nodes on segments that lose, delay and
 * break, and the routes that they would give their kernels.
 *
 * Source  ours.
 * Shape   nodes and segments by index. Public-key work takes job_us of its kind, on a core of
 *         the node's own or on `cores` that all share. Link-local addresses name node and port.
 * Memory  l3_town_fini frees all.
 */
#pragma once
#include "base/prng.h"
#include "core/job_result.h"
#include "core/l3/l3.h"
#include "sim/queue.h"

enum {
	L3_TOWN_NODES = 256,
	L3_TOWN_SEGMENTS = 1024,
	L3_TOWN_MEMBERS = 32,
	L3_TOWN_CORES = 4,
	L3_TOWN_JOB_US = 5000,
	L3_TOWN_REPLAY_S = 20,
};

struct l3_town;

struct l3_segment {
	bool up, carrier; /* not up: silent; no carrier: ports are down too */
	uint8_t loss_percent;
	/* of packets: heard twice, heard again up to L3_TOWN_REPLAY_S later, heard with wrong
	 * bytes beside the right ones */
	uint8_t double_percent, replay_percent, forge_percent;
	int64_t delay_us, spread_us;
	unsigned count;
	struct {
		uint16_t node;
		uint8_t port;
	} member[L3_TOWN_MEMBERS];
};

struct l3_place {
	struct fx fx;
	struct l3_town *town;
	uint16_t index;
	bool alive;
	uint32_t life;
	struct l3 *l3;
	struct job_result key;
	struct ipv6 primary;
	uint32_t desc_sqn_kept;
	instant wake;
	uint8_t ports;
	uint16_t segment[PORT_MAX];
	bool listed[PORT_MAX];	    /* port has our address */
	instant core_free;	    /* when its public-key work is done */
	int32_t via[L3_TOWN_NODES]; /* next hop; -1: no route */
	uint64_t tx_packets, tx_bytes;
};

struct l3_town {
	instant now;
	struct prng prng;
	struct queue queue;
	uint16_t nodes, segments;
	struct l3_place *place[L3_TOWN_NODES];
	struct l3_segment segment[L3_TOWN_SEGMENTS];
	struct l3_conf conf;
	int64_t job_us[JOB_RSA_VERIFY + 1]; /* by kind; all L3_TOWN_JOB_US at first */
	unsigned cores;			    /* that all share; 0: each node has one */
	instant core_free[L3_TOWN_CORES];
	uint64_t circles; /* seen by l3_town_run */
	/* May be NULL: hears what the engine of a node says for others' ears. */
	void (*hear)(void *ctx, uint16_t node, const struct fx_network *said);
	void *hear_ctx;
	void (*sent)(void *who, uint16_t node, const uint8_t *data, size_t len); /* NULL: nobody */
	void *who;
};

void l3_town_init(struct l3_town *t, uint64_t seed);
void l3_town_fini(struct l3_town *t);
/* The new node is down. */
uint16_t l3_town_node(struct l3_town *t);
uint16_t l3_town_segment(struct l3_town *t, uint8_t loss_percent);
void l3_town_join(struct l3_town *t, uint16_t node, uint16_t segment);
/* A segment of two. */
uint16_t l3_town_link(struct l3_town *t, uint16_t a, uint16_t b);
void l3_town_line(struct l3_town *t, uint16_t nodes);
void l3_town_grid(struct l3_town *t, uint16_t width, uint16_t height);
/* Nodes anywhere in a square, joined to those nearest, so many that `degree` is the mean; all
 * hang together, and none has more neighbours than ports. */
void l3_town_geometric(struct l3_town *t, uint16_t nodes, unsigned degree);

void l3_town_start(struct l3_town *t, uint16_t node);
void l3_town_start_all(struct l3_town *t);
void l3_town_kill(struct l3_town *t, uint16_t node);
/* It says that it is about to end. */
void l3_town_leave(struct l3_town *t, uint16_t node);
/* Silent: nothing passes. With carrier: the ports know it. */
void l3_town_cut(struct l3_town *t, uint16_t segment, bool carrier);
void l3_town_heal(struct l3_town *t, uint16_t segment);

/* Runs, and looks for circles in the kernels' routes after each event. */
void l3_town_run(struct l3_town *t, span time);
/* Hops from a to b by the kernels' routes over what is up; -1: they do not lead there, -2: in a
 * circle. */
int l3_town_walk(const struct l3_town *t, uint16_t a, uint16_t b);
/* Living nodes that hang together by what is up get the same number; others 0. */
void l3_town_parts(const struct l3_town *t, uint16_t part[L3_TOWN_NODES]);
/* From which nodes do the kernels' routes lead to b? */
void l3_town_reach(const struct l3_town *t, uint16_t b, bool from[L3_TOWN_NODES]);
/* Pairs of living nodes without a working way, of those that could have one. */
unsigned l3_town_missing(const struct l3_town *t);
/* Runs until none is missing; how long it took, or -1 after `most`. */
int64_t l3_town_settle_ms(struct l3_town *t, span most);
