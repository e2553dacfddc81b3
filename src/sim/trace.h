/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace - what nodes are told, tell people and have done, a line each: seconds, node, what.
 *
 * Source  ours.
 */
#pragma once
#include <stdio.h>
#include "node/witness.h"

struct trace_line {
	FILE *out;
	instant at;
	const char *who;
};

void trace_effect(const struct trace_line *t, const struct effect *e);
void trace_input(const struct trace_line *t, const struct node_input *in);
