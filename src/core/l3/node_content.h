/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_content - what the content plane keeps of each node.
 *
 * Source  specs/bmx7.md 4; state table: README.md "State table of a description".
 * Shape   the content plane's own; others do not look inside. There is one for each node: so what
 *         is needed only while something is missing, or wanted, stands aside in a pursuit.
 *         fresh: a description whose signature was not verified yet; whoever sends one can
 *         replace it. candidate: a verified one of which contents are missing, or that is blocked.
 * Memory  embedded in struct l3_node; a pursuit is allocated.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/bucket.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/list.h"

struct described;
struct l3_node;
struct use;
struct use_set;

struct pursuit {
	struct list queue; /* of contents.ready or of a list of contents.wait, or in no list */
	instant at;	   /* when it is its turn, in a list of .wait */
	struct l3_node *node;
	struct digest ask; /* who knows more ... */
	uint8_t ask_port;  /* ... and where */
	uint8_t rounds;	   /* of asking without an answer */
	bool asked;	   /* for the description, in this round */
	bool verifying;	   /* fresh is with a job */
	bool blocked;	   /* candidate is whole, but somebody else has its address */
	uint32_t wanted;   /* a description with this number or a newer one; 0: none */
	struct use *key;   /* the public key; NULL: not wanted yet, or in the description */
	struct described *fresh;
	struct described *candidate;
};

struct node_content {
	struct pursuit *pursuit; /* NULL: nothing is missing */
	struct use_set *uses;	 /* what the description in force needs; NULL: nothing */
	instant accepted;	 /* that description */
	uint32_t refused;	 /* descriptions up to this number are not accepted any more */
	struct bucket news;	 /* descriptions of this node that we look at */
};
