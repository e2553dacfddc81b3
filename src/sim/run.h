/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run - a town lives for a while: it starts, suffers, becomes calm, and is judged.
 *
 * Source  ours.
 * Shape   All nodes start at once. Clients come, talk, walk and go all along. Faults (fault.h)
 *         happen after RUN_START_S until the calm, which is the last third, RUN_CALM_MIN_S to
 *         RUN_CALM_MAX_S; then everything is mended and clients stay where they are. Checks
 *         (check.h) look each second, and at the end at what must hold in the calm.
 *         The same conf gives the same run, and the same digest.
 * Memory  run_free frees all.
 */
#pragma once
#include <stdio.h>
#include "sim/fault.h"
#include "sim/layout.h"
#include "sim/series.h"
#include "sim/world.h"
#include "town/town.h"

enum {
	RUN_START_S = 60,
	RUN_CALM_MIN_S = 60,
	RUN_CALM_MAX_S = 240,
	RUN_TIME_MIN_S = RUN_START_S + RUN_CALM_MIN_S,
	RUN_PAIRS = 128,     /* of nodes, looked at each second */
	RUN_VIOLATIONS = 20, /* that are kept in words */
	RUN_CHECKS_MAX = 32,
	RUN_LEASE_S = 90,  /* who lost an address hears so when he renews, at half of it: within the
			      calm */
	RUN_EXITS = 64,	   /* nodes whose way to the Internet is looked at each second */
	RUN_GAPS = 100000, /* that are kept */
};

struct run_conf {
	enum layout_shape shape;
	unsigned nodes, wide, clouds, clients;
	unsigned uplinks;	 /* nodes with a way to the Internet, 5 to 100 Mbit/s */
	const char *file;	 /* of LAYOUT_FILE */
	const struct town *town; /* that file, when it is one of the lab's; else NULL */
	bool radio;
	unsigned loss_percent; /* of all links, beside what distance makes */
	unsigned mtu_bytes;    /* of all links, for a packet of batman-adv; 0: 1532 */
	span time;
	uint64_t seed;
	const struct fault_set *faults;
	bool network_only; /* no clients: only the network of all clouds is judged */
	const struct world_crypto *crypto; /* NULL: cheap */
	const char *pcap;		   /* a folder for recordings of all segments, or NULL */
	FILE *trace;			   /* what nodes tell people and do; or NULL */
};

struct check;

struct violation {
	const struct check *check;
	instant at;
	char what[200];
};

/* Two nodes, and since when something between them is not as it should be. */
struct run_pair {
	uint16_t a, b;
	instant hole, circle; /* 0: is none */
	uint32_t desc_sqn;    /* of b, as a knows it ... */
	uint32_t life_a, life_b;
	uint64_t gone_a; /* how many nodes a had forgotten then */
};

struct run_client {
	uint16_t peer; /* whom it talks with */
	uint16_t cloud;
	bool away, asleep; /* nowhere; at its node, but silent */
	bool came;	   /* once */
	uint32_t number;   /* of its last frame */
	uint64_t received; /* as it was when something was sent to it last ... */
	unsigned unheard;  /* ... and so many were sent since it changed */
	instant twin;	   /* since when another one has its address too; 0: none has */
	uint8_t stream;	   /* steps left of asking all along, around a walk; life.c */
	bool heard;	   /* and answers came before it */
	instant dark;	   /* since when it has no Internet though its node could; 0: it has */
};

/* A node, and since when it has no Internet though it could. */
struct run_exit {
	uint16_t node;
	instant dark;	/* 0: it has, or could not */
	int at;		/* by whose uplink, as world_exit says */
	instant since;	/* its moves are counted */
	unsigned moves; /* away from one that works */
};

struct run_figures {
	span converged; /* after the start: all nodes have a way to all others; < 0: never */
	span addressed; /* ... and all clients an address */
	uint64_t looked, reached; /* watched pairs that could have a way, and had one */
	uint64_t sent, received;  /* frames of clients */
	uint64_t roams, arrivals, leaves;
	uint64_t exits_looked, exits_reached; /* watched nodes that could have the Internet */
	uint64_t asked, answered;	      /* packets of clients to the Internet */
	uint64_t sessions, sessions_moved; /* around walks; ... that left by another gateway then */
	uint64_t pins_looked, pins_agreed; /* at the end: who else of a cloud knows a client's
					      gateway */
	uint64_t faults, faults_of[FAULT_KINDS];
	uint64_t calm_bytes_s, calm_bytes_s_max;	      /* a node sends, in the calm */
	uint64_t memory, memory_max;			      /* of a node's tables, at the end */
	uint64_t frames, ogm_frames, bcast_frames, ogm_bytes; /* of clouds */
	uint64_t datagrams, datagram_bytes;		      /* of the network */
	uint64_t bytes, events, overflows, circled;
};

