/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pool - the only place where cores get memory: counted and bounded.
 *
 * Source  ours.
 * Shape   used <= limit, in bytes. What does not fit is refused and counted.
 * Memory  every block is given back with its size; pool_fini asserts that
 *         nothing is left out.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool {
	size_t limit_bytes;
	size_t used_bytes;
	uint64_t refused;
};

void pool_init(struct pool *p, size_t limit_bytes);
void pool_fini(struct pool *p);

/* size zeroed bytes, or NULL when the limit (or the system) refuses. */
void *pool_alloc(struct pool *p, size_t size);

/* Counts bytes that are kept elsewhere as if they were of the pool; false: refused. */
bool pool_charge(struct pool *p, size_t size);
void pool_discharge(struct pool *p, size_t size);

/* Gives back what pool_alloc gave for the same size; NULL is ignored. */
void pool_free(struct pool *p, void *block, size_t size);
