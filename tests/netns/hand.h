/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hand - what programs share that drive a driver by hand.
 *
 * Source  ours.
 * Shape   words come as lines from standard input, answers go as lines to standard output.
 */
#pragma once
#include <jansson.h>
#include <uv.h>

enum { HAND_LINE_ROOM = 4096 };

struct hand_lines {
	uv_pipe_t in;
	void (*rx)(char *line); /* without its end; uv_stop ends it all, as the input's end does */
	char line[HAND_LINE_ROOM];
	size_t len;
};

void hand_lines_open(struct hand_lines *l, uv_loop_t *uv, void (*rx)(char *line));
/* As one line; o is freed. */
void hand_answer(json_t *o);
/* Closes all that is open in the loop, and the loop. */
void hand_loop_end(uv_loop_t *uv);
