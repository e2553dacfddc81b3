/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * medium - the process that carries the frames of radios and of slow or lossy wires.
 *
 * Source  ours; linux/if_tun.h.
 * Shape   One process for each town. Its interfaces are TAPs in the nodes'
 *         namespaces; it reads what a node sends and gives it, by the rules of
 *         air.h, to the nodes that hear it. When it ends, the interfaces go.
 *         It listens on a socket for requests, one a connection: a line of text
 *         in, the answer out, where a fault begins with "error: ".
 *             cut SEGMENT NODE carrier|silent
 *             heal SEGMENT NODE
 *             counters          a JSON object, by segment and node
 */
#pragma once
#include "town/town.h"

/* Makes the interfaces, prints "ready" on stdout and serves until SIGTERM. The
 * exit status: 0, or 1 after saying on stderr why. */
int medium_serve(const struct town *t, const char *socket_path);

/* Asks the medium's process. The answer is the caller's to free; NULL: nobody is there. */
char *medium_ask(const char *socket_path, const char *request);
