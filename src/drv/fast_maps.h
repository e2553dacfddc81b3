/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fast_maps - the programs of the fast path in the kernel, and their tables.
 *
 * Source  bpf/tables.h (layout), core/forwarding.h (what is told); bpf(2).
 * Shape   One load of the programs with their maps. Nothing is pinned: what holds them is
 *         the filter on an interface (fast_port.h), so that nothing is left behind when
 *         the interfaces go, and a later daemon finds the maps by the filter.
 * Memory  libbpf's object, and what the kernel holds.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "bpf/tables.h"
#include "core/forwarding.h"
#include "core/fx.h"

struct bpf_object;

enum fast_map {
	FAST_MAP_CLIENTS,
	FAST_MAP_NODES,
	FAST_MAP_PORTS,
	FAST_MAP_MACS,
	FAST_MAP_LINKS,
	FAST_MAP_STATE,
	FAST_MAP_COUNTS,
	FAST_MAPS,
};

struct fast_maps {
	struct bpf_object *object; /* NULL: not loaded */
	int map[FAST_MAPS];
	int lan_program, mesh_program;
	struct fast_state_value state;		 /* as written last */
	struct fast_port_value port[FAST_PORTS]; /* the same */
	bool port_ours[FAST_PORTS];		 /* its MAC is one of our names */
	bool adopted;				 /* these tables were there before us */
	uint64_t refused;			 /* writes that the kernel did not take */
};

/* Loads the programs. former: one of these programs that runs already, to go on with its
 * tables if they are of the same layout and code; -1: none. Negative errno: -EPERM
 * without the capability. */
int fast_maps_open(struct fast_maps *m, int former);
/* The programs go on running where they are attached. */
void fast_maps_close(struct fast_maps *m);

/* Writes what was told; FORWARDING_ALL is the caller's to carry out. */
void fast_maps_put(struct fast_maps *m, const struct fx_forwarding *f);
/* Where frames of a port leave and come in; ifindex 0: nowhere. */
void fast_maps_link(struct fast_maps *m, uint8_t port, uint32_t ifindex, bool tagged, uint16_t vid,
		    uint16_t tpid);
/* The port takes super-frames of TCP as they are. */
void fast_maps_set_whole(struct fast_maps *m, uint8_t port, bool whole);
void fast_maps_set_anycast(struct fast_maps *m, bool on, struct mac mac, struct ipv4 ipv4,
			   struct ipv6 ipv6, struct ipv6 link_local);
/* m->state was changed by the caller. */
void fast_maps_write_state(struct fast_maps *m);

/* The next client or node after *key (NULL: the first) into *next. */
bool fast_maps_next(struct fast_maps *m, enum fast_map which, const struct fast_key *key,
		    struct fast_key *next);
void fast_maps_forget(struct fast_maps *m, enum fast_map which, const struct fast_key *key);
/* Shows each client of the tables. */
void fast_maps_each_client(struct fast_maps *m,
			   void (*each)(void *ctx, const struct fast_key *key,
					const struct fast_client_value *v),
			   void *ctx);
/* When the programs saw a client's frame last; 0: never, or no such client. */
int64_t fast_maps_seen(struct fast_maps *m, const struct fast_key *key);
/* What was counted since the maps were made, over all CPUs. */
void fast_maps_counts(struct fast_maps *m, struct fast_counter counts[FAST_COUNTS]);
