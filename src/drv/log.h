/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log - lines for people, to standard error.
 *
 * Source  ours.
 * Shape   one line an event, "LEVEL: text". After LOG_BURST lines at once, one
 *         each LOG_PERIOD_MS; how many were left out is told when there is room.
 *         Errors are never left out, and say what to do.
 */
#pragma once
#include <stdbool.h>

enum { LOG_BURST = 200, LOG_PERIOD_MS = 50 };

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines above this level are dropped; LOG_INFO at start. */
void log_set_level(enum log_level level);
bool log_wants(enum log_level level);
/* "error", "warn", "info", "debug"; false: none of these. */
bool log_level_parse(const char *text, enum log_level *level);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
