/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/internal.h"

void jobs_init(struct l3 *l3, instant now)
{
	l3->jobs = (struct jobs){.count = 0};
	bucket_init(&l3->jobs.strangers, JOBS_STRANGERS_BURST, span_ms(JOBS_STRANGERS_MS), now);
}

static bool bill_pay(struct l3 *l3, instant now, const struct job_bill *bill)
{
	if (bill->ours)
		return true;
	return bucket_take(bill->payer ? &bill->payer->jobs : &l3->jobs.strangers, now);
}

enum err job_ask(struct l3 *l3, instant now, const struct job_bill *bill, struct job *job,
		 struct fx *fx)
{
	struct jobs *s = &l3->jobs;
	struct effect e = {.kind = FX_NETWORK, .network = {.kind = NETWORK_JOB}};
	unsigned i = 0;

	if (s->count == JOBS_MAX) {
		l3->count.jobs_refused++;
		return ERR_FULL;
	}
	if (!bill_pay(l3, now, bill)) {
		l3->count.jobs_refused++;
		return ERR_RATE;
	}
	while (s->open[i].id != 0)
		i++;
	if (++s->last_id == 0)
		s->last_id = 1;
	job->id = s->last_id;
	s->open[i] = (struct job_open){job->id, bill->owner, bill->node, bill->tag};
	s->count++;
	l3->count.jobs++;
	e.network.job = *job;
	fx->emit(fx, &e);
	return OK;
}

static void job_deliver(struct l3 *l3, instant now, const struct job_open *o,
			const struct job_done *d, struct fx *fx)
{
	struct l3_node *n = l3_node_by_id(l3, &o->node);

	switch (o->owner) {
	case JOB_FOR_LINK_KEY: link_keys_done(l3, now, d, fx); break;
	case JOB_FOR_SECRET:
		if (n && n->near)
			near_secret_done(l3, now, n->near, d, fx);
		break;
	case JOB_FOR_PACKET: held_done(l3, now, o->tag, d, fx); break;
	case JOB_FOR_CONTENT: content_job_done(l3, now, n, o->tag, d, fx); break;
	}
}

void job_done_event(struct l3 *l3, instant now, const struct job_done *d, struct fx *fx)
{
	struct jobs *s = &l3->jobs;

	for (unsigned i = 0; i < JOBS_MAX; i++) {
		struct job_open o = s->open[i];

		if (o.id == 0 || o.id != d->id)
			continue;
		s->open[i].id = 0;
		s->count--;
		job_deliver(l3, now, &o, d, fx);
		return;
	}
}
