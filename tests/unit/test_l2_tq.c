/* Proves the arithmetic of transmit quality against the written formula, and its known figures. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "core/l2/tq.h"

/* The formula of the specification, in 64 bits and without any shortcut. */
static unsigned formula(unsigned tq, unsigned rq, unsigned eq, unsigned port, bool wifi,
			unsigned hop)
{
	uint64_t total = eq < rq ? eq : rq;
	uint64_t own = total < 1 || rq < 1 ? 0 : 255 * total / rq;
	uint64_t cube = (uint64_t)(64 - rq) * (64 - rq) * (64 - rq);
	uint64_t asym = 255 - 255 * cube / (64 * 64 * 64);
	uint64_t pen = 255 - port;

	if (wifi)
		pen = pen * (255 - hop) / 255;
	return (unsigned)(tq * own * asym * pen / (255 * 255 * 255));
}

static void test_whole_range(void **state)
{
	(void)state;
	for (unsigned rq = 0; rq <= 64; rq++) {
		for (unsigned eq = 0; eq <= 64; eq++) {
			for (unsigned tq = 0; tq <= 255; tq += 15) {
				for (unsigned pen = 0; pen <= 255; pen += 51) {
					bool wifi = (rq + eq) & 1;

					assert_int_equal(tq_over_link((uint8_t)tq, rq, eq,
								      (uint8_t)pen, wifi, 30),
							 formula(tq, rq, eq, pen, wifi, 30));
				}
			}
		}
	}
}

static void test_known_figures(void **state)
{
	static const struct {
		uint8_t in;
		unsigned rq, eq;
		uint8_t penalty;
		bool wifi;
		uint8_t out;
	} cases[] = {
		{255, 64, 64, 0, false, 255}, /* the largest product that 32 bits must hold */
		{255, 64, 63, 0, false, 251}, /* one echo is missing */
		{255, 3, 3, 0, false, 35},    /* three seconds after the start */
		{255, 64, 0, 0, false, 0},    /* it does not hear us */
		{255, 0, 64, 0, false, 0},    /* we do not hear it */
		{255, 10, 64, 0, false, 102}, /* more echoes than OGMs count as many */
		{0, 64, 64, 0, false, 0},     {255, 64, 64, 255, false, 0},
		{255, 64, 64, 0, true, 225}, /* half duplex: the hop penalty at once */
		{225, 64, 64, 0, false, 225},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(tq_over_link(cases[i].in, cases[i].rq, cases[i].eq,
					      cases[i].penalty, cases[i].wifi, 30),
				 cases[i].out);
	}
}

static void test_penalty(void **state)
{
	(void)state;
	assert_int_equal(tq_penalise(255, 30), 225);
	assert_int_equal(tq_penalise(225, 30), 198);
	assert_int_equal(tq_penalise(198, 30), 174);
	assert_int_equal(tq_penalise(255, 0), 255);
	assert_int_equal(tq_penalise(255, 255), 0);
	assert_int_equal(tq_penalise(1, 1), 0);
	assert_int_equal(tq_penalise(0, 30), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_range),
		cmocka_unit_test(test_known_figures),
		cmocka_unit_test(test_penalty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
