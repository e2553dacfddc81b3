/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shared - what many nodes of one process know alike, and need only once.
 *
 * Source  ours. A simulator's host gives it; nuvold has one node and gives none.
 * Shape   Objects by a digest that says all about what is in them; they never change once they are
 *         filled. Whether they are shared decides nothing: each user counts the whole in its pool.
 * Memory  the host's; an object lives as long as somebody uses it.
 */
#pragma once
#include <stddef.h>
#include "base/digest.h"

struct shared {
	/* That with this name, in use once more; NULL: there is none. */
	void *(*take)(struct shared *s, const struct digest *name);
	/* A new one of size bytes in use once, for the caller to fill at once; NULL: no memory. */
	void *(*make)(struct shared *s, const struct digest *name, size_t size);
	/* In use once less. */
	void (*drop)(struct shared *s, const struct digest *name);
};
