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

struct neighbour {
	struct map_node node; /* key: mac and port */
	struct list on_port;
	struct mac mac;
	uint8_t port;
	bool doubted;          /* silent for too long: alternatives are preferred */
	uint8_t ogms;          /* of its own, heard since it appeared; stops at 255 */
	uint64_t own_window;   /* which of our last 64 OGMs it echoed, bit 0 the newest */
	instant last_heard;
	uint32_t last_seqno;   /* its own newest OGM ... */
	instant last_ogm;      /* ... and when that came */
	span interval;         /* its pace, smoothed; our own until two were heard */
	struct timer silence;
};

struct port {
	bool up;
	bool wifi;
	uint8_t hop_penalty;
	struct mac mac;
	uint16_t mtu_bytes;
	uint32_t ogm_seqno;    /* of the newest own OGM that left under this MAC */
	struct timer ogm_timer;/* the next regular one (of the primary: for all ports) */
	struct timer warm_timer;
	uint16_t warm_left;    /* short-range OGMs still to send for young neighbours */
	struct list neighbours;
	uint32_t neighbour_count;
	struct outbox *outbox;
	uint64_t rx, rx_bytes, tx, tx_bytes;
};

struct ports {
	struct port at[PORT_MAX];
	struct map neighbours;
	int primary; /* index, or -1 */
};

enum err ports_init(struct l2 *l2);
void ports_fini(struct l2 *l2);

/* EV_PORT: brings a port up or down. Down drops its neighbours and re-selects
 * every route over it at once; when the primary goes, the next port that is up
 * becomes the primary. */
void port_event(struct l2 *l2, instant now, const struct ev_port *ev, struct fx *fx);

/* Is m the MAC of one of our ports? The index, or -1. */
int port_of_mac(const struct l2 *l2, struct mac m);

struct neighbour *neighbour_find(const struct l2 *l2, struct mac mac, uint8_t port);
/* Finds or makes; NULL when the table is full (counted). New ones are noted and
 * warm the port up. */
struct neighbour *neighbour_get(struct l2 *l2, instant now, struct mac mac, uint8_t port,
				struct fx *fx);
/* Any batman frame came from it: it is alive. Ends a doubt. */
void neighbour_heard(struct l2 *l2, instant now, struct neighbour *n, struct fx *fx);
/* One of its own OGMs came: keeps the pace. */
void neighbour_paced(struct l2 *l2, instant now, struct neighbour *n, uint32_t seqno);
/* EV_STATION, or the port went: all routes over it are re-selected, then it is freed. */
void neighbour_gone(struct l2 *l2, instant now, struct neighbour *n, struct fx *fx);
/* Its silence timer fired: doubt, or drop. */
void neighbour_silent(struct l2 *l2, instant now, struct neighbour *n, struct fx *fx);

/* Sends a finished batman packet: writes the Ethernet header in front and emits
 * FX_SEND. packet must have room for the header before it (the caller's buffer
 * begins ETHERNET_HEADER bytes earlier). Counts per port. */
void port_send(struct l2 *l2, uint8_t port, struct mac dst, uint8_t *packet, size_t len,
	       struct fx *fx);
