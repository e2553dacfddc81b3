/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2_net - several layer 2 engines, joined by perfect wires through their effects.
 *
 * Source  ours. Smaller than sim/world: engines only, no node, no plan.
 * Shape   Nodes have mesh ports on segments and a cloud port on a LAN. A LAN is a
 *         hub: every frame reaches all nodes and clients on it but its sender,
 *         which is the worst that a real LAN can do to us.
 *         Frames take the fast verdict first, as in the data path.
 * Time    virtual, begins at 1000 s.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/l2/forward.h"
#include "core/l2/l2.h"

enum { NET_NODES = 8, NET_SEGMENTS = 8, NET_LANS = 8, NET_CLIENTS = 8, NET_NOWHERE = -1 };

struct net;
struct net_item;

struct net_node {
	struct fx fx;
	struct net *net;
	struct l2 l2;
	bool running;
	int segment[PORT_MAX];
	uint8_t ports;
	int lan;
	struct fx_echo echo[16]; /* the last answers */
	size_t echoes;
};

struct net_segment {
	span delay;
	uint16_t mtu;
	bool wifi;
	uint64_t frames[256]; /* by batman packet type */
};

struct net_client {
	struct mac mac;
	int lan;
	uint64_t got;	 /* frames */
	uint32_t number; /* of the last */
	size_t len;
	bool sound; /* all bytes of all frames were right */
	instant last;
};

struct net {
	instant now;
	struct net_node node[NET_NODES];
	int nodes;
	struct net_segment segment[NET_SEGMENTS];
	int segments;
	span lan_delay[NET_LANS];
	int64_t lan_skew; /* node i hears its LAN i * lan_skew times later than node 0 */
	int lans;
	struct net_client client[NET_CLIENTS];
	int clients;
	struct net_item *queue; /* by time, then by age */
	size_t queued;
};

void net_init(struct net *n);
void net_fini(struct net *n);

int net_segment(struct net *n, span delay, uint16_t mtu, bool wifi);
int net_lan(struct net *n, span delay);
/* A node whose cloud port is on lan, with a seed of its own. */
int net_node(struct net *n, int lan, const struct l2_conf *conf);
/* A new port of node on segment. */
void net_join(struct net *n, int node, int segment);
/* Every port of the node loses its carrier, or gets it back. */
void net_ports(struct net *n, int node, bool up);
struct mac net_mac(const struct net *n, int node);

int net_client(struct net *n, int lan);
void net_move(struct net *n, int client, int lan);
/* The client sends len bytes to dst, with a number. */
void net_send(struct net *n, int client, struct mac dst, uint32_t number, size_t len);
/* EV_CLIENT for a client at node. */
void net_tell(struct net *n, int node, int client, enum client_change change);
void net_echo(struct net *n, int node, struct mac target, uint8_t ttl, uint16_t seqno);

void net_run(struct net *n, span s);
/* Frames of that batman type on all segments. */
uint64_t net_frames(const struct net *n, int type);
