/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol node: all that is known of one node of the network. */
#include <inttypes.h>
#include <stdio.h>
#include "nuvol/network_words.h"
#include "nuvol/tunnel_words.h"

static void texts_print(const struct cli *cli, const char *name, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) network_line(
		cli, i == 0 ? name : "", json_is_string(one) ? json_string_value(one) : "?");
}

static void offers_print(const struct cli *cli, const json_t *list)
{
	const json_t *one;
	char text[120];
	size_t i;

	json_array_foreach(list, i, one)
		network_line(cli, i == 0 ? "Offers" : "", offer_words(one, text, sizeof(text)));
}

static void tunnels_print(const struct cli *cli, const json_t *list)
{
	const json_t *one;
	char text[1100], networks[1024], age[WORDS_ROOM];
	size_t i;

	json_array_foreach(list, i, one)
	{
		snprintf(text, sizeof(text), "for %s: %s", member_age(one, "since_ms", age),
			 networks_words(json_object_get(one, "networks"), networks,
					sizeof(networks)));
		network_line(cli, i == 0 ? "Tunnel" : "", text);
	}
}

static void published_row(struct table *t, const json_t *k)
{
	char tx[WORDS_ROOM], rx[WORDS_ROOM];

	network_node_cell(t, k, "");
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(k, "rq"));
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(k, "tq"));
	table_add(t, TONE_PLAIN, "%s", rate_words((uint64_t)member_count(k, "rx_bps"), rx));
	table_add(t, TONE_PLAIN, "%s", rate_words((uint64_t)member_count(k, "tx_bps"), tx));
}

static int published_compare(const void *a, const void *b)
{
	return network_neighbours.compare(a, b);
}

static void published_print(const struct cli *cli, const json_t *list)
{
	static const struct column columns[] = {
		{"ITS NEIGHBOUR", false}, {"RQ", true},	   {"TQ", true},
		{"RECEIVES", true},	  {"SENDS", true},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.compare = published_compare,
		.row = published_row,
	};

	if (json_array_size(list) > 0)
		putchar('\n');
	list_print(cli, &shape, list);
}

static void node_print(const struct cli *cli, const json_t *result)
{
	const json_t *node = json_object_get(result, "node");
	const json_t *links = json_object_get(result, "links");
	char text[120], age[WORDS_ROOM], rate[WORDS_ROOM];

	network_line(cli, "Node", member_text(node, "name", "(it tells no name)"));
	network_line(cli, "Id", member_text(node, "id", "?"));
	network_line(cli, "Address", member_text(node, "primary", "not known yet"));
	texts_print(cli, "Networks", json_object_get(result, "networks"));
	offers_print(cli, json_object_get(result, "offers"));
	tunnels_print(cli, json_object_get(result, "tunnels"));
	snprintf(text, sizeof(text), "number %" PRId64 ", here for %s",
		 member_count(node, "description"), member_age(node, "described_ms", age));
	if (json_is_number(json_object_get(node, "described_ms")))
		network_line(cli, "Description", text);
	network_line(cli, "Way", member_text(result, "text", "?"));
	if (member_count(node, "metric_bps") > 0)
		network_line(cli, "Rate",
			     rate_words((uint64_t)member_count(node, "metric_bps"), rate));
	network_candidates_print(cli, json_object_get(result, "candidates"));
	if (json_array_size(links) > 0) {
		putchar('\n');
		list_print(cli, &network_neighbours, links);
	}
	published_print(cli, json_object_get(result, "published"));
}

static enum exit_code node_run(const struct cli *cli)
{
	json_t *result;
	enum exit_code status;

	if (!list_ask(cli, "node", json_pack("{s:s}", "node", cli->argv[0]), &result, &status))
		return status;
	node_print(cli, result);
	json_decref(result);
	return EXIT_OK;
}

const struct command node_command = {
	.name = "node",
	.arguments = "NODE",
	.summary = "all that is known of one node of the network of all clouds",
	.details = "NODE is a name, an address, or an id or its first 6 digits and more.\n",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = node_run,
};
