/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plot - figures over time as SVG inside of a page.
 *
 * Source  ours; https://www.w3.org/TR/SVG11/. Colours are the page's (report_page.h).
 * Shape   all have the width of the page and the same axis of time, with the storm shaded and a
 *         mark where a check did not hold.
 * Memory  none.
 */
#pragma once
#include <stdio.h>
#include "sim/run.h"

enum { PLOT_LINES = 3 };

struct plot {
	const char *title, *about;
	struct plot_line {
		enum series_row row;
		const char *label;
	} line[PLOT_LINES]; /* up to the first without a label */
};

/* Rows of one plot are all percent or all bytes. */
void plot_lines(FILE *out, const struct run *r, const struct plot *p);
/* Which faults were under way, a row for each kind that was; nothing when none was. */
void plot_faults(FILE *out, const struct run *r);

/* Bars from left to right, each with a label. */
struct plot_bar {
	char label[32];
	double value;
};
void plot_bars(FILE *out, const struct plot_bar *bar, unsigned count, const char *unit);
