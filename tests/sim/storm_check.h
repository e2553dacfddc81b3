/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storm_check - what must be true in a town that came to rest.
 *
 * Source  ours.
 * Shape   Each says NULL when all is right, else what is wrong, in a text that
 *         lives until the next call.
 */
#pragma once
#include "storm_town.h"

/* Every node has a route to each one that it can reach, and knows each client that a
 * node in reach serves, exactly there, and announced. */
const char *check_tables(struct town *t);
/* The ways lead to their ends, without circles. */
const char *check_ways(struct town *t);
/* Counts and CRCs are those that a recount gives; tables are within their limits. */
const char *check_inside(struct town *t);

/* A frame between each pair of clients comes exactly once, whatever its size, and to
 * nobody else. Lets time pass. */
const char *check_unicast(struct town *t);
/* A broadcast of each client comes exactly once to each other one in reach; it leaves
 * each port once (three times on wifi). Lets time pass. */
const char *check_broadcast(struct town *t);
/* In this time nobody asks for a table or announces anything out of turn, and all
 * deadlines move on. Lets it pass. */
const char *check_rest(struct town *t, span duration);
/* No client is known anywhere, nothing waits, and memory is what it was (bytes of
 * each node; room: what may be left behind for each originator). */
const char *check_empty(struct town *t, const size_t *used_bytes, size_t room_bytes);
