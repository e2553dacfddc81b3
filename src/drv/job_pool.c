/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/job_pool.h"

#include <stdlib.h>
#include <string.h>

#include "drv/log.h"
#include "drv/public_key.h"

struct work {
	uv_work_t request;
	struct job_pool *pool;
	struct job job;
	struct job_result result;
	uint8_t bytes[]; /* what the job points to */
};

static void work_do(uv_work_t *request)
{
	struct work *w = request->data;

	public_key_job(&w->job, &w->result);
}

static void work_done(uv_work_t *request, int status)
{
	struct work *w = request->data;
	struct job_pool *p = w->pool;
	const struct job_done d = job_result_done(w->job.id, &w->result);

	p->under_way--;
	p->carried_out += status == 0;
	if (!p->stopping)
		p->done(p->ctx, &d);
	/* Secret keys are in there. */
	explicit_bzero(&w->result, sizeof(w->result));
	explicit_bzero(w->bytes, w->job.secret.len);
	free(w);
}

static uint8_t *bytes_take(struct job_bytes *b, uint8_t *into)
{
	if (b->len > 0)
		memcpy(into, b->at, b->len);
	b->at = into;
	return into + b->len;
}

static struct work *work_make(struct job_pool *p, const struct job *job)
{
	struct work *w =
		calloc(1, sizeof(*w) + job->secret.len + job->public.len + job->signature.len);
	uint8_t *at;

	if (!w)
		return NULL;
	w->request.data = w;
	w->pool = p;
	w->job = *job;
	at = bytes_take(&w->job.secret, w->bytes);
	at = bytes_take(&w->job.public, at);
	bytes_take(&w->job.signature, at);
	return w;
}

void job_pool_put(struct job_pool *p, const struct job *job)
{
	struct work *w = p->stopping ? NULL : work_make(p, job);

	if (w && uv_queue_work(p->uv, &w->request, work_do, work_done) == 0) {
		p->under_way++;
		return;
	}
	free(w);
	if (p->failed_count < JOB_POOL_FAILED_MAX)
		p->failed[p->failed_count++] = job->id;
}

void job_pool_settle(struct job_pool *p)
{
	while (p->failed_count > 0 && !p->stopping) {
		const struct job_done d = {.id = p->failed[--p->failed_count]};

		log_line(LOG_WARN, "no memory for public-key work");
		p->done(p->ctx, &d);
	}
}

void job_pool_stop(struct job_pool *p)
{
	p->stopping = true;
}
