/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2 - the engine of a cloud: batman-adv, BATMAN_IV, compat version 15.
 *
 * Source  specs/batman-adv.md; where we do more than the kernel, README.md
 *         here says what and why real peers accept it.
 * Shape   Mesh ports by index 0..ports_max-1, one cloud port (the LAN). The
 *         first port that came up is the primary: its MAC names the node.
 *         Control (OGM, TT, roaming, floods, fragments, ICMP) goes through
 *         l2_handle; payload first asks l2_forward and comes to l2_handle
 *         only when that says VERDICT_UP.
 * Time    comes in as now and never goes back.
 * Memory  struct l2 is embedded; tables come from its pool, bounded by conf.
 */
#pragma once
#include "base/clock.h"
#include "base/pool.h"
#include "base/prng.h"
#include "base/timer.h"
#include "core/ev.h"
#include "core/fx.h"
#include "core/l2/counters.h"
#include "core/l2/echo.h"
#include "core/l2/flood.h"
#include "core/l2/forwarding.h"
#include "core/l2/frag.h"
#include "core/l2/guard.h"
#include "core/l2/l2_conf.h"
#include "core/l2/ogm.h"
#include "core/l2/originator.h"
#include "core/l2/outbox.h"
#include "core/l2/port.h"
#include "core/l2/tt_global.h"
#include "core/l2/tt_local.h"
#include "core/l2/tt_sync.h"

struct l2 {
	struct l2_conf conf;
	struct pool pool;
	struct prng prng;
	uint32_t epoch; /* what our counters start from, see l2_seqno_start */
	struct timers timers;
	struct ports ports;
	struct originators originators;
	struct ogm ogm;		 /* our own announcements */
	struct tt_local local;	 /* clients here */
	struct tt_global global; /* clients elsewhere */
	struct flood flood;
	struct frags frags;
	struct guard guard;
	struct echoes echoes;
	struct l2_counters count;
	struct forwarding forwarding; /* what to tell of the tables */
	uint8_t *scratch;	      /* a packet is built here, within one call; see internal.h */
};

/* conf is copied; seed: the same for each start within one boot of the machine, if the
 * host can. ERR_FULL: no memory; x needs no fini then. */
enum err l2_init(struct l2 *x, const struct l2_conf *conf, instant now, uint64_t seed);
void l2_fini(struct l2 *x);

/* Takes one event and emits effects. EV_DEADLINE is implied by every event:
 * whatever is due at now happens too, a bounded part per call; what is left
 * shows as a deadline that is due already. Bad input is counted, never fatal. */
void l2_handle(struct l2 *x, instant now, const struct ev *ev, struct fx *fx);

/* When l2_handle wants to be called next; NEVER when idle. */
instant l2_deadline(const struct l2 *x);

/* The node's name in the cloud: the primary port's MAC; zero without a port. */
struct mac l2_primary_mac(const struct l2 *x);

/* ---- read-only views for ctl; arrays are filled up to max, the full number is returned ---- */

struct l2_neighbour_view {
	struct mac mac; /* of its port */
	uint8_t port;	/* ours */
	uint8_t tq;	/* link quality towards it, 0..255 */
	uint8_t rq, eq; /* its OGMs heard, ours echoed, of the last 64 */
	bool doubted;
	instant last_heard;
};
size_t l2_neighbours(const struct l2 *x, struct l2_neighbour_view *out, size_t max);

/* Does a mesh port of another node have this MAC? */
bool l2_is_neighbour(const struct l2 *x, struct mac mac);

struct l2_originator_view {
	struct mac mac;
	struct mac next_hop; /* zero without a route */
	uint8_t port;
	uint8_t tq;
	uint8_t ttvn;
	uint32_t clients;
	uint32_t gw_down_100kbit, gw_up_100kbit; /* 0: offers no gateway */
	instant last_seen;
	bool is_neighbour;
	uint8_t alternatives; /* other neighbours with a usable path */
};
size_t l2_originators(const struct l2 *x, struct l2_originator_view *out, size_t max);

struct l2_client_view {
	struct mac mac;
	uint16_t vid;
	bool here; /* attached to this node */
	bool wifi, isolated, permanent, temporary, roaming, announced;
	struct mac home;   /* originator (best one), or our own */
	uint8_t homes;	   /* how many nodes announce it */
	instant last_seen; /* of clients here */
};
size_t l2_clients(const struct l2 *x, struct l2_client_view *out, size_t max);

/* Who says that a MAC of the untagged LAN is his. */
struct l2_owner {
	bool here;	 /* a client of this node */
	bool originator; /* a node's name in the cloud */
	bool announced;	 /* by the translation table of `home` */
	bool wifi;	 /* as a client of a radio */
	struct mac home;
};
struct l2_owner l2_owner(const struct l2 *x, struct mac mac);
