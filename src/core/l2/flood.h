/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flood - broadcasts: ours, others', and frames for clients that nobody knows.
 *
 * Source  specs/batman-adv.md 10.3; payload duplicates 10.3 and 15; unknown
 *         clients: README.md "First contact".
 * Shape   a 64-bit window per originator stops copies; a ring of payload CRCs
 *         stops what comes back over a LAN that two nodes share. When more came than
 *         the ring holds, so that some are forgotten too soon, nothing of the LAN is
 *         flooded: a burst of many frames must not go round for ever.
 *         Repeats on wifi wait in a list, at most FLOOD_WAITING_MAX.
 */
#pragma once
#include "base/bucket.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/timer.h"
#include "core/ev.h"
#include "core/fx.h"

struct l2;

enum {
	FLOOD_WAITING_MAX = 256,
	FLOOD_RING = 1024,	  /* payloads remembered ... */
	FLOOD_RING_MS = 500,	  /* ... this long */
	FLOOD_OWN_TIMES = 3,	  /* one payload of clients here goes out in that time */
	FLOOD_WIFI_REPEATS = 3,	  /* transmissions on wifi ... */
	FLOOD_WIFI_GAP_MS = 5,	  /* ... this far apart */
	FLOOD_UNKNOWN_BURST = 50, /* unknown unicast: at most this many at once ... */
	FLOOD_UNKNOWN_MS = 20,	  /* ... then one each 20 ms */
};

/* A payload that was flooded by orig (zero: an empty place). */
struct flood_seen {
	uint32_t crc;
	instant at;
	struct mac orig;
	uint8_t times;
};

/* A broadcast that leaves again on a wifi port. */
struct flood_waiting {
	struct list all;
	instant due;
	uint8_t port;
	uint8_t left; /* transmissions still to do */
	size_t len;
	uint8_t bytes[]; /* room for an Ethernet header, then the packet */
};

struct flood {
	uint32_t seqno; /* of our last broadcast; starts at random */
	struct flood_seen ring[FLOOD_RING];
	uint32_t ring_at;
	struct list waiting; /* by due */
	uint32_t waiting_count;
	struct timer repeat;
	struct bucket unknown;
};

enum err flood_init(struct l2 *l2, instant now);
void flood_fini(struct l2 *l2);

/* Did the mesh give us this very frame a moment ago (a LAN that two nodes share)? When
 * that cannot be told, because too many came, it is taken to be so. */
bool flood_heard(struct l2 *l2, instant now, const uint8_t *frame, size_t len);

/* A frame of a client here goes to everybody: BCAST on every port with neighbours.
 * ERR_DUPLICATE: the mesh gave us this very frame a moment ago, or it left for the
 * FLOOD_OWN_TIMES'th time (our own may come back over a LAN that two nodes share).
 * ERR_RATE: more floods than can be remembered.
 * ERR_TOO_BIG: for the MTU of a port; a broadcast cannot be cut. */
enum err flood_tx(struct l2 *l2, instant now, const uint8_t *frame, size_t len, struct fx *fx);

/* A BCAST packet from the mesh: checks, passes on, delivers, learns. */
enum err flood_rx(struct l2 *l2, instant now, uint8_t port, struct mac src, const uint8_t *packet,
		  size_t len, struct fx *fx);

/* Timer: the next repeat on wifi. */
void flood_repeat(struct l2 *l2, instant now, struct fx *fx);
