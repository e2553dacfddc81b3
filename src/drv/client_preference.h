/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client_preference - which gateways people prefer for single clients, kept over restarts.
 *
 * Source  ours; core/tunnel.h TUNNEL_KEEP_CLIENT, TUNNEL_RECALL_CLIENT.
 * Shape   a file in the state folder, a line each: the client's MAC, the version, the node's id,
 *         and "wish" or "strict". Each node keeps those of the whole cloud. Written
 *         CLIENT_PREFERENCE_MS after a change, and when the daemon ends.
 * Memory  at most CLIENT_PREFERENCES_MAX; more are not kept.
 */
#pragma once
#include <stdbool.h>
#include <uv.h>

#include "conf/host_conf.h"
#include "core/ev.h"
#include "drv/run_dir.h"

enum { CLIENT_PREFERENCES_MAX = 1024, CLIENT_PREFERENCE_MS = 500 };

struct client_preferences {
	const struct host_conf *host;
	const struct run_dir *run;
	struct tunnel_client_preference at[CLIENT_PREFERENCES_MAX];
	unsigned count;
	bool changed; /* since it was written */
	uv_timer_t later;
};

/* Tells what was kept. A line that makes no sense, and all behind it, is none. */
void client_preferences_start(struct client_preferences *p, const struct host_conf *host,
			      const struct run_dir *run, uv_loop_t *uv,
			      void (*tell)(void *ctx, const struct ev *ev), void *ctx);
/* TUNNEL_KEEP_CLIENT; before the start it does nothing. A fault is logged. */
void client_preferences_keep(struct client_preferences *p,
			     const struct tunnel_client_preference *one);
/* Writes what is not yet. uv: the timer is closed by whoever ends the loop. */
void client_preferences_stop(struct client_preferences *p);
