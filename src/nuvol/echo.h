/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * echo - what ping and traceroute share: one echo, the numbers of their options,
 * waiting that Ctrl-C ends.
 *
 * Source  docs/control.md, method "ping".
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "nuvol/ask.h"

enum { ECHO_HOPS_MAX = 50, ECHO_TIMEOUT_MAX_S = 60 };

/* From now on Ctrl-C (and SIGTERM) end waiting, not the program: statistics come first. */
void echo_catch_interrupt(void);
bool echo_interrupted(void);

int64_t echo_now_ms(void);
void echo_wait_until(int64_t until_ms);

/* The number that was given with an option, or otherwise. false: usage_error was told. */
bool echo_option_number(const struct cli *cli, char letter, double min, double max,
			double otherwise, double *n);
bool echo_option_count(const struct cli *cli, char letter, int max, int otherwise, int *n);

/* One echo to argv[0]; *result is the method's result. EXIT_OK with *result NULL:
 * interrupted. Else as in ask.h, told on stderr. */
enum exit_code echo_once(const struct cli *cli, struct socket *s, int ttl, int seqno,
			 int timeout_ms, json_t **result);
