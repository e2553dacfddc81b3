/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol prefer: which gateway to the Internet this node, or a client, shall use; and why gateway in
 * words. */
#include <stdio.h>
#include <string.h>
#include "nuvol/ask.h"
#include "nuvol/gateway_words.h"
#include "nuvol/json_text.h"
#include "nuvol/list.h"
#include "nuvol/network_words.h"
#include "nuvol/words.h"

/* Its name, else its MAC. */
static const char *client_name(const json_t *client)
{
	return member_text(client, "name", member_text(client, "mac", "?"));
}

/* client: NULL, of the node itself. */
static void preferred_print(const json_t *result, const json_t *client)
{
	const char *id = member_text(result, "preferred", ""),
		   *name = member_text(result, "preferred_name", "");

	fputs(client ? "Preferred for " : "Preferred", stdout);
	if (client)
		text_print(stdout, client_name(client));
	fputs(": ", stdout);
	if (id[0] == '\0') {
		printf("none; %s is used.\n",
		       client ? "what its node uses" : "the best that works");
		return;
	}
	text_print(stdout, name[0] != '\0' ? name : id);
	printf(member_flag(result, "strict") ? "; rather nothing than another one.\n"
					     : "; another one only while it does not work.\n");
}

/* ---- why gateway ---- */

static void gateway_row(struct table *t, const json_t *g)
{
	const char *verdict = member_text(g, "verdict", "?");
	bool chosen = member_flag(g, "chosen");
	char offered[WORDS_ROOM], worth[WORDS_ROOM];

	table_add(t, chosen ? TONE_GOOD : TONE_PLAIN, "%s", chosen ? "*" : "");
	network_node_cell(t, g, "");
	table_add(t, TONE_PLAIN, "%s",
		  strcmp(member_text(g, "family", ""), "ipv6") == 0 ? "IPv6" : "IPv4");
	table_add(t, TONE_PLAIN, "%s",
		  rate_words((uint64_t)member_count(g, "bandwidth_bps"), offered));
	table_add(t, TONE_PLAIN, "%s", rate_words((uint64_t)member_count(g, "worth_bps"), worth));
	table_add(t, TONE_PLAIN, "%lld", (long long)member_count(g, "users"));
	table_add(t,
		  strcmp(verdict, "good") == 0	? TONE_GOOD
		  : strcmp(verdict, "bad") == 0 ? TONE_BAD
						: TONE_FAINT,
		  "%s", verdict);
	table_add(t, TONE_PLAIN, "%.1f ms", (double)member_count(g, "rtt_us") / 1000);
	table_add(t, TONE_PLAIN, "%.1f %%", (double)member_count(g, "loss_permille") / 10);
	table_add(t, chosen ? TONE_GOOD : TONE_PLAIN, "%s", member_text(g, "reason", "?"));
}

void gateway_why_print(const struct cli *cli, const json_t *result)
{
	static const struct column columns[] = {
		{"", false},	 {"GATEWAY", false}, {"FAMILY", false}, {"OFFERED", true},
		{"WORTH", true}, {"CLIENTS", true},  {"PROOF", false},	{"DELAY", true},
		{"LOSS", true},	 {"REASON", false},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.indent = 2,
		.row = gateway_row,
	};

	text_print(stdout, member_text(result, "text", "?"));
	putchar('\n');
	preferred_print(result, NULL);
	list_print_cut(cli, &shape, json_object_get(result, "gateways"),
		       member_count(result, "gateways_more"));
}

/* ---- prefer ---- */

static void exit_cell(struct table *t, const json_t *client, size_t v6)
{
	const json_t *e = json_array_get(json_object_get(client, "exits"), v6);
	const char *cause = member_text(e, "cause", "none");

	if (strcmp(cause, "lost") == 0)
		table_add(t, TONE_BAD, "nothing");
	else if (strcmp(cause, "none") == 0)
		table_add(t, TONE_FAINT, "-");
	else
		network_node_cell(t, e, "");
	table_add(t, TONE_FAINT, "%s", strcmp(cause, "none") == 0 ? "" : cause);
}

static void client_row(struct table *t, const json_t *client)
{
	bool here = member_flag(client, "here");

	table_add(t, TONE_PLAIN, "%s", client_name(client));
	table_add(t, TONE_PLAIN, "%s", member_text(client, "ipv4", "-"));
	table_add(t, here ? TONE_GOOD : TONE_FAINT, "%s", here ? "here" : "elsewhere");
	network_node_cell(t, client, "preferred");
	table_add(t, TONE_PLAIN, "%s", member_flag(client, "strict") ? "strict" : "");
	exit_cell(t, client, 0);
	exit_cell(t, client, 1);
}

static int client_compare(const void *a, const void *b)
{
	return by_mac(row_of(a), row_of(b));
}

static enum exit_code exits_run(const struct cli *cli)
{
	static const struct column columns[] = {
		{"CLIENT", false},    {"ADDRESS", false}, {"WHERE", false},
		{"PREFERRED", false}, {"", false},	  {"IPv4 BY", false},
		{"", false},	      {"IPv6 BY", false}, {"", false},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.compare = client_compare,
		.row = client_row,
		.none = "No client of the cloud has sent anything to the Internet yet.",
	};
	json_t *result;
	enum exit_code status;

	if (!list_ask(cli, "exits", NULL, &result, &status))
		return status;
	preferred_print(result, NULL);
	list_print(cli, &shape, json_object_get(result, "clients"));
	json_decref(result);
	return EXIT_OK;
}

static enum exit_code prefer_run(const struct cli *cli)
{
	const char *client = cli->value['c'];
	json_t *params, *result;
	enum exit_code status;

	if (cli->argc == 0 && (client || cli->value['s']))
		return usage_error(cli, "which gateway?");
	if (cli->argc == 0)
		return exits_run(cli);
	params = json_pack("{s:s, s:s, s:s*}", "gateway", cli->argv[0], "mode",
			   cli->value['s'] ? "strict" : "wish", "client", client);
	if (!list_ask(cli, "prefer", params, &result, &status))
		return status;
	preferred_print(result, json_object_get(result, "client"));
	json_decref(result);
	return EXIT_OK;
}

const struct command prefer_command = {
	.name = "prefer",
	.arguments = "[GATEWAY|auto]",
	.summary = "which gateway to the Internet this node, or a client, shall use",
	.details =
		"GATEWAY is a node's name, its id or an address. As long as it works it is used, "
		"whatever others\noffer; while it does not, the best of them is. auto ends that. "
		"It holds over restarts.\nOf a client it holds on every node of its cloud.\n"
		"Without a gateway, tells what is preferred, and by which gateways clients go.\n"
		"nuvol why gateway tells what is used, and why.\n",
	.arguments_max = 1,
	.options = {{.name = "client",
		     .letter = 'c',
		     .argument = "CLIENT",
		     .help = "for this client only: a MAC, an address or a name"},
		    {.name = "strict",
		     .letter = 's',
		     .help = "rather nothing than another gateway"}},
	.run = prefer_run,
};
