/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tt_sync - keeping the tables of two nodes equal: TT containers in OGMs,
 * requests, and responses.
 *
 * Source  specs/batman-adv.md 11.
 * Shape   per originator: the version and CRCs that we hold (struct tt_remote),
 *         at most one request under way (3 s). A node on the path may answer
 *         for the originator when it holds the same version.
 *         A full table that does not give the CRCs which it lists itself would
 *         be asked for again and again (ours is full, or its sender is wrong):
 *         from the second time on we wait, 10 s at first, then twice as long.
 */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "core/fx.h"
#include "core/l2/tt_vlan.h"
#include "wire/batadv.h"

struct l2;
struct originator;

enum {
	TT_REQUEST_TIMEOUT_MS = 3000,
	TT_HOLD_S = 10,	     /* after a second useless table, doubled by each further one ... */
	TT_HOLD_MAX_S = 160, /* ... up to this */
	TT_UNTOLD_S = 200,   /* OGMs without a word of the table: it is not its any more */
	TT_TVLV_VERSION = 1,
	ROAM_TVLV_VERSION = 1,
};

struct tt_remote {
	bool known;	       /* have had a table */
	instant told;	       /* when an OGM said something of it last */
	uint8_t ttvn;	       /* its version */
	struct list homes;     /* its clients, struct tt_home */
	uint32_t client_count; /* homes that count: announced, not withdrawn */
	struct tt_vlans vlans; /* CRC and count per VLAN of those */
	bool requested;
	instant requested_at;
	uint8_t useless;		/* full tables in a row that did not match themselves */
	instant hold_until;		/* no request before; see above */
	struct batadv_tt_change *last;	/* its last diff, for answering others ... */
	uint32_t last_count, last_room; /* ... 0: none */
};

void tt_remote_init(struct tt_remote *t);
/* Frees what it owns, homes included; before tt_global_fini. */
void tt_remote_fini(struct l2 *l2, struct tt_remote *t);
/* Forgets version, last diff and requests: nothing is known of its table. */
void tt_remote_forget(struct tt_remote *t);

/* The TT container of an OGM of o: applies a diff, or asks for a table. A copy of
 * what we know costs a comparison. Not to be called for an OGM that is older than
 * one that came before: its older version would make us ask. */
void tt_sync_ogm(struct l2 *l2, instant now, struct originator *o, const struct batadv_tt *tt,
		 struct fx *fx);

/* An OGM of o without a TT container. Warming ones have none; but when no other one came
 * for TT_UNTOLD_S, o is only a port of a node that goes by another name now (another port
 * came up first when it started anew): its clients go, nobody would withdraw them. */
void tt_sync_untold(struct l2 *l2, instant now, struct originator *o, struct fx *fx);

/* UNICAST_TVLV from the mesh: requests, responses and roam advertisements for us,
 * requests for others that we can answer; everything else is passed on.
 * Parse errors as batadv_utvlv_parse; ERR_OWN: our own came back; ERR_UNKNOWN: from
 * or about no node that we know, or a response that nobody asked for; ERR_RATE: too
 * many requests; ERR_TOO_BIG: no table of that size can be sent; errors of
 * l2_route, l2_pass_on and tt_roam_rx. */
enum err tt_sync_rx(struct l2 *l2, instant now, uint8_t port, const uint8_t *packet, size_t len,
		    struct fx *fx);

/* Sends containers (len bytes) to originator dst in the name of src. Errors of l2_route;
 * ERR_TOO_BIG. */
enum err tt_send(struct l2 *l2, struct mac src, struct mac dst, const uint8_t *tvlv, size_t len,
		 struct fx *fx);
