/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table - rows and columns of text, as wide as their content.
 *
 * Source  ours.
 * Shape   Cells are added one by one, row after row. Two blanks between columns,
 *         none at a line's end. A width is counted in characters of UTF-8.
 * Memory  cells are copied; table_fini frees them. Without memory the program ends.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum tone { TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_FAINT, TONE_TITLE };

struct column {
	const char *title; /* NULL in the first: no title line */
	bool right;	   /* numbers */
};

struct cell;

struct table {
	const struct column *columns;
	unsigned width; /* number of columns */
	struct cell *cells;
	size_t count, room;
};

void table_init(struct table *t, const struct column *columns, unsigned width);
void table_fini(struct table *t);

void table_add(struct table *t, enum tone tone, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints whole rows; indent blanks before each. */
void table_print(const struct table *t, FILE *out, bool colour, int indent);

/* The sequences that begin and end a tone, "" without colour. */
const char *tone_begin(enum tone tone, bool colour);
const char *tone_end(enum tone tone, bool colour);
