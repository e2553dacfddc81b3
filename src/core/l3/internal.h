/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal - the engine of the network as its nouns see it.
 *
 * Source  ours. Nobody outside core/l3 includes this, but its tests.
 */
#pragma once
#include "base/bucket.h"
#include "base/prng.h"
#include "core/l3/batch.h"
#include "core/l3/claim.h"
#include "core/l3/content.h"
#include "core/l3/contents.h"
#include "core/l3/flood.h"
#include "core/l3/held.h"
#include "core/l3/hna.h"
#include "core/l3/iids.h"
#include "core/l3/jobs.h"
#include "core/l3/l3.h"
#include "core/l3/l3_link.h"
#include "core/l3/l3_node.h"
#include "core/l3/l3_port.h"
#include "core/l3/link_keys.h"
#include "core/l3/near.h"
#include "core/l3/packet.h"
#include "core/l3/plane.h"
#include "core/l3/post.h"
#include "core/l3/topology.h"

/* What a timer is for; timer.kind. */
enum l3_timer {
	TIMER_CONTENT, /* struct contents.due: the content plane's only one */
	TIMER_KEYS,    /* struct link_keys.renew */
	TIMER_LATE,    /* struct late */
	TIMER_LINK,    /* struct l3_link.silence */
	TIMER_NEAR,    /* struct near.expiry */
	TIMER_NODES,   /* struct l3_nodes.expiry */
	TIMER_OWN_OGM, /* struct batches.own */
	TIMER_POST,    /* struct posts.run */
	TIMER_SEARCH,  /* struct claims.search */
	TIMER_TOPOLOGY,
};

struct l3 {
	struct l3_conf conf;
	const struct crypto *crypto;
	struct pool pool;
	struct prng prng;
	struct timers timers;
	bool started;
	struct l3_port port[PORT_MAX];
	struct posts posts;
	struct floods floods;
	struct jobs jobs;
	struct l3_nodes nodes;
	struct l3_node *self; /* its description is NULL until the first is made */
	struct own_chain chain;
	struct iids iids;
	struct nears nears;
	struct link_keys keys;
	uint32_t links;
	struct claims claims;
	struct batches batches;
	struct list lost; /* struct l3_route.of_lost */
	struct hnas hnas;
	struct helds helds;
	struct topology topology;
	struct contents contents; /* of the content plane */
	struct bucket rare;	  /* notes that strangers can cause */
	struct l3_counters count;
};

/* Tells people. */
void l3_note(struct fx *fx, enum network_note what, const struct l3_node *node,
	     const struct l3_node *other, uint8_t port);
/* The same for what strangers can cause as often as they like: at most one in NOTE_RARE_S, after
 * a few at once. */
enum { NOTE_RARE_BURST = 5, NOTE_RARE_S = 10 };
void l3_note_rarely(struct l3 *l3, instant now, struct fx *fx, enum network_note what,
		    const struct l3_node *node, const struct l3_node *other);
