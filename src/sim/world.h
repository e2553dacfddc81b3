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
 *         Frames of a cloud reach nodes of that cloud only: each has its VLAN.
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
#include "base/prng.h"
#include "core/crypto.h"
#include "core/fx.h"
#include "core/job_result.h"
#include "node/node.h"

/* Where a client is that left, a node that is none; there are fewer nodes, segments, clients. */
enum { WORLD_NOWHERE = 0xffff };
enum { WORLD_LOSS_ALL = 65536 };

struct world;

struct segment_conf {
	uint8_t loss_percent;  /* of each receiver by itself */
	uint16_t burst_frames; /* that are lost in a row, on average; 0, 1: by themselves */
	span delay;
	span jitter;	    /* 0 .. jitter more, may reorder */
	bool wifi;	    /* ports on it are wifi ports, and share the air with whom they hear */
	bool sparse;	    /* nobody hears anybody but by world_hear */
	bool no_cloud;	    /* ports on it are of the network of all clouds alone */
	uint16_t mtu_bytes; /* of a batman packet; 0: 1532. What is longer is dropped */
	uint64_t rate_bps;  /* 0: frames take no time */
	span queue;	    /* a frame that would wait longer is dropped; 0: 500 ms */
	uint8_t retries;    /* of a unicast frame that its receiver lost; they take no time */
	/* Faults, of 10,000 frames that arrive: */
	uint16_t corrupt; /* one bit is another */
	uint16_t twice;	  /* once more, a delay later */
	uint16_t replay;  /* once more, 1 to 30 s later */
};

/* How nodes hash and sign. */
struct world_crypto {
	const struct crypto *table;
	void (*job)(struct prng *prng, const struct job *job, struct job_result *r);
	span job_time; /* virtual, of each job */
};

struct world *world_new(uint64_t seed);
/* Other crypto than cheap_crypto's, 5 ms a job; before the first node. */
void world_crypto(struct world *w, const struct world_crypto *crypto);
void world_free(struct world *w);
instant world_now(const struct world *w);

/* A node with the defaults; its MACs come from its index. */
unsigned world_node(struct world *w);
/* The same with a configuration of its own. plan.network: it is part of the network of all
 * clouds, and its ports are ports of that too, on a VLAN of its own. */
unsigned world_node_with(struct world *w, const struct node_conf *conf);
bool world_alive(const struct world *w, unsigned node);
struct node *world_node_at(struct world *w, unsigned node);
/* The MAC that names it in the cloud (its first port's). */
struct mac world_node_mac(const struct world *w, unsigned node);
/* The node that has a port with this MAC, or WORLD_NOWHERE. */
unsigned world_node_of(const struct world *w, struct mac port);

unsigned world_segment(struct world *w, const struct segment_conf *conf);
/* Other loss, delay, jitter or MTU from now on; the nodes are told of an MTU. */
void world_change(struct world *w, unsigned segment, const struct segment_conf *conf);
const struct segment_conf *world_segment_conf(const struct world *w, unsigned segment);
/* Frames that did not find room in a queue. */
uint64_t world_overflows(const struct world *w, unsigned segment);
/* Joins node to segment by a new port; gives the port's index in the node. */
unsigned world_join(struct world *w, unsigned node, unsigned segment);
/* a and b do not hear each other on segment; or only b does not hear a. */
void world_deaf(struct world *w, unsigned segment, unsigned a, unsigned b);
void world_deaf_one_way(struct world *w, unsigned segment, unsigned a, unsigned b);
/* a and b hear each other, and lose so many frames (of WORLD_LOSS_ALL) beside the segment's
 * loss; or only b hears a. */
void world_hear(struct world *w, unsigned segment, unsigned a, unsigned b, uint16_t loss);
void world_hear_one_way(struct world *w, unsigned segment, unsigned a, unsigned b, uint16_t loss);
/* Does b hear a now, on any segment: both alive, not cut, on one side? */
bool world_linked(const struct world *w, unsigned a, unsigned b);
/* Who hears node now; some perhaps twice. The full number. */
unsigned world_neighbours(const struct world *w, unsigned node, uint16_t *out, unsigned max);
/* Cuts a node's port: carrier says that the node notices at once. */
void world_cut(struct world *w, unsigned node, unsigned segment, bool carrier);
void world_heal(struct world *w, unsigned node, unsigned segment);
/* Puts a node's port on a side of its segment; all begin on side 0. WORLD_SIDE_HEARS hears side 0,
 * and is not heard there. */
