/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/network_words.h"
#include <inttypes.h>
#include <string.h>
#include "nuvol/tunnel_words.h"

enum { SHORT_ID_DIGITS = 8, LABEL_WIDTH = 11 };

void network_line(const struct cli *cli, const char *name, const char *text)
{
	printf("%s%-*s%s ", tone_begin(TONE_TITLE, cli->colour), LABEL_WIDTH, name,
	       tone_end(TONE_TITLE, cli->colour));
	text_print(stdout, text);
	putchar('\n');
}

void network_counters_print(const char *title, const json_t *counters)
{
	const char *name, *before = "";
	json_t *value;

	json_object_foreach((json_t *)counters, name, value)
	{
		if (json_integer_value(value) == 0)
			continue;
		printf("%s%s ", before[0] == '\0' ? title : before, name);
		printf("%" PRId64, (int64_t)json_integer_value(value));
		before = ", ";
	}
	if (before[0] != '\0')
		putchar('\n');
}

void network_id_cell(struct table *t, const json_t *o)
{
	table_add(t, TONE_PLAIN, "%.*s", SHORT_ID_DIGITS, member_text(o, "id", "?"));
}

void network_node_cell(struct table *t, const json_t *o, const char *prefix)
{
	char key[32];
	const char *id = member_text(o, prefix[0] != '\0' ? prefix : "id", "-");

	snprintf(key, sizeof(key), "%s%sname", prefix, prefix[0] != '\0' ? "_" : "");
	const char *name = member_text(o, key, NULL);

	if (name)
		table_add(t, TONE_PLAIN, "%s", name);
	else
		table_add(t, TONE_FAINT, "%.*s", SHORT_ID_DIGITS, id);
}

static void rate_cell(struct table *t, const json_t *o, const char *key)
{
	int64_t bps = member_count(o, key);
	char words[WORDS_ROOM];

	table_add(t, bps > 0 ? TONE_PLAIN : TONE_FAINT, "%s",
		  bps > 0 ? rate_words((uint64_t)bps, words) : "-");
}

void network_way_cells(struct table *t, const json_t *o)
{
	const char *next_hop = member_text(o, "next_hop", NULL);

	if (!next_hop)
		table_add(t, TONE_BAD, "no way");
	else if (strcmp(next_hop, member_text(o, "id", "")) == 0)
		table_add(t, TONE_FAINT, "directly");
	else
		network_node_cell(t, o, "next_hop");
	table_add(t, TONE_PLAIN, "%s", member_text(o, "port", "-"));
	rate_cell(t, o, "metric_bps");
	if (next_hop)
		table_add(t, TONE_PLAIN, "%" PRId64, member_count(o, "hops"));
	else
		table_add(t, TONE_FAINT, "-");
}

/* By name, those without one last, then by id. */
static int by_node(const json_t *a, const json_t *b)
{
	const char *name_a = member_text(a, "name", "\x7f"),
		   *name_b = member_text(b, "name", "\x7f");
	int order = strcmp(name_a, name_b);

	return order != 0 ? order : strcmp(member_text(a, "id", ""), member_text(b, "id", ""));
}

/* ---- nodes ---- */

static int node_compare(const void *a, const void *b)
{
	return by_node(row_of(a), row_of(b));
}

static const char *state_words(const char *state)
{
	if (strcmp(state, "listed") == 0)
		return "named only, its key is not here yet";
	if (strcmp(state, "tracked") == 0)
		return "its description is not here yet";
	return strcmp(state, "blocked") == 0 ? "blocked: an address of it is another node's" : "";
}

static void node_row(struct table *t, const json_t *n)
{
	char age[WORDS_ROOM];

	network_node_cell(t, n, "");
	network_id_cell(t, n);
	table_add(t, TONE_PLAIN, "%s", member_text(n, "primary", "-"));
	network_way_cells(t, n);
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(n, "candidates"));
	table_add(t, TONE_PLAIN, "%s", member_age(n, "described_ms", age));
	table_add(t, TONE_FAINT, "%s", state_words(member_text(n, "state", "")));
}

static const struct column node_columns[] = {
	{"NETWORK NODE", false}, {"ID", false},	  {"ADDRESS", false}, {"NEXT HOP", false},
	{"PORT", false},	 {"RATE", true},  {"HOPS", true},     {"WAYS", true},
	{"DESCRIBED", true},	 {"NOTE", false},
};

const struct list_shape network_nodes = {
	.columns = node_columns,
	.width = sizeof(node_columns) / sizeof(node_columns[0]),
	.compare = node_compare,
	.row = node_row,
	.none = "No other node is known in the network.",
};

/* ---- neighbours ---- */

static int link_compare(const void *a, const void *b)
{
	int order = strcmp(member_text(row_of(a), "port", ""), member_text(row_of(b), "port", ""));

	return order != 0 ? order : by_node(row_of(a), row_of(b));
}

static void link_row(struct table *t, const json_t *k)
{
	char age[WORDS_ROOM];

	network_node_cell(t, k, "");
	table_add(t, TONE_PLAIN, "%s", member_text(k, "port", "-"));
	table_add(t, TONE_PLAIN, "%s", member_text(k, "link_local", "?"));
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(k, "rq"));
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(k, "tq"));
	rate_cell(t, k, "rate_bps");
	table_add(t, TONE_PLAIN, "%s", member_age(k, "last_heard_ms", age));
	if (member_flag(k, "doubted"))
		table_add(t, TONE_BAD, "silent");
	else if (member_flag(k, "usable"))
		table_add(t, TONE_GOOD, "usable");
	else
		table_add(t, TONE_BAD, "not good enough");
}

static const struct column link_columns[] = {
	{"NETWORK NEIGHBOUR", false},
	{"PORT", false},
	{"ADDRESS", false},
	{"RQ", true},
	{"TQ", true},
	{"RATE", true},
	{"LAST", true},
	{"STATE", false},
};

const struct list_shape network_neighbours = {
	.columns = link_columns,
	.width = sizeof(link_columns) / sizeof(link_columns[0]),
	.compare = link_compare,
	.row = link_row,
	.none = "No neighbour is heard in the network.",
};

/* ---- why ---- */

static void candidate_row(struct table *t, const json_t *c)
{
	char age[WORDS_ROOM];
	bool chosen = member_flag(c, "chosen");

	table_add(t, chosen ? TONE_GOOD : TONE_PLAIN, "%s", chosen ? "*" : "");
	network_node_cell(t, c, "next_hop");
	rate_cell(t, c, "claimed_bps");
	rate_cell(t, c, "metric_bps");
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(c, "hops"));
	table_add(t, TONE_PLAIN, "%s", member_age(c, "age_ms", age));
	table_add(t, chosen ? TONE_GOOD : TONE_PLAIN, "%s", member_text(c, "reason", "?"));
}

void network_candidates_print(const struct cli *cli, const json_t *list)
{
	static const struct column columns[] = {
		{"", false},	{"NEXT HOP", false}, {"CLAIMS", true},	{"GIVES", true},
		{"HOPS", true}, {"AGE", true},	     {"REASON", false},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.indent = 2,
		.row = candidate_row,
	};

	list_print(cli, &shape, list);
}

void network_why_print(const struct cli *cli, const json_t *result)
{
	const json_t *candidates = json_object_get(result, "candidates");

	text_print(stdout, member_text(result, "text", "?"));
	putchar('\n');
	tunnel_gateways_print(cli, json_object_get(result, "tunnel"));
	if (json_is_object(json_object_get(result, "tunnel")) && json_array_size(candidates) > 0)
		printf("\nThe way to the gateway's node:\n");
	network_candidates_print(cli, candidates);
}
