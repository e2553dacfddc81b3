/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place - where things are in the cloud, read from the engine.
 *
 * Source  ours; read-only.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "base/mac.h"
#include "core/l2/l2.h"

struct node;

/* Is m a node of the cloud, this one included? */
bool place_is_node(const struct node *x, struct mac m);

/* Has originator m sent a client table? Every node does with its OGMs; the further
 * ports of a neighbour, which are originators of their own, never do. */
bool place_has_table(const struct node *x, struct mac m);

/* How many originators have one: the other nodes. */
size_t place_node_count(const struct node *x);

/* All clients, in the engine's order; the caller frees. NULL: no memory, or none
 * (then *count is 0). */
struct l2_client_view *place_clients(const struct node *x, size_t *count);

/* The node where client m is (this one too); the first VLAN that has a home
 * counts. false: nobody announces it; *node is unchanged. */
bool place_of_client(const struct node *x, struct mac m, struct mac *node);
