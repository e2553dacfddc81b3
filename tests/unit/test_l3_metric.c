/* A path is worth what the specification's worked numbers say, after each algorithm. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "core/l3/metric.h"

static struct metric_link wire(uint64_t rate, uint8_t tq, uint8_t rq)
{
	return (struct metric_link){.tq = tq, .rq = rq, .rate_bps = rate};
}

static struct metric_path claim_of(uint64_t metric)
{
	return (struct metric_path){.metric = metric};
}

/* specs/bmx7.md 6.7: q = tq * sqrt(rq), then a curve with knees at 170 and 229. */
static void qualities(void **state)
{
	static const struct {
		uint8_t tq, rq, q;
	} cases[] = {
		{255, 255, 255}, {229, 255, 255}, {228, 255, 252}, {170, 255, 85}, {169, 255, 84},
		{85, 255, 42},	 {0, 255, 0},	  {255, 0, 0},	   {255, 64, 63},  {200, 200, 105},
		{255, 206, 255}, {255, 205, 252}, {25, 25, 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(metric_quality(&BMX7_METRIC_DEFAULT, cases[i].tq, cases[i].rq),
				 cases[i].q);
}

/* Exponents of qualities: 0, 1, 2, 3 over 1 or 2; here without a curve. */
static void exponents(void **state)
{
	static const struct {
		uint8_t num, div, tq, q;
	} cases[] = {
		{0, 1, 100, 255}, {0, 2, 100, 255}, {1, 1, 100, 100}, {1, 2, 64, 127},
		{2, 1, 128, 64},  {2, 2, 128, 128}, {3, 1, 128, 32},  {3, 2, 64, 32},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bmx7_metric m = BMX7_METRIC_DEFAULT;

		m.tx_num = cases[i].num;
		m.tx_div = cases[i].div;
		m.rx_num = 0;
		m.lq_x = m.lq_y = 254;
		m.lq_1 = 255;
		assert_int_equal(metric_quality(&m, cases[i].tq, 255), cases[i].q);
	}
}

/* specs/bmx7.md 6.7: a line of 1 Gbit wires, hop by hop. */
static void line_of_wires(void **state)
{
	static const uint64_t hops[] = {998244352, 704643072, 570425344};
	struct metric_link l = wire(metric_rate_default(false), 255, 255);
	struct metric_path p = claim_of(METRIC_MAX);

	(void)state;
	for (size_t i = 0; i < sizeof(hops) / sizeof(hops[0]); i++) {
		struct metric_path out;

		metric_extend(&BMX7_METRIC_DEFAULT, &l, &p, &out);
		assert_int_equal(out.metric, hops[i]);
		assert_int_equal(out.history_count, 0);
		p = out;
	}
}

static void algorithms(void **state)
{
	static const struct {
		uint16_t bits;
		uint64_t claimed, rate;
		uint64_t metric;
	} cases[] = {
		/* hop count: one step of a float */
		{0, METRIC_MAX, 1000, UINT64_C(119) << 31},
		{0, 66, 1000, METRIC_UNROUTABLE},
		{0, 67, 1000, 66},
		/* expected bandwidth: halves */
		{BMX7_ALGORITHM_EB, UINT64_C(64) << 20, UINT64_C(64) << 20, UINT64_C(64) << 19},
		/* a bit that nobody knows counts as that */
		{1 << 15, UINT64_C(64) << 20, UINT64_C(64) << 20, UINT64_C(64) << 19},
		/* product with the maximum */
		{BMX7_ALGORITHM_MB, METRIC_MAX, 1000000, UINT64_C(122) << 13},
		/* quality is whole */
		{BMX7_ALGORITHM_MP, UINT64_C(64) << 20, 1000, UINT64_C(127) << 19},
		/* capacity of a wire: the least */
		{BMX7_ALGORITHM_CP, UINT64_C(64) << 20, 1000000, UINT64_C(122) << 13},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bmx7_metric m = BMX7_METRIC_DEFAULT;
		struct metric_link l = wire(cases[i].rate, 255, 255);
		struct metric_path p = claim_of(cases[i].claimed), out;

		m.algorithms = cases[i].bits;
		metric_extend(&m, &l, &p, &out);
		assert_int_equal(out.metric, cases[i].metric);
	}
}

/* Two hops on one channel halve what three far apart do not. */
static void channels(void **state)
{
	static const struct {
		uint8_t here, there;
		uint64_t metric;
	} cases[] = {
		{36, 36, 11200000}, {36, 255, 11200000}, {36, 149, 22400000},
		{36, 0, 22400000},  {0, 36, 22400000},	 {36, 40, 11200000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bmx7_metric m = BMX7_METRIC_DEFAULT;
		struct metric_link l = {.tq = 255,
					.rq = 255,
					.wireless = cases[i].here != 0,
					.channel = cases[i].here,
					.rate_bps = cases[i].here ? 56000000 : 22400000};
		struct metric_path p = claim_of(UINT64_C(64) << 26), out;

		m.algorithms = BMX7_ALGORITHM_CP;
		p.history_count = 1;
		p.history[0] = (struct bmx7_history){bmx7_float_from(22400000), cases[i].there};
		metric_extend(&m, &l, &p, &out);
		assert_int_equal(out.metric, bmx7_metric_round(cases[i].metric));
		assert_int_equal(out.history_count, (cases[i].here != 0) + (cases[i].there != 0));
	}
}

/* The history never grows beyond what the node wants, and the rate of the driver counts. */
static void history_is_cut(void **state)
{
	struct bmx7_metric m = BMX7_METRIC_DEFAULT;
	struct metric_link l = {.tq = 255,
				.rq = 255,
				.wireless = true,
				.channel = 1,
				.rate_bps = 56000000,
				.tx_bps = 10000000};
	struct metric_path p = claim_of(METRIC_MAX);

	(void)state;
	m.history = 3;
	for (int i = 0; i < 5; i++) {
		struct metric_path out;

		metric_extend(&m, &l, &p, &out);
		assert_int_equal(out.history_count, i < 3 ? i + 1 : 3);
		assert_int_equal(bmx7_float_value(out.history[0].metric),
				 bmx7_metric_round(4000000));
		assert_true(out.metric < p.metric);
		p = out;
	}
}

/* Whatever is claimed, what comes out is less on the wire, or no path. */
static void always_less(void **state)
{
	(void)state;
	for (unsigned e = 0; e <= 31; e++) {
		for (unsigned mantissa = 0; mantissa < 64; mantissa++) {
			struct bmx7_float f = {(uint8_t)e, (uint8_t)mantissa};
			struct metric_link l = wire(METRIC_MAX, 255, 255);
			struct metric_path out;

			if (!bmx7_float_valid(f))
				continue;
			struct metric_path p = claim_of(bmx7_float_value(f));

			for (unsigned bits = 0; bits <= 0x1001; bits += 0x1001) {
				struct bmx7_metric m = BMX7_METRIC_DEFAULT;

				m.algorithms = (uint16_t)bits;
				metric_extend(&m, &l, &p, &out);
				assert_true(out.metric == METRIC_UNROUTABLE ||
					    out.metric < p.metric);
				assert_int_equal(out.metric, bmx7_metric_round(out.metric));
			}
		}
	}
}

static void edges(void **state)
{
	struct bmx7_metric m = BMX7_METRIC_DEFAULT;
	struct metric_link dead = wire(1000000000, 0, 0), good = wire(1000000000, 255, 255);
	struct metric_path p = claim_of(METRIC_MAX), out;

	(void)state;
	metric_extend(&m, &dead, &p, &out);
	assert_int_equal(out.metric, METRIC_UNROUTABLE);
	p.metric = METRIC_UNROUTABLE;
	metric_extend(&m, &good, &p, &out);
	assert_int_equal(out.metric, METRIC_UNROUTABLE);
	p.metric = METRIC_MAX;
	m.min = METRIC_MAX;
	metric_extend(&m, &good, &p, &out);
	assert_int_equal(out.metric, METRIC_UNROUTABLE);
	m.min = 65;
	m.hop_penalty = 127; /* 128/256 */
	metric_extend(&m, &good, &p, &out);
	assert_int_equal(out.metric, bmx7_metric_round(499995000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qualities),	 cmocka_unit_test(exponents),
		cmocka_unit_test(line_of_wires), cmocka_unit_test(algorithms),
		cmocka_unit_test(channels),	 cmocka_unit_test(history_is_cut),
		cmocka_unit_test(always_less),	 cmocka_unit_test(edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
