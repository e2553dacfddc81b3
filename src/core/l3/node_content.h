/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_content - what the content plane keeps of each node.
 *
 * Source  specs/bmx7.md 4; state table: README.md "State table of a description".
 * Shape   the content plane's own; others do not look inside.
 *         fresh: a description whose signature was not verified yet; whoever sends one can
 *         replace it. candidate: a verified one of which contents are missing, or that is blocked.
 * Memory  embedded in struct l3_node.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/bucket.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/list.h"

struct described;
struct use;
struct use_set;

struct node_content {
	uint32_t refused;  /* descriptions up to this number are not accepted any more */
	uint32_t wanted;   /* a description with this number or a newer one; 0: none */
	struct digest ask; /* who knows more ... */
	uint8_t ask_port;  /* ... and where */
	uint8_t rounds;	   /* of asking without an answer */
	bool asked;	   /* for the description, in this round */
	struct use *key;   /* the public key; NULL: not wanted yet, or in the description */
	struct described *fresh;
	bool verifying; /* fresh is with a job */
	struct described *candidate;
	struct use_set *uses;	/* what the description in force needs; NULL: nothing */
	instant accepted;	/* that description */
	bool blocked;		/* candidate is whole, but somebody else has its address */
	struct list queue;	/* of contents.ready or of a list of contents.wait, or in no list */
	instant at;		/* when it is its turn, in a list of .wait */
	struct bucket verifies; /* signatures that this node may make us verify */
	struct bucket news;	/* descriptions of this node that we look at */
};
