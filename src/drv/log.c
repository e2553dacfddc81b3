/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/bucket.h"
#include "drv/now.h"

static const char *const names[] = {"error", "warn", "info", "debug"};

/* The process has one standard error. */
static struct {
	enum log_level level;
	bool started;
	struct bucket bucket;
	uint64_t left_out;
} logger = {.level = LOG_INFO};

void log_set_level(enum log_level level)
{
	logger.level = level;
}

bool log_wants(enum log_level level)
{
	return level <= logger.level;
}

bool log_level_parse(const char *text, enum log_level *level)
{
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	return false;
}

/* Is there room for a line? Tells what was left out first. */
static bool line_allowed(enum log_level level)
{
	instant now = now_boottime();

	if (!logger.started) {
		bucket_init(&logger.bucket, LOG_BURST, span_ms(LOG_PERIOD_MS), now);
		logger.started = true;
	}
	if (!bucket_take(&logger.bucket, now) && level != LOG_ERROR) {
		logger.left_out++;
		return false;
	}
	if (logger.left_out > 0) {
		fprintf(stderr, "warn: %llu lines were left out\n",
			(unsigned long long)logger.left_out);
		logger.left_out = 0;
	}
	return true;
}

void log_line(enum log_level level, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (!log_wants(level) || !line_allowed(level))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "%s: %s\n", names[level], text);
}
