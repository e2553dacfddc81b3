/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol uplinks: this node's own ways to the Internet, and what others are offered. */
#include <stdio.h>
#include <string.h>
#include "nuvol/list.h"
#include "nuvol/status_gateway.h"
#include "nuvol/words.h"

static int uplink_compare(const void *a, const void *b)
{
	int c = strcmp(member_text(row_of(a), "interface", ""),
		       member_text(row_of(b), "interface", ""));

	return c ? c
		 : strcmp(member_text(row_of(a), "family", ""),
			  member_text(row_of(b), "family", ""));
}

static const char *family_words(const json_t *o)
{
	return strcmp(member_text(o, "family", ""), "ipv6") == 0 ? "IPv6" : "IPv4";
}

/* "works", "failed: a portal wants to be asked first" */
static void state_cell(struct table *t, const json_t *u)
{
	static const char *const why[][2] = {
		{"silent", ": nobody on the Internet answers"},
		{"no-dns", ": no resolver answers"},
		{"portal", ": a portal answers in the name of others"},
	};
	const char *state = member_text(u, "state", "?"), *fault = member_text(u, "fault", ""),
		   *words = member_flag(u, "doubted") ? ", but an answer is missing" : "";
	bool works = strcmp(state, "works") == 0;

	for (unsigned i = 0; i < sizeof(why) / sizeof(why[0]); i++)
		if (strcmp(fault, why[i][0]) == 0)
			words = why[i][1];
	table_add(t,
		  works				 ? TONE_GOOD
		  : strcmp(state, "failed") == 0 ? TONE_BAD
						 : TONE_PLAIN,
		  "%s%s", state, words);
}

static void uplink_row(struct table *t, const json_t *u)
{
	char age[WORDS_ROOM], now[WORDS_ROOM], best[WORDS_ROOM];

	table_add(t, TONE_PLAIN, "%s%s", member_text(u, "interface", "?"),
		  member_flag(u, "used") ? " *" : "");
	table_add(t, TONE_PLAIN, "%s", family_words(u));
	state_cell(t, u);
	table_add(t, TONE_PLAIN, "%s", member_age(u, "since_ms", age));
	table_add(t, TONE_PLAIN, "%s", rate_words((uint64_t)member_count(u, "rx_bps"), now));
	table_add(t, TONE_PLAIN, "%s", rate_words((uint64_t)member_count(u, "best_bps"), best));
}

static void offer_print(const json_t *o)
{
	const char *interface = member_text(o, "interface", "");
	char rate[WORDS_ROOM];

	printf("%s: ", family_words(o));
	if (member_flag(o, "offered"))
		printf("offered to others with %s\n",
		       rate_words((uint64_t)member_count(o, "bandwidth_bps"), rate));
	else if (interface[0] == '\0')
		printf("not offered, as none works\n");
	else
		printf("not offered, as what others send could not leave by %s\n", interface);
}

static enum exit_code uplinks_run(const struct cli *cli)
{
	static const struct column columns[] = {
		{"UPLINK", false}, {"FAMILY", false}, {"STATE", false},
		{"SINCE", true},   {"NOW", true},     {"BEST", true},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.compare = uplink_compare,
		.row = uplink_row,
		.none = "This node has no way of its own to the Internet.",
	};
	const json_t *list, *o;
	json_t *result;
	enum exit_code status;
	size_t at;

	if (!list_ask(cli, "uplinks", NULL, &result, &status))
		return status;
	list = json_object_get(result, "uplinks");
	if (member_flag(result, "on"))
		list_print(cli, &shape, list);
	else
		printf("Uplinks are not shared: option share of nuvol.uplink.\n");
	if (member_flag(result, "on") && json_array_size(list) > 0) {
		putchar('\n');
		json_array_foreach(json_object_get(result, "offers"), at, o)
		{
			offer_print(o);
		}
	}
	json_decref(result);
	return EXIT_OK;
}

/* "IPv4 by wan0, 48 Mbit/s" */
static size_t offer_words(const json_t *o, char *text, size_t room)
{
	char rate[WORDS_ROOM];
	int n = snprintf(text, room, "%s by %s, %s", family_words(o),
			 member_text(o, "interface", "?"),
			 rate_words((uint64_t)member_count(o, "bandwidth_bps"), rate));

	return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

void uplinks_status_print(const struct cli *cli, const json_t *uplinks)
{
	char text[160] = "offered to others: ";
	size_t none = strlen(text), at = none, i;
	bool used = false;
	const json_t *o;

	if (!member_flag(uplinks, "on") || member_count(uplinks, "ways") == 0)
		return;
	json_array_foreach(json_object_get(uplinks, "offers"), i, o)
	{
		used |= member_text(o, "interface", "")[0] != '\0';
		if (!member_flag(o, "offered"))
			continue;
		if (at > none && at + 2 < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at, "; ");
		at += offer_words(o, text + at, sizeof(text) - at);
	}
	if (at > none)
		status_text(cli, "Uplinks", text);
	else
		status_bad(cli, "Uplinks", used ? "not offered" : "none works",
			   "nuvol uplinks tells why");
}

const struct command uplinks_command = {
	.name = "uplinks",
	.summary = "this node's own ways to the Internet, and what others are offered",
	.details = "* is the way that is used. NOW and BEST are what it brings in, now and at its "
		   "best.\n",
	.run = uplinks_run,
};
