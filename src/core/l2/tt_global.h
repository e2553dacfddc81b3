/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tt_global - the clients of other nodes.
 *
 * Source  specs/batman-adv.md 11 "Global entries", 10.1.6, 10.3.
 * Shape   key (mac, vid) -> homes, one for each originator that announces the
 *         client, with the flags of that announcement. ROAM: its only home said
 *         that it left, send there with ttvn - 1. TEMP: seen in a frame, not
 *         announced yet (speedy join). Neither counts in CRCs.
 *         Each originator keeps its homes in a list and CRCs per VLAN, updated
 *         with each change.
 * Memory  from the pool; at most clients_max clients.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timer.h"
#include "core/fx.h"
#include "wire/batadv.h"

struct l2;
struct originator;

enum { TT_ROAM_KEEP_S = 600, TT_TEMP_KEEP_S = 600 };

struct tt_home {
	struct list of_client;
	struct list of_originator;
	struct originator *originator;
	struct global_client *client;
	uint8_t ttvn;
	uint8_t flags; /* sync flags as announced */
};

struct global_client {
	struct map_node node;
	struct list fading; /* in tt_global.fading while ROAM or TEMP */
	struct list homes;
	struct mac mac;
	uint16_t vid;
	bool roaming;
	bool temporary;
	instant since; /* when roaming or temporary began */
};

struct tt_global {
	struct map map;
	uint32_t count;
	struct list fading; /* ROAM and TEMP entries, oldest first */
	struct timer fade;
};

enum err tt_global_init(struct l2 *l2);
void tt_global_fini(struct l2 *l2);

struct global_client *tt_global_find(const struct l2 *l2, struct mac mac, uint16_t vid);

/* The best home: the originator with the highest TQ that has a route; NULL without one. */
struct tt_home *tt_global_home(const struct global_client *g);

/* O announces (mac, vid) with flags. Ends TEMP and ROAM (old homes are dropped),
 * and removes a local entry of the same key unless it is permanent or mac is
 * multicast. roam: this came by a roam advertisement. ERR_FULL: table full. */
enum err tt_global_add(struct l2 *l2, instant now, struct originator *o, struct mac mac,
		       uint16_t vid, uint8_t flags, uint8_t ttvn, bool roam, struct fx *fx);
/* A frame shows that (mac, vid) is behind o. Nothing when a definite entry exists,
 * the client is announced here, or mac cannot be a station's. */
void tt_global_add_temporary(struct l2 *l2, instant now, struct originator *o, struct mac mac,
			     uint16_t vid, struct fx *fx);
/* O withdraws (mac, vid); flags may hold TT_CLIENT_ROAM. */
void tt_global_del(struct l2 *l2, instant now, struct originator *o, struct mac mac, uint16_t vid,
		   uint8_t flags, struct fx *fx);
/* All clients of o go (it is gone, or a full table comes). */
void tt_global_clear(struct l2 *l2, instant now, struct originator *o, struct fx *fx);
/* The client was heard here: its global entry becomes ROAM (see tt_roam_in). */
void tt_global_mark_roaming(struct l2 *l2, instant now, struct global_client *g);
/* Timer: forgets ROAM and TEMP entries after 600 s, bounded per call. */
void tt_global_fade(struct l2 *l2, instant now, struct fx *fx);
