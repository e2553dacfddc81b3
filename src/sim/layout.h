/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout - where the nodes of a town stand, who hears whom, and which cloud each is of.
 *
 * Source  ours; NetJSON (http://netjson.org/rfc.html) NetworkGraph for files.
 * Shape   Nodes and links by index; a link joins two nodes, a before b in number, once. Every
 *         layout that is made here is connected; clouds are, too: each node is of the nearest of
 *         as many centres, which are as far apart as they can be.
 * Units   metres. No floats decide anything.
 * Memory  layout_fini frees.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/prng.h"
#include "sim/world.h"

enum {
	LAYOUT_NODES_MAX = 30000,
	LAYOUT_CLOUDS_MAX = 200,
	LAYOUT_RANGE_M = 100, /* of a radio */
	LAYOUT_FAN = 3,	      /* of a tree: who hangs from a node */
	LAYOUT_NAME_ROOM = 48,
	LAYOUT_FAULT_ROOM = 240,
};

enum layout_shape {
	LAYOUT_LINE,
	LAYOUT_RING,
	LAYOUT_GRID,
	LAYOUT_TREE,
	LAYOUT_TOWN, /* at random, who is in range hears each other */
	LAYOUT_FILE, /* NetJSON */
	LAYOUT_SHAPES
};

struct layout_node {
	int32_t x_m, y_m;
	uint16_t cloud;
	char name[LAYOUT_NAME_ROOM];
};

struct layout_link {
	uint16_t a, b;
	uint16_t loss; /* of WORLD_LOSS_ALL, each way */
};

struct layout {
	struct layout_node *node;
	unsigned nodes, node_room;
	struct layout_link *link;
	unsigned links, link_room;
	unsigned clouds;
	bool has_places;      /* of a file: its nodes say where they stand */
	uint16_t *near;	      /* neighbours of all nodes one after the other; */
	uint32_t *near_first; /* ... where those of each begin, and of one more */
};

/* "grid", or NULL behind the last. */
const char *layout_shape_name(enum layout_shape s);

/* Makes a layout without clouds. wide: of a grid, else ignored; nodes >= 1. */
void layout_make(struct layout *l, enum layout_shape shape, unsigned nodes, unsigned wide,
		 struct prng *prng);
/* Reads a NetworkGraph: nodes by "id", and where all have them "x_m" and "y_m" of "properties";
 * links by "source", "target", and "cost" as ETX. false: fault says why; nothing is to be freed. */
bool layout_read(struct layout *l, const char *path, char fault[LAYOUT_FAULT_ROOM]);
void layout_fini(struct layout *l);

/* Divides it among so many clouds, at most one for each node. */
void layout_divide(struct layout *l, unsigned clouds);

/* What the world of a layout is made of. */
struct layout_media {
	bool radio; /* one channel that all share; else each link is a wire of its own */
	struct segment_conf conf;
};
/* Makes the nodes, in order, with SSIDs whose VLANs differ from cloud to cloud, and their
 * segments. */
void layout_build(const struct layout *l, struct world *w, const struct node_conf *conf,
		  const struct layout_media *media);
