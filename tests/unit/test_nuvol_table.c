/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves: tables are as wide as their content, in characters, with no blanks at a
 * line's end, no colour unless wanted and no control character; ages and sizes read well. */
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "nuvol/table.h"
#include "nuvol/words.h"

static char *printed(const struct table *t, bool colour, int indent)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	table_print(t, out, colour, indent);
	fclose(out);
	return text;
}

static const struct column two[] = {{"NAME", false}, {"TQ", true}, {"NOTE", false}};

static void assert_prints(struct table *t, bool colour, int indent, const char *want)
{
	char *text = printed(t, colour, indent);

	assert_string_equal(text, want);
	free(text);
	table_fini(t);
}

static void test_alignment(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, two, 3);
	table_add(&t, TONE_PLAIN, "anna");
	table_add(&t, TONE_GOOD, "%d", 5);
	table_add(&t, TONE_PLAIN, "here");
	table_add(&t, TONE_PLAIN, "longer");
	table_add(&t, TONE_GOOD, "%d", 255);
	table_add(&t, TONE_PLAIN, "%s", "");
	assert_prints(&t, false, 2,
		      "  NAME     TQ  NOTE\n"
		      "  anna      5  here\n"
		      "  longer  255\n");
}

static void test_characters_not_bytes(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, two, 3);
	table_add(&t, TONE_PLAIN, "\xc3\xa0nn\xc3\xa0");
	table_add(&t, TONE_PLAIN, "1");
	table_add(&t, TONE_PLAIN, "\x1b[2J\n");
	assert_prints(&t, false, 0,
		      "NAME  TQ  NOTE\n"
		      "\xc3\xa0nn\xc3\xa0   1  ?[2J?\n");
}

static void test_no_rows(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, two, 3);
	assert_prints(&t, false, 0, "NAME  TQ  NOTE\n");
}

static void test_no_blanks_at_the_end(void **state)
{
	static const struct column columns[] = {{"A", false}, {"", false}};
	struct table t;

	(void)state;
	table_init(&t, columns, 2);
	table_add(&t, TONE_PLAIN, "wide");
	table_add(&t, TONE_PLAIN, "x");
	assert_prints(&t, false, 0, "A\nwide  x\n");
}

static void test_colour(void **state)
{
	static const struct column untitled[] = {{NULL, false}, {NULL, true}};
	struct table t;

	(void)state;
	table_init(&t, untitled, 2);
	table_add(&t, TONE_BAD, "no");
	table_add(&t, TONE_PLAIN, "7");
	table_add(&t, TONE_PLAIN, "longer");
	table_add(&t, TONE_PLAIN, "10");
	assert_prints(&t, true, 0,
		      "\033[31mno\033[0m       7\n"
		      "longer  10\n");
}

static void test_spans(void **state)
{
	static const struct {
		double ms;
		const char *words;
	} cases[] = {
		{0, "0.0 ms"},	   {0.44, "0.4 ms"},	  {9.96, "10.0 ms"}, {120, "120 ms"},
		{1234, "1.2 s"},   {45000, "45 s"},	  {200000, "3 min"}, {5400000, "90 min"},
		{18000000, "5 h"}, {259200000, "3 days"},
	};
	char words[WORDS_ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(span_words(cases[i].ms, words), cases[i].words);
}

static void test_sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *words;
	} cases[] = {
		{0, "0 B"},	     {999, "999 B"},	 {1000, "1.0 kB"}, {1234567, "1.2 MB"},
		{35000000, "35 MB"}, {999999, "1.0 MB"}, {9960, "10 kB"},  {UINT64_MAX, "18 EB"},
	};
	char words[WORDS_ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(bytes_words(cases[i].bytes, words), cases[i].words);
}

/* What an older or newer daemon leaves out, or sends as something else. */
static void test_members(void **state)
{
	json_t *o = json_pack("{s:s, s:i, s:n, s:b}", "text", "t", "number", 5, "null", "yes", 1);
	char words[WORDS_ROOM];

	(void)state;
	assert_string_equal(member_text(o, "text", "?"), "t");
	assert_string_equal(member_text(o, "number", "?"), "?");
	assert_string_equal(member_text(o, "nosuch", "?"), "?");
	assert_string_equal(member_text(NULL, "text", "?"), "?");
	assert_int_equal(member_count(o, "number"), 5);
	assert_int_equal(member_count(o, "text"), 0);
	assert_true(member_flag(o, "yes"));
	assert_false(member_flag(o, "number"));
	assert_string_equal(member_age(o, "number", words), "5.0 ms");
	assert_string_equal(member_age(o, "null", words), "-");
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alignment), cmocka_unit_test(test_characters_not_bytes),
		cmocka_unit_test(test_no_rows),	  cmocka_unit_test(test_no_blanks_at_the_end),
		cmocka_unit_test(test_colour),	  cmocka_unit_test(test_spans),
		cmocka_unit_test(test_sizes),	  cmocka_unit_test(test_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
