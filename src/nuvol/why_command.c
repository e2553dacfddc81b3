/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol why: the reasons for a choice. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "nuvol/ask.h"
#include "nuvol/gateway_words.h"
#include "nuvol/network_words.h"
#include "nuvol/table.h"
#include "nuvol/words.h"

/* The candidates as a table: `who` is the member that names them. */
static void candidates_print(const struct cli *cli, const json_t *list, const char *who,
			     const char *title)
{
	const struct column columns[] = {
		{"", false}, {title, false}, {"PORT", false}, {"TQ", true}, {"REASON", false}};
	struct table t;
	const json_t *c;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach(list, i, c)
	{
		bool chosen = member_flag(c, "chosen");
		enum tone tone = chosen ? TONE_GOOD : TONE_PLAIN;

		table_add(&t, tone, "%s", chosen ? "*" : "");
		table_add(&t, tone, "%s", member_text(c, who, "?"));
		table_add(&t, tone, "%s", member_text(c, "port", "-"));
		table_add(&t, tone, "%" PRId64, member_count(c, "tq"));
		table_add(&t, tone, "%s", member_text(c, "reason", "?"));
	}
	table_print(&t, stdout, cli->colour, 2);
	table_fini(&t);
}

static void node_print(const struct cli *cli, const json_t *result)
{
	text_print(stdout, member_text(result, "text", "?"));
	putchar('\n');
	candidates_print(cli, json_object_get(result, "candidates"), "next_hop", "NEXT HOP");
}

static void client_print(const struct cli *cli, const json_t *result)
{
	const json_t *places = json_object_get(result, "places");
	const json_t *p;
	size_t i;

	json_array_foreach(places, i, p)
	{
		const json_t *vlan = json_object_get(p, "vlan");

		printf("client %s", member_text(result, "mac", "?"));
		if (json_is_integer(vlan))
			printf(" (VLAN %" PRId64 ")", (int64_t)json_integer_value(vlan));
		printf(": ");
		text_print(stdout, member_text(p, "text", "?"));
		putchar('\n');
		candidates_print(cli, json_object_get(p, "candidates"), "node", "NODE");
	}
}

static void lease_print(const json_t *result)
{
	const json_t *reason;
	size_t i;

	text_print(stdout, member_text(result, "text", "?"));
	putchar('\n');
	json_array_foreach(json_object_get(result, "reasons"), i, reason)
	{
		fputs("  ", stdout);
		text_print(stdout, json_is_string(reason) ? json_string_value(reason) : "?");
		putchar('\n');
	}
}

/* NULL: one of the words is not UTF-8. */
static json_t *why_params(const struct cli *cli, const char *what, const char *whom)
{
	const char *subject = strcmp(what, "lease") == 0   ? "client"
			      : strcmp(what, "route") == 0 ? "to"
							   : "mac";

	if (strcmp(what, "gateway") == 0)
		return json_pack("{s:s, s:s*}", "what", what, "client", cli->value['c']);
	return json_pack("{s:s, s:s}", "what", what, subject, whom);
}

/* Asks; without a word from the user, about a node first and then about a client. */
static enum exit_code why_ask(const struct cli *cli, struct socket *s, const char *what,
			      const char *whom, json_t **result)
{
	json_t *answer;
	enum exit_code status = ask_raw(cli, s, "why", why_params(cli, what ? what : "node", whom),
					ASK_TIMEOUT_MS, &answer);

	if (status != EXIT_OK || !answer)
		return status != EXIT_OK ? status : EXIT_FAILED;

	const char *code = member_text(json_object_get(answer, "error"), "code", "");

	if (what || strcmp(code, "unknown-node") != 0)
		return ask_result(cli, answer, result);
	json_decref(answer);
	return why_ask(cli, s, "client", whom, result);
}

static void why_print(const struct cli *cli, const json_t *result)
{
	const char *what = member_text(result, "what", "");

	if (cli->json)
		json_print(result);
	else if (strcmp(what, "node") == 0)
		node_print(cli, result);
	else if (strcmp(what, "lease") == 0)
		lease_print(result);
	else if (strcmp(what, "gateway") == 0)
		gateway_why_print(cli, result);
	else if (strcmp(what, "route") == 0)
		network_why_print(cli, result);
	else
		client_print(cli, result);
}

static bool is_kind(const char *word)
{
	static const char *const kinds[] = {"node", "client", "lease", "route"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(word, kinds[i]) == 0)
			return true;
	return false;
}

static enum exit_code why_run(const struct cli *cli)
{
	bool gateway = cli->argc == 1 && strcmp(cli->argv[0], "gateway") == 0;
	const char *what = cli->argc == 2 || gateway ? cli->argv[0] : NULL;
	const char *whom = cli->argv[cli->argc - 1];
	struct socket s;
	json_t *result;

	if (cli->value['c'] && !gateway)
		return usage_error(cli, "a client by --client is for 'gateway' only");
	if (!what && is_kind(whom))
		return usage_error(cli, "of which %s?", whom);
	if (what && !gateway && !is_kind(what))
		return usage_error(cli, "'%s' is neither 'node', 'client', 'lease' nor 'route'",
				   what);

	enum exit_code status = ask_open(cli, &s);

	if (status != EXIT_OK)
		return status;
	status = why_ask(cli, &s, what, whom, &result);
	socket_close(&s);
	if (status != EXIT_OK)
		return status;
	why_print(cli, result);
	json_decref(result);
	return EXIT_OK;
}

const struct command why_command = {
	.name = "why",
	.arguments = "[node|client] MAC | lease CLIENT | route TO | gateway",
	.summary = "why frames and packets go the way they go, or why a client has its address",
	.details = "Of a node or client, shows every candidate with its reason; * marks the chosen "
		   "one.\n"
		   "Of a lease, tells where it comes from; CLIENT is a MAC, an address or a name.\n"
		   "Of a route of the network, shows what each neighbour claims, what the way over "
		   "it\n"
		   "would be worth, and what excludes it. TO is an address, a node's name or its "
		   "id.\nOf an address outside, shows first who offers it behind a tunnel, which "
		   "search takes\nthe offer, and what excludes it.\n"
		   "Of gateways to the Internet, shows who offers it, what each is worth, and what "
		   "was\nfound out by asking through its tunnel.\n",
	.arguments_min = 1,
	.arguments_max = 2,
	.options = {{.name = "client",
		     .letter = 'c',
		     .argument = "CLIENT",
		     .help = "of gateway: by which this client goes, and why"}},
	.run = why_run,
};
