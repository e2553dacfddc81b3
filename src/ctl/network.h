/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * network - what the methods about the network of all clouds have in common.
 *
 * Source  ours; read-only views of core/l3.
 * Memory  results are new references, or NULL without memory.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/l3/l3.h"
#include "ctl/method.h"

enum {
	NETWORK_ID_DIGITS_MIN = 6, /* of an id's beginning that stands for it */
	NETWORK_WORDS_ROOM = 320,
};

/* The engine of the network, or NULL after call_refuse. */
const struct l3 *call_network(struct call *call);
/* The Linux name of a port of the network; null when the host has no names. */
json_t *network_port_json(const struct ctl *ctl, uint8_t port);

/* All nodes, in the engine's order; the caller frees. NULL: no memory, *count is 0. */
struct l3_node_view *network_nodes(const struct l3 *l3, instant now, size_t *count);
/* The node that is meant by an id or its beginning, an address or a name. false: call_refuse was
 * called, for this node itself too. */
bool network_find(struct call *call, const struct l3 *l3, const char *text, struct l3_node_view *v);
/* Adds "id" and "name", or with a prefix such as "next_hop" this and "next_hop_name". */
void network_put_node(json_t *o, const char *prefix, const struct l3_node_view *v);
/* "anna", or without a name the id's beginning. */
const char *network_node_words(const struct l3_node_view *v, char words[DIGEST_TEXT]);

/* Adds the members of the way to v, null without one. */
void network_put_way(const struct call *call, const struct l3 *l3, json_t *o,
		     const struct l3_node_view *v);
/* Where packets for v go, "leave by anna on mesh0_18"; only with a way. */
void network_way_words(const struct call *call, const struct l3 *l3, const struct l3_node_view *v,
		       char *words, size_t room);
/* What the neighbours claim, the chosen one first. */
json_t *network_candidates_json(const struct call *call, const struct l3 *l3,
				const struct l3_node_view *v);

json_t *network_node_json(const struct call *call, const struct l3 *l3,
			  const struct l3_node_view *v);
json_t *network_nodes_json(const struct call *call, const struct l3 *l3);
/* Links to neighbours; of one only, or of all with NULL. */
json_t *network_links_json(const struct call *call, const struct l3 *l3, const struct digest *of);
json_t *network_neighbours_json(const struct call *call, const struct l3 *l3);

/* The claim that v's route is by. false: it has no route. */
bool network_chosen(const struct l3 *l3, instant now, const struct l3_node_view *v,
		    struct l3_claim_view *claim);
/* All claims for v's node, allocated; NULL: none, or no memory. */
struct l3_claim_view *network_claims(const struct l3 *l3, instant now, const struct l3_node_view *v,
				     size_t *count);
/* All networks of other nodes, allocated; as above. */
struct l3_network_view *network_networks(const struct l3 *l3, size_t *count);
/* What a node publishes of its links, allocated; as above. */
struct l3_published_view *network_published(const struct l3 *l3, const struct digest *id,
					    size_t *count);

/* "no link to it is good enough, both ways" */
const char *exclusion_words(enum l3_exclusion e);
