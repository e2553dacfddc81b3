/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job_pool - public-key work in the threads of libuv, so that the loop goes on.
 *
 * Source  core/job.h; drv/public_key.h does the work.
 * Shape   A job goes in, its answer comes out by done(), on the loop, in any order. The
 *         core bounds how many are under way.
 * Memory  each job is allocated with a copy of its bytes until it is answered.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "core/job.h"

enum { JOB_POOL_FAILED_MAX = 128 };

struct job_pool {
	uv_loop_t *uv;
	/* May put the next job in. */
	void (*done)(void *ctx, const struct job_done *d);
	void *ctx;
	bool stopping;
	uint32_t under_way;
	uint64_t carried_out;
	uint32_t failed[JOB_POOL_FAILED_MAX]; /* could not be begun: to be answered */
	uint32_t failed_count;
};

/* uv, done and ctx are set by the caller. */
void job_pool_put(struct job_pool *p, const struct job *job);
/* Answers what could not be begun. Before the loop sleeps. */
void job_pool_settle(struct job_pool *p);
/* Nothing is answered any more. The loop must run to its end after this. */
void job_pool_stop(struct job_pool *p);
