/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/status_gateway.h"
#include <inttypes.h>
#include <string.h>
#include "nuvol/table.h"

void status_text(const struct cli *cli, const char *name, const char *text)
{
	status_label(cli, name);
	text_print(stdout, text);
	putchar('\n');
}

void status_bad(const struct cli *cli, const char *name, const char *word, const char *why)
{
	status_label(cli, name);
	printf("%s%s%s: ", tone_begin(TONE_BAD, cli->colour), word,
	       tone_end(TONE_BAD, cli->colour));
	text_print(stdout, why);
	putchar('\n');
}

static void anygw_print(const struct cli *cli, const json_t *anygw)
{
	const char *fault = member_text(anygw, "fault", "");
	char text[120];

	if (!json_is_object(anygw))
		return;
	if (fault[0] != '\0') {
		status_bad(cli, "Gateway", "broken", fault);
		return;
	}
	snprintf(text, sizeof(text), "%s (%s, %s)", member_text(anygw, "name", "?"),
		 member_text(anygw, "driver", "?"), member_flag(anygw, "up") ? "up" : "down");
	status_text(cli, "Gateway", text);
}

static void filter_print(const struct cli *cli, const json_t *filter)
{
	const char *name;
	json_t *count;
	int64_t kept = 0;
	char text[200];

	if (!json_is_object(filter))
		return;
	if (!member_flag(filter, "in_force")) {
		snprintf(text, sizeof(text),
			 "%s; gateway, DHCP and router frames may cross on cables between nodes",
			 member_text(filter, "fault", "no reason is known"));
		status_bad(cli, "Filter", "MISSING", text);
		return;
	}
	json_object_foreach(json_object_get(filter, "dropped"), name, count)
		kept += json_integer_value(count);
	snprintf(text, sizeof(text), "%s, in force; frames kept back: %" PRId64,
		 member_text(filter, "driver", "?"), kept);
	status_text(cli, "Filter", text);
}

/* "leases: 1 here, 12 in the cloud; 2 slices here, free there: 255" */
static void leases_words(const json_t *leases, char *text, size_t room)
{
	int64_t conflicts = member_count(leases, "conflicts");
	char words[WORDS_ROOM];
	int at = snprintf(text, room,
			  "leases: %" PRId64 " here, %" PRId64
			  " in the cloud; %s here, free there: %" PRId64,
			  member_count(leases, "here"), member_count(leases, "leases"),
			  count_words(member_count(leases, "slices_ours"), "slice", words),
			  member_count(leases, "free_here"));

	if (!member_flag(leases, "settled") && (size_t)at < room)
		at += snprintf(text + at, room - (size_t)at, " (listening still)");
	if (conflicts > 0 && (size_t)at < room)
		snprintf(text + at, room - (size_t)at, "; %s",
			 count_words(conflicts, "conflict", words));
}

static void dhcp_print(const struct cli *cli, const json_t *dhcp, const json_t *leases)
{
	char text[240], pool[200] = "";

	if (json_is_object(leases))
		leases_words(leases, pool, sizeof(pool));
	if (json_is_object(dhcp) && member_text(dhcp, "fault", "")[0] != '\0') {
		status_bad(cli, "DHCP", "not served", member_text(dhcp, "fault", ""));
		if (pool[0] != '\0')
			status_text(cli, "", pool);
		return;
	}
	if (json_is_object(dhcp))
		snprintf(text, sizeof(text), "dnsmasq is %s%s%s", member_text(dhcp, "state", "?"),
			 pool[0] ? "; " : "", pool);
	else
		snprintf(text, sizeof(text), "%s", pool);
	if (text[0] != '\0')
		status_text(cli, "DHCP", text);
}

/* "; refused: 2 from strangers, 1 forged" */
static int refused_words(const json_t *counters, char *text, size_t room)
{
	static const struct {
		const char *counter, *words;
	} kinds[] = {{"stranger", "from strangers"}, {"forged", "forged"},
		     {"malformed", "malformed"},     {"too-big", "too big"},
		     {"full", "without room"},	     {"rate", "too often"}};
	int at = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && (size_t)at < room; i++) {
		int64_t n = member_count(counters, kinds[i].counter);

		if (n > 0)
			at += snprintf(text + at, room - (size_t)at, "%s%" PRId64 " %s",
				       at > 0 ? ", " : "; refused: ", n, kinds[i].words);
	}
	return at;
}

/* sockets: the host's part, whose fault means that nobody hears us. */
static void shared_print(const struct cli *cli, const json_t *shared, const json_t *sockets)
{
	const char *fault = member_text(sockets, "fault", "");
	char text[240], peers[WORDS_ROOM], records[WORDS_ROOM];

	if (!json_is_object(shared))
		return;
	if (fault[0] != '\0')
		status_bad(cli, "Shared", "cut off", fault);

	int at = snprintf(text, sizeof(text), "%s, %s",
			  count_words(member_count(shared, "peers"), "peer", peers),
			  count_words(member_count(shared, "records"), "record", records));

	refused_words(json_object_get(shared, "counters"), text + at, sizeof(text) - (size_t)at);
	status_text(cli, "Shared", text);
}

void status_gateway_print(const struct cli *cli, const json_t *result)
{
	const json_t *host = json_object_get(result, "host");

	anygw_print(cli, json_object_get(host, "anygw"));
	filter_print(cli, json_object_get(host, "filter"));
	dhcp_print(cli, json_object_get(host, "dhcp"), json_object_get(result, "leases"));
	shared_print(cli, json_object_get(result, "shared"), json_object_get(host, "share"));
}
