/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_page - the report as one HTML page that needs nothing else: no script, no other file.
 *
 * Source  ours; nuvol-sim(1) --html.
 * Shape   Light and dark as the reader's machine has it. Names come from strangers' files, and
 *         never become markup.
 */
#pragma once
#include "sim/report.h"

void report_page(const struct run *r, const struct report_cost *cost, FILE *out);
/* A text of others. */
void page_text(FILE *out, const char *text);
