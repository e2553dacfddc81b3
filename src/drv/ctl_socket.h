/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_socket - the control socket: lines in, lines out.
 *
 * Source  DESIGN 4, ctl/ctl.h.
 * Shape   A unix stream socket, mode 0660, of the group nuvol where there is one:
 *         its members may ask, root may change. A connection that sends a line
 *         longer than CTL_LINE_MAX, or does not read what it asked for
 *         (CTL_QUEUE_MAX), is cut off. At most CTL_CONNECTIONS_MAX.
 * Memory  connections are allocated, and freed when they end.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/list.h"
#include "ctl/ctl.h"

enum { CTL_QUEUE_MAX = 4 << 20, CTL_CONNECTIONS_MAX = 64 };

#define CTL_GROUP "nuvol"

/* Is it root who is connected? Only he may change things. */
bool ctl_socket_is_root(const uv_pipe_t *pipe);

struct ctl_socket {
	uv_pipe_t listener;
	struct list connections;
	unsigned count;
	struct ctl *ctl;
	/* A whole line of a client came. */
	void (*line)(void *ctx, struct ctl_client *client, const char *line, size_t len);
	void *ctx;
};

/* Binds path, whose old socket is removed: the caller holds the folder's lock.
 * ctl, line and ctx are set by the caller. Negative errno. */
int ctl_socket_open(struct ctl_socket *s, uv_loop_t *loop, const char *path);
/* Ends all connections and removes the socket; uv calls back until it has closed. */
void ctl_socket_close(struct ctl_socket *s, const char *path);
