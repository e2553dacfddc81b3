/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inside - programs that run in a node or client of a town.
 *
 * Source  ours.
 * Shape   A program finds its place's network, its name as hostname, `nuvol` in
 *         PATH, and in a node the folder of its daemon at LAB_NODE_RUN, where
 *         `nuvol` looks for it; in a client by DHCP, the name servers that it was told.
 *         In an argv, @NAME is the IPv4 address of that node or client, @NAME.ipv6
 *         its IPv6 address in its cloud and @NAME.mac its MAC (of a node: the primary one).
 */
#pragma once
#include "nuvol-lab/lab.h"

/* The texts that a struct spawn points to. */
struct inside {
	char netns[PLACE_PATH_ROOM];
	char shown[LAB_PATH_ROOM];
	char hostname[WHO_NAME_MAX + 1];
	char path[2 * PATH_MAX];
	const char *environment[3];
};

/* false: told that there is no such node or client. */
bool inside_init(struct inside *room, const struct lab *lab, const char *who, struct spawn *how);

/* Runs argv to its end, at most for at_most, with folder as working directory; its
 * stderr goes to its stdout. The exit status, or a negative errno; told when there
 * is no such place. output: to be freed. */
int inside_run(const char *town, const char *folder, const char *who, const char *const *argv,
	       span at_most, char **output);
/* Starts it beside us; see process_start. false: told why. */
bool inside_start(const char *town, const char *folder, const char *who, const char *const *argv,
		  const char *log, struct process *p);

/* What a status other than 0 means, in words. */
void inside_fault(int status, char *text, size_t room);
