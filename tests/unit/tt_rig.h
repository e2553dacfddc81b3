/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tt_rig - one layer 2 engine with neighbours, for tests of translation tables.
 *
 * Source  ours.
 * Shape   Nodes are named by small numbers: node n has the MAC 02:00:00:00:00:n,
 *         and is a direct neighbour of every other one that it knows. The nouns
 *         of the table are called directly: no timer fires, nothing leaves but
 *         what a call sends; batman packets (UNICAST_TVLV) wait in `sent`.
 *         rig_check recomputes every count and CRC from scratch.
 */
#pragma once
#include "core/l2/internal.h"

enum {
	RIG_SENT_MAX = 64,
	RIG_PORT = 0,
	RIG_MTU = 21000, /* holds the largest table in one piece */
	RIG_OGM_MAX = 1400,
};

struct rig_packet {
	struct mac hop; /* whom it was sent to */
	size_t len;
	uint8_t *bytes;
};

struct rig {
	struct fx fx; /* the first member: the engine gives it back */
	struct l2 l2;
	instant now;
	unsigned node;
	struct rig_packet sent[RIG_SENT_MAX];
	unsigned sent_count;
	unsigned fdb; /* FX_FDB so far, and the last */
	struct fx_fdb last_fdb;
	unsigned notes[NOTE_TABLE_FULL + 1];
	struct fx_note last_note;
};

struct mac rig_mac(unsigned node);
/* Client n of the tests: 06:00:00:nn:nn:nn. */
struct mac rig_client(unsigned n);

void rig_open(struct rig *r, unsigned node, const struct l2_conf *conf);
void rig_close(struct rig *r);

/* Makes the node known, a neighbour, with a route of this TQ. */
struct originator *rig_peer(struct rig *r, unsigned node, uint8_t tq);
struct originator *rig_find(struct rig *r, unsigned node);

void rig_wait(struct rig *r, int64_t ms);

/* EV_CLIENT of this change. */
enum err rig_seen(struct rig *r, enum client_change change, struct mac mac, uint16_t vid,
		  bool wifi);

/* Commits, and gives the TT container of an OGM: the value, into bytes; its length. */
size_t rig_ogm(struct rig *r, uint8_t bytes[RIG_OGM_MAX]);
/* That container comes to r in an OGM of node from. */
void rig_hear(struct rig *r, unsigned from, const uint8_t *value, size_t len);

/* Takes the oldest packet out of sent; the caller frees its bytes. false: none. */
bool rig_take(struct rig *r, struct rig_packet *p);
/* Takes it, and parses its one TT container. Fails the test when there is none. The
 * bytes stay in *p. */
struct batadv_tt rig_take_tt(struct rig *r, struct rig_packet *p);
void rig_forget(struct rig *r);

/* A packet of one TVLV container for r, or for another node. */
enum err rig_give(struct rig *r, unsigned src, unsigned dst, uint8_t type, const void *value,
		  size_t len);
enum err rig_give_by(struct rig *r, struct mac src, struct mac dst, uint8_t type, const void *value,
		     size_t len);
enum err rig_give_roam(struct rig *r, unsigned src, struct mac client, uint16_t vid);

/* Counts, CRCs and lists of both tables, recomputed: fails the test when wrong. */
void rig_check(const struct rig *r);

/* Does r believe that node announces exactly what it has announced (tables, version,
 * CRCs)? */
bool rig_agrees(const struct rig *r, const struct rig *node);
