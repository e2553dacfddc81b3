/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storm_town - a random town of nodes, and the truth about it: who is alive, who
 * can hear whom, where each client is.
 *
 * Source  ours.
 * Shape   Everything that a town suffers goes through these functions, so that
 *         what the test believes is what the world (sim/world.h) does. One seed
 *         gives one town and one history.
 * Memory  embedded by the caller; town_close frees the world.
 */
#pragma once
#include "base/prng.h"
#include "sim/world.h"

enum {
	TOWN_NODES_MAX = 32,
	TOWN_SEGMENTS_MAX = 96,
	TOWN_CLIENTS_MAX = 24,
	TOWN_PORTS_MAX = 8,
	TOWN_DEAFS_MAX = 1024,
};

enum shape {
	SHAPE_LINE,
	SHAPE_RING,
	SHAPE_GRID,
	SHAPE_GRAPH,  /* wires between random pairs, all connected */
	SHAPE_STREET, /* one segment, all hear all */
	SHAPE_RADIO,  /* one channel, neighbours only */
	SHAPE_MIXED,  /* streets, channels and wires, several for each node */
	SHAPE_COUNT,
};

struct town_port {
	unsigned segment;
	bool cut;
	uint8_t side;
};

struct town_node {
	bool alive;
	unsigned ports;
	struct town_port port[TOWN_PORTS_MAX];
};

struct town_deaf {
	unsigned segment, a, b; /* b does not hear a */
};

struct town_client {
	unsigned at; /* a node, or WORLD_NOWHERE */
};

struct town {
	struct world *world;
	uint64_t seed;
	struct prng prng;
	enum shape shape;
	bool lossy; /* radio segments lose frames */
	bool mixed_mtu;
	bool mixed_pace; /* nodes have intervals of their own */
	unsigned nodes, segments, clients, deafs;
	struct town_node node[TOWN_NODES_MAX];
	struct segment_conf segment[TOWN_SEGMENTS_MAX];
	struct town_client client[TOWN_CLIENTS_MAX];
	struct town_deaf deaf[TOWN_DEAFS_MAX];
	uint32_t sent;	    /* numbers given to frames so far */
	uint64_t floodable; /* frames that may have been flooded: broadcasts, and to unknown */
};

void town_open(struct town *t, uint64_t seed);
void town_close(struct town *t);
const char *shape_name(enum shape s);

/* A choice of the town: 0 .. n-1; true in percent of all cases. */
unsigned town_below(struct town *t, unsigned n);
bool town_chance(struct town *t, unsigned percent);

/* What happens to it. */
void town_kill(struct town *t, unsigned node);
void town_start(struct town *t, unsigned node, bool same_boot);
void town_cut(struct town *t, unsigned node, unsigned port, bool carrier);
void town_heal(struct town *t, unsigned node, unsigned port);
void town_side(struct town *t, unsigned node, unsigned port, uint8_t side);
/* Loss becomes so much, percent of what it is. */
void town_weather(struct town *t, unsigned percent);
/* A segment gets another MTU. */
void town_fit(struct town *t, unsigned segment);

void town_come(struct town *t, unsigned client, unsigned node, bool seen);
/* A node that the client is not at is told that it is there. */
void town_mistake(struct town *t, unsigned client, unsigned node);
void town_leave(struct town *t, unsigned client, bool told);
/* A frame to a client, or to all (WORLD_NOWHERE). */
void town_send(struct town *t, unsigned client, unsigned to, size_t len);

/* Which nodes can reach each other: part[i] is the same number for these; a dead node
 * has WORLD_NOWHERE. */
void town_parts(const struct town *t, unsigned part[TOWN_NODES_MAX]);
/* Is the client at a node that is alive? */
bool town_is_served(const struct town *t, unsigned client);
