/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alfred_socket - the unix socket by which programs read and write shared records.
 *
 * Source  specs/alfred.md "Unix socket": alfred -s, -r, -S, -E work with it.
 * Shape   One request a connection, then we close: set, request, server status; a program
 *         that registers for events stays. Who may connect may read; only root may set. Mode and
 * interfaces are not to be changed here: such a request is closed without a word, as alfred closes
 * all, and logged. Who does not write its request, or does not read its answer, within
 *         ALFRED_PATIENCE_MS is cut off; so is who has ALFRED_UNREAD_MAX bytes of events
 *         unread. At most ALFRED_CONNECTIONS_MAX, and ALFRED_ANSWERS_MAX bytes of
 *         answers that are not read yet.
 *         A socket that somebody answers at is left to him; a dead one is replaced.
 * Memory  connections are allocated, and freed when they end.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

#include "base/list.h"
#include "core/fx.h"
#include "node/node.h"

enum {
	ALFRED_PATIENCE_MS = 5000,
	ALFRED_CONNECTIONS_MAX = 64,
	ALFRED_LISTENERS_MAX = 32, /* of these */
	ALFRED_UNREAD_MAX = 64 << 10,
	ALFRED_ANSWERS_MAX = 32 << 20,
	ALFRED_LOOK_MS = 10000, /* whether he is still there who has the path */
};

struct alfred_socket_env {
	const char *path; /* "": no socket */
	const char *bridge, *cloud_port;
	struct node *node; /* its share NULL: no socket */
	struct fx *fx;	   /* of the node */
	uv_loop_t *uv;
};

struct alfred_socket {
	struct alfred_socket_env env;
	bool started, listening;
	bool told_taken;
	uv_pipe_t *listener;
	uv_timer_t look;
	dev_t device; /* of the socket that we made */
	ino_t inode;
	struct list connections;
	unsigned count, listeners;
	size_t unread; /* bytes of answers */
	uint64_t sets, requests, refused, cut;
};

/* What env points to lives longer. */
void alfred_socket_start(struct alfred_socket *s, const struct alfred_socket_env *env);
/* Removes the socket if it is still ours; uv handles are closed. */
void alfred_socket_stop(struct alfred_socket *s);
/* An object; the caller owns it. */
json_t *alfred_socket_status(const struct alfred_socket *s);
