/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol prefer: which gateway to the Internet this node shall use; and why gateway in words. */
#include <stdio.h>
#include <string.h>
#include "nuvol/ask.h"
#include "nuvol/gateway_words.h"
#include "nuvol/json_text.h"
#include "nuvol/list.h"
#include "nuvol/network_words.h"
#include "nuvol/words.h"

static void preferred_print(const json_t *result)
{
	const char *id = member_text(result, "preferred", ""),
		   *name = member_text(result, "preferred_name", "");

	if (id[0] == '\0') {
		printf("Preferred: none; the best that works is used.\n");
		return;
	}
	fputs("Preferred: ", stdout);
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
		{"", false},	   {"GATEWAY", false}, {"FAMILY", false},
		{"OFFERED", true}, {"WORTH", true},    {"PROOF", false},
		{"DELAY", true},   {"LOSS", true},     {"REASON", false},
	};
	static const struct list_shape shape = {
		.columns = columns,
		.width = sizeof(columns) / sizeof(columns[0]),
		.indent = 2,
		.row = gateway_row,
	};

	text_print(stdout, member_text(result, "text", "?"));
	putchar('\n');
	preferred_print(result);
	list_print_cut(cli, &shape, json_object_get(result, "gateways"),
		       member_count(result, "gateways_more"));
}

/* ---- prefer ---- */

static enum exit_code prefer_run(const struct cli *cli)
{
	json_t *params = json_pack("{s:s, s:s}", "gateway", cli->argv[0], "mode",
				   cli->value['s'] ? "strict" : "wish");
	json_t *result;
	enum exit_code status;

	if (!list_ask(cli, "prefer", params, &result, &status))
		return status;
	preferred_print(result);
	json_decref(result);
	return EXIT_OK;
}

const struct command prefer_command = {
	.name = "prefer",
	.arguments = "GATEWAY|auto",
	.summary = "which gateway to the Internet this node shall use",
	.details =
		"GATEWAY is a node's name, its id or an address. As long as it works it is used, "
		"whatever others\noffer; while it does not, the best of them is. auto ends that. "
		"It holds over restarts.\nnuvol why gateway tells what is used, and why.\n",
	.arguments_min = 1,
	.arguments_max = 1,
	.options = {{.name = "strict",
		     .letter = 's',
		     .help = "rather nothing than another gateway"}},
	.run = prefer_run,
};
