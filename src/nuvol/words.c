/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/words.h"
#include <inttypes.h>

enum { REAL_DIGITS = 12 };

#define SECOND_MS 1000.0
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

char *span_words(double ms, char words[WORDS_ROOM])
{
	if (ms < 10)
		snprintf(words, WORDS_ROOM, "%.1f ms", ms);
	else if (ms < SECOND_MS)
		snprintf(words, WORDS_ROOM, "%.0f ms", ms);
	else if (ms < 10 * SECOND_MS)
		snprintf(words, WORDS_ROOM, "%.1f s", ms / SECOND_MS);
	else if (ms < 100 * SECOND_MS)
		snprintf(words, WORDS_ROOM, "%.0f s", ms / SECOND_MS);
	else if (ms < 100 * MINUTE_MS)
		snprintf(words, WORDS_ROOM, "%.0f min", ms / MINUTE_MS);
	else if (ms < 48 * HOUR_MS)
		snprintf(words, WORDS_ROOM, "%.0f h", ms / HOUR_MS);
	else
		snprintf(words, WORDS_ROOM, "%.0f days", ms / DAY_MS);
	return words;
}

/* Three digits at most: "5.5 Mbit/s", "35 Mbit/s". */
static char *unit_words(uint64_t count, const char *unit, char words[WORDS_ROOM])
{
	static const char prefixes[] = "kMGTPE";
	double n = (double)count / 1000;
	unsigned at = 0;

	if (count < 1000) {
		snprintf(words, WORDS_ROOM, "%" PRIu64 " %s", count, unit);
		return words;
	}
	/* 999.5 would be printed as 1000. */
	for (; n >= 999.5 && at < sizeof(prefixes) - 2; at++)
		n /= 1000;
	snprintf(words, WORDS_ROOM, n < 9.95 ? "%.1f %c%s" : "%.0f %c%s", n, prefixes[at], unit);
	return words;
}

char *bytes_words(uint64_t bytes, char words[WORDS_ROOM])
{
	return unit_words(bytes, "B", words);
}

char *rate_words(uint64_t bps, char words[WORDS_ROOM])
{
	return unit_words(bps, "bit/s", words);
}

char *count_words(int64_t n, const char *noun, char words[WORDS_ROOM])
{
	snprintf(words, WORDS_ROOM, "%" PRId64 " %s%s", n, noun, n == 1 ? "" : "s");
	return words;
}

const char *member_text(const json_t *o, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : otherwise;
}

int64_t member_count(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

double member_real(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

bool member_flag(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

char *member_age(const json_t *o, const char *key, char words[WORDS_ROOM])
{
	const json_t *age = json_object_get(o, key);

	if (json_is_number(age))
		return span_words(json_number_value(age), words);
	snprintf(words, WORDS_ROOM, "-");
	return words;
}

const char *interface_name(const json_t *o)
{
	const char *name = member_text(o, "name", "");

	return name[0] != '\0' ? name : member_text(o, "on", "?");
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

void text_clean(char *text)
{
	for (; *text; text++)
		if (is_control(*text))
			*text = '?';
}

void text_print(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(is_control(*text) ? '?' : *text, out);
}

void json_print(const json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_DIGITS));
	putchar('\n');
}

void json_print_line(const json_t *value)
{
	json_dumpf(value, stdout, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));
	putchar('\n');
	fflush(stdout);
}
