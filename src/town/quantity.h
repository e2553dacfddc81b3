/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quantity - numbers with units as people write them in town and scenario files, and to commands.
 *
 * Source  ours.
 * Shape   A number has at most 9 digits before and 6 after its point; nothing
 *         may follow the unit. Every function gives false for a text that is
 *         not such a quantity, and leaves *out as it was.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"

enum { LOSS_ALL = 1000000 }; /* parts in a million */

/* "10", "0.5", "10%": 0 .. LOSS_ALL. */
bool loss_parse(const char *text, uint32_t *out);
/* "2", "0.3", "2ms", "1s", "50us"; a bare number counts in unit_us. Up to 1000 s. */
bool span_parse(const char *text, int64_t unit_us, span *out);
/* "90s", "10m", "2h"; a bare number counts in seconds. Up to a million hours. */
bool duration_parse(const char *text, span *out);
/* "54mbit", "300kbit", "1gbit", "9600bit": bits per second, at least 1. */
bool rate_parse(const char *text, uint64_t *out);
/* Digits only, low .. high. */
bool number_parse(const char *text, uint32_t low, uint32_t high, uint32_t *out);
