/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/world_internal.h"

static void *checked(void *block)
{
	if (!block) {
		fputs("out of memory: try a smaller world\n", stderr);
		exit(1);
	}
	return block;
}

void *world_alloc(size_t size)
{
	return checked(calloc(1, size));
}

void world_grow(void *array, unsigned count, unsigned *room, size_t size)
{
	void *old;

	if (count < *room)
		return;
	memcpy(&old, array, sizeof(old));
	*room = *room ? *room * 2 : 4;
	old = checked(realloc(old, *room * size));
	memcpy(array, &old, sizeof(old));
}
