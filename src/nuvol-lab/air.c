/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/air.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/list.h"
#include "base/pool.h"
#include "base/prng.h"
#include "base/timer.h"
#include "town/quantity.h"
#include "wire/ethernet.h"

enum {
	PREAMBLE_BYTES = 24,	 /* preamble, frame check sequence and gap, IEEE 802.3 */
	AIR_DEAF = LOSS_ALL + 1, /* instead of a loss: does not hear at all */
};

enum timer_kind { TIMER_TURN, TIMER_ARRIVAL };

struct frame {
	struct list queue;
	struct timer arrival;
	unsigned station;
	size_t len;
	uint8_t data[];
};

struct station {
	unsigned segment;
	void *ctx;
	bool cut;
	struct list queue;
	uint32_t queued;
	instant busy;	 /* it sends, or hears somebody, until then */
	instant arrival; /* of its newest frame: none may overtake it */
	struct timer turn;
	uint32_t *loss; /* of each station of the segment that hears it; AIR_DEAF */
	struct air_counters counters;
};

struct segment {
	struct air_conf conf;
	unsigned *stations;
	unsigned count;
};

struct air {
	struct pool pool;
	struct timers timers;
	struct prng prng;
	air_deliver *deliver;
	struct segment *segments;
	unsigned segment_count;
	struct station **stations;
	unsigned station_count;
};

static void *grow(void *array, size_t count, size_t size)
{
	void *grown = realloc(array, (count + 1) * size);

	if (!grown)
		abort();
	return grown;
}

struct air *air_new(uint64_t seed, air_deliver *deliver)
{
	struct air *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	pool_init(&a->pool, AIR_MEMORY_MAX);
	timers_init(&a->timers, &a->pool);
	prng_seed(&a->prng, seed);
	a->deliver = deliver;
	return a;
}

static void frame_free(struct air *a, struct frame *f)
{
	list_del(&f->queue);
	timer_fini(&a->timers, &f->arrival);
	pool_free(&a->pool, f, sizeof(*f) + f->len);
}

static struct frame *timer_frame(struct timer *t)
{
	return container_of(t, struct frame, arrival);
}

void air_free(struct air *a)
{
	struct timer *t;

	while ((t = timers_pop(&a->timers, NEVER)) != NULL)
		if (t->kind == TIMER_ARRIVAL)
			frame_free(a, timer_frame(t));
	for (unsigned i = 0; i < a->station_count; i++) {
		struct station *s = a->stations[i];

		list_each (f, &s->queue, struct frame, queue)
			frame_free(a, f);
		timer_fini(&a->timers, &s->turn);
		free(s->loss);
		free(s);
	}
	for (unsigned i = 0; i < a->segment_count; i++)
		free(a->segments[i].stations);
	timers_fini(&a->timers);
	pool_fini(&a->pool);
	free(a->segments);
	free(a->stations);
	free(a);
}

unsigned air_segment(struct air *a, const struct air_conf *conf)
{
	assert(a->station_count == 0);
	a->segments = grow(a->segments, a->segment_count, sizeof(*a->segments));
	a->segments[a->segment_count] = (struct segment){.conf = *conf};
	return a->segment_count++;
}

/* Where station stands among those of its segment. */
static unsigned place_in(const struct segment *segment, unsigned station)
{
	unsigned i = 0;

	while (segment->stations[i] != station)
		i++;
	return i;
}

unsigned air_station(struct air *a, unsigned segment, void *ctx)
{
	struct segment *g = &a->segments[segment];
	struct station *s = calloc(1, sizeof(*s));
	uint32_t loss = g->conf.links ? AIR_DEAF : g->conf.loss;

	if (!s || !timer_init(&a->timers, &s->turn, TIMER_TURN))
		abort();
	s->segment = segment;
	s->ctx = ctx;
	list_init(&s->queue);
	a->stations = grow(a->stations, a->station_count, sizeof(struct station *));
	a->stations[a->station_count] = s;
	for (unsigned i = 0; i < g->count; i++) {
		struct station *other = a->stations[g->stations[i]];

		other->loss = grow(other->loss, g->count, sizeof(*other->loss));
		other->loss[g->count] = loss;
		s->loss = grow(s->loss, i, sizeof(*s->loss));
		s->loss[i] = loss;
	}
	s->loss = grow(s->loss, g->count, sizeof(*s->loss));
	s->loss[g->count] = AIR_DEAF; /* itself */
	g->stations = grow(g->stations, g->count, sizeof(*g->stations));
	g->stations[g->count++] = a->station_count;
	return a->station_count++;
}

void air_link(struct air *a, unsigned x, unsigned y, uint32_t loss)
{
	struct segment *g = &a->segments[a->stations[x]->segment];

	assert(a->stations[y]->segment == a->stations[x]->segment && x != y);
	a->stations[x]->loss[place_in(g, y)] = loss;
	a->stations[y]->loss[place_in(g, x)] = loss;
}

void air_cut(struct air *a, unsigned station, bool cut)
{
	a->stations[station]->cut = cut;
}

static bool is_lost(struct air *a, const struct air_conf *conf, uint32_t loss, const uint8_t *frame)
{
	unsigned tries = mac_is_multicast(mac_from(frame)) ? 1 : 1 + conf->retries;

	while (tries-- > 0)
		if (loss == 0 || prng_below(&a->prng, LOSS_ALL) >= loss)
			return false;
	return true;
}

