/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place - the named network namespaces of a town.
 *
 * Source  ours; the files are those of ip-netns(8), so that `ip netns` sees them.
 * Shape   nv-TOWN-WHO, where WHO has no '-': so no town's names are another's.
 *         The place AIR holds what is between the nodes, INTERNET what is behind uplinks.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "town/town.h"

#define PLACE_FOLDER "/run/netns"
#define PLACE_AIR TOWN_NAME_AIR
#define PLACE_INTERNET TOWN_NAME_INTERNET
enum {
	PLACE_NAME_ROOM = 3 + TOWN_NAME_MAX + 1 + WHO_NAME_MAX + 1,
	PLACE_PATH_ROOM = PLACE_NAME_ROOM + 12,
};

/* nv-TOWN-WHO; both names must be good. Returns text. */
char *place_name(const char *town, const char *who, char text[PLACE_NAME_ROOM]);
char *place_path(const char *town, const char *who, char text[PLACE_PATH_ROOM]);

bool place_exists(const char *town, const char *who);
/* Calls found for each place of the town, also of a town that is half made. */
void place_each(const char *town, void (*found)(void *ctx, const char *town, const char *who),
		void *ctx);

/* Sends signal (0: none) to all processes in the town's places; how many there were.
 * We ourselves are left out. A process that changes from one place of the town to
 * another meanwhile is not missed. */
unsigned places_signal(const char *town, int signal);
/* Takes the name away; the kernel frees what was inside when nobody is in it. */
int place_delete(const char *town, const char *who);

/* Enters a place, and goes back to where we were. Negative errno: we did not move. */
int place_enter(const char *town, const char *who, int *back);
void place_leave(int back);