struct run {
	struct run_conf conf;
	struct layout layout;
	struct world *world;
	struct prng prng;
	instant faults_from, calm_from, end;
	bool calm, ended; /* ended: and all was judged */
	uint32_t *part;	  /* nodes that can reach each other have the same; the dead: UINT32_MAX */
	uint32_t *cloud_part; /* the same within clouds */
	struct run_pair pair[RUN_PAIRS];
	unsigned pairs;
	struct run_exit exit[RUN_EXITS];
	unsigned exits;
	struct world_uplink_conf *uplink; /* of each node, when nothing is wrong */
	struct run_client *client;
	uint16_t *streaming; /* clients that ask all along */
	unsigned streams;
	uint32_t *gap_ms; /* of each session around a walk, the longest time without an answer */
	unsigned gaps, gap_room;
	struct faults *faults;
	uint32_t *cloud_first, *cloud_node; /* nodes of each cloud one after the other */
	size_t memory_before;		    /* of all nodes, when faults began */
	uint64_t *unrouted; /* of each node: routes that it had not, in all looks since faults began
			     */
	uint64_t unrouted_looks;
	uint64_t *bytes_before; /* of each node, a while before the end */
	instant bytes_since;
	uint64_t circled_before;
	instant *two_rights;  /* of each node: since when it believes in two */
	uint64_t asks_before; /* for tables of clients */
	span walk_gap;	      /* the longest of a walk while nothing was wrong; 0: not since told */
	uint64_t damaged_before, repeats_before, anycast_before, too_big_before;
	uint64_t looped_before; /* of world_internet */
	bool flooded;		/* and that was told */
	instant quiet_from;	/* no fault is under way since then */
	/* A session that left by another gateway, though the one before works; split.client is
	 * WORLD_NOWHERE: none. */
	struct run_split {
		uint16_t client, before, after;
	} split;
	bool held[RUN_CHECKS_MAX]; /* that check held in the calm */
	struct violation violation[RUN_VIOLATIONS];
	unsigned violations;
	struct run_figures figures;
	struct series series;
};

/* NULL: fault says what is wrong with conf. */
struct run *run_new(const struct run_conf *conf, char fault[LAYOUT_FAULT_ROOM]);
void run_free(struct run *r);
/* Lets a second pass; false: the end is reached, and judged. */
bool run_second(struct run *r);
/* The figures so far, when it goes on no more; what must hold in the calm is not judged. */
void run_stop(struct run *r);
/* Do its nodes stand somewhere? */
bool run_has_places(const struct run *r);
/* How far it is, of a thousand. */
unsigned run_progress(const struct run *r);

/* How long clients were without answers of the Internet around a walk. */
struct run_gaps {
	unsigned count;
	uint32_t median_ms, p95_ms, worst_ms;
};
struct run_gaps run_gaps(const struct run *r);

/* ---- for those who act in it ---- */

/* One second of what clients do; the calm makes them stay. */
void life_init(struct run *r);
void life_second(struct run *r);
/* A node of the same cloud that the client may be at; it may be dead. */
unsigned run_node_of_cloud(struct run *r, unsigned cloud);
/* To a neighbour of its node, if one of its cloud lives there; its session is looked at. */
void run_walk(struct run *r, unsigned client);
bool run_client_served(const struct run *r, unsigned client);
/* No fault is under way, nor what it left behind. */
bool run_is_quiet(const struct run *r);
/* Frames to it alone that it got. */
uint64_t run_received(const struct run *r, unsigned client);
/* Gateways that have had the Internet and been up for so long that they must offer it. */
bool run_is_honest(const struct run *r, unsigned node);
/* Both live and can reach each other, as it was when checks began to look. */
bool run_joined(const struct run *r, unsigned a, unsigned b);
__attribute__((format(printf, 3, 4))) void run_violated(struct run *r, const struct check *check,
							const char *format, ...);
/* Into the figures, at the end. */
void run_pins_count(struct run *r);
/* Memory of a node's tables. */
size_t run_memory(const struct run *r, unsigned node);
