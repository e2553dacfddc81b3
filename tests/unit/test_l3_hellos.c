/* A link's quality is what was heard of its last 48 HELLOs, and ages as the reference's does. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "core/l3/hellos.h"

static void windows(void **state)
{
	static const struct {
		const char *what;
		uint16_t from; /* this number and the `count` - 1 that follow, each `step` */
		unsigned count, step;
		int then; /* one more, this far from the last; 0: none */
		unsigned quality;
	} cases[] = {
		{"one", 7, 1, 1, 0, 5},
		{"five make a link usable", 7, 5, 1, 0, 26},
		{"four do not", 7, 4, 1, 0, 21},
		{"all", 7, 48, 1, 0, 255},
		{"more than all", 7, 100, 1, 0, 255},
		{"each second", 7, 48, 2, 0, 127},
		{"over the end of the numbers", 65530, 48, 1, 0, 255},
		{"the same again", 7, 5, 1, 65536, 26},
		{"late by 3", 7, 5, 1, -3, 26},
		{"late by 4: begins anew", 7, 5, 1, -4, 5},
		{"47 ahead", 7, 48, 1, 47, 10},
		{"48 ahead: begins anew", 7, 48, 1, 48, 5},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hellos h = {0};
		uint16_t sqn = cases[i].from;

		for (unsigned k = 0; k < cases[i].count; k++) {
			sqn = (uint16_t)(cases[i].from + k * cases[i].step);
			assert_true(hellos_mark(&h, sqn));
		}
		if (cases[i].then != 0)
			hellos_mark(&h, (uint16_t)(sqn + cases[i].then));
		if (hellos_quality(&h) != cases[i].quality)
			fail_msg("%s: %u", cases[i].what, hellos_quality(&h));
	}
}

static void ageing(void **state)
{
	static const struct {
		int age_ms;
		uint8_t quality;
	} cases[] = {
		{0, 200},   {1999, 200}, {2000, 180}, {10000, 100},
		{19900, 1}, {20000, 0},	 {90000, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct quality q = {200, {5000000}};
		instant now = instant_add(q.at, span_ms(cases[i].age_ms));

		assert_int_equal(quality_aged(q, now, span_s(20)), cases[i].quality);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows),
		cmocka_unit_test(ageing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
