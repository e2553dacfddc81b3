/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol - ask the node; see command.h for what a command is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "nuvol/command.h"
#include "nuvol/config_command.h"
#include "nuvol/options.h"
#include "nuvol/plan_command.h"

static const struct command plan_row = {
	.name = "plan",
	.summary = "what an SSID and a MAC give: VLANs, addresses, names; needs no daemon",
	.own = plan_command,
};

static const struct command *const commands[] = {
	&status_command,     &nodes_command,
	&neighbours_command, &clients_command,
	&counters_command,   &leases_command,
	&names_command,	     &shared_command,
	&network_command,    &node_command,
	&routes_command,     &tunnels_command,
	&uplinks_command,    &topology_command,
	&ping_command,	     &traceroute_command,
	&why_command,	     &prefer_command,
	&watch_command,	     &plan_row,
	&config_row,	     NULL,
};

static bool wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb") != 0;
}

/* A command that parses its own arguments is told --json as an argument. */
static int run_own(const struct cli *cli, const struct command *c, int argc, char **argv)
{
	char json[] = "--json";
	char **with = calloc((size_t)argc + 2, sizeof(*with));
	int count = 0;

	if (!with)
		return EXIT_FAILED;
	for (int i = 0; i < argc; i++)
		with[count++] = argv[i];
	if (cli->json)
		with[count++] = json;

	int status = c->own(count, with);

	free(with);
	return status;
}

static int run(struct cli *cli, int argc, char **argv)
{
	enum exit_code status;
	int next;

	if (!options_parse_common(cli, commands, argc, argv, &next, &status))
		return (int)status;
	argc -= next;
	argv += next;
	for (const struct command *const *c = commands; *c; c++) {
		if (strcmp((*c)->name, argv[0]) != 0)
			continue;
		if ((*c)->own && (!(*c)->run || (argc > 1 && argv[1][0] != '-')))
			return run_own(cli, *c, argc, argv);
		if (!options_parse(cli, *c, argc, argv, &status))
			return (int)status;
		return (int)(*c)->run(cli);
	}
	return (int)usage_error(cli, "there is no command '%s'", argv[0]);
}

int main(int argc, char **argv)
{
	struct cli cli = {.colour = wants_colour()};
	int status = run(&cli, argc, argv);

	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("nuvol: standard output");
		return status != EXIT_OK ? status : EXIT_FAILED;
	}
	return status;
}
