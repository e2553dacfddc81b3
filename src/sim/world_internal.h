/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_internal - what the files of a world share among themselves.
 *
 * Source  ours. Only src/sim/ includes this.
 * Shape   A node's port is a member of one segment; a member knows who hears it (its ears),
 *         sorted by member. No event walks over all nodes, members or clients.
 * Memory  the world's, from malloc.
 */
#pragma once
#include <stdio.h>
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/prng.h"
#include "core/job_result.h"
#include "core/shared.h"
#include "sim/dhcp_server.h"
#include "sim/ip_packet.h"
#include "sim/queue.h"
#include "sim/tunnel_kernel.h"
#include "sim/world.h"
#include "sim/world_lan.h"
#include "wire/ethernet.h"

enum { WORLD_MTU_DEFAULT = 1532 };

/* One of those whom an ITEM_ARRIVE or ITEM_DATAGRAM is for; they follow the item. */
struct hearer {
	uint32_t life; /* as item.life */
	uint16_t node;
	uint8_t port;
};

/* One who hears a member. */
struct ear {
	uint16_t member;
	uint16_t loss; /* parts in WORLD_LOSS_ALL, beside the segment's */
	bool burst;    /* nothing gets through for a while */
};

struct member {
	uint16_t node;
	uint16_t vid; /* of its cloud */
	uint8_t port;
	uint8_t side;
	bool cut;
	bool down; /* cut, and the node knows */
	bool mute;
	instant busy; /* it sends, or hears others, until then */
	struct ear *ear;
	unsigned ears, ear_room;
};

struct segment {
	struct segment_conf conf;
	struct member *member;
	unsigned members, room;
	FILE *pcap;
	uint64_t overflows;
};

/* What a node's kernel would know of the network of all clouds. */
struct kernel {
	uint16_t *via; /* by node: the neighbour that its primary address is reached by */
	unsigned room;
	uint32_t routes; /* of primary addresses */
	uint32_t others; /* to prefixes that are no node's primary address */
};

/* A node's interface to the Internet. */
struct uplink_port {
	enum world_uplink kind;
	instant since;	  /* it is that */
	bool used;	  /* UPLINK_USE */
	uint64_t carried; /* packets of clients */
};

/* A node's clock against the world's: both showed this once, and since then it runs faster. */
struct host_clock {
	instant world, own;
	int32_t ppm;
};

/* One node and what hosts it. */
struct place {
	struct fx fx; /* first: emit gets back to the place by it */
	struct world *world;
	struct node node;
	struct node_conf conf;
	struct stack lan;
	bool alive, hangs;
	uint16_t index;
	uint32_t life;
	instant born;
	struct host_clock clock;
	uint64_t seed;
	struct node_witness *witness; /* NULL: nobody */
	const struct crypto *crypto;  /* NULL: the world's */
	instant wake;		      /* when the next ITEM_WAKE in the queue comes */
	instant woken;
	unsigned wakes; /* at that instant */
	uint16_t segment_of[PORT_MAX];
	uint16_t member_of[PORT_MAX]; /* there */
	uint8_t ports;
	struct world_traffic traffic[PORT_MAX];
	uint64_t floods; /* of former lives */
	uint32_t flood_first;
	struct list clients;

	struct dhcp_server *dhcp; /* NULL: the world does not serve, or the node does not share */
	int32_t clock_ahead_s;

	/* with a network */
	struct job_result *key; /* of the node; NULL: none yet */
	struct ipv6 primary;
	struct map_node by_primary;
	uint32_t desc_sqn_kept;
	struct kernel kernel;
	struct tunnel_kernel tunnels;
	struct uplink_port uplink;
	struct mac *seen; /* clients that sent to the Internet, and the node does not know it yet */
	unsigned seens, seen_room;
};

/* A broadcast that a client got, and where it was then. */
struct heard {
	struct mac from;
	uint16_t node;
	uint32_t number, life;
};

enum { HEARD_MAX = 32 };

struct client {
	struct list here; /* at its node; in no list: nowhere */
	struct mac mac;
	uint16_t node;
	uint16_t index;
	struct world_inbox inbox;
	struct heard heard[HEARD_MAX]; /* the last, in a ring */
	uint64_t heards;

	bool wants;    /* an address */
	uint32_t ip;   /* 0: has none */
	instant since; /* it has it */
	instant until;
	uint32_t turn; /* counts its ITEM_CLIENTs; older ones are void */

	struct world_session session;
};