enum { WORLD_SIDE_HEARS = 255 };
void world_side(struct world *w, unsigned node, unsigned segment, uint8_t side);
/* What a node's port sends is not heard, but it hears. */
void world_mute(struct world *w, unsigned node, unsigned segment, bool mute);
/* The node's program stands still; what comes meanwhile is lost. */
void world_hang(struct world *w, unsigned node, bool hangs);
/* When it was started last. */
instant world_born(const struct world *w, unsigned node);
/* How often it was started. */
unsigned world_life(const struct world *w, unsigned node);
/* Its segments; the number, in out the first PORT_MAX. */
unsigned world_segments_of(const struct world *w, unsigned node, uint16_t out[PORT_MAX]);

/* Stops a node dead; what its disk keeps stays (the key of its network, the number of its
 * description), the rest is lost. Starts it anew with another seed, or (only the program was
 * started anew, not the machine) with the same. */
void world_kill(struct world *w, unsigned node);
void world_start(struct world *w, unsigned node);
void world_restart(struct world *w, unsigned node);
/* A dead node's disk is empty: it will be another node of the network. */
void world_forget(struct world *w, unsigned node);

/* The kernels' routes from a to b's primary address: hops; -1: they lead nowhere, -2: in a
 * circle. path: the nodes on the way, a first, b not; with room for all, or NULL. */
int world_walk(const struct world *w, unsigned a, unsigned b, uint16_t *path);
/* How many nodes a node's kernel has routes to. */
unsigned world_routes(const struct world *w, unsigned node);

/* ---- the Internet ---- */

/* What is behind a node's way to the Internet, IPv4 only. */
enum world_uplink {
	WORLD_UPLINK_NONE,   /* the node has no default route */
	WORLD_UPLINK_WORKS,  /* what clients send leaves in the node's name (NAT) */
	WORLD_UPLINK_SILENT, /* nothing */
	WORLD_UPLINK_NO_DNS, /* resolvers do not answer, others do */
	WORLD_UPLINK_PORTAL, /* somebody who answers in the name of others, and lets nothing pass */
	WORLD_UPLINK_LIES,   /* the node's own checks succeed, but it carries nothing for others */
};
struct world_uplink_conf {
	enum world_uplink kind;
	uint64_t bandwidth_bps; /* as its operator says; 0: measured */
};
/* Of a node that has one, a target is a resolver, as hosts add theirs. */
void world_resolver_add(struct uplink_conf *conf);
void world_uplink(struct world *w, unsigned node, const struct world_uplink_conf *conf);
enum world_uplink world_uplink_of(const struct world *w, unsigned node, instant *since);
/* Packets of clients that left by it. */
uint64_t world_carried(const struct world *w, unsigned node);
/* By whose uplink the Internet is reached from a node, as all kernels are now; -1: by none, -2: the
 * packet comes to a node twice. */
int world_exit(const struct world *w, unsigned node);
/* The same for what a client sends. */
int world_exit_of_client(const struct world *w, unsigned client);

/* Packets to the Internet, of clients and probes. */
struct world_internet {
	uint64_t left;	   /* by an uplink that carries them */
	uint64_t answered; /* clients got what came back */
	uint64_t refused;  /* whoever sent it was told that there is no way */
	uint64_t lost;	   /* on the way, or at an uplink that carries nothing */
	uint64_t circled;  /* came to a node twice */
	uint16_t circled_at;
};
struct world_internet world_internet(const struct world *w);

/* Every node that shares records has a DHCP server, which gives leases for so long; before the
 * first node. */
void world_serve(struct world *w, span lease);
/* A node's wall clock is so much ahead from now on. */
void world_clock(struct world *w, unsigned node, int32_t ahead_s);
/* All clocks of a node run faster from now on, by parts of a million; or slower. */
void world_drift(struct world *w, unsigned node, int32_t ppm);
/* What a node takes for now: for the views of its cores. */
instant world_node_now(const struct world *w, unsigned node);

