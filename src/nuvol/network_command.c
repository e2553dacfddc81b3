/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol network, routes: this node in the network of all clouds. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "nuvol/network_words.h"
#include "nuvol/tunnel_words.h"

static void counts_print(const struct cli *cli, const json_t *n)
{
	int64_t blocked = member_count(n, "nodes_blocked"),
		unknown = member_count(n, "nodes_unknown");
	char text[200], words[WORDS_ROOM];
	int at = snprintf(text, sizeof(text), "%s, %" PRId64 " with a way",
			  count_words(member_count(n, "nodes"), "other node", words),
			  member_count(n, "nodes_routed"));

	if (blocked > 0)
		at += snprintf(text + at, sizeof(text) - (size_t)at, ", %" PRId64 " blocked",
			       blocked);
	if (unknown > 0)
		snprintf(text + at, sizeof(text) - (size_t)at,
			 "; %" PRId64 " without a description yet", unknown);
	network_line(cli, "Nodes", text);

	char links[WORDS_ROOM];

	snprintf(text, sizeof(text), "%s on %s",
		 count_words(member_count(n, "neighbours"), "neighbour", words),
		 count_words(member_count(n, "links"), "link", links));
	network_line(cli, "Neighbours", text);
	snprintf(text, sizeof(text), "%" PRId64, member_count(n, "networks"));
	network_line(cli, "Networks", text);
	network_line(cli, "Memory", bytes_words((uint64_t)member_count(n, "memory_bytes"), words));
}

/* What the host does for it; see docs/control.md. */
static void host_print(const struct cli *cli, const json_t *host)
{
	const json_t *i;
	size_t at;

	json_array_foreach(json_object_get(host, "interfaces"), at, i)
	{
		const char *fault = member_text(i, "fault", "");
		const char *driver = member_text(i, "driver", "");
		char text[240];

		snprintf(text, sizeof(text), "%s (%s, %s)%s%s", interface_name(i),
			 driver[0] != '\0' ? driver : "-", member_flag(i, "up") ? "up" : "down",
			 fault[0] != '\0' ? ": " : "", fault);
		network_line(cli, at == 0 ? "Ports" : "", text);
	}
}

static void network_print(const struct cli *cli, const json_t *n)
{
	const char *state = member_text(n, "state", "");
	const json_t *host = json_object_get(n, "host");
	const char *fault = member_text(host, "fault", "");

	if (fault[0] != '\0') {
		const char *error = member_text(host, "error", "");

		printf("%sThe network does not run%s: ", tone_begin(TONE_BAD, cli->colour),
		       tone_end(TONE_BAD, cli->colour));
		text_print(stdout, fault);
		fputs(error[0] != '\0' ? ": " : "", stdout);
		text_print(stdout, error);
		putchar('\n');
	} else if (strcmp(state, "off") == 0) {
		printf("The network is off: list bmx7:18 among the protocols to join the network "
		       "of "
		       "all clouds.\n");
	} else if (strcmp(state, "starting") == 0) {
		printf("The node's key is being made; then the network starts.\n");
	}
	if (strcmp(state, "running") == 0) {
		network_line(cli, "Id", member_text(n, "id", "?"));
		network_line(cli, "Address", member_text(n, "primary", "?"));
		counts_print(cli, n);
	}
	host_print(cli, host);
	network_counters_print("\nCounters: ", json_object_get(n, "counters"));
	network_counters_print("Refused: ", json_object_get(n, "dropped"));
}

static enum exit_code network_run(const struct cli *cli)
{
	json_t *result;
	enum exit_code status;

	if (!list_ask(cli, "network", NULL, &result, &status))
		return status;
	network_print(cli, result);
	json_decref(result);
	return EXIT_OK;
}

const struct command network_command = {
	.name = "network",
	.summary = "this node in the network of all clouds: id, address, counts, ports",
	.details = "See also: nuvol nodes network, neighbours network, routes, tunnels, node,\nwhy "
		   "route.\n",
	.run = network_run,
};

/* ---- routes ---- */

static int route_compare(const void *a, const void *b)
{
	return strcmp(member_text(row_of(a), "network", ""), member_text(row_of(b), "network", ""));
}

static void route_row(struct table *t, const json_t *r)
{
	char age[WORDS_ROOM];

	table_add(t, TONE_PLAIN, "%s", member_text(r, "network", "?"));
	network_node_cell(t, r, "");
	network_way_cells(t, r);
	table_add(t, TONE_PLAIN, "%s", member_age(r, "age_ms", age));
}

static enum exit_code routes_run(const struct cli *cli)
{
	static const struct column columns[] = {
		{"NETWORK", false}, {"NODE", false}, {"NEXT HOP", false}, {"PORT", false},
		{"RATE", true},	    {"HOPS", true},  {"AGE", true},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.compare = route_compare,
		.row = route_row,
		.none = "The network has no route yet.",
	};
	json_t *result;
	enum exit_code status;

	if (!list_ask(cli, "routes", NULL, &result, &status))
		return status;
	list_print(cli, &shape, json_object_get(result, "routes"));
	if (json_array_size(json_object_get(result, "tunnels")) > 0) {
		putchar('\n');
		list_print(cli, &tunnel_routes, json_object_get(result, "tunnels"));
	}
	json_decref(result);
	return EXIT_OK;
}

const struct command routes_command = {
	.name = "routes",
	.summary = "the routes of the network of all clouds, and those by tunnels",
	.details = "RATE is what the whole way carries, as BMX7's metric estimates it. AGE is the "
		   "time\nsince the next hop told of it last. Networks outside are reached by a "
		   "tunnel to the\nnode that OFFERS them. nuvol why route explains the choice.\n",
	.run = routes_run,
};
