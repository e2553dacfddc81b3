/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step - the verbs of a scenario, and what it can expect.
 *
 * Source  ours; nuvol-lab(8) is the language's manual.
 */
#pragma once
#include "nuvol-lab/scenario.h"

enum { STEP_WORDS_MAX = 64, STEP_FOUND_ROOM = 256, SCENARIO_LOG_MAX = 16 << 20 };

/* One line of the file. */
struct step {
	unsigned line;
	char *text;			       /* as it stands there */
	char *cut;			       /* the same, cut into words */
	const char *words[STEP_WORDS_MAX + 1]; /* in cut; NULL behind the last */
	int count;
	const struct verb *verb;
};

/* A program that runs beside the steps. */
struct job {
	char name[WHO_NAME_MAX + 1];
	struct process process;
	char log[LAB_PATH_ROOM];
};

/* A row of the table. */
struct result {
	char *label, *value;
};

struct run {
	const struct scenario_options *options;
	char folder[PATH_MAX]; /* of the scenario: programs run there */
	char town[TOWN_NAME_MAX + 1];
	bool brought_up; /* by this scenario */
	instant began;
	span took;   /* what this step took: of a roam, the switch alone */
	span before; /* the same of the one before, for `result LABEL took` */
	struct job *jobs;
	unsigned job_count;
	struct result *results;
	unsigned result_count;
	char said[STEP_FOUND_ROOM]; /* what to show behind "ok" */
};

struct verb {
	const char *name;
	const char *arguments;
	int least, most;
	bool silent; /* speaks for itself: no progress line */
	/* NULL, or what is wrong with the words; nothing is done yet. */
	const char *(*check)(const struct step *s);
	bool (*act)(struct run *r, const struct step *s);
};

/* NULL: there is none. */
const struct verb *verb_find(const char *name);

/* Ends all jobs. */
void jobs_end(struct run *r);
