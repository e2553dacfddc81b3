/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node - the cores put together: what one node is, without an operating system.
 *
 * Source  DESIGN 3. The daemon, the simulator and the fuzzers host this struct.
 * Shape   Events go to the cores that they concern, effects come out of fx;
 *         effects that are for another core are handed over inside.
 * Time    comes in as now and never goes back.
 * Memory  embedded by the caller, where it stays: cores point to each other; tables
 *         bounded by conf.
 */
#pragma once
#include "core/cable/cable.h"
#include "core/crypto.h"
#include "core/ev.h"
#include "core/fx.h"
#include "core/l2/forward.h"
#include "core/l2/l2.h"
#include "core/l3/l3.h"
#include "core/plan/plan.h"
#include "core/share/leases.h"
#include "core/share/share.h"
#include "core/shared.h"
#include "core/uplink/uplink.h"
#include "node/admit.h"
#include "node/exits.h"
#include "node/node_conf.h"
#include "node/tunnels.h"
#include "node/witness.h"

struct node_env {
	const struct crypto *crypto;
	struct shared *shared; /* see core/shared.h; may be NULL */
};

struct node {
	struct node_conf conf;
	struct plan plan; /* derived once, at init */
	struct l2 l2;
	struct cable cable;
	struct admit admit;
	struct share *share;	 /* NULL: switched off, or the node has no MAC to sign with */
	struct leases *leases;	 /* NULL exactly when share is */
	struct exits *exits;	 /* the same */
	struct l3 *l3;		 /* NULL: switched off, or the node's key is not there yet */
	struct tunnels *tunnels; /* NULL: switched off, or l3 is */
	struct uplink uplink;
	struct tunnel_preference preference; /* which gateway for the Internet */
	const struct crypto *crypto;
	struct shared *shared;
	instant now; /* of the event at hand, for those that call back without a time */
	struct node_witness *witness; /* NULL: nobody looks; the host's, set after node_init */
};

/* What an operator has who sets nothing: on. */
struct node_share_conf node_share_conf_default(void);

/* Derives the plan and makes the engines; seed: see l2_init. ERR_MALFORMED: a template of the plan
 * cannot be filled in; ERR_FULL: no memory. x needs no fini then. */
enum err node_init(struct node *x, const struct node_conf *conf, const struct node_env *env,
		   instant now, uint64_t seed);
void node_fini(struct node *x);

/* The node's key for the network of all clouds is there. desc_sqn: of the last NETWORK_KEEP, 0 if
 * there was none. seed: see l3_new. ERR_FULL: no memory. */
enum err node_network_start(struct node *x, instant now, const struct node_key_bytes *key,
			    uint32_t desc_sqn, uint64_t seed);

/* An event of any kind. What our DHCP server does is EV_LEASE; whether there is one says
 * leases_serve. Records are read and given by the functions of core/share. */
void node_handle(struct node *x, instant now, const struct ev *ev, struct fx *fx);
/* A verdict of l2_forward was carried out; see l2_forwarded. */
void node_carried(struct node *x, instant now, const struct verdict *v, uint32_t frames,
		  uint64_t bytes);
/* A data path outside carried a frame of a client here. */
void node_client_seen(struct node *x, instant now, struct mac mac, uint16_t vid);
/* A program's record; see share_put_for for the errors. x->share is not NULL. */
enum err node_put(struct node *x, instant now, const struct node_input_put *put, struct fx *fx);
/* What a witness was told, again: one of the above, but that of INPUT_CARRIED no counter knows. */
void node_take(struct node *x, const struct node_input *in, struct fx *fx);
instant node_deadline(const struct node *x);
