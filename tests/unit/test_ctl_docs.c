/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves: docs/control.md is true. Each example's request, put to live nodes, gets an
 * answer with the example's members and types, and no others; every method and
 * parameter has its place there, and every event and error code its name. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "ctl/method.h"
#include "ctl_lab.h"
#include "network_town.h"

#define DOCUMENT TESTS_DIR "/../docs/control.md"

enum { EXAMPLE_ROOM = 8192, FILE_ROOM = 65536 };

static struct lab *lab;
static struct network_town *town;
static struct asker *asker;

static char *file_read(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, FILE_ROOM);

	assert_non_null(file);
	assert_in_range(fread(text, 1, FILE_ROOM - 1, file), 1, FILE_ROOM - 2);
	fclose(file);
	return text;
}

static char *document_read(void)
{
	return file_read(DOCUMENT);
}

/* ---- comparing ---- */

static void shape_equal(const json_t *want, const json_t *got, const char *where);

static void object_equal(const json_t *want, const json_t *got, const char *where)
{
	bool more = json_object_get(want, "...");
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)want, key, value)
	{
		char inside[160];

		if (strcmp(key, "...") == 0)
			continue;
		snprintf(inside, sizeof(inside), "%s.%s", where, key);
		shape_equal(value, json_object_get(got, key), inside);
	}
	json_object_foreach((json_t *)got, key, value)
	{
		if (!json_object_get(want, key) && !more)
			fail_msg("%s.%s is not in the document", where, key);
		if (more && !json_object_get(want, key))
			shape_equal(json_object_get(want, "..."), value, where);
	}
}

/* The same members and types; a list's members are like the example's first. */
static void shape_equal(const json_t *want, const json_t *got, const char *where)
{
	json_t *value;
	size_t i;

	if (!got)
		fail_msg("%s is in the document only", where);
	if (json_is_null(want) || json_is_null(got))
		return; /* "there is none" */
	if (json_is_object(want) && json_is_object(got)) {
		object_equal(want, got, where);
		return;
	}
	if (json_is_array(want) && json_is_array(got)) {
		assert_true(json_array_size(want) > 0);
		json_array_foreach(got, i, value)
			shape_equal(json_array_get(want, 0), value, where);
		return;
	}
	if (json_typeof(want) != json_typeof(got) &&
	    !(json_is_boolean(want) && json_is_boolean(got)))
		fail_msg("%s has another type than in the document", where);
}

/* ---- examples ---- */

static void request_check(const char *request, const char *answer)
{
	json_error_t error;
	json_t *want = json_loads(answer, JSON_REJECT_DUPLICATES, &error);
	json_t *sent = json_loads(request, 0, NULL);
	size_t before = json_array_size(asker->lines);

	if (!want || !sent)
		fail_msg("not JSON in the document: %s (%s)", request, error.text);
	lab_line(lab, asker, request);
	for (unsigned i = 0; i < 100 && json_array_size(asker->lines) == before; i++)
		lab_run(lab, span_ms(10));
	assert_int_equal(json_array_size(asker->lines), before + 1);
	shape_equal(want, asker_last(asker), json_string_value(json_object_get(sent, "method")));
	if (!json_equal(json_object_get(want, "id"), json_object_get(asker_last(asker), "id")))
		fail_msg("%s: another id", request);
	json_decref(want);
	json_decref(sent);
}

/* Text between two line beginnings, "> " and "< " taken off. */
static void part_copy(char *out, const char *from, const char *to)
{
	assert_in_range(to - from, 3, EXAMPLE_ROOM - 1);
	memcpy(out, from + 2, (size_t)(to - from) - 2);
	out[to - from - 2] = '\0';
}

static const char *next_of(const char *at, const char *end, const char *mark)
{
	const char *found = strstr(at, mark);

	return found && found < end ? found + 1 : end;
}

/* A block of "> request" and "< answer" pairs; gives how many. */
static unsigned block_check(const char *at, const char *end)
{
	unsigned pairs = 0;

	while (at < end && strncmp(at, "> ", 2) == 0) {
		char request[EXAMPLE_ROOM], answer[EXAMPLE_ROOM];
		const char *answer_at = next_of(at, end, "\n< ");
		const char *next = next_of(answer_at, end, "\n> ");

		assert_true(answer_at < end);
		part_copy(request, at, answer_at - 1);
		part_copy(answer, answer_at, next);
		request_check(request, answer);
		pairs++;
		at = next;
	}
	return pairs;
}

