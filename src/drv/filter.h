/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter - the bridge keeps the gateway's frames where they belong: nftables.
 *
 * Source  specs/libremesh.md 1.5; core/l2/keep.h, which says the same again for what
 *         reaches the engine; drv/nft.h.
 * Shape   One table of ours in family bridge, replaced as a whole in one transaction. Ports
 *         by what they are:
 *           the cloud port   nothing of the gateway crosses, in neither direction
 *           nodes            a cable with other nodes: their batman-adv is not bridged
 *           quiet            and nobody else is there: nothing of the gateway leaves
 *         With the fast path its programs, and the engine for what they pass up, keep back what
 *         would reach the cloud by its port: these rules do not walk through it again. What came
 *         from the cloud and was checked has a mark, and passes by the first rule.
 *         And by every port but the gateway's own nobody comes with an anycast MAC.
 *         Until they are in force, and when the kernel has no nftables, the engine's guard
 *         stands alone, and the status says so.
 * Memory  plan and conf are the caller's.
 */
#pragma once
#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <uv.h>

#include "conf/host_conf.h"
#include "core/fx.h"
#include "core/plan/plan.h"
#include "drv/nft_table.h"

/* Named counters of the table; their sums outlive a replacement. */
#define FILTER_COUNTERS(X)                                                                         \
	X(mac) X(address) X(router) X(dhcp) X(alfred) X(hello) X(batadv) X(network)

struct filter_counters {
#define FILTER_COUNTER_FIELD(name) uint64_t name;
	FILTER_COUNTERS(FILTER_COUNTER_FIELD)
#undef FILTER_COUNTER_FIELD
};

/* A port of the LAN with other nodes. */
struct filter_port {
	char name[IFNAMSIZ]; /* "": a free place */
	bool quiet;
};

struct filter {
	const struct host_conf *conf;
	const struct plan *plan;
	bool fast; /* programs check what crosses the cloud port */
	struct nft_table table;
	struct filter_port port[LAN_PORT_MAX];
	struct filter_counters before; /* of tables that were replaced */
	struct filter_counters until;  /* the same, when the table at work now is replaced */
};

/* conf and plan are set by the caller. uv: the timer is closed by whoever ends the loop. */
void filter_start(struct filter *f, uv_loop_t *uv);
/* A port of the LAN has this role now. */
void filter_set_port(struct filter *f, const char *name, enum lan_role role, bool quiet);
/* Now and then: is all still there? */
void filter_check(struct filter *f);
/* Takes the table away; waits for that. */
void filter_stop(struct filter *f);

/* What is to be in force, as text for nft. NULL: no memory. The caller frees. */
char *filter_rules(const struct filter *f);
void filter_count(struct filter *f, struct filter_counters *sum);
json_t *filter_status(struct filter *f);
