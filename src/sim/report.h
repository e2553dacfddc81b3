/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report - what came of a run, for people and for programs.
 *
 * Source  ours; nuvol-sim(1) describes both forms.
 * Shape   Everything but `wall_s` and `peak_kb` is the same in each run of the same conf.
 * Memory  none.
 */
#pragma once
#include <stdio.h>
#include "sim/run.h"

/* What the machine had to do. */
struct report_cost {
	double wall_s;
	long peak_kb;
};

/* The command that does it again, without a line's end. */
void report_command(const struct run *r, FILE *out);
void report_print(const struct run *r, const struct report_cost *cost, FILE *out);
void report_json(const struct run *r, const struct report_cost *cost, FILE *out);