static void test_examples(void **state)
{
	char *text = document_read();
	unsigned pairs = 0;

	(void)state;
	for (char *at = strstr(text, "\n```\n"); at; at = strstr(at, "\n```\n")) {
		char *end = strstr(at + 5, "\n```");

		assert_non_null(end);
		pairs += block_check(at + 5, end + 1);
		at = end + 4;
	}
	assert_int_equal(pairs, 28);
	free(text);
}

/* The event at the document's end comes when a client moves here. */
static void test_event(void **state)
{
	char *text = document_read();
	char *at = strstr(text, "\n< {\"event\"");
	json_t *want, *o;
	size_t i;
	bool found = false;

	(void)state;
	assert_non_null(at);
	*strstr(at, "\n```") = '\0';
	want = json_loads(at + 3, 0, NULL);
	assert_non_null(want);
	lab_ask(lab, asker, "watch", NULL);
	lab_client_event(lab, 0, 2, CLIENT_SEEN);
	lab_run(lab, span_s(1));
	json_array_foreach(asker->lines, i, o)
	{
		if (!json_equal(json_object_get(want, "event"), json_object_get(o, "event")))
			continue;
		shape_equal(want, o, "event");
		assert_true(json_equal(json_object_get(want, "text"), json_object_get(o, "text")));
		found = true;
	}
	assert_true(found);
	json_decref(want);
	free(text);
}

/* ---- completeness ---- */

static void test_methods_have_sections(void **state)
{
	char *text = document_read();

	(void)state;
	for (const struct method *m = methods; m->name; m++) {
		char title[80];
		char *section;

		snprintf(title, sizeof(title), "\n### `%s`\n", m->name);
		section = strstr(text, title);
		if (!section)
			fail_msg("method %s is not in the document", m->name);
		for (const struct param *p = m->params; p->name; p++) {
			char row[80];
			char *next = strstr(section + 1, "\n### ");

			snprintf(row, sizeof(row), "\n| `%s` | ", p->name);
			char *found = strstr(section, row);
			if (!found || (next && found > next))
				fail_msg("parameter %s of %s is not in the document", p->name,
					 m->name);
		}
	}
	free(text);
}

static void test_sections_are_methods(void **state)
{
	char *text = document_read();

	(void)state;
	for (char *at = strstr(text, "\n### `"); at; at = strstr(at, "\n### `")) {
		char *name = at + 6;

		at = strchr(name, '`');
		*at++ = '\0';
		if (!method_find(name))
			fail_msg("there is no method %s", name);
	}
	free(text);
}

static void test_events_are_named(void **state)
{
	char *text = document_read();

	(void)state;
	for (int n = 0; n <= NOTE_TABLE_FULL; n++) {
		char name[64];

		snprintf(name, sizeof(name), "`%s`", note_name((enum note)n));
		if (!strstr(text, name))
			fail_msg("event %s is not in the document", name);
	}
	free(text);
}

/* Every code that a call_refuse() in src/ctl names. */
static void test_codes_are_named(void **state)
{
	char *text = document_read();
	unsigned codes = 0;
	glob_t files;

	(void)state;
	assert_int_equal(glob(TESTS_DIR "/../src/ctl/*.c", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char *source = file_read(files.gl_pathv[i]);

		for (char *at = source; (at = strstr(at, "call_refuse(call, \"")); codes++) {
			char name[64];

			at += strlen("call_refuse(call, \"");
			snprintf(name, sizeof(name), "`%.*s`", (int)strcspn(at, "\""), at);
			if (!strstr(text, name))
				fail_msg("code %s is not in the document", name);
		}
		free(source);
	}
	assert_in_range(codes, 15, 100);
	globfree(&files);
	free(text);
}

static int setup(void **state)
{
	(void)state;
	lab = calloc(1, sizeof(*lab));
	lab_init(lab, 3, false);
	lab_client_event(lab, 0, 1, CLIENT_SEEN);
	lab_client_event(lab, 2, 2, CLIENT_SEEN);
	lab_announce(lab, 0);
	lab_uplink(lab, 0, "wan0");
	lab_run(lab, span_s(19));
	lab_lease(lab, 0, 1, "10.35.3.7", "phone");
	lab_run(lab, span_s(1));
	town = calloc(1, sizeof(*town));
	network_town_init(town, lab);
	asker = lab_asker(lab, false);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	network_town_fini(town);
	free(town);
	lab_fini(lab);
	free(lab);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_examples, setup, teardown),
		cmocka_unit_test_setup_teardown(test_event, setup, teardown),
		cmocka_unit_test(test_methods_have_sections),
		cmocka_unit_test(test_sections_are_methods),
		cmocka_unit_test(test_events_are_named),
		cmocka_unit_test(test_codes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
