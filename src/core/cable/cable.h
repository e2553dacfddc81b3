/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cable - are there other nodes on the cables of our LAN, and who serves the clients there?
 *
 * Source  ours; specs/needs.md 1; README.md here has the rules and their reasons.
 * Shape   Each port says hello (FX_HELLO, which no node lets into the mesh) and hears
 *         those of others (EV_HELLO). Who speaks on a segment is a port of a node, a
 *         second one of ours too. Where nobody else is, the port is one of the bridge
 *         as any other. Else one of them, the designated, bridges; the others stand
 *         by; and each is a mesh port when nodes of its own cloud are there. A segment
 *         with at most one bridge is a leaf, so no cables and radios make a loop.
 * Time    comes in as now and never goes back.
 * Memory  embedded by the caller; at most CABLE_NODES_MAX speakers a port.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/mac.h"
#include "core/ev.h"
#include "core/fx.h"
#include "wire/hello.h"

enum {
	CABLE_ETHERTYPE = ETHERTYPE_HELLO,
	CABLE_NODES_MAX = 16,
	CABLE_HELLO_MS = 500,
	CABLE_LISTEN_MS = 250,	   /* before a port is put into the bridge, hellos each ... */
	CABLE_LISTEN_STEP_MS = 25, /* ... so many */
	CABLE_SILENCE_MS = 1800,   /* who said nothing for so long is gone ... */
	CABLE_PROBE_MS = 600,	   /* ... but is asked so long before ... */
	CABLE_HURRY_STEP_MS = 50,  /* ... each so many; as news are told, three times */
	CABLE_HURRY = 3,
	CABLE_ANSWER_MS = 20,  /* between two hellos at least */
	CABLE_LEAVE_MS = 150,  /* who says that it leaves may be asked for so long */
	CABLE_DEAF_MS = 2000,  /* who should yield and does not within this cannot hear us */
	CABLE_CHANGE_MS = 100, /* after somebody came, began or ended to bridge, it is told ... */
	CABLE_CHANGE_GAP_MS = 1000, /* ... but not more often */
	CABLE_FORGET_MS = 10000,    /* a port without other nodes for so long is an ordinary one */
};

enum { CABLE_CLIENTS_S = 300 }; /* whoever serves a segment after another serves its clients */

struct cable_conf {
	struct mac self;	/* the node's primary MAC */
	uint8_t network_id[16]; /* of the SSID: other clouds are nodes too, but no mesh peers */
};

/* Who speaks on a segment. */
struct cable_node {
	struct mac mac;
	uint8_t port; /* its number there */
	bool bridges;
	bool listening;
	bool same_cloud;
	instant until; /* if nothing is heard */
};

struct cable_port {
	bool up, clients;
	instant clients_until; /* another that bridged there had some, or NEVER */
	bool bridges;	       /* what we decided */
	bool listening;	       /* until listen_until */
	instant listen_until;
	bool others, peers;		   /* other nodes are here; of our cloud ... */
	instant others_until, peers_until; /* ... if nothing more is heard */
	instant rival_since;		   /* somebody bridges who should yield to us; or NEVER */
	instant change_at, changed_at;	   /* change_at: or NEVER */
	uint8_t changes;
	struct mac served; /* by which other node, the last time that one did */
	instant next_hello, last_hello;
	uint8_t hurry; /* hellos that follow soon */
	bool told;
	struct fx_lan_role said;
	uint8_t node_count;
	struct cable_node node[CABLE_NODES_MAX];
};

struct cable_counters {
	uint64_t rx, tx;
	uint64_t malformed;
	uint64_t refused;   /* there are CABLE_NODES_MAX that matter more */
	uint64_t reflected; /* our own came back to the port that had sent it */
	uint64_t conflicts; /* two bridged one segment */
};

struct cable {
	struct cable_conf conf;
	struct cable_port port[LAN_PORT_MAX];
	instant due; /* the deadline, since the last event */
	struct cable_counters count;
};

void cable_init(struct cable *c, const struct cable_conf *conf);
/* EV_LAN_PORT, EV_HELLO, EV_DEADLINE; others are ignored. Emits FX_HELLO, and
 * FX_LAN_ROLE at a port's first event and whenever it changes. */
void cable_handle(struct cable *c, instant now, const struct ev *ev, struct fx *fx);
instant cable_deadline(const struct cable *c);
/* "alone", "designated", "standby", "listening" */
const char *lan_role_name(enum lan_role role);
