/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forwarding - what a data path outside of the engine must know to forward payload.
 *
 * Source  DESIGN 5; core/l2/forward.c says what is done with it.
 * Shape   Each effect holds all that is to be known of one key, as it is after an event:
 *         a client (who has it, here and elsewhere, in one), an originator, a port, the
 *         cloud. Whatever is not known means: ask the engine. So what is told may be lost,
 *         late or in another order, and costs speed, not frames.
 * Time    as the engine's.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/mac.h"
#include "core/ev.h"

enum forwarding_kind {
	FORWARDING_CLIENT,
	FORWARDING_NODE,
	FORWARDING_PORT,
	FORWARDING_CLOUD,
	FORWARDING_ALL, /* too much changed at once: compare everything */
};

enum { FORWARDING_HOMES = 4 }; /* of a client; more are not told */

/* Key: mac, vid. */
struct forwarding_client {
	struct mac mac;
	uint16_t vid;
	bool gone; /* nothing is known of it */
	bool here, leaving, permanent;
	bool has_home; /* homes[0] is the one to send to ... */
	bool left;     /* ... which knows where the client went */
	uint8_t home_count;
	struct mac homes[FORWARDING_HOMES];
	instant introduce_until; /* its frames tell whose they are if it was seen before this */
	instant seen;
};

struct forwarding_hop {
	bool exists;
	uint8_t port;
	struct mac mac;
};

/* Key: mac. */
struct forwarding_node {
	struct mac mac;
	bool gone;
	bool hurried; /* its packets may go in a circle: ask */
	bool told;    /* ttvn was heard of it */
	uint8_t ttvn;
	struct forwarding_hop by[PORT_MAX + 1]; /* 0: for ours; i + 1: came in by port i */
};

/* Key: port. */
struct forwarding_port {
	uint8_t port;
	bool up;
	bool ours; /* mac is one of our names, up or not */
	struct mac mac;
	uint16_t mtu_bytes; /* of a batman packet */
};

struct forwarding_cloud {
	struct mac primary; /* our name */
	uint8_t ttvn;	    /* of our clients */
	bool blocked;	    /* nothing crosses the cloud's port */
};

struct fx_forwarding {
	enum forwarding_kind kind;
	union {
		struct forwarding_client client;
		struct forwarding_node node;
		struct forwarding_port port;
		struct forwarding_cloud cloud;
	};
};
