/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * socket - the client's end of the control socket: lines out, lines in.
 *
 * Source  docs/control.md.
 * Shape   blocking, each call with a limit in time. A line from the daemon may
 *         be long, but not endless: SOCKET_LINE_MAX.
 * Memory  the buffer is allocated by need and freed by socket_close.
 */
#pragma once
#include <stddef.h>

enum { SOCKET_LINE_MAX = 64 * 1024 * 1024, SOCKET_FOREVER = -1 };

struct socket {
	int fd;	      /* -1: closed */
	char *buffer; /* what was read and not given out yet */
	size_t room, start, end;
};

/* Connects to RUN_DIR/nuvold.sock. 0, or a negative errno: -ENOENT and
 * -ECONNREFUSED when no daemon listens, -EACCES when we may not. */
int socket_open(struct socket *s, const char *run_dir);
void socket_close(struct socket *s);

/* Sends len bytes and a newline. 0, -ETIMEDOUT, -EPIPE when the daemon left, ... */
int socket_write_line(struct socket *s, const char *line, size_t len, int timeout_ms);

/* The next line, without its newline but with a NUL; valid until the next call.
 * 0; -ETIMEDOUT; -EPIPE when the daemon left; -EINTR when a signal came;
 * -EMSGSIZE: longer than SOCKET_LINE_MAX; -ENOMEM. */
int socket_read_line(struct socket *s, int timeout_ms, char **line, size_t *len);
