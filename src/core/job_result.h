/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job_result - room for what a job gives, for those who carry jobs out.
 *
 * Source  ours.
 * Memory  the caller's.
 */
#pragma once
#include "core/job.h"

struct job_result {
	bool ok;
	size_t secret_len, public_len, result_len;
	uint8_t secret[JOB_SECRET_MAX];
	uint8_t public[JOB_PUBLIC_MAX];
	uint8_t result[JOB_PUBLIC_MAX - 1];
};

/* *r as the answer to job number id; points into r. */
static inline struct job_done job_result_done(uint32_t id, const struct job_result *r)
{
	return (struct job_done){
		.id = id,
		.ok = r->ok,
		.secret = {r->secret, r->secret_len},
		.public = {r->public, r->public_len},
		.result = {r->result, r->result_len},
	};
}
