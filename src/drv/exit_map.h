/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exit_map - packets of clients go into the table of the gateway that the client is pinned to; and
 * who sends to the Internet.
 *
 * Source  core/tunnel.h, TUNNEL_CLIENT and TUNNEL_SEEN; ip-rule(8), nft(8).
 * Shape   A table of nftables of our own. A map from a client's MAC to a mark, for each family,
 *         marks what comes in by the LAN, if nobody else has; the mark is the number of the routing
 *         table, and rules lead there:
 *           TUNNEL_CLIENT_PREFERENCE - 2  what is marked: main, suppress_prefixlength 0
 *           TUNNEL_CLIENT_PREFERENCE - 1  ... STEER_TUNNELS, suppress_prefixlength 0
 *           TUNNEL_CLIENT_PREFERENCE      each mark: its table (drv/tunnel.h makes these)
 *         So a client costs an element, not a rule, and a packet the same with one or with
 *         thousands. A set keeps for EXIT_MAP_BUSY_S who has sent something to an address of
 *         the Internet; it is read each EXIT_MAP_LOOK_MS.
 *         Both kinds of tunnels are alike to it. Without nftables nothing is pinned.
 * Memory  at most EXIT_MAP_MAX clients in a pool of its own; more are refused and counted.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "core/ev.h"
#include "core/tunnel.h"
#include "drv/nft_table.h"

enum {
	EXIT_MAP_MAX = 16384,
	EXIT_MAP_BUSY_S = 2,
	EXIT_MAP_LOOK_MS = 250, /* so late a client gets its first pin */
};

struct exit_map {
	/* set by the caller */
	struct netlink *ask; /* for rules */
	const char *bridge, *anygw;
	void (*tell)(void *ctx, const struct ev *ev);
	void *ctx;

	bool wanted; /* there was a tunnel or an uplink that clients may use */
	struct nft_table table;
	uv_timer_t look;
	struct pool pool;
	struct map map;
	struct list all;
	struct list dirty[2]; /* the kernel has something else; by family */
	uint32_t count;
	uint64_t refused;
	uint64_t told;					    /* messages about elements */
	uint8_t seen[TUNNEL_SEEN_MAX * sizeof(struct mac)]; /* while they are read */
	size_t seen_len;
};

void exit_map_start(struct exit_map *m, uv_loop_t *uv);
/* Takes away what we made; waits for that. */
void exit_map_stop(struct exit_map *m);
/* There is somebody to leave by: from now on, who sends is looked at. */
void exit_map_want(struct exit_map *m);
/* TUNNEL_CLIENT. In force with the next settle. */
void exit_map_set(struct exit_map *m, const struct tunnel_client *c);
/* Before the loop sleeps. */
void exit_map_settle(struct exit_map *m);
/* Now and then: is all still there? */
void exit_map_check(struct exit_map *m);
/* What is to be in force, as text for nft. NULL: no memory. The caller frees. */
char *exit_map_rules(struct exit_map *m);
json_t *exit_map_status(const struct exit_map *m);
