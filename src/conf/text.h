/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text - a text that grows.
 *
 * Source  ours.
 * Shape   when memory runs out it becomes failed for good; ask once, at the end.
 * Memory  data is malloc'ed; text_take hands it to the caller.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct text {
	char *data;
	size_t len, room;
	bool failed;
};

void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The whole text; NULL when it failed. The caller frees. t is empty then. */
char *text_take(struct text *t);
