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
#include "core/lease.h"
#include "core/network.h"
#include "core/tunnel.h"
#include "core/uplink.h"

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
	EV_DATAGRAM, /* of another node's core/share, over the cloud */
	EV_LEASE,    /* the DHCP server, or what was stored, says that a client has an address */
	EV_LAN_PORT, /* a port of the LAN's bridge appeared, changed or went */
	EV_HELLO,    /* another node is on a cable of the LAN */
	EV_NETWORK,  /* for core/l3 */
	EV_UPLINK,   /* for core/uplink */
	EV_TUNNEL,   /* for core/gw */
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

/* What a datagram of core/share carries, from the link-local address of that MAC. */
struct ev_datagram {
	struct mac from;
	const uint8_t *data;
	size_t len;
};

enum lease_change {
	LEASE_GRANTED, /* our DHCP server has given or renewed it */
	LEASE_DROPPED, /* its client gave it back, here, whoever gave it; its end comes by itself */
	LEASE_REMEMBERED, /* what was known before a restart */
};

struct ev_lease {
	enum lease_change change;
	struct lease lease; /* GRANTED, DROPPED: without version, and since_unix_s is the
			       wall clock's now */
};

/* Ports of the bridge have indices of their own, 0 .. LAN_PORT_MAX-1. */
enum { LAN_PORT_MAX = 16 };

struct ev_lan_port {
	uint8_t port;
	bool up;      /* exists and has a carrier */
	bool bridged; /* found in the bridge when it was first seen: it stays there at first */
	bool clients; /* somebody who is no node was heard on it lately */
};

struct ev_hello {
	uint8_t port;
	struct mac from;     /* the Ethernet source */
	const uint8_t *data; /* after the Ethernet header */
	size_t len;
};

struct ev {
	enum ev_kind kind;
	union {
		struct ev_port port;
		struct ev_frame frame;
		struct ev_client client;
		struct ev_station station;
		struct ev_echo echo;
		struct ev_datagram datagram;
		struct ev_lease lease;
		struct ev_lan_port lan_port;
		struct ev_hello hello;
		struct ev_network network;
		struct ev_uplink uplink;
		struct ev_tunnel tunnel;
	};
};
