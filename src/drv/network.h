/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * network - what the engine of the network needs of this machine: an interface of the network's
 * VLAN on each mesh interface, a UDP socket there, routes, public-key work, the node's key.
 *
 * Source  core/network.h; specs/bmx7.md 1, 2, 7; DESIGN 5.
 * Shape   one struct that holds these parts, so that the loop knows one thing only. Port
 *         numbers are this table's; an interface keeps its slot, by name. Which interfaces:
 *         those whose protocols list has bmx7; without any such list, those that carry the
 *         cloud, and LAN cables on which other nodes are.
 *         The node's key is read, or made at the first start, which takes seconds: then
 *         ready() tells, and the ports are told to the node.
 * Memory  all that network_env points to is the caller's, and lives longer.
 */
#pragma once
#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <uv.h>

#include "conf/conf.h"
#include "core/ev.h"
#include "core/fx.h"
#include "core/plan/plan.h"
#include "drv/cables.h"
#include "drv/job_pool.h"
#include "drv/lan.h"
#include "drv/link.h"
#include "drv/node_key.h"
#include "drv/packet.h"
#include "drv/route_table.h"
#include "drv/run_dir.h"
#include "drv/stations.h"
#include "drv/trusted.h"
#include "drv/vlan_port.h"

enum {
	NETWORK_LOOK_MS = 1000, /* what failed is tried again */
	NETWORK_STALE_MS =
		1000,	     /* so long the kernel may tell of what a new interface was before */
	NETWORK_BATCH = 16,  /* datagrams read at once ... */
	NETWORK_BATCHES = 8, /* ... so often at most before others have their turn */
};

struct network_env {
	const struct conf *conf;
	const struct plan *plan;
	const struct run_dir *run;
	struct links *links;
	struct netlink *ask;
	struct lan *lan;
	struct vlan_fast *fast;
	const struct cables *cables;
	uv_loop_t *uv;
	/* The key is there: the node's engine is to start. desc_sqn: what was kept. false: it
	 * cannot. */
	bool (*ready)(void *ctx, const struct node_key *key, uint32_t desc_sqn);
	void (*tell)(void *ctx, const struct ev *ev); /* EV_NETWORK */
	void *ctx;
};

struct network;

struct network_port {
	char name[IFNAMSIZ]; /* of the interface below; "": never used */
	int lower;	     /* its ifindex; 0: away */
	bool wanted;	     /* to be opened by network_settle: links are busy meanwhile */
	uint64_t opened_ms;  /* uv_now; then messages from before that are still to come */
	struct vlan_port vlan;
	int fd; /* UDP; -1: closed */
	uv_poll_t *poll;
	struct network *network;
	struct ev_network_port told;
	int error; /* why it does not run; 0 */
	uint64_t rx, rx_foreign, tx, tx_failed;
};

struct network {
	struct network_env env;
	bool started;
	bool running; /* the node was told of its key */
	struct netlink ask;
	struct route_table routes;
	struct job_pool jobs;
	struct trusted trusted;
	struct stations stations;
	struct node_key key;
	uv_work_t key_work; /* the key is being made */
	struct job_result *fresh;
	uint32_t kept; /* desc_sqn on the disk */
	uv_timer_t look;
	struct packet_rx rx;
	struct network_batch *batch;
	struct vlan_port_env vlan_env;
	struct network_port port[PORT_MAX];
	const char *fault; /* why the network does not run; NULL */
	int error;	   /* of fault */
};

/* After privileges were given away, so that threads have no more than we. Never fails as a
 * whole. Does nothing when the node's protocols do not name bmx7. */
void network_start(struct network *n, const struct network_env *env);
/* Takes away what we made; uv handles are closed, the caller runs the loop to the end. */
void network_stop(struct network *n);

/* Tells the others that we leave; again, that is said again. false: nobody hears. */
bool network_leave(struct network *n);
/* FX_NETWORK. */
void network_effect(struct network *n, const struct fx_network *e);
/* links.changed for all links, after cables_link. */
void network_link(struct network *n, const struct link *l, bool gone);
/* A message of the listening netlink socket: neighbours that the kernel cannot reach. */
void network_rx(struct network *n, const struct nlmsghdr *h);
/* A LAN cable has another role. */
void network_lan_role(struct network *n, const char *name);
/* Before the loop sleeps: opens ports, tells the kernel of routes. */
void network_settle(struct network *n);
/* After netlink messages were lost, and now and then. */
void network_compare(struct network *n);
/* Of the network's interface at that port; 0: there is none. */
int network_port_ifindex(const struct network *n, unsigned port);
/* Is there a way to this prefix in the network? */
bool network_has_route(const struct network *n, struct ipv6 prefix);
/* Its part of the status, into a JSON object. */
void network_status(const struct network *n, json_t *into);
