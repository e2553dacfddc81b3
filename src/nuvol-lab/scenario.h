/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scenario - plays a file of steps and expectations in a town.
 *
 * Source  ours; nuvol-lab(8) is the language's manual.
 * Shape   one step a line: words divided by blanks, quoted if they hold blanks,
 *         # begins a comment. The first step that fails ends it. The town that
 *         the scenario brought up goes down at its end, however it ends.
 */
#pragma once
#include "nuvol-lab/build.h"

struct scenario_options {
	struct build_options build;
	bool keep;	  /* leave the town up */
	const char *logs; /* a folder for the town's logs when it fails, or NULL */
};

/* The exit status: 0 all as expected, 1 not, 2 the file is wrong (nothing was done). */
int scenario_run(const char *file, const struct scenario_options *o);
