/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exits - what the methods tell of the gateways that clients go to the Internet by.
 *
 * Source  ours; read-only views of node/exits.
 * Memory  results are new references, or NULL without memory.
 */
#pragma once
#include <jansson.h>
#include "ctl/method.h"
#include "node/exits.h"

/* A client: a MAC, an IPv4 address or a name. false: call_refuse was called. */
bool exits_client_find(struct call *call, const char *client, struct mac *mac);
/* Who it is, what people prefer for it, and by which gateway it goes, for each family. */
json_t *exits_client_json(const struct call *call, struct mac mac);
/* "client phone (06:..) goes to the Internet by gina (IPv4: its connections are there) ..." */
void exits_client_words(const struct call *call, struct mac mac, char *words, size_t room);
/* Puts "preferred", "preferred_name" and "strict". */
void exits_preferred_put(const struct call *call, json_t *o, const struct tunnel_preference *p);
/* The gateway that a word of people means, or none ("auto"). false: call_refuse was called. */
bool exits_preference_read(struct call *call, const struct param_value *gateway,
			   const struct param_value *mode, struct tunnel_preference *p);
