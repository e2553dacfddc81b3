/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobs - public-key work that is under way, and its limits.
 *
 * Source  issue: bounded, off the loop, never for a stranger's sake without limit.
 * Shape   At most JOBS_MAX at a time. Work that others cause takes from their near's bucket, or
 *         for who is not near, from one bucket for all such.
 * Memory  embedded in struct l3.
 */
#pragma once
#include "base/bucket.h"
#include "base/digest.h"
#include "core/fx.h"

struct l3;
struct near;

enum {
	JOBS_MAX = 128,
	JOBS_STRANGERS_BURST = 64, /* for all who are not near ... */
	JOBS_STRANGERS_MS = 10,	   /* ... and one more each */
};

enum job_owner {
	JOB_FOR_LINK_KEY,
	JOB_FOR_SECRET,	 /* node: whose; tag: enum key_age */
	JOB_FOR_PACKET,	 /* node: sender; tag: of held */
	JOB_FOR_CONTENT, /* node, tag: the content plane's */
};

struct job_open {
	uint32_t id; /* 0: free */
	enum job_owner owner;
	struct digest node;
	uint32_t tag;
};

struct jobs {
	struct job_open open[JOBS_MAX];
	uint32_t count;
	uint32_t last_id;
	struct bucket strangers;
};

void jobs_init(struct l3 *l3, instant now);

/* Asks for a job; its id is filled in. on: whose bucket pays; NULL with `ours`: nobody's, else
 * the strangers'. ERR_RATE, ERR_FULL: not now. *id: of the job. */
struct job_bill {
	enum job_owner owner;
	struct digest node;
	uint32_t tag;
	struct near *payer;
	bool ours;
};
enum err job_ask(struct l3 *l3, instant now, const struct job_bill *bill, struct job *job,
		 struct fx *fx);
/* NETWORK_JOB_DONE: to its owner; unknown ids are ignored. */
void job_done_event(struct l3 *l3, instant now, const struct job_done *d, struct fx *fx);