/* The frame is at those that hear s now. */
static void arrive(struct air *a, struct station *s, const uint8_t *frame, size_t len)
{
	struct segment *g = &a->segments[s->segment];

	for (unsigned i = 0; i < g->count; i++) {
		struct station *to = a->stations[g->stations[i]];

		if (s->loss[i] == AIR_DEAF)
			continue;
		if (s->cut || to->cut) {
			to->counters.cut++;
		} else if (is_lost(a, &g->conf, s->loss[i], frame)) {
			to->counters.lost++;
		} else {
			to->counters.received++;
			a->deliver(to->ctx, frame, len);
		}
	}
}

/* When a frame that has left s at end arrives. */
static instant arrival_of(struct air *a, struct station *s, const struct air_conf *conf,
			  instant end)
{
	instant at = instant_add(end, conf->delay);

	if (conf->jitter.us > 0)
		at = instant_add(at, prng_span(&a->prng, span_us(0), conf->jitter));
	if (instant_before(at, s->arrival))
		at = s->arrival;
	s->arrival = at;
	return at;
}

static struct frame *frame_new(struct air *a, unsigned station, const uint8_t *data, size_t len)
{
	struct frame *f = pool_alloc(&a->pool, sizeof(*f) + len);

	if (!f)
		return NULL;
	if (!timer_init(&a->timers, &f->arrival, TIMER_ARRIVAL)) {
		pool_free(&a->pool, f, sizeof(*f) + len);
		return NULL;
	}
	list_init(&f->queue);
	f->station = station;
	f->len = len;
	memcpy(f->data, data, len);
	return f;
}

static span airtime(const struct air_conf *conf, size_t len)
{
	return span_us((int64_t)((len + PREAMBLE_BYTES) * 8 * 1000000 / conf->rate_bps));
}

/* s sends until end, and whoever hears it waits. s itself tries again a moment
 * after the others, so that all of them get their turn. */
static void air_occupy(struct air *a, struct station *s, instant end)
{
	struct segment *g = &a->segments[s->segment];

	for (unsigned i = 0; g->conf.shared && i < g->count; i++) {
		struct station *to = a->stations[g->stations[i]];

		if (s->loss[i] != AIR_DEAF && instant_before(to->busy, end))
			to->busy = end;
	}
	s->busy = end;
	if (s->queued > 0)
		timer_set(&a->timers, &s->turn,
			  g->conf.shared ? instant_add(end, span_us(1)) : end);
}

/* The station may be free to send the first frame of its queue. */
static void turn(struct air *a, instant now, struct station *s)
{
	const struct air_conf *conf = &a->segments[s->segment].conf;
	struct frame *f;
	instant end;

	if (instant_before(now, s->busy)) {
		timer_set(&a->timers, &s->turn, s->busy);
		return;
	}
	assert(s->queued > 0);
	f = container_of(s->queue.next, struct frame, queue);
	list_del(&f->queue);
	s->queued--;
	s->counters.sent++;
	end = instant_add(now, airtime(conf, f->len));
	air_occupy(a, s, end);
	timer_set(&a->timers, &f->arrival, arrival_of(a, s, conf, end));
}

static enum err queue_frame(struct air *a, instant now, struct station *s, struct frame *f)
{
	list_append(&s->queue, &f->queue);
	s->queued++;
	if (!timer_is_set(&s->turn))
		timer_set(&a->timers, &s->turn, instant_before(now, s->busy) ? s->busy : now);
	return OK;
}

enum err air_send(struct air *a, instant now, unsigned station, const uint8_t *data, size_t len)
{
	struct station *s = a->stations[station];
	const struct air_conf *conf = &a->segments[s->segment].conf;
	struct frame *f;
	instant at = now;

	if (len < ETHERNET_HEADER)
		return ERR_SHORT;
	if (conf->rate_bps == 0) {
		at = arrival_of(a, s, conf, now);
		if (instant_reached(at, now)) {
			s->counters.sent++;
			arrive(a, s, data, len);
			return OK;
		}
	}
	f = conf->rate_bps > 0 && s->queued >= conf->queue_frames
		    ? NULL
		    : frame_new(a, station, data, len);
	if (!f) {
		s->counters.overflows++;
		return ERR_FULL;
	}
	if (conf->rate_bps > 0)
		return queue_frame(a, now, s, f);
	s->counters.sent++;
	timer_set(&a->timers, &f->arrival, at);
	return OK;
}

void air_expire(struct air *a, instant now)
{
	while (instant_reached(timers_next(&a->timers), now)) {
		/* Each thing happens at its own time, however late we are called. */
		instant at = timers_next(&a->timers);
		struct timer *t = timers_pop(&a->timers, at);

		switch ((enum timer_kind)t->kind) {
		case TIMER_TURN: turn(a, at, container_of(t, struct station, turn)); break;
		case TIMER_ARRIVAL: {
			struct frame *f = timer_frame(t);

			arrive(a, a->stations[f->station], f->data, f->len);
			frame_free(a, f);
			break;
		}
		}
	}
}

instant air_deadline(const struct air *a)
{
	return timers_next(&a->timers);
}

const struct air_counters *air_counters(const struct air *a, unsigned station)
{
	return &a->stations[station]->counters;
}
