/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ask - questions to the daemon, and what to do when there is no answer.
 *
 * Source  docs/control.md.
 * Memory  results are new references; params (may be NULL) are always taken.
 */
#pragma once
#include <jansson.h>
#include "nuvol/command.h"
#include "nuvol/socket.h"

enum { ASK_TIMEOUT_MS = 5000 };

/* Connects. Otherwise the reason was told on stderr: EXIT_NO_DAEMON with how to
 * start it, EXIT_FAILED when we may not. */
enum exit_code ask_open(const struct cli *cli, struct socket *s);

/* One question; *answer is the whole object, with "result" or "error". EXIT_FAILED
 * or EXIT_NO_DAEMON (it left): told on stderr. EXIT_OK with *answer NULL: a signal
 * came while waiting. */
enum exit_code ask_raw(const struct cli *cli, struct socket *s, const char *method, json_t *params,
		       int timeout_ms, json_t **answer);

/* Takes answer and gives its result. An error was told on stderr: EXIT_USAGE when
 * the question was wrong, else EXIT_FAILED. */
enum exit_code ask_result(const struct cli *cli, json_t *answer, json_t **result);

/* All of the above on a connection of its own. */
enum exit_code ask_once(const struct cli *cli, const char *method, json_t *params, json_t **result);

/* Says on stderr that the connection broke, by a negative errno. */
enum exit_code ask_broken(const struct cli *cli, int error);
