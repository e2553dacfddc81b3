/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ev - what a core is told.
 *
 * Source  DESIGN: the core interface.
 * Shape   one struct with a kind. Bytes belong to the caller and are valid
 *         during the call only.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/mac.h"

/* A mesh port is a small index that the host gives out, 0 .. PORT_MAX-1. The
 * cloud port (bat0, towards the LAN) has an index of its own. */
enum { PORT_MAX = 16, PORT_CLOUD = 0xff };

enum ev_kind {
	EV_DEADLINE, /* time passed; harmless at any time */
	EV_PORT,     /* a mesh port appeared, changed, lost its carrier or went */
	EV_FRAME,    /* a frame for the engine (its fast verdict was "up") */
	EV_CLIENT,   /* the bridge or a radio knows where a client is */
	EV_STATION,  /* the radio or cable says that a neighbour is gone */
	EV_ECHO,     /* a person asks for an echo (ping, traceroute) */
};

struct ev_port {
	uint8_t port;
	bool up;	     /* exists, has a carrier and is to be used */
	bool wifi;	     /* half duplex, lossy broadcasts */
	uint8_t hop_penalty; /* 0..255 */
	struct mac mac;
	uint16_t mtu_bytes; /* largest batman-adv packet, without Ethernet header and VLAN tag */
};

/* A whole Ethernet frame from its destination address on, without frame check
 * sequence and without the VLAN tag of the mesh port, which the driver handles. */
struct ev_frame {
	uint8_t port; /* or PORT_CLOUD */
	const uint8_t *data;
	size_t len;
};

enum client_change {
	CLIENT_SEEN,	  /* attached here: associated, or learnt by the bridge */
	CLIENT_GONE,	  /* not here any more */
	CLIENT_PERMANENT, /* the node's own address on the LAN: never expires */
};

struct ev_client {
	enum client_change change;
	struct mac mac;
	uint16_t vid; /* as on the wire: 0, or 0x8000 | VLAN id */
	bool wifi;
};

struct ev_station {
	uint8_t port;
	struct mac mac;
};

struct ev_echo {
	uint32_t token;	   /* comes back in FX_ECHO */
	struct mac target; /* an originator */
	uint8_t ttl;	   /* 50, or 1, 2, 3 ... for traceroute */
	uint16_t seqno;
};

struct ev {
	enum ev_kind kind;
	union {
		struct ev_port port;
		struct ev_frame frame;
		struct ev_client client;
		struct ev_station station;
		struct ev_echo echo;
	};
};
