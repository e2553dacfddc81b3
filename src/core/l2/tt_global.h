/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tt_global - the clients of other nodes.
 *
 * Source  specs/batman-adv.md 11 "Global entries", 10.1.6, 10.3.
 * Shape   key (mac, vid) -> homes, one for each originator that announces the
 *         client, with the flags of that announcement. ROAM: its only home said
 *         that it left, send there with ttvn - 1. TEMP: seen in a frame, not
 *         announced yet (speedy join).
 *         Each originator keeps its homes in a list and CRCs per VLAN, updated
 *         with each change. A home is `counted` exactly while its originator
 *         announces the client, whatever we think of where it is: so the CRC is
 *         the originator's own.
 *         SPEC: entries marked ROAM are left out of a CRC that is computed anew
 *         with each update, and ROAM drops the other homes / OURS: counted homes
 *         stay until withdrawn, marked `left`, and are used last. To peers it is
 *         the same; a home that was left never costs a full request.
 * Memory  from the pool; at most clients_max clients and twice as many homes.
 *         When the clients are full the oldest entry in `fading` gives way;
 *         TEMP entries never fill more than a quarter.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timer.h"
#include "core/fx.h"
#include "core/l2/tt_roam.h"
#include "wire/batadv.h"

struct l2;
struct originator;
struct tt_remote;

/* SPEC: ROAM and TEMP entries live 600 s. OURS: what no announcement confirms by then
 * is wrong, and a flooded frame finds the client better. */
enum { TT_HINT_KEEP_S = 30 };

/* A home that told nothing of its table for so much longer than another gives way to it. */
enum { TT_HOME_SILENT_S = 20 };

struct tt_home {
	struct list of_client;
	struct list of_originator;
	struct originator *originator;
	struct global_client *client;
	uint8_t ttvn;  /* of the announcement */
	uint8_t flags; /* sync flags as announced */
	bool counted;  /* announced, and not withdrawn */
	bool left;     /* we know that the client is not there any more */
	bool listed;   /* the full table that is being read has it */
};

struct global_client {
	struct map_node node;
	struct list fading; /* in tt_global.fading while a home is not counted */
	struct list homes;  /* announced last first */
	struct mac mac;
	uint16_t vid;
	bool roaming;
	bool temporary;
	instant since; /* when it came into `fading` */
};

struct tt_global {
	struct map map;
	uint32_t count;
	uint32_t home_count;
	struct list fading; /* ROAM and TEMP entries, oldest first */
	uint32_t fading_count;
	bool told_full; /* NOTE_TABLE_FULL was given; until there is room again */
	struct timer fade;
	struct tt_roams roams;
};

enum err tt_global_init(struct l2 *l2);
/* After originators_fini: no homes are left. */
void tt_global_fini(struct l2 *l2);

struct global_client *tt_global_find(const struct l2 *l2, struct mac mac, uint16_t vid);

/* The home to send to: of those with a route, the one that announced the client last;
 * one that the client left only when there is no other. NULL without a route to any.
 * SPEC: the one with the best TQ / OURS: the newest, because a client that walked is
 * announced twice until its old home has withdrawn it, and a nearer old home would
 * draw its frames in a circle. A home that told nothing for TT_HOME_SILENT_S while another
 * did cannot withdraw anything any more: it is dead, cut off, or goes by another name. */
struct tt_home *tt_global_home(const struct global_client *g);

/* O announces (mac, vid) with flags. Ends TEMP and ROAM (old homes are dropped),
 * and removes a local entry of the same key unless it is permanent or mac is
 * multicast; then the bridge is told (FX_FDB). An announcement that itself holds
 * TT_CLIENT_ROAM says that the client is about to leave o: it is counted, no more.
 * roam: this came by a roam advertisement, o has not announced it yet.
 * ERR_FULL: table full, counted, nothing changed (a hint about o may go). */
enum err tt_global_add(struct l2 *l2, instant now, struct originator *o, struct mac mac,
		       uint16_t vid, uint8_t flags, uint8_t ttvn, bool roam, struct fx *fx);
/* A frame shows that (mac, vid) is behind o. Nothing when a definite entry exists,
 * the client is here, or mac cannot be a station's.
 * SPEC: nothing for a ROAM entry either / OURS: it gives way when the node that was
 * left is another one, because the frame is the newer truth. */
void tt_global_add_temporary(struct l2 *l2, instant now, struct originator *o, struct mac mac,
			     uint16_t vid, struct fx *fx);
/* O withdraws (mac, vid); flags may hold TT_CLIENT_ROAM. Of a client that nobody has any more,
 * here as in all that follows, the bridge is told (FX_FDB, lost). */
void tt_global_del(struct l2 *l2, instant now, struct originator *o, struct mac mac, uint16_t vid,
		   uint8_t flags, struct fx *fx);
/* All clients of o go, and what we knew of its table: it is gone. */
void tt_global_clear(struct l2 *l2, instant now, struct originator *o, struct fx *fx);
/* At the end: frees the homes of r, without a word. */
void tt_global_drop(struct l2 *l2, struct tt_remote *r);

/* Around the adds of a full table of o: what it announced before and does not list
 * goes; TEMP and ROAM hints stay, they are no part of a table. */
void tt_global_unlist(struct originator *o);
void tt_global_sweep(struct l2 *l2, instant now, struct originator *o, struct fx *fx);

/* The client was heard here: its global entry becomes ROAM (see tt_roam_in), and goes
 * when it was no more than a hint. */
void tt_global_mark_roaming(struct l2 *l2, instant now, struct global_client *g);
/* It is not here any more, and nobody took it over: who still announces it may have it. */
void tt_global_unmark_roaming(struct l2 *l2, instant now, struct global_client *g);
/* Timer: forgets ROAM and TEMP entries after TT_HINT_KEEP_S, bounded per call. */
void tt_global_fade(struct l2 *l2, instant now, struct fx *fx);
