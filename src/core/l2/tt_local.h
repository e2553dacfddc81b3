/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tt_local - the clients attached to this node, and how they are announced.
 *
 * Source  specs/batman-adv.md 11 "Local entries", "Events", "Commit", "CRC".
 * Shape   key (mac, vid). A client is `fresh` until the commit that announces
 *         it, `leaving` from its removal to the commit that withdraws it. What
 *         the last commit announced is the table that peers hear of: CRCs and
 *         full tables hold leaving clients, with the flags announced then, and
 *         no fresh ones.
 *         A commit happens when an OGM is built, if there are changes: ttvn + 1,
 *         the change list stays in the next TT_REPEATS OGMs.
 *         Clients idle for 600 s leave; permanent ones never do.
 *         At most clients_here_max, vlans_max VLANs, and at most what fits a
 *         full table packet (tt_table_max); leaving ones still take their place.
 * Memory  entries from the pool; change list of the last commit kept for
 *         answering diff requests.
 */
#pragma once
#include "base/bucket.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timer.h"
#include "core/ev.h"
#include "core/fx.h"
#include "core/l2/tt_vlan.h"
#include "wire/batadv.h"

struct l2;

enum {
	TT_REPEATS = 4, /* OGMs that carry a change list, the first included */
	TT_LOCAL_IDLE_S = 600,
	TT_ANSWERS_BURST = 20, /* tables sent for the asking: at most this many at once ... */
	TT_ANSWERS_MS = 20,    /* ... then one each 20 ms, whoever asks */
};

struct local_client {
	struct map_node node;
	struct list all;    /* in tt_local.all, or in tt_local.leaving */
	struct list change; /* in the list of uncommitted changes */
	struct mac mac;
	uint16_t vid;
	uint8_t flags; /* TT_CLIENT_WIFI, TT_CLIENT_ISOLATED; ROAM while leaving by roaming */
	uint8_t announced_flags; /* sync flags as the last commit announced them */
	bool permanent;
	bool fresh;   /* not announced yet: its frames leave as UNICAST_4ADDR */
	bool leaving; /* not here any more; not withdrawn yet */
	bool again;   /* came back from where it may be claimed: announced once more */
	instant last_seen;
	instant since; /* when it came */
};

struct tt_local {
	struct map map;
	struct list all; /* least recently seen first; without those that leave */
	struct list leaving;
	uint32_t count; /* both lists */
	uint32_t permanent_count;
	struct list changes; /* uncommitted */
	uint32_t change_count;
	uint8_t ttvn;			/* 0 until the first commit */
	instant committed;		/* when the last commit was */
	struct tt_vlans vlans;		/* counted: what is announced */
	struct batadv_tt_change *last;	/* the last commit's changes, last_room allocated ... */
	uint32_t last_count, last_room; /* ... 0: there is no list, send full tables */
	uint8_t repeats_left;		/* OGMs that still carry `last` */
	bool told_full;			/* NOTE_TABLE_FULL was given; until there is room again */
	struct bucket answers;		/* for requests, see tt_sync */
	struct timer idle;
};

enum err tt_local_init(struct l2 *l2, instant now);
void tt_local_fini(struct l2 *l2);

/* Gives leaving ones too (ask ->leaving): frames for these go to tt_global_home. */
struct local_client *tt_local_find(const struct l2 *l2, struct mac mac, uint16_t vid);

/* A client is here: its frame came in, the bridge learnt it, or it associated.
 * New ones are queued for announcement and hasten an OGM; when the global table
 * has it elsewhere, roaming starts (tt_roam_in). A client stays wifi once somebody
 * said so: who saw only a frame does not know. CLIENT_GONE removes it, unless it
 * is permanent.
 * ERR_FULL: table full, counted. ERR_MALFORMED: no station's address, no VLAN id.
 * ERR_KEPT: an anycast gateway's address. */
enum err tt_local_seen(struct l2 *l2, instant now, const struct ev_client *c, struct fx *fx);

/* The short form for a client that is known and not leaving: last_seen only. */
static inline void tt_local_touch(struct tt_local *t, struct local_client *c, instant now)
{
	c->last_seen = now;
	list_del(&c->all);
	list_append(&t->all, &c->all);
}

/* Would a commit say something about it? */
bool tt_local_changed(const struct local_client *c);

/* A client is no longer here; a note says so. With `roamed` the withdrawal
 * carries ROAM. A fresh client is freed at once, others when committed. */
void tt_local_remove(struct l2 *l2, instant now, struct local_client *c, bool roamed,
		     struct fx *fx);
/* The same without a note: another node has it. */
void tt_local_give_up(struct l2 *l2, instant now, struct local_client *c, bool roamed);

/* The idle timer: removes what was not seen for 600 s, bounded per call. */
void tt_local_idle(struct l2 *l2, instant now, struct fx *fx);

/* Before an OGM is built: turns changes into a new version. */
void tt_local_commit(struct l2 *l2, instant now);

/* Writes the TT container of an OGM (commit first): VLANs and, while repeats are
 * left and the whole container fits max_len bytes, the changes. One call for each
 * OGM: it counts the repeats. Nothing when not even the VLANs fit. */
void tt_local_write_ogm(struct l2 *l2, struct wr *w, size_t max_len);

/* The largest batman packet that can carry a table: the smallest MTU of the ports
 * that are up, or 16 pieces of it. SPEC: a smaller MTU evicts clients / OURS: it
 * only refuses new ones, because the pieces of today's MTUs hold 20160 bytes. */
size_t tt_table_max(const struct l2 *l2);
