/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fast - the fast path: payload of the cloud is forwarded by the kernel, by our programs.
 *
 * Source  bpf/README.md.
 * Shape   Off, or on from start to end. On: what the node tells of its tables goes into the
 *         programs' maps; what these counted and saw is told to the node each second. The
 *         portable path goes on for all that the programs pass up, and for ports in a
 *         bridge, which the kernel asks before other listeners.
 *         After a crash the programs go on with their tables. A daemon with the same programs
 *         takes the tables over: until it has learnt its world (FAST_HOLD_S) it writes only
 *         what is complete, then it compares all.
 *         Where nuvold is built without it, fast_none.c is there instead.
 * Memory  embedded; its uv handle is closed by the host.
 */
#pragma once
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "bpf/tables.h"
#include "conf/host_conf.h"
#include "core/forwarding.h"
#include "drv/fast_maps.h"
#include "drv/lan.h"
#include "drv/netlink.h"
#include "drv/packet.h"
#include "node/node.h"

enum {
	FAST_TICK_MS = 1000,
	FAST_HOLD_S = 10,
	FAST_HOLD_TICKS = FAST_HOLD_S * 1000 / FAST_TICK_MS,
};

struct fast_env {
	enum host_datapath datapath;
	struct node *node;
	struct lan *lan; /* knows what we made, and must undo */
	struct netlink *ask;
	uv_loop_t *uv;
};

struct fast_link {
	uint32_t ifindex; /* 0: none */
	bool attached;
	bool told; /* the node said that it is up */
	char name[IFNAMSIZ];
	bool is_veth;
};

struct fast {
	struct fast_env env;
	bool on;
	const char *fault; /* why it is off, for people */
	struct fast_maps maps;
	struct fast_link port[PORT_MAX];
	uint32_t cloud; /* ifindex of bat0, with a program */
	uv_timer_t timer;
	bool compare;			       /* all tables, soon */
	unsigned ticks;			       /* FAST_TICK_MS each */
	int64_t seen_us;		       /* up to when clients' frames were told */
	struct fast_counter told[FAST_COUNTS]; /* counted up to now */
};

/* Tables that were taken over are only completed yet. */
static inline bool fast_is_holding(const struct fast *f)
{
	return f->maps.adopted && f->ticks < FAST_HOLD_TICKS;
}

/* What is configured, or what NUVOL_DATAPATH says instead. */
enum host_datapath fast_wanted(enum host_datapath configured);
/* false: the node cannot be as configured. */
bool fast_start(struct fast *f, const struct fast_env *env);
/* Programs, filters and settings go. */
void fast_stop(struct fast *f);

void fast_effect(struct fast *f, const struct fx_forwarding *told);
/* Before the loop sleeps: compares all, when that was asked for. */
void fast_settle(struct fast *f);
/* bat0 is there (anew). */
void fast_cloud(struct fast *f, uint32_t ifindex);
/* Port carries the mesh with a socket like c (NULL: no more). True: the program sees frames
 * first, and what it passes up has its mark. */
bool fast_port(struct fast *f, uint8_t port, const char *name, const struct packet_conf *c);
