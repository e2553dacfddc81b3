/* Proves that UCI's syntax is read as documented: words, quotes, joined lines, comments; that each
 * mistake is told with its line; and that what uci_quote wrote reads back. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include "base/prng.h"
#include "cmocka_all.h"
#include "conf/uci.h"

static const char *const kind_names[] = {
	[UCI_END] = "end",   [UCI_CONFIG] = "config",	[UCI_OPTION] = "option",
	[UCI_LIST] = "list", [UCI_MISTAKE] = "mistake",
};

/* All statements as "LINE kind name=value|", mistakes as "LINE mistake|". */
static void digest(const char *text, size_t len, char *out, size_t room)
{
	struct uci_reader r;
	struct uci_statement s;
	size_t used = 0;

	out[0] = '\0';
	uci_reader_init(&r, text, len);
	for (uci_next(&r, &s); s.kind != UCI_END; uci_next(&r, &s)) {
		if (s.kind == UCI_MISTAKE) {
			assert_true(s.mistake[0] != '\0' && s.remedy[0] != '\0');
			used += (size_t)snprintf(out + used, room - used, "%u mistake|", s.line);
		} else {
			used += (size_t)snprintf(out + used, room - used, "%u %s %s=%s|", s.line,
						 kind_names[s.kind], s.name, s.value);
		}
		assert_true(used < room);
	}
}

static void assert_reads(const char *text, const char *expected)
{
	char out[1024];

	digest(text, strlen(text), out, sizeof(out));
	assert_string_equal(out, expected);
}

static void test_statements(void **state)
{
	(void)state;
	assert_reads("", "");
	assert_reads("\n\n  \t\r\n# only a comment", "");
	assert_reads("config lime 'system'\n\toption hostname 'anna'\n\tlist p a\n\tlist p b\n",
		     "1 config lime=system|2 option hostname=anna|3 list p=a|4 list p=b|");
	assert_reads("config net", "1 config net=|");
	assert_reads("config net ''", "1 config net=|");
	assert_reads("package nuvol\nconfig a b", "2 config a=b|");
	assert_reads("c a b\no x 1\nl y 2", "1 config a=b|2 option x=1|3 list y=2|");
	assert_reads("config a b; option x 1; option y 2",
		     "1 config a=b|1 option x=1|1 option y=2|");
	assert_reads("config a b\r\noption x 'y'\r\n", "1 config a=b|2 option x=y|");
}

static void test_words(void **state)
{
	(void)state;
	assert_reads("config a b\noption x \"a 'b' # c\"", "1 config a=b|2 option x=a 'b' # c|");
	assert_reads("config a b\noption x 'a \"b\" \\n'", "1 config a=b|2 option x=a \"b\" \\n|");
	assert_reads("config a b\noption x 'it'\\''s'", "1 config a=b|2 option x=it's|");
	assert_reads("config a b\noption x \"a\\\"b\\\\c\"", "1 config a=b|2 option x=a\"b\\c|");
	assert_reads("config a b\noption x a\\ b\\#c", "1 config a=b|2 option x=a b#c|");
	assert_reads("config a b\noption x bare#comment", "1 config a=b|2 option x=bare|");
	assert_reads("config a b\noption x 'q'# comment", "1 config a=b|2 option x=q|");
	assert_reads("config a b\noption x ''", "1 config a=b|2 option x=|");
	assert_reads("config a b\noption 'x' a\"b c\"'d e'f", "1 config a=b|2 option x=ab cd ef|");
	assert_reads("config a b\noption x %N1:\xc3\xa9", "1 config a=b|2 option x=%N1:\xc3\xa9|");
}

static void test_lines(void **state)
{
	(void)state;
	/* Quotes span lines and keep them; later lines are numbered right. */
	assert_reads("config a b\noption x 'one\ntwo'\noption y 1",
		     "1 config a=b|2 option x=one\ntwo|4 option y=1|");
	assert_reads("config a b\noption x \"one\\\ntwo\"\noption y 1",
		     "1 config a=b|2 option x=onetwo|4 option y=1|");
	assert_reads("config a b\noption x one\\\ntwo\noption y 1",
		     "1 config a=b|2 option x=onetwo|4 option y=1|");
	assert_reads("config a b\noption \\\n x \\\n 1 \\\n\noption y 2",
		     "1 config a=b|2 option x=1|6 option y=2|");
}

