/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/metric.h"

enum {
	UNIT_BITS = 30,		    /* of qualities as fractions */
	SCALE_BITS = 26,	    /* METRIC_MAX << SCALE_BITS fits 64 bits */
	ROOT_BITS = 25,		    /* of the ratio under a root */
	RATE_WIRE_BPS = 1000000000, /* what the reference takes links for */
	RATE_AIR_BPS = 56000000,
};

#define UNIT (UINT64_C(1) << UNIT_BITS)
/* Airtime of a bit at 1 bit/s; sums of eleven of 65 bit/s and more fit 64 bits. */
#define AIRTIME (UINT64_C(1) << 60)

/* The largest integer whose square is not above x. */
static uint64_t root(uint64_t x)
{
	uint64_t r = 0, bit = UINT64_C(1) << 62;

	while (bit > x)
		bit >>= 2;
	for (; bit > 0; bit >>= 2) {
		if (x >= r + bit) {
			x -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return r;
}

/* a * b / METRIC_MAX, both at most METRIC_MAX. */
static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t less = a < b ? a : b, more = a < b ? b : a;

	if (more == 0 || less <= UINT64_MAX / more)
		return less * more / METRIC_MAX;
	return (less * ((more << SCALE_BITS) / METRIC_MAX)) >> SCALE_BITS;
}

static uint64_t unit_times(uint64_t a, uint64_t b)
{
	return (a * b) >> UNIT_BITS;
}

/* q/255 to the power num/div, in UNITs. */
static uint64_t power(uint8_t q, uint8_t num, uint8_t div)
{
	uint64_t x = ((uint64_t)q << UNIT_BITS) / 255;
	uint64_t whole = UNIT;

	if (q == UINT8_MAX)
		return UNIT;
	if (div == 1) {
		for (unsigned i = 0; i < num; i++)
			whole = unit_times(whole, x);
		return whole;
	}
	for (unsigned i = 0; i < num / 2u; i++)
		whole = unit_times(whole, x);
	return num % 2 ? unit_times(whole, root(x << UNIT_BITS)) : whole;
}

uint64_t metric_rate_default(bool wireless)
{
	return wireless ? RATE_AIR_BPS : RATE_WIRE_BPS;
}

uint8_t metric_quality(const struct bmx7_metric *m, uint8_t tq, uint8_t rq)
{
	uint64_t both =
		unit_times(power(tq, m->tx_num, m->tx_div), power(rq, m->rx_num, m->rx_div));
	/* Products were cut, whole results must not be one less for it. */
	unsigned q = (unsigned)((both * 255 + UNIT / 1024) >> UNIT_BITS);

	if (q >= m->lq_1)
		return 255;
	if (q >= m->lq_x)
		return (uint8_t)(m->lq_y + (q - m->lq_x) * (255u - m->lq_y) / (m->lq_1 - m->lq_x));
	return (uint8_t)(q * m->lq_y / m->lq_x);
}

uint64_t metric_throughput(const struct bmx7_metric *m, const struct metric_link *l)
{
	uint64_t rate = l->rate_bps;
	unsigned percent = m->rate_efficiency;

	if (l->tx_bps > 0)
		rate = l->tx_bps;
	if (l->expect_bps > 0 && m->throughput_efficiency > 0) {
		rate = l->expect_bps;
		percent = m->throughput_efficiency;
	}
	if (rate > METRIC_MAX)
		rate = METRIC_MAX;
	rate = rate * metric_quality(m, l->tq, l->rq) / 255;
	if (l->wireless)
		rate = rate * percent / 100;
	return rate < METRIC_MAX ? rate : METRIC_MAX;
}

/* 1 / sqrt(1/a^2 + 1/b^2), both above 0. */
static uint64_t vector(uint64_t a, uint64_t b)
{
	uint64_t less = a < b ? a : b, more = a < b ? b : a;
	uint64_t ratio = (less << ROOT_BITS) / more;

	return (less << ROOT_BITS) / root((UINT64_C(1) << (2 * ROOT_BITS)) + ratio * ratio);
}

/* 1 / (1/a + 1/b); 0 when either carries nothing. */
static uint64_t expected(uint64_t a, uint64_t b)
{
	if (a < 2 || b < 2)
		return 0;
	return UINT64_MAX / (UINT64_MAX / a + UINT64_MAX / b);
}

struct hop {
	uint8_t channel;
	uint64_t airtime;
};

static uint64_t interference(const struct bmx7_metric *m, const struct hop *a, const struct hop *b,
			     unsigned hops)
{
	unsigned apart = a->channel > b->channel ? (unsigned)(a->channel - b->channel)
						 : (unsigned)(b->channel - a->channel);
	unsigned independence = 0;

	if (a->channel == CHANNEL_SHARED || b->channel == CHANNEL_SHARED)
		return BMX7_INDEPENDENCE_NONE;
	for (unsigned i = 0; i < BMX7_INTERFERENCES && m->interference[i].channel_distance; i++) {
		const struct bmx7_interference *p = &m->interference[i];

		if (apart >= p->channel_distance && hops >= p->hop_distance &&
		    p->independence > independence)
			independence = p->independence;
	}
	return BMX7_INDEPENDENCE_NONE - independence;
}

/* The most airtime that a bit of the path costs anywhere along it. */
static uint64_t airtime_max(const struct bmx7_metric *m, const struct hop *hop, unsigned count)
{
	uint64_t most = 1;

	for (unsigned i = 0; i < count; i++) {
		uint64_t here = hop[i].airtime;

		for (unsigned k = 0; k < count; k++) {
			if (k == i)
				continue;
			unsigned apart = k > i ? k - i : i - k;
			here += hop[k].airtime / BMX7_INDEPENDENCE_NONE *
				interference(m, &hop[i], &hop[k], apart);
		}
		most = here > most ? here : most;
	}
	return most;
}

static void history_add(struct metric_path *p, unsigned most, uint64_t bps, uint8_t channel)
{
	if (p->history_count < most)
		p->history[p->history_count++] =
			(struct bmx7_history){bmx7_float_from(bps), channel};
}

/* What links in the air that share channels leave of `metric`; adds this link to the history. */
static uint64_t capacity(const struct bmx7_metric *m, const struct metric_link *l,
			 const struct metric_path *claim, uint64_t metric, struct metric_path *out)
{
	struct hop hop[BMX7_HISTORY_MAX + 1];
	unsigned hops = 0;
	uint64_t bps = metric_throughput(m, l), most = metric < bps ? metric : bps;

	if (most == 0)
		return 0;
	if (l->channel != CHANNEL_WIRE) {
		hop[hops++] = (struct hop){l->channel, AIRTIME / bps};
		history_add(out, m->history, bps, l->channel);
	}
	for (unsigned i = 0; i < claim->history_count && i < m->history; i++) {
		const struct bmx7_history *h = &claim->history[i];
		uint64_t told = bmx7_float_value(h->metric);
		uint64_t there = told > METRIC_UNROUTABLE ? told : METRIC_UNROUTABLE;

		most = there < most ? there : most;
		if (h->channel == CHANNEL_WIRE)
			continue;
		hop[hops++] = (struct hop){h->channel, AIRTIME / there};
		history_add(out, m->history, there, h->channel);
	}
	uint64_t shared = AIRTIME / airtime_max(m, hop, hops);

	return most < shared ? most : shared;
}

/* One algorithm of m, the lower bits after the higher ones. */
static uint64_t apply(const struct bmx7_metric *m, unsigned algorithm, const struct metric_link *l,
		      const struct metric_path *claim, uint64_t metric, struct metric_path *out)
{
	uint64_t bps = metric_throughput(m, l);
	uint64_t quality = METRIC_MAX / 255 * metric_quality(m, l->tq, l->rq);

	switch (algorithm) {
	case BMX7_ALGORITHM_VB: return bps > METRIC_UNROUTABLE ? vector(metric, bps) : 0;
	case BMX7_ALGORITHM_MB: return times(metric, bps);
	case BMX7_ALGORITHM_EP: return expected(metric, quality);
	case BMX7_ALGORITHM_MP: return times(metric, quality);
	case BMX7_ALGORITHM_CP: return capacity(m, l, claim, metric, out);
	default: return expected(metric, bps); /* EB; and what we do not know is taken for it */
	}
}

void metric_extend(const struct bmx7_metric *m, const struct metric_link *l,
		   const struct metric_path *claim, struct metric_path *out)
{
	uint64_t metric = claim->metric;

	*out = (struct metric_path){.metric = METRIC_UNROUTABLE};
	if (metric <= METRIC_UNROUTABLE)
		return;
	for (unsigned bit = 16; bit-- > 0 && metric > METRIC_UNROUTABLE;) {
		if (m->algorithms & 1u << bit)
			metric = apply(m, 1u << bit, l, claim, metric, out);
	}
	if (m->hop_penalty > 0)
		metric = (metric * (255u - m->hop_penalty)) >> 8;
	uint64_t most = bmx7_metric_below(claim->metric);

	metric = metric < most ? metric : most;
	if (metric < m->min || metric <= METRIC_UNROUTABLE)
		*out = (struct metric_path){.metric = METRIC_UNROUTABLE};
	else
		out->metric = bmx7_metric_round(metric);
}
