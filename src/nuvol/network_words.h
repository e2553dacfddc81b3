/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * network_words - the network of all clouds as people read it.
 *
 * Source  ours.
 */
#pragma once
#include <jansson.h>
#include "nuvol/command.h"
#include "nuvol/list.h"
#include "nuvol/words.h"

/* The tables of nodes and of links. */
extern const struct list_shape network_nodes;
extern const struct list_shape network_neighbours;

/* The answer of "why" about a route. */
void network_why_print(const struct cli *cli, const json_t *result);
void network_candidates_print(const struct cli *cli, const json_t *list);

/* "Address    fd70::1", as commands about the network show one thing. */
void network_line(const struct cli *cli, const char *name, const char *text);
/* "TITLErx 12, forged 3": those that are not 0; nothing when all are. */
void network_counters_print(const char *title, const json_t *counters);

/* Adds a cell with the beginning of "id". */
void network_id_cell(struct table *t, const json_t *o);
/* Adds a cell with a node's name, or the beginning of its id: of "id" and "name", or with a
 * prefix such as "next_hop" of this and "next_hop_name". */
void network_node_cell(struct table *t, const json_t *o, const char *prefix);
/* Cells of a way: next hop, port, rate, hops. */
void network_way_cells(struct table *t, const json_t *o);
