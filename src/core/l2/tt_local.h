/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tt_local - the clients attached to this node, and how they are announced.
 *
 * Source  specs/batman-adv.md 11 "Local entries", "Events", "Commit", "CRC".
 * Shape   key (mac, vid). A client is `fresh` until the commit that announces
 *         it, `leaving` from its removal to the commit that withdraws it.
 *         A commit happens when an OGM is built, if there are changes: ttvn + 1,
 *         the change list stays in the next TT_REPEATS OGMs.
 *         Clients idle for 600 s leave; permanent ones never do.
 *         At most clients_here_max, and at most what fits a full table packet.
 * Memory  entries from the pool; change list of the last commit kept for
 *         answering diff requests.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timer.h"
#include "core/ev.h"
#include "core/fx.h"
#include "wire/batadv.h"

struct l2;

enum {
	TT_REPEATS = 4,         /* OGMs that carry a change list, the first included */
	TT_LOCAL_IDLE_S = 600,
};

struct local_client {
	struct map_node node;
	struct list all;     /* least recently seen first */
	struct list change;  /* in the list of uncommitted changes */
	struct mac mac;
	uint16_t vid;
	uint8_t flags;       /* TT_CLIENT_WIFI, TT_CLIENT_ISOLATED; ROAM while leaving by roaming */
	bool permanent;
	bool fresh;          /* not announced yet: its frames leave as UNICAST_4ADDR */
	bool leaving;
	instant last_seen;
	instant since;
};

/* One VLAN's part of a table: CRC over its announced clients. */
struct tt_vlan {
	uint16_t vid;
	uint32_t crc;
	uint32_t count;
};

struct tt_local {
	struct map map;
	struct list all;
	uint32_t count;
	uint32_t permanent_count;
	struct list changes;   /* uncommitted */
	uint32_t change_count;
	uint8_t ttvn;
	struct tt_vlan *vlans; /* sorted by vid, only with count > 0 announced */
	uint32_t vlan_count;
	struct batadv_tt_change *last; /* the last commit's changes, last_room allocated */
	uint32_t last_count, last_room;
	uint8_t repeats_left;  /* OGMs that still carry `last` */
	struct timer idle;
};

enum err tt_local_init(struct l2 *l2, instant now);
void tt_local_fini(struct l2 *l2);

struct local_client *tt_local_find(const struct l2 *l2, struct mac mac, uint16_t vid);

/* A client is here: its frame came in, the bridge learnt it, or it associated.
 * New ones are queued for announcement and hasten an OGM; when the global table
 * has it elsewhere, roaming starts (tt_roam_in). ERR_FULL: table full, counted. */
enum err tt_local_seen(struct l2 *l2, instant now, const struct ev_client *c, struct fx *fx);

/* A client is no longer here. With `roamed` the withdrawal carries ROAM. */
void tt_local_remove(struct l2 *l2, instant now, struct local_client *c, bool roamed,
		     struct fx *fx);
/* The idle timer: removes what was not seen for 600 s, bounded per call. */
void tt_local_idle(struct l2 *l2, instant now, struct fx *fx);

/* Before an OGM is built: turns changes into a new version. */
void tt_local_commit(struct l2 *l2, instant now);

/* Writes the TT container of an OGM (commit first): VLANs and, while repeats are
 * left and they fit max_len, the changes. */
void tt_local_write_ogm(struct l2 *l2, struct wr *w, size_t max_len);

/* crc32c of one entry as it enters a VLAN's CRC. */
uint32_t tt_entry_crc(struct mac mac, uint16_t vid, uint8_t flags);
