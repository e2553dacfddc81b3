/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * air - a few layer 2 engines on shared segments, in virtual time, for tests.
 *
 * Source  ours. Smaller than sim/world: bare engines, and every OGM that leaves
 *         one is kept for the test to look at.
 * Shape   engines and segments are small indexes. A frame reaches all others on
 *         its segment after AIR_DELAY_US, unless a pair is deaf or an engine is
 *         dead. Port p of engine n has the MAC air_mac(n, p); so does a puppet,
 *         a node that only exists in what a test lets an engine hear.
 * Memory  air_free gives back all, and asserts that no engine leaks.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/l2/internal.h"

enum { AIR_NODES_MAX = 16, AIR_DELAY_US = 200, AIR_NOWHERE = -1 };

/* An OGM that left; containers are told by length and CRC. */
struct air_ogm {
	instant at;
	unsigned node;
	uint8_t port;
	unsigned frame; /* OGMs of one frame have the same number */
	size_t frame_len;
	uint32_t tvlv_crc;
	struct batadv_ogm ogm;
};

struct air_note {
	instant at;
	unsigned node;
	struct fx_note note;
};

struct air_node {
	struct fx fx;
	struct air *air;
	unsigned index;
	bool dead; /* hears and sends nothing; nobody is told */
	int segment[PORT_MAX];
	struct l2 l2;
};

struct air_flight;

struct air {
	instant now;
	struct air_node *node[AIR_NODES_MAX];
	unsigned nodes;
	bool deaf[AIR_NODES_MAX][AIR_NODES_MAX];
	struct air_ogm *ogm;
	size_t ogms, ogm_room;
	struct air_note *note;
	size_t notes, note_room;
	unsigned frames;
	struct air_flight *flight; /* by arrival */
};

struct air *air_new(void);
void air_free(struct air *a);

struct mac air_mac(unsigned node, uint8_t port);
/* conf NULL: the defaults. */
unsigned air_node(struct air *a, const struct l2_conf *conf);
struct l2 *air_l2(struct air *a, unsigned node);
void air_event(struct air *a, unsigned node, const struct ev *ev);
void air_up(struct air *a, unsigned node, uint8_t port, int segment);
/* The engine is told that the carrier went. */
void air_down(struct air *a, unsigned node, uint8_t port);
void air_set_deaf(struct air *a, unsigned one, unsigned other);
/* By which neighbour does the engine reach mac? Zero without a route. */
struct mac air_router(struct air *a, unsigned node, struct mac mac);
/* Lets time pass. */
void air_run(struct air *a, span duration);
/* The engine hears OGMs in one frame of src. */
void air_hear(struct air *a, unsigned node, uint8_t port, struct mac src,
	      const struct batadv_ogm *ogm, size_t ogms);
void air_hear_bytes(struct air *a, unsigned node, uint8_t port, struct mac src,
		    const uint8_t *bytes, size_t len);
/* Forgets the OGMs and notes that were kept. */
void air_forget(struct air *a);
/* How many notes of a kind an engine gave. */
unsigned air_noted(const struct air *a, unsigned node, enum note what);
