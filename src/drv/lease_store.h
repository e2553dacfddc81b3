/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lease_store - the leases that survive a restart, a crash and a power loss.
 *
 * Source  ours.
 * Shape   STATE_DIR/leases is a log of lines, one for each change, the newest of a MAC
 *         holds: "MAC IP SINCE VERSION LEFT WRITTEN NAME CRC", LEFT in seconds from
 *         WRITTEN (Unix time) on, 0: forgotten; NAME is - for none; CRC is crc32c of what
 *         is before it. A line that was torn or damaged is left out, and counted. What
 *         changed is written in the same turn of the loop, so that our own death loses
 *         nothing, and synced at most once a LEASE_STORE_MS, by a thread of uv's pool, so
 *         that a slow disk stops nobody. A log that has more old than new lines is
 *         written anew, beside it, and renamed.
 * Memory  at most LEASE_STORE_MAX leases; more are not kept, and counted.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "conf/text.h"
#include "core/lease.h"
#include "drv/run_dir.h"

enum {
	LEASE_STORE_MAX = 65536,
	LEASE_STORE_MS = 1000,
	LEASE_STORE_CLOCK_S = 10, /* off by so much is of no matter */
	LEASE_LINE_ROOM = 192
};

/* A lease as a line with its end, into text; returns text. */
char *lease_line_print(const struct lease *l, uint32_t now_unix_s, char text[LEASE_LINE_ROOM]);
/* A line without its end; left_s becomes what is left now: by the wall clock, but never
 * more than was written, and all of it when the clock went back. false: damaged. */
bool lease_line_parse(const char *line, uint32_t now_unix_s, struct lease *l);

struct lease_store {
	char path[RUN_PATH_ROOM];
	struct pool pool;
	struct map by_mac;
	struct list all;     /* struct kept_lease */
	uint32_t lines;	     /* in the file */
	struct text pending; /* lines that are not in it yet */
	int fd;		     /* open to append; -1: not now */
	bool open;
	bool rewrite;  /* it is to be written anew */
	bool unsynced; /* the disk has not all of it */
	uv_timer_t flush, sync;
	enum { STORE_IDLE, STORE_SYNCING, STORE_REWRITING } doing; /* by the thread */
	struct text anew;					   /* what it writes */
	uv_work_t work;
	uv_sem_t done; /* by the thread */
	instant began;
	int64_t clock_s; /* of the wall, when this machine had started, as lines count */
	int result;	 /* of the thread: 0 or a negative errno */
	int fault;	 /* the last result, for the status */
	uint64_t writes; /* that were synced */
	uint32_t damaged, refused;
};

/* dir is made if need be. What the file holds is shown one by one, in the order of the
 * last change, and then kept. Negative errno: nothing will be kept over a restart. */
int lease_store_open(struct lease_store *s, uv_loop_t *uv, const char *dir,
		     void (*show)(void *ctx, const struct lease *l), void *ctx);
/* left_s 0: forget it. Nothing when the store is not open. */
void lease_store_keep(struct lease_store *s, const struct lease *l);
/* Now and then: where the wall clock was set (a machine without one of its own has heard the
 * time), lines that count from before would have ended long ago; they are written anew. */
void lease_store_check_clock(struct lease_store *s);
/* The name that a client had; "" when none is known. */
void lease_store_find_name(const struct lease_store *s, struct mac mac, char name[LEASE_NAME_ROOM]);
/* Writes what is pending and waits for it. */
void lease_store_close(struct lease_store *s);
/* How many leases are kept. */
uint32_t lease_store_count(const struct lease_store *s);
