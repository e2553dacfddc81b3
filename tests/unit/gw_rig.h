/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gw_rig - a selection of gateways and what it told.
 *
 * Source  ours.
 * Shape   Node n is called "n<n>" and has two tunnels; byte 1 of its id is n.
 * Memory  the caller's; a pool of 4 MB.
 */
#pragma once
#include "cmocka_all.h"
#include "core/gw/gw.h"

enum { MBIT = 1000000, ROUTES_MAX = 512 };

/* What was told and still holds. */
struct told {
	struct tunnel_key key;
	struct tunnel_to to;
};

struct rig {
	struct pool pool;
	struct gw *g;
	struct told told[ROUTES_MAX];
	size_t count;
	unsigned changes;
	bool lost; /* the last change said so */
	instant now;
};

extern const struct gw_conf roomy;
extern const struct ipv6 tunnels[2];

/* With sources of both families. */
void rig_make(struct rig *rig, struct gw_conf conf);
void rig_end(struct rig *rig);
void sources(struct gw *g);
struct digest id_of(unsigned n);
struct prefix prefix(const char *address, uint8_t bits);
/* One network of node n. */
void offer(struct rig *rig, unsigned n, struct prefix p, uint64_t bps, uint64_t path);
/* For gw_evaluate; only differences may be told. */
void hear(void *ctx, const struct tunnel_key *key, const struct tunnel_to *to, bool lost);
/* Walks until nothing changes. */
void settle(struct rig *rig);

struct told *told_find(struct rig *rig, const struct tunnel_key *key);
bool gateway_equal(const struct tunnel_to *a, const struct tunnel_to *b);