/* Shows all effects but frames and datagrams; tells events. Nodes share records when their
 * configuration says so. */
void world_watch(struct world *w, void (*seen)(void *ctx, unsigned node, const struct effect *e),
		 void *ctx);
void world_tell(struct world *w, unsigned node, const struct ev *ev);
/* Sees what a node is told from its next start on; crypto: that it then has, or NULL. */
void world_witness(struct world *w, unsigned node, struct node_witness *witness,
		   const struct crypto *crypto);
/* What it starts with. */
uint64_t world_seed_of(const struct world *w, unsigned node);

/* A client attached to node: a MAC that sends and counts what reaches it. */
unsigned world_client(struct world *w, unsigned node);
unsigned world_client_at(const struct world *w, unsigned client);
struct mac world_client_mac(const struct world *w, unsigned client);
/* Moves; seen says that the new node hears of it at once (an association). */
void world_roam(struct world *w, unsigned client, unsigned node, bool seen);
/* The old node's bridge says that the client's port went. */
void world_leave(struct world *w, unsigned client);
/* It is nowhere, and nobody is told; world_roam brings it back. */
void world_vanish(struct world *w, unsigned client);

/* The client wants an address of its node's DHCP server (see world_serve): it asks at once, again
 * at half time and after a move, and soon where nobody answers; or it gives it back. */
void world_want(struct world *w, unsigned client, bool wants);
/* What it has; all zero: none. since: when it got it. */
struct world_address {
	struct ipv4 ip;
	instant since;
	bool wants;
};
struct world_address world_address(const struct world *w, unsigned client);

/* Sends len bytes (46..1500) to dst from client, with a number that receivers note. */
void world_send(struct world *w, unsigned client, struct mac dst, uint32_t number, size_t len);

/* As the anycast gateway of its node does it: a broadcast to the LAN, in the gateway's name. */
void world_anycast_speaks(struct world *w, unsigned node);
/* The MAC of that, the same on all nodes of a cloud. */
struct mac world_anycast_mac(const struct world *w, unsigned node);

/* What a client got: how many frames; the newest number; when. */
struct world_inbox {
	uint64_t frames;
	uint64_t duplicates; /* a number that had come before, among the last 64 */
	uint64_t damaged;    /* shorter than sent, or with other bytes */
	uint64_t broadcasts; /* of all frames */
	uint64_t repeats;    /* ... that came again while it stayed at one node, and that lived */
	uint32_t newest;
	uint64_t recent; /* bit i: newest - i came */
	instant last;
};
const struct world_inbox *world_inbox(const struct world *w, unsigned client);

/* The client, if it has an address, sends a packet to the Internet, which is answered. */
void world_ask(struct world *w, unsigned client);
/* What came back, since the client began a session. */
struct world_session {
	uint32_t sent, answered;
	uint32_t newest; /* number that was answered */
	instant last;	 /* an answer came; 0: none yet */
	span gap;	 /* the longest time between two answers */
	uint16_t exit;	 /* node by whose uplink the newest left; WORLD_NOWHERE: none yet */
	uint16_t before; /* ... and another before that; WORLD_NOWHERE: none */
	uint32_t moves;	 /* it left by another one than before: a connection would break */
};
void world_session_begin(struct world *w, unsigned client);
struct world_session world_session(const struct world *w, unsigned client);

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
	uint64_t datagrams, datagram_bytes; /* of the network, with all headers */
	uint64_t too_big;		    /* for the segment */
	uint64_t anycast; /* frames from or to the anycast gateway: they never leave a LAN */
	uint64_t circled; /* routed packets that took more hops than there are nodes */
};
struct world_traffic world_traffic_of(const struct world *w, unsigned node);
struct world_traffic world_traffic_by(const struct world *w, unsigned node, unsigned port);

/* Broadcasts that a node put into its cloud since the start. */
uint64_t world_floods(const struct world *w, unsigned node);

/* A hash over everything that happened so far; how much that was. */
uint64_t world_digest(const struct world *w);
uint64_t world_events(const struct world *w);

/* Writes every frame of segment, as it leaves, to a pcap file from now on; NULL ends it.
 * The only file that the world touches; false: it cannot be opened. */
bool world_pcap(struct world *w, unsigned segment, const char *path);
