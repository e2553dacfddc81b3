/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bmx7_metric.h"
#include <assert.h>

enum {
	FLAGS_MAX = 1,
	HISTORY_MAX = 10,
	HOPS_MAX = 63,
	SQN_DIFF_SHIFT = 6,
	INDEPENDENCE_BITS = 5,
};

const struct bmx7_metric BMX7_METRIC_DEFAULT = {
	.min = METRIC_UNROUTABLE,
	.algorithms = BMX7_ALGORITHM_VB | BMX7_ALGORITHM_CP,
	.rx_num = 1,
	.rx_div = 2,
	.tx_num = 1,
	.tx_div = 1,
	.lq_x = 170,
	.lq_y = 85,
	.lq_1 = 229,
	.rate_efficiency = 40,
	.history = 5,
	.hops_max = HOPS_MAX,
	.best_hysteresis = 3,
	.late_100ms = 25,
	.new_path_percent = 20,
	.old_path_percent = 10,
	.ogm_interval_s = 6,
	.sqn_diff_max = 2,
	.interference = {{6, 3, BMX7_INDEPENDENCE_NONE}, {100, 1, BMX7_INDEPENDENCE_NONE}},
};

static void quality_read(struct rd *r, struct bmx7_metric *m)
{
	uint8_t powers = rd_u8(r);

	m->rx_num = powers >> 6;
	m->rx_div = powers >> 4 & 3;
	m->tx_num = powers >> 2 & 3;
	m->tx_div = powers & 3;
	m->lq_x = rd_u8(r);
	m->lq_y = rd_u8(r);
	m->lq_1 = rd_u8(r);
}

static void interference_read(struct rd *r, struct bmx7_interference *i)
{
	i->channel_distance = rd_u8(r);
	uint8_t packed = rd_u8(r);
	i->hop_distance = packed >> INDEPENDENCE_BITS;
	i->independence = packed & BMX7_INDEPENDENCE_NONE;
}

static bool in_range(const struct bmx7_metric *m)
{
	return m->flags <= FLAGS_MAX && m->rx_div > 0 && m->tx_div > 0 &&
	       m->history <= HISTORY_MAX && m->hops_max <= HOPS_MAX &&
	       m->ogm_interval_s <= BMX7_OGM_INTERVAL_MAX_S;
}

enum err bmx7_metric_parse(const void *data, size_t len, struct bmx7_metric *m)
{
	struct rd r = rd_over(data, len);
	struct bmx7_float min = {rd_u8(&r), 0};

	min.mantissa = rd_u8(&r);
	rd_u16(&r); /* reserved */
	m->algorithms = rd_u16(&r);
	m->flags = rd_u16(&r);
	quality_read(&r, m);
	m->rate_efficiency = rd_u8(&r);
	m->history = rd_u8(&r);
	m->hops_max = rd_u8(&r);
	m->hop_penalty = rd_u8(&r);
	m->best_hysteresis = rd_u8(&r);
	m->late_100ms = rd_u8(&r);
	m->new_path_percent = rd_u16(&r);
	m->old_path_percent = rd_u16(&r);
	m->ogm_interval_s = rd_u16(&r);
	m->sqn_diff_max = rd_u8(&r) >> SQN_DIFF_SHIFT;
	m->throughput_efficiency = rd_u8(&r);
	rd_u16(&r); /* reserved */
	for (unsigned i = 0; i < BMX7_INTERFERENCES; i++)
		interference_read(&r, &m->interference[i]);
	if (r.bad)
		return ERR_SHORT;
	if (!bmx7_float_valid(min) || !in_range(m))
		return ERR_MALFORMED;
	m->min = bmx7_float_value(min);
	return OK;
}

void bmx7_metric_write(struct wr *w, const struct bmx7_metric *m)
{
	struct bmx7_float min = bmx7_float_from(m->min);

	assert(in_range(m) && m->sqn_diff_max <= 3);
	wr_u8(w, min.exponent);
	wr_u8(w, min.mantissa);
	wr_u16(w, 0);
	wr_u16(w, m->algorithms);
	wr_u16(w, m->flags);
	wr_u8(w, (uint8_t)(m->rx_num << 6 | m->rx_div << 4 | m->tx_num << 2 | m->tx_div));
	wr_u8(w, m->lq_x);
	wr_u8(w, m->lq_y);
	wr_u8(w, m->lq_1);
	wr_u8(w, m->rate_efficiency);
	wr_u8(w, m->history);
	wr_u8(w, m->hops_max);
	wr_u8(w, m->hop_penalty);
	wr_u8(w, m->best_hysteresis);
	wr_u8(w, m->late_100ms);
	wr_u16(w, m->new_path_percent);
	wr_u16(w, m->old_path_percent);
	wr_u16(w, m->ogm_interval_s);
	wr_u8(w, (uint8_t)(m->sqn_diff_max << SQN_DIFF_SHIFT));
	wr_u8(w, m->throughput_efficiency);
	wr_u16(w, 0);
	for (unsigned i = 0; i < BMX7_INTERFERENCES; i++) {
		const struct bmx7_interference *f = &m->interference[i];

		wr_u8(w, f->channel_distance);
		wr_u8(w, (uint8_t)(f->hop_distance << INDEPENDENCE_BITS | f->independence));
	}
}
