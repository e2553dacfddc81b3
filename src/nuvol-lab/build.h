/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build - a town comes up, and goes without a trace.
 *
 * Source  ours.
 */
#pragma once
#include "nuvol-lab/lab.h"

struct build_options {
	const char *name;   /* NULL: the file's name without its suffix */
	const char *nuvold; /* NULL: found by itself; "none": no daemons */
	bool quiet;	    /* no report on stdout */
};

/* The town's name for this file: its own, without folder and suffix. false: told
 * that it gives no good name. */
bool build_name(const struct build_options *o, const char *file, char name[TOWN_NAME_MAX + 1]);

/* The values are exit statuses. */
enum build_result {
	BUILD_DONE = 0,
	BUILD_FAILED = 1,  /* the system refused something */
	BUILD_REFUSED = 2, /* the town file or an option is wrong; nothing was done */
};

/* Brings the town of this file up. Not BUILD_DONE: told why, and nothing is left of it. */
enum build_result build_up(const char *file, const struct build_options *o);
/* Takes away all that carries the town's name, also what a crash has left. false:
 * something could not be removed; told what. existed: was there anything? */
bool build_down(const char *name, bool *existed);
