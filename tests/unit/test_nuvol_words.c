/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves: counts of bytes and rates are told with three digits at most and the right unit. */
#include "cmocka_all.h"
#include "nuvol/words.h"

static void test_units(void **state)
{
	static const struct {
		uint64_t count;
		const char *bytes, *rate;
	} cases[] = {
		{0, "0 B", "0 bit/s"},
		{999, "999 B", "999 bit/s"},
		{1000, "1.0 kB", "1.0 kbit/s"},
		{9940, "9.9 kB", "9.9 kbit/s"},
		{9960, "10 kB", "10 kbit/s"},
		{999499, "999 kB", "999 kbit/s"},
		{999500, "1.0 MB", "1.0 Mbit/s"},
		{54000000, "54 MB", "54 Mbit/s"},
		{257698037760, "258 GB", "258 Gbit/s"},
		{UINT64_MAX, "18 EB", "18 Ebit/s"},
	};
	char words[WORDS_ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(bytes_words(cases[i].count, words), cases[i].bytes);
		assert_string_equal(rate_words(cases[i].count, words), cases[i].rate);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_units)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
