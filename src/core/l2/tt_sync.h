/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tt_sync - keeping the tables of two nodes equal: TT containers in OGMs,
 * requests, responses, and roaming advertisements.
 *
 * Source  specs/batman-adv.md 11.
 * Shape   per originator: the version and CRCs that we hold (struct tt_remote),
 *         at most one request under way (3 s). A node on the path may answer
 *         for the originator when it holds the same version.
 */
#pragma once
#include "base/bucket.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/timer.h"
#include "core/fx.h"
#include "wire/batadv.h"

struct l2;
struct originator;
struct tt_vlan;

enum { TT_REQUEST_TIMEOUT_MS = 3000 };

struct tt_remote {
	bool known;            /* have had a table */
	uint8_t ttvn;
	struct list homes;     /* its clients, struct tt_home */
	uint32_t client_count; /* homes that count (not ROAM, not TEMP) */
	struct tt_vlan *vlans; /* CRC and count per VLAN of those, sorted by vid */
	uint32_t vlan_count, vlan_room;
	bool requested;
	instant requested_at;
	struct batadv_tt_change *last; /* its last diff, for answering others */
	uint32_t last_count, last_room;
};

void tt_remote_init(struct tt_remote *t);
/* Frees what it owns; the homes are gone already (tt_global_clear). */
void tt_remote_fini(struct l2 *l2, struct tt_remote *t);

/* The TT container of an OGM of o: applies a diff, or asks for a table. */
void tt_sync_ogm(struct l2 *l2, instant now, struct originator *o, const struct batadv_tt *tt,
		 struct fx *fx);

/* UNICAST_TVLV from the mesh: requests, responses and roam advertisements for us,
 * requests for others that we can answer; everything else is passed on. */
enum err tt_sync_rx(struct l2 *l2, instant now, uint8_t port, const uint8_t *packet, size_t len,
		    struct fx *fx);

/* A client that the global table has elsewhere was heard here: tells each of its
 * homes (at most 5 times in 20 s per client) and marks the entry ROAM. */
void tt_roam_in(struct l2 *l2, instant now, struct mac mac, uint16_t vid, struct fx *fx);
