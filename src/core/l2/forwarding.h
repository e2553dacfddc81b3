/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forwarding - which entries of our tables changed, and telling a data path outside.
 *
 * Source  core/forwarding.h.
 * Shape   While an event is handled, keys are marked; at its end each is told once, as
 *         it is then. When more than FORWARDING_MARKS changed: "all". Not started:
 *         nothing is marked, nothing told.
 *         Not marked, because only time changes it: a client's choice between two homes,
 *         one of which falls silent (TT_HOME_SILENT_S). Who holds tables compares them
 *         from time to time.
 */
#pragma once
#include "core/forwarding.h"
#include "core/fx.h"

struct l2;
struct originator;

enum { FORWARDING_MARKS = 64 };

struct forwarding_mark {
	struct mac mac;
	uint16_t vid;
	bool node;
};

struct forwarding {
	bool on;
	bool all, cloud;
	uint32_t ports; /* bits */
	uint32_t count;
	struct forwarding_mark marks[FORWARDING_MARKS];
};

/* From now on, changes are told; the first event tells "all". */
void l2_forwarding_start(struct l2 *l2);
/* Everything that is known, one effect each. */
void l2_forwarding_walk(const struct l2 *l2, struct fx *fx);
/* One key. */
void l2_forwarding_client(const struct l2 *l2, struct mac mac, uint16_t vid,
			  struct forwarding_client *c);
void l2_forwarding_node(const struct l2 *l2, struct mac mac, struct forwarding_node *n);

/* What a data path did by itself: one of l2's counters, and those of a port. */
struct forwarding_counts {
	uint64_t tx, tx_bytes, rx, rx_bytes, forward, forward_bytes;
	uint64_t dropped_own, dropped_ttl;
	struct forwarding_port_counts {
		uint64_t rx, rx_bytes, tx, tx_bytes;
	} port[PORT_MAX];
};
void l2_forwarding_count(struct l2 *l2, const struct forwarding_counts *more);
/* It saw a frame of this client of ours since it was asked last. */
void l2_forwarding_seen(struct l2 *l2, instant now, struct mac mac, uint16_t vid);

/* ---- for the engine ---- */

void forwarding_mark_client(struct l2 *l2, struct mac mac, uint16_t vid);
void forwarding_mark_node(struct l2 *l2, struct mac mac);
/* All clients that o announces. */
void forwarding_mark_clients_of(struct l2 *l2, const struct originator *o);
void forwarding_mark_port(struct l2 *l2, uint8_t port);
void forwarding_mark_cloud(struct l2 *l2);
/* At the end of an event. */
void forwarding_tell(struct l2 *l2, struct fx *fx);
