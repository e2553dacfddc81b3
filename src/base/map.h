/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * map - an intrusive hash table.
 *
 * Source  ours.
 * Shape   chains in a table of 2^n slots that doubles when there are more
 *         nodes than slots. The caller computes a hash (map_hash) and compares
 *         keys itself:
 *             for (n = map_first(m, h); n; n = map_next(n))
 *                     if (key equal) return container_of(n, ...);
 *         There is no walk over a whole map, on purpose: hash order must
 *         decide nothing. Keep a list beside it.
 * Memory  nodes are embedded in the caller's objects; the slot table comes
 *         from the pool.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/pool.h"

struct map_node {
	struct map_node *next;
	uint32_t hash;
};

struct map {
	struct pool *pool;
	struct map_node **slot;
	uint32_t slots; /* 0 or a power of two */
	uint32_t count;
	uint64_t key; /* secret that keeps strangers from choosing collisions */
};

void map_init(struct map *m, struct pool *pool, uint64_t key);
/* Frees the slot table; the nodes must be out already. */
void map_fini(struct map *m);

uint32_t map_hash(const struct map *m, const void *data, size_t len);

/* false: no memory for the slot table; the node is not in. */
bool map_add(struct map *m, struct map_node *n, uint32_t hash);
void map_del(struct map *m, struct map_node *n);

/* The first node with this hash, or NULL; and the next with the same. */
struct map_node *map_first(const struct map *m, uint32_t hash);
struct map_node *map_next(const struct map_node *n);
