/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol shared: the cloud's shared records, and the nodes that they come from. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "nuvol/list.h"
#include "nuvol/words.h"

enum { TYPE_MAX = 255 };

/* Types that we know, by what they are for; see docs/control.md. */
static const struct {
	int64_t first, last;
	const char *words;
} types[] = {
	{64, 64, "names, LibreMesh's"}, {65, 65, "leases, LibreMesh's"},
	{66, 66, "hosts, LibreMesh's"}, {160, 160, "a node"},
	{176, 191, "leases"},
};

static const char *type_words(int64_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (type >= types[i].first && type <= types[i].last)
			return types[i].words;
	return "";
}

static const char *class_words(const char *class)
{
	if (strcmp(class, "local") == 0)
		return "our own";
	if (strcmp(class, "first-hand") == 0)
		return "from its source";
	return strcmp(class, "synced") == 0 ? "told by another node" : class;
}

/* By type, then by source. */
static int record_compare(const void *a, const void *b)
{
	int64_t type_a = member_count(row_of(a), "type"), type_b = member_count(row_of(b), "type");

	if (type_a != type_b)
		return type_a < type_b ? -1 : 1;
	return strcmp(member_text(row_of(a), "source", ""), member_text(row_of(b), "source", ""));
}

static void record_row(struct table *t, const json_t *r)
{
	const char *class = member_text(r, "class", "?");
	char age[WORDS_ROOM];

	table_add(t, TONE_PLAIN, "%" PRId64, member_count(r, "type"));
	table_add(t, TONE_PLAIN, "%s", member_text(r, "source", "?"));
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(r, "version"));
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(r, "bytes"));
	table_add(t, TONE_PLAIN, "%s", member_age(r, "age_ms", age));
	table_add(t, TONE_PLAIN, "%s", class_words(class));
	table_add(t, TONE_FAINT, "%s", type_words(member_count(r, "type")));
}

static int peer_compare(const void *a, const void *b)
{
	return by_mac(row_of(a), row_of(b));
}

static void peer_row(struct table *t, const json_t *p)
{
	char age[WORDS_ROOM];

	table_add(t, TONE_PLAIN, "%s", member_text(p, "mac", "?"));
	table_add(t, TONE_PLAIN, "%s", member_age(p, "heard_ms", age));
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(p, "records"));
	table_add(t, TONE_FAINT, "%s", member_flag(p, "ours") ? "nuvol" : "plain alfred");
}

/* "rx 12, stranger 3": those that are not 0. */
static void counters_print(const json_t *counters)
{
	const char *name, *before = "\nCounters: ";
	json_t *value;

	json_object_foreach((json_t *)counters, name, value)
	{
		if (json_integer_value(value) == 0)
			continue;
		fputs(before, stdout);
		text_print(stdout, name);
		printf(" %" PRId64, (int64_t)json_integer_value(value));
		before = ", ";
	}
	if (before[0] == ',')
		putchar('\n');
}

static void shared_print(const struct cli *cli, const json_t *result)
{
	static const struct column record_columns[] = {
		{"TYPE", true}, {"SOURCE", false}, {"VERSION", true}, {"BYTES", true},
		{"AGE", true},	{"HOW", false},	   {"WHAT", false},
	};
	static const struct column peer_columns[] = {
		{"PEER", false}, {"HEARD", true}, {"RECORDS", true}, {"SPEAKS", false}};
	static const struct list_shape records = {
		.columns = record_columns,
		.width = sizeof(record_columns) / sizeof(record_columns[0]),
		.compare = record_compare,
		.row = record_row,
		.none = "There is no such record.",
	};
	static const struct list_shape peers = {
		.columns = peer_columns,
		.width = sizeof(peer_columns) / sizeof(peer_columns[0]),
		.compare = peer_compare,
		.row = peer_row,
		.none = "No other node shares records.",
	};

	list_print(cli, &records, json_object_get(result, "records"));
	putchar('\n');
	list_print(cli, &peers, json_object_get(result, "peers"));
	counters_print(json_object_get(result, "counters"));
}

static enum exit_code shared_run(const struct cli *cli)
{
	json_t *result, *params = NULL;
	enum exit_code status;

	if (cli->argc > 0) {
		char *end;
		long type = strtol(cli->argv[0], &end, 10);

		if (end == cli->argv[0] || *end != '\0' || type < 0 || type > TYPE_MAX)
			return usage_error(cli, "'%s' is no type of records; it is 0 to %d",
					   cli->argv[0], TYPE_MAX);
		params = json_pack("{s:i}", "type", (int)type);
	}
	if (!list_ask(cli, "shared", params, &result, &status))
		return status;
	shared_print(cli, result);
	json_decref(result);
	return EXIT_OK;
}

const struct command shared_command = {
	.name = "shared",
	.arguments = "[TYPE]",
	.summary = "the records that the nodes share (leases, names), and who brings them",
	.details = "AGE is the time since the record came last; an own one, since it changed.\n"
		   "TYPE, 0 to 255, shows only records of that type.\n",
	.arguments_max = 1,
	.run = shared_run,
};
