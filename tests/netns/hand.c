/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hand.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void room(uv_handle_t *h, size_t size, uv_buf_t *buf)
{
	struct hand_lines *l = h->data;

	(void)size;
	*buf = uv_buf_init(l->line + l->len, (unsigned)(HAND_LINE_ROOM - 1 - l->len));
}

static void came(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct hand_lines *l = s->data;
	char *end;

	(void)buf;
	if (n < 0) {
		uv_stop(s->loop);
		return;
	}
	l->len += (size_t)n;
	while ((end = memchr(l->line, '\n', l->len))) {
		size_t used = (size_t)(end - l->line) + 1;

		*end = '\0';
		l->rx(l->line);
		memmove(l->line, l->line + used, l->len - used);
		l->len -= used;
	}
}

void hand_lines_open(struct hand_lines *l, uv_loop_t *uv, void (*rx)(char *line))
{
	l->rx = rx;
	l->len = 0;
	uv_pipe_init(uv, &l->in, 0);
	l->in.data = l;
	uv_pipe_open(&l->in, STDIN_FILENO);
	uv_read_start((uv_stream_t *)&l->in, room, came);
}

void hand_answer(json_t *o)
{
	json_dumpf(o, stdout, JSON_COMPACT);
	puts("");
	fflush(stdout);
	json_decref(o);
}

static void handle_close(uv_handle_t *h, void *ctx)
{
	(void)ctx;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

void hand_loop_end(uv_loop_t *uv)
{
	uv_walk(uv, handle_close, NULL);
	while (uv_run(uv, UV_RUN_DEFAULT))
		;
	uv_loop_close(uv);
}
