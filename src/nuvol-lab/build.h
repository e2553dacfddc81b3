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

/* Brings the town of this file up. false: told why, and nothing is left of it. */
bool build_up(const char *file, const struct build_options *o);
/* Takes away all that carries the town's name, also what a crash has left. false:
 * something could not be removed; told what. existed: was there anything? */
bool build_down(const char *name, bool *existed);
