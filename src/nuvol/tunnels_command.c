/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol tunnels: this node's own end, the tunnels to gateways, and what is searched. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nuvol/network_words.h"
#include "nuvol/tunnel_words.h"

enum { NETWORKS_ROOM = 1024 };

static void end_print(const struct cli *cli, const json_t *result)
{
	const json_t *end = json_object_get(result, "end"), *offer;
	const json_t *driver = json_object_get(json_object_get(result, "host"), "end");
	char text[200], bytes[WORDS_ROOM];
	size_t i;

	snprintf(text, sizeof(text), "%s, packets come from %s", member_text(end, "primary", "?"),
		 member_text(end, "dummy", "?"));
	network_line(cli, "Own end", text);
	snprintf(text, sizeof(text), "%s, %s", member_text(end, "ipv4", "no IPv4"),
		 member_text(end, "ipv6", "no IPv6"));
	network_line(cli, "Inside", text);
	json_array_foreach(json_object_get(result, "offers"), i, offer)
		network_line(cli, i == 0 ? "Offers" : "", offer_words(offer, text, sizeof(text)));
	if (!json_is_object(driver))
		return;
	snprintf(text, sizeof(text), "%s, %" PRId64 " packets (%s)",
		 member_text(driver, "name", "?"), member_count(driver, "rx"),
		 bytes_words((uint64_t)member_count(driver, "rx_bytes"), bytes));
	network_line(cli, "Received", text);
}

/* The driver's part of this tunnel; NULL: it has none. */
static const json_t *driver_of(const json_t *result, const json_t *out)
{
	const json_t *list = json_object_get(json_object_get(result, "host"), "out"), *d;
	size_t i;

	json_array_foreach(list, i, d) if (strcmp(member_text(d, "dummy", "-"),
						  member_text(out, "dummy", "?")) == 0) return d;
	return NULL;
}

static void out_row(struct table *t, const json_t *result, const json_t *out)
{
	const json_t *driver = driver_of(result, out);
	const char *fault = member_text(driver, "fault", "");
	char age[WORDS_ROOM], bytes[WORDS_ROOM], networks[NETWORKS_ROOM];

	network_node_cell(t, out, "");
	network_id_cell(t, out);
	network_way_cells(t, out);
	table_add(t, TONE_PLAIN, "%s", member_age(out, "since_ms", age));
	table_add(t, TONE_PLAIN, "%s", member_text(driver, "name", "-"));
	if (driver)
		table_add(t, TONE_PLAIN, "%s",
			  bytes_words((uint64_t)member_count(driver, "tx_bytes"), bytes));
	else
		table_add(t, TONE_FAINT, "-");
	if (fault[0] != '\0')
		table_add(t, TONE_BAD, "%s", fault);
	else
		table_add(t, TONE_PLAIN, "%s",
			  networks_words(json_object_get(out, "networks"), networks,
					 sizeof(networks)));
}

static void outs_print(const struct cli *cli, const json_t *result)
{
	static const struct column columns[] = {
		{"TUNNEL TO", false}, {"ID", false},  {"NEXT HOP", false}, {"PORT", false},
		{"RATE", true},	      {"HOPS", true}, {"SINCE", true},	   {"INTERFACE", false},
		{"SENT", true},	      {"FOR", false},
	};
	struct table t;
	size_t count;
	const json_t **rows =
		list_sort(json_object_get(result, "out"), network_nodes.compare, &count);

	putchar('\n');
	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < count; i++)
		out_row(&t, result, rows[i]);
	if (count > 0)
		table_print(&t, stdout, cli->colour, 0);
	else
		printf("No network outside is reached by a tunnel.\n");
	table_fini(&t);
	free(rows);
}

static void search_row(struct table *t, const json_t *s)
{
	int64_t offers = member_count(s, "offers");
	const char *only = member_text(s, "only_name", member_text(s, "only_id", "any"));

	table_add(t, TONE_PLAIN, "%s", member_text(s, "search", "?"));
	table_add(t, TONE_PLAIN, "%s", member_text(s, "network", "?"));
	table_add(t, TONE_PLAIN, "%s", only);
	table_add(t, TONE_PLAIN, "%" PRId64 " %%", member_count(s, "rating"));
	table_add(t, offers > 0 ? TONE_PLAIN : TONE_FAINT, "%" PRId64, offers);
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(s, "chosen"));
}

static void searches_print(const struct cli *cli, const json_t *list)
{
	static const struct column columns[] = {
		{"SEARCH", false}, {"FOR", false},  {"OF NODE", false},
		{"RATING", true},  {"FOUND", true}, {"CHOSEN", true},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.row = search_row,
		.none = "Nothing is searched.",
	};

	putchar('\n');
	list_print(cli, &shape, list);
}

static void tunnels_print(const struct cli *cli, const json_t *result)
{
	const char *state = member_text(result, "state", "");
	const json_t *host = json_object_get(result, "host");

	if (strcmp(state, "off") == 0) {
		printf("Tunnels are off: they need the network of all clouds (bmx7:18 among the "
		       "protocols),\nand option tunnels of config nuvol 'bmx7' at 1.\n");
		return;
	}
	if (strcmp(state, "starting") == 0) {
		printf("The node's key is being made; then the network starts.\n");
		return;
	}
	end_print(cli, result);
	if (member_text(host, "kind", "")[0] != '\0')
		network_line(cli, "Driver", member_text(host, "kind", ""));
	if (member_text(host, "fault", "")[0] != '\0')
		network_line(cli, "Fault", member_text(host, "fault", ""));
	outs_print(cli, result);
	searches_print(cli, json_object_get(result, "searches"));
	network_counters_print("\nCounters: ", json_object_get(result, "counters"));
}

static enum exit_code tunnels_run(const struct cli *cli)
{
	json_t *result;
	enum exit_code status;

	if (!list_ask(cli, "tunnels", NULL, &result, &status))
		return status;
	tunnels_print(cli, result);
	json_decref(result);
	return EXIT_OK;
}

const struct command tunnels_command = {
	.name = "tunnels",
	.summary = "one-way tunnels to networks outside: what is offered, reached, searched",
	.details = "RATE is what the way to the gateway's node carries, FOUND counts the offers "
		   "that a search\nmatches. nuvol why route ADDRESS tells which gateway an address "
		   "has, and why.\n",
	.run = tunnels_run,
};