struct world {
	instant now;
	struct queue queue;
	struct prng prng;
	struct world_crypto crypto;
	span lease; /* 0: no DHCP */
	struct place **place;
	unsigned places, place_room;
	struct segment *segment;
	unsigned segments, segment_room;
	struct client **client;
	unsigned clients, client_room;
	struct pool pool;      /* of the map */
	struct map by_primary; /* address of the network -> place */
	struct shared shared;
	struct map commons; /* of shared.c */
	uint64_t digest, events;
	struct world_internet internet;
	void (*watch)(void *ctx, unsigned node, const struct effect *e);
	void *watch_ctx;
};

/* ---- memory.c ---- */

/* Room for one more element in *array, which has count of room; never fails. */
void world_grow(void *array, unsigned count, unsigned *room, size_t size);
void *world_alloc(size_t size); /* zeroed; never NULL */

/* ---- shared.c: what all nodes know alike ---- */

void shared_init(struct world *w);
void shared_fini(struct world *w); /* all nodes are gone */

/* ---- medium.c: segments ---- */

struct member *medium_member(struct place *p, unsigned port);
static inline uint16_t segment_mtu(const struct segment_conf *c)
{
	return c->mtu_bytes > 0 ? c->mtu_bytes : WORLD_MTU_DEFAULT;
}

/* A frame of batman-adv leaves a port. */
void medium_frame(struct place *p, uint8_t port, const uint8_t *data, size_t len);
/* A datagram of the network leaves a port, for all that hear it. */
void medium_datagram(struct place *p, uint8_t port, const uint8_t *data, size_t len);
/* Does a routed packet get from a node to its neighbour now? takes grows by its time on the way; it
 * takes no air. */
bool medium_hop(const struct place *from, const struct place *to, span *takes);
void segment_fini(struct segment *s);

/* ---- host.c: a node, and what happens to it ---- */

struct mac host_port_mac(unsigned node, unsigned port);
/* The port, and the node, if the MAC is one of these at all. */
uint8_t host_port_of(struct mac m, unsigned *node);
/* Of its LAN's bridge; the last bytes are its first port's, as LibreMesh has it. */
struct mac host_bridge_mac(unsigned node);
void host_emit(struct fx *fx, const struct effect *e);
void host_boot(struct place *p);
/* What the node takes for now. */
instant host_now(const struct place *p);
void host_port_tell(struct place *p, unsigned port); /* as it is now */
void host_tell(struct place *p, const struct ev *ev);
/* A frame of the LAN comes to the cloud port of a living node. */
void host_from_lan(struct place *p, const uint8_t *frame, size_t len);
void host_lan_deliver(struct place *p, const uint8_t *frame, size_t len,
		      const struct client *except);
void host_happen(struct world *w, const struct item *it);

/* ---- client.c ---- */

void client_rx(struct world *w, struct client *c, const uint8_t *frame, size_t len);
/* It does what it has to do about its address. */
void client_act(struct world *w, struct client *c);
struct client *client_here(const struct place *p, struct mac mac); /* or NULL */

/* ---- host_network.c: the network of all clouds ---- */

/* The node's engine starts, with the key and the number that its disk kept. */
void network_boot(struct place *p);
void network_died(struct place *p);
void network_forget(struct place *p);
void network_fini(struct place *p);
void network_port_tell(struct place *p, unsigned port);
void network_effect(struct place *p, const struct fx_network *n);
/* A job is done. */
void network_happen(struct place *p, const struct item *it);
/* A datagram of the network reaches a port. */
void network_rx(struct place *p, uint8_t port, const struct item *it);
/* Who has this primary address; NULL: nobody. */
struct place *network_place(const struct world *w, const struct ipv6 *primary);
/* The neighbour by which a node's kernel reaches another node; NULL: it has no route. */
struct place *network_next(const struct place *at, const struct place *to);

/* ---- internet.c ---- */

void internet_boot(struct place *p);
/* Tells the node of its uplink as it is now. */
void internet_tell(struct place *p);
void internet_effect(struct place *p, const struct fx_uplink *u);
void internet_happen(struct place *p, const struct item *it);
/* Does what is behind a node's uplink answer that packet? */
bool internet_carries(const struct place *p, const struct ip_packet *k);
span internet_rtt(struct world *w);

/* ---- ip_packet.c ---- */

void ip_packet_probe(struct place *p, const struct tunnel_probe *probe);
void ip_packet_happen(struct place *p, const struct item *it);
/* Is a frame of the LAN a packet for the node itself? ip_packet_rx takes it. */
bool ip_packet_is_ours(const struct place *p, const uint8_t *frame, size_t len);
void ip_packet_rx(struct place *p, const uint8_t *frame, size_t len);
/* The node is told who has sent something. */
void ip_packet_seen_tell(struct place *p);
/* A client's first hop is the node where it is. */
void ip_packet_from_client(struct place *p, unsigned client, struct ipv4 ip, uint32_t number);