static void test_mistakes(void **state)
{
	(void)state;
	assert_reads("option x 1\nconfig a b", "1 mistake|2 config a=b|");
	assert_reads("config\noption x 1\nconfig a b", "1 mistake|3 config a=b|");
	assert_reads("config a b c\noption x 1\nconfig d", "1 mistake|3 config d=|");
	assert_reads("config a b\noption x\noption y 1", "1 config a=b|2 mistake|3 option y=1|");
	assert_reads("config a b\noption x 1 2\nlist y", "1 config a=b|2 mistake|3 mistake|");
	assert_reads("config a b\nopt x 1", "1 config a=b|2 mistake|");
	assert_reads("hello world", "1 mistake|");
	assert_reads("config a b\noption x 'never closed\noption y 1\n", "1 config a=b|2 mistake|");
	assert_reads("config a 'b c'", "1 mistake|");
	assert_reads("config a b\noption 'x y' 1", "1 config a=b|2 mistake|");
	assert_reads("config a b\noption '' 1", "1 config a=b|2 mistake|");
	assert_reads("config \"a\tb\"", "1 mistake|");
}

static void test_zero_byte(void **state)
{
	static const char text[] = "config a b\noption x 1\0002\noption y 3";
	char out[256];

	(void)state;
	digest(text, sizeof(text) - 1, out, sizeof(out));
	assert_string_equal(out, "1 config a=b|2 mistake|3 option y=3|");
}

/* The longest value fits; one more byte is a mistake, and reading goes on. */
static void test_long_words(void **state)
{
	char value[UCI_VALUE_ROOM + 1];
	char text[2 * UCI_VALUE_ROOM];
	struct uci_reader r;
	struct uci_statement s;

	(void)state;
	for (size_t len = UCI_VALUE_ROOM - 1; len <= UCI_VALUE_ROOM; len++) {
		memset(value, 'v', len);
		value[len] = '\0';
		snprintf(text, sizeof(text), "config a b\noption x '%s'\noption y 1", value);
		uci_reader_init(&r, text, strlen(text));
		uci_next(&r, &s);
		uci_next(&r, &s);
		assert_int_equal(s.kind, len < UCI_VALUE_ROOM ? UCI_OPTION : UCI_MISTAKE);
		if (s.kind == UCI_OPTION)
			assert_string_equal(s.value, value);
		uci_next(&r, &s);
		assert_int_equal(s.kind, UCI_OPTION);
		assert_string_equal(s.name, "y");
	}
}

static void test_quote_reads_back(void **state)
{
	struct prng g;

	(void)state;
	prng_seed(&g, 7);
	for (unsigned round = 0; round < 2000; round++) {
		char value[40];
		char quoted[4 * sizeof(value) + 3];
		char text[sizeof(quoted) + 32];
		struct uci_reader r;
		struct uci_statement s;
		size_t len = prng_below(&g, sizeof(value));

		for (size_t i = 0; i < len; i++) {
			static const char odd[] = "'\"\\#; \n\tab";

			value[i] = odd[prng_below(&g, sizeof(odd) - 1)];
		}
		value[len] = '\0';
		snprintf(text, sizeof(text), "config a b\noption x %s\n",
			 uci_quote(value, quoted, sizeof(quoted)));
		uci_reader_init(&r, text, strlen(text));
		uci_next(&r, &s);
		uci_next(&r, &s);
		assert_int_equal(s.kind, UCI_OPTION);
		assert_string_equal(s.value, value);
		uci_next(&r, &s);
		assert_int_equal(s.kind, UCI_END);
	}
}

/* A short place gets a word that is cut, but still one word. */
static void test_quote_cuts(void **state)
{
	char word[8];

	(void)state;
	assert_string_equal(uci_quote("abcdefgh", word, sizeof(word)), "'abcde'");
	assert_string_equal(uci_quote("abc'd", word, sizeof(word)), "'abc'");
	assert_string_equal(uci_quote("", word, 3), "''");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_zero_byte),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_quote_reads_back),
		cmocka_unit_test(test_quote_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
