/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record_file - the file of nuvold --record.
 *
 * Source  node/record.h; nuvold(8).
 * Shape   One a process: crypto functions have no context. An input is written before the node
 *         hears of it, so that a daemon that dies leaves all that it was told. A record must
 *         have its beginning: at its limit, and when it cannot be written, it ends and the node
 *         goes on without.
 * Memory  embedded by the caller; large.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "node/recorder.h"

enum { RECORD_FILE_MAX_MB = 64 }; /* when people say nothing */

struct record_file_conf {
	const char *path; /* NULL: no record */
	uint64_t max_bytes;
};

struct record_file {
	struct recorder recorder;
	struct record_file_conf conf;
	struct node *node; /* that is recorded; NULL: none any more */
	int fd;		   /* -1: none */
	uint64_t written;
};

/* Begins the file of f->conf, which only its owner may read; one that is there gets ".old" behind
 * its name. conf, now and seed are those of node_init; returns its crypto. NULL: it cannot be
 * written, and why was logged. */
const struct crypto *record_file_begin(struct record_file *f, const struct conf *conf, instant now,
				       uint64_t seed);
/* The node was made; from here on its doings are written. */
void record_file_watch(struct record_file *f, struct node *x);
/* Before the loop sleeps. */
void record_file_settle(struct record_file *f);
/* The node ends; harmless when nothing was begun. */
void record_file_end(struct record_file *f);
