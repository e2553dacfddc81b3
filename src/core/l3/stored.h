/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stored - contents by their hash: those that descriptions consist of, and public keys.
 *
 * Source  specs/bmx7.md 4.2.
 * Shape   A content is there as long as somebody uses it: a description, or a node as its key.
 *         Without bytes it is wanted: only such are taken from the network. So the table holds
 *         nothing that nobody asked for, and its size follows from the limits of nodes and
 *         descriptions.
 * Memory  allocated from the pool.
 */
#pragma once
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/list.h"
#include "base/map.h"
#include "core/l3/description.h"
#include "wire/bmx7_frame.h"

struct l3;
struct l3_node;

struct stored {
	struct map_node by_hash;
	struct digest hash;
	struct list uses;
	uint8_t *bytes; /* flags and body; NULL: wanted */
	size_t len;
	struct bmx7_content c; /* points into bytes */
	instant asked;	       /* last request; meaningless before the first */
	bool was_asked;
};

struct use {
	struct list of_stored;
	struct list of_user; /* struct described.uses, or in no list */
	struct stored *stored;
	struct l3_node *node; /* whom it concerns */
};

struct stored *stored_find(const struct l3 *l3, const struct digest *hash);
/* Gives bytes (flags and body, well formed) to a content. false: no memory. */
bool stored_fill(struct l3 *l3, struct stored *s, const uint8_t *bytes, size_t len);

/* The key of a node as the content that it is; bytes of d. */
struct bmx7_content stored_key(const struct description *d);

/* node uses the content from now on; the key of a node that is described is there at once, from
 * its description. NULL: no memory. */
struct use *use_new(struct l3 *l3, const struct digest *hash, struct l3_node *node);
/* The last use of a content takes it along. NULL is ignored. */
void use_free(struct l3 *l3, struct use *u);
