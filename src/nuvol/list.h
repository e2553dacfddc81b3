/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list - what the commands that show a list of the daemon's have in common.
 *
 * Source  ours.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "nuvol/command.h"
#include "nuvol/table.h"

/* Asks a method; params may be NULL and are taken. True: *result is to be shown as a
 * table; false: *status is the exit status (JSON was printed, or it failed). */
bool list_ask(const struct cli *cli, const char *method, json_t *params, json_t **result,
	      enum exit_code *status);

/* The daemon's order means nothing to people: a list of the members in theirs.
 * The caller frees; *count as in list. compare gets what row_of takes; NULL: as they are. */
const json_t **list_sort(const json_t *list, int (*compare)(const void *, const void *),
			 size_t *count);
const json_t *row_of(const void *p);
int by_mac(const json_t *a, const json_t *b);

/* All of a list as a table, sorted; without rows only the words of none (may be NULL). */
struct list_shape {
	const struct column *columns;
	unsigned width;
	int indent;				    /* blanks before each line */
	int (*compare)(const void *, const void *); /* NULL: the daemon's order tells something */
	void (*row)(struct table *t, const json_t *one);
	const char *none;
};

void list_print(const struct cli *cli, const struct list_shape *shape, const json_t *list);
/* The same of a list that lacks so many more. */
void list_print_cut(const struct cli *cli, const struct list_shape *shape, const json_t *list,
		    int64_t more);

/* One list of the cloud, one of the network (the member "network"), each if it is there. */
enum exit_code list_both(const struct cli *cli, const char *method, const struct list_shape *cloud,
			 const struct list_shape *network);
