/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/recorder.h"
#include <assert.h>
#include "base/list.h"
#include "base/prng.h"
#include "node/node.h"

static struct recorder *of(struct node_witness *w)
{
	return container_of(w, struct recorder, witness);
}

/* ---- items ---- */

static void flush(struct recorder *r)
{
	assert(!r->w.bad); /* RECORDER_ROOM */
	if (wr_len(&r->w) > 0)
		r->put(r->ctx, r->room, wr_len(&r->w));
	r->w = wr_over(r->room, sizeof(r->room));
}

static void done_write(struct recorder *r)
{
	if (r->is_done)
		record_done_write(&r->w, &r->done);
	r->is_done = false;
}

static void clients_write(struct recorder *r)
{
	for (unsigned i = 0; i < r->clients; i++)
		record_input_write(&r->w, &(struct node_input){.kind = INPUT_CARRIED,
							       .now = r->client[i].now,
							       .carried = r->client[i].who});
	r->clients = 0;
}

/* Behind those that were carried before; only the last time counts. */
static void client_carried(struct recorder *r, instant now, const struct node_input_client *who)
{
	unsigned i = 0;

	while (i < r->clients &&
	       !(mac_equal(r->client[i].who.mac, who->mac) && r->client[i].who.vid == who->vid))
		i++;
	if (i == RECORDER_CLIENTS) {
		done_write(r);
		clients_write(r);
		flush(r);
		i = 0;
	} else if (i < r->clients) {
		r->clients--;
		memmove(r->client + i, r->client + i + 1, (r->clients - i) * sizeof(r->client[0]));
	}
	r->client[r->clients++] = (struct recorder_client){*who, now};
}

/* ---- keys of links ---- */

static bool makes_key(const struct recorder *r, uint32_t job)
{
	const uint32_t known = r->shared_count < RECORDER_JOBS ? r->shared_count : RECORDER_JOBS;

	for (uint32_t i = 0; i < known; i++)
		if (r->shared[i] == job)
			return true;
	return false;
}

/* What is written of an answer to a job. */
static void job_hide(struct recorder *r, struct job_done *d, struct digest *instead)
{
	if (!d->ok || d->result.len != sizeof(instead->b) || !makes_key(r, d->id))
		return;
	*instead = record_placeholder(r->secrets.links);
	record_secret_add(&r->secrets, d->result.at);
	d->result.at = instead->b;
}

/* ---- the witness ---- */

static void told(struct node_witness *w, const struct node_input *in)
{
	struct recorder *r = of(w);
	struct node_input copy = *in;
	struct digest instead;

	if (in->kind == INPUT_CARRIED) {
		client_carried(r, in->now, &in->carried);
		return;
	}
	if (in->kind == INPUT_NETWORK)
		r->secrets.node = in->network.key.secret;
	else if (in->kind == INPUT_EVENT && in->event.kind == EV_NETWORK &&
		 in->event.network.kind == NETWORK_JOB_DONE)
		job_hide(r, &copy.event.network.done, &instead);
	done_write(r);
	clients_write(r);
	record_input_write(&r->w, &copy);
	flush(r);
	r->done.effects = 0;
}

static void emitted(struct node_witness *w, const struct effect *e)
{
	struct recorder *r = of(w);

	if (e->kind == FX_NETWORK && e->network.kind == NETWORK_JOB &&
	    e->network.job.kind == JOB_DH_SHARED)
		r->shared[r->shared_count++ % RECORDER_JOBS] = e->network.job.id;
	r->done.effects++;
	r->done.digest = record_effect_mix(r->done.digest, e);
}

static void done(struct node_witness *w, const struct node *x)
{
	struct recorder *r = of(w);

	r->done.digest = prng_mix(r->done.digest ^ (uint64_t)node_deadline(x).us);
	r->is_done = true;
}

/* ---- answers ---- */

static void answer(struct recorder *r, const void *data, size_t len)
{
	record_bytes_write(&r->w, RECORD_ANSWER, data, len);
	flush(r);
}

struct digest recorder_sha224(struct recorder *r, const struct crypto_part *part, size_t count)
{
	struct digest d = r->crypto->sha224(part, count);

	if (record_is_secret(&r->secrets, part, count))
		answer(r, d.b, sizeof(d.b));
	return d;
}

/* Another zlib may pack otherwise. */
size_t recorder_deflate(struct recorder *r, const void *data, size_t len, void *out, size_t room)
{
	size_t n = r->crypto->deflate(data, len, out,
				      room < RECORD_ANSWER_MAX ? room : RECORD_ANSWER_MAX);

	answer(r, out, n);
	return n;
}

/* ---- beginning and end ---- */

void recorder_init(struct recorder *r, const struct crypto *crypto,
		   void (*put)(void *ctx, const void *data, size_t len), void *ctx)
{
	memset(r, 0, sizeof(*r));
	r->witness = (struct node_witness){told, emitted, done};
	r->crypto = crypto;
	r->put = put;
	r->ctx = ctx;
	r->w = wr_over(r->room, sizeof(r->room));
}

bool recorder_begin(struct recorder *r, const char *conf, const struct record_start *start)
{
	const size_t len = strlen(conf);

	if (len > RECORD_ITEM_MAX - RECORD_HEAD)
		return false;
	record_head_write(&r->w);
	record_bytes_write(&r->w, RECORD_CONF, conf, len);
	flush(r);
	record_start_write(&r->w, start);
	flush(r);
	return true;
}

void recorder_settle(struct recorder *r)
{
	done_write(r);
	flush(r);
}

void recorder_end(struct recorder *r, enum record_end why)
{
	const uint8_t byte = (uint8_t)why;

	done_write(r);
	clients_write(r);
	record_bytes_write(&r->w, RECORD_END, &byte, 1);
	flush(r);
}
