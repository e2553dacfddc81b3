/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * port - the mesh ports, and the neighbours heard on each.
 *
 * Source  specs/batman-adv.md 1, 6 (own-broadcast window), 10.3; silence: ours,
 *         README.md "Neighbours".
 * Shape   ports: by index, `up` ones take part. A neighbour is a MAC heard on a
 *         port: any batman frame keeps it alive, its OGMs tell its pace.
 * Memory  neighbours are allocated, counted with the originators' limit.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timer.h"
#include "core/ev.h"
#include "core/fx.h"

struct l2;

/* 0 is the pseudo port for what we send ourselves; port i is OIF i + 1. */
enum { OIF_DEFAULT = 0 };

enum {
	NEIGHBOURS_PER_PORT_MAX = 256,
	NEIGHBOUR_TIMEOUT_S = 200,	/* silence after which a neighbour is gone */
	NEIGHBOUR_SILENCE_TENTHS = 22,	/* of its intervals, after which it is doubted ... */
	NEIGHBOUR_INTERVAL_MIN_MS = 40, /* ... which are taken to be at least this long */
	PORT_MTU_MIN_BYTES = 128,	/* a port with less is taken to be down */
};

/*
 * The pace of a neighbour. Not every OGM of its own counts: short-range ones (ttl
 * 2, no containers: the only ones of a non-primary port, but also those that warm
 * up a link) come up to five times as often and may stop at any time. So, once a
 * full OGM was heard, only the distance between full ones counts, divided by the
 * numbers in between when none of these was a short one. Until then short ones
 * count, but never for less than our own interval. A longer distance is believed
 * at once, a shorter one slowly: a burst of extra OGMs must not make us impatient.
 */
struct pace {
	span interval; /* between two OGMs that it owes us; ours until two were heard */
	bool full_heard;
	uint32_t full_seqno; /* the newest full one ... */
	instant full_at;     /* ... and when it came */
	uint32_t shorts;     /* short ones heard since then */
};

struct neighbour {
	struct map_node node; /* key: mac and port */
	struct list on_port;
	struct mac mac;
	uint8_t port;
	bool doubted;	     /* silent for too long: alternatives are preferred */
	uint8_t ogms;	     /* of its own, heard since it (re)appeared; stops at 255 */
	uint64_t own_window; /* which of our last 64 OGMs it echoed, bit 0 the newest */
	instant last_heard;
	uint32_t last_seqno; /* its own newest OGM ... */
	instant last_ogm;    /* ... and when that came */
	struct pace pace;
	struct timer silence;
};

struct port {
	bool up;
	bool wifi;
	uint8_t hop_penalty;
	struct mac mac;
	uint16_t mtu_bytes;
	uint32_t ogm_seqno;	/* of the newest own OGM that left under this MAC */
	struct timer ogm_timer; /* the next regular one (of the primary: for all ports) */
	struct timer warm_timer;
	uint16_t warm_left; /* short-range OGMs still to send for young neighbours */
	struct list neighbours;
	uint32_t neighbour_count;
	struct outbox *outbox;
	uint64_t rx, rx_bytes, tx, tx_bytes;
};

struct ports {
	struct port at[PORT_MAX];
	struct map neighbours;
	int primary;	  /* the first that came up, or -1 before that */
	uint64_t ours[4]; /* bits: last bytes (mac_low) that a MAC of ours may have */
};

/* conf, pool, prng and timers of l2 are there. ERR_FULL: no memory; nothing to fini. */
enum err ports_init(struct l2 *l2);
/* Frees the neighbours too; after originators_fini, whose paths refer to them. */
void ports_fini(struct l2 *l2);

/* EV_PORT: brings a port up or down. Down drops its neighbours and re-selects
 * every route over it at once. The primary names the node even while it is down,
 * as in the kernel: a cable that is pulled must not rename the node. An index, MAC
 * or MTU that cannot be means down. */
void port_event(struct l2 *l2, instant now, const struct ev_port *ev, struct fx *fx);

/* One more own OGM leaves under the port's MAC: its number, and the neighbours'
 * own windows move on by one. */
uint32_t port_count_ogm(struct port *p);
uint8_t port_index(const struct l2 *l2, const struct port *p);

/* Is m the MAC of the primary, or of another port that is up? The index, or -1. */
int port_of_mac(const struct l2 *l2, struct mac m);

struct neighbour *neighbour_find(const struct l2 *l2, struct mac mac, uint8_t port);
/* Finds or makes; NULL when the table is full (counted). New ones are noted and
 * warm the port up. */
struct neighbour *neighbour_get(struct l2 *l2, instant now, struct mac mac, uint8_t port,
				struct fx *fx);
/* Any batman frame came from it: it is alive. Ends a doubt. */
void neighbour_heard(struct l2 *l2, instant now, struct neighbour *n, struct fx *fx);
/* One of its own OGMs came (full: ttl above 2): keeps the pace. When its numbers
 * jump, it started anew: warms the port up. */
void neighbour_paced(struct l2 *l2, instant now, struct neighbour *n, uint32_t seqno, bool full);
/* After this long without a frame it is doubted. */
span neighbour_patience(const struct neighbour *n);
/* EV_STATION, or the port went: all routes over it are re-selected, then it is freed. */
void neighbour_gone(struct l2 *l2, instant now, struct neighbour *n, struct fx *fx);
/* Its silence timer fired: doubt, or drop. */
void neighbour_silent(struct l2 *l2, instant now, struct neighbour *n, struct fx *fx);

/* Sends a finished batman packet: writes the Ethernet header in front and emits
 * FX_SEND. packet must have room for the header before it (the caller's buffer
 * begins ETHERNET_HEADER bytes earlier). Counts per port. */
void port_send(struct l2 *l2, uint8_t port, struct mac dst, uint8_t *packet, size_t len,
	       struct fx *fx);
