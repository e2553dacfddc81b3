/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dnsmasq - the child that serves DHCP, router advertisements and DNS.
 *
 * Source  dnsmasq(8) 2.90.
 * Shape   DOWN -> STARTING (its process is there) -> UP (it says so) -> DOWN, and from
 *         the last two by a wish of ours STOPPING -> DOWN. While it is wanted, DOWN
 *         lasts DNSMASQ_BACKOFF_MS at first, doubled each time it ends soon. At start a
 *         dnsmasq that a former daemon left is stopped first (RUN_DIR/dnsmasq.pid, and
 *         its command line must be ours): it has served in the meantime.
 *         Its lines of log become ours; the last before it ended is why.
 * Memory  the caller embeds the struct; what it points to lives longer.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/clock.h"
#include "drv/run_dir.h"

enum {
	DNSMASQ_BACKOFF_MS = 50,
	DNSMASQ_BACKOFF_MAX_MS = 10000,
	DNSMASQ_GOOD_MS = 10000,	/* it ran so long: what came then is another story */
	DNSMASQ_RESTART_MS = 30,	/* changes of its configuration come together */
	DNSMASQ_RESTART_PACE_MS = 1000, /* and not more often */
	DNSMASQ_PATIENCE_MS = 5000, /* from SIGTERM to SIGKILL: it tells its last events first */
	DNSMASQ_LINE_ROOM = 256,
};

enum dnsmasq_state { DNSMASQ_DOWN, DNSMASQ_STARTING, DNSMASQ_UP, DNSMASQ_STOPPING };

struct dnsmasq {
	uv_loop_t *uv;
	const struct run_dir *run;
	const char *program;
	/* Writes the configuration and all that dnsmasq reads at start. Negative errno. */
	int (*prepare)(void *ctx);
	/* It serves now, or has ended. */
	void (*changed)(void *ctx);
	void *ctx;

	enum dnsmasq_state state;
	bool wanted;
	bool reload;	   /* as soon as it is up */
	long former;	   /* process of a former daemon, on its way out; 0: none */
	int former_signal; /* the last that it got; 0: none */
	instant began;	   /* the last start */
	instant killed;	   /* the last SIGTERM */
	uint64_t backoff_ms;
	uv_process_t *process; /* freed when it is closed */
	uv_timer_t timer;      /* start, restart or kill */
	bool restart_due;
	int log_fd; /* -1: none */
	uv_poll_t *log_poll;
	char line[DNSMASQ_LINE_ROOM];
	size_t line_len;
	char last[DNSMASQ_LINE_ROOM];  /* line that it logged */
	char fault[DNSMASQ_LINE_ROOM]; /* why it does not run; "": it does, or is not wanted */
	uint64_t starts, ends;	       /* ends: that we did not wish */
};

/* uv to ctx are set by the caller. */
void dnsmasq_init(struct dnsmasq *d);
/* Shall it run? Starts or stops it. */
void dnsmasq_want(struct dnsmasq *d, bool wanted);
/* Its configuration has changed. */
void dnsmasq_restart(struct dnsmasq *d);
/* SIGHUP, now or when it is up. */
void dnsmasq_reload(struct dnsmasq *d);
/* Ends it, waits for that, takes its files away. uv handles are closed. */
void dnsmasq_fini(struct dnsmasq *d);

/* Its process; 0: none. */
long dnsmasq_pid(const struct dnsmasq *d);
/* "down", "starting", "up", "stopping" */
const char *dnsmasq_state_name(enum dnsmasq_state s);
