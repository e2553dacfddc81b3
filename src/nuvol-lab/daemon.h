/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon - the nuvold of each node: its start and its end.
 *
 * Source  ours.
 * Shape   false: told why. What changed is in *lab; the caller saves it.
 */
#pragma once
#include "nuvol-lab/lab.h"

/* How long a daemon may take to answer on its socket, and to end. */
#define DAEMON_READY_SPAN span_s(15)
#define DAEMON_STOP_SPAN span_s(5)

/* Finds NAME beside this program's own build or install folder, else in PATH: into
 * path, "" when there is none. */
void program_find(const char *name, char path[PATH_MAX]);

/* Writes the node's configuration file. */
bool daemon_configure(struct lab *lab, unsigned node);
/* Starts it, without waiting; harmless when it runs. */
bool daemon_launch(struct lab *lab, unsigned node);
/* Waits until it answers. */
bool daemon_await(struct lab *lab, unsigned node);
/* Lets it end in order, or kills it at once; harmless when it does not run. */
bool daemon_stop(struct lab *lab, unsigned node);
bool daemon_kill(struct lab *lab, unsigned node);

/* Runs `nuvol --run-dir ... COMMAND --json` for a node. NULL: no answer. */
struct json_t;
struct json_t *daemon_ask(const struct lab *lab, unsigned node, const char *command);
