/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch - many ip(8) commands in one run, for what need not be fast.
 *
 * Source  ours; ip(8) -batch.
 * Memory  text grows by need; batch_run and batch_fini free it.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct batch {
	FILE *stream;
	char *text;
	size_t len;
};

void batch_init(struct batch *b);
void batch_fini(struct batch *b);

/* Adds one command, without "ip" and newline. */
void batch_add(struct batch *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs all in the namespace with this path (NULL: ours) and ends b. false: one
 * failed; ip told on stderr which, and the rest was not tried. */
bool batch_run(struct batch *b, const char *netns);
