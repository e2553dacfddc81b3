/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol config: what the daemon runs with; the rest is config_command's. */
#include <stdio.h>
#include "nuvol/ask.h"
#include "nuvol/command.h"
#include "nuvol/config_command.h"
#include "nuvol/words.h"

static enum exit_code config_run(const struct cli *cli)
{
	json_t *result;
	enum exit_code status = ask_once(cli, "config", NULL, &result);

	if (status != EXIT_OK)
		return status;
	if (cli->json)
		json_print(result);
	else
		fputs(member_text(result, "text", ""), stdout);
	json_decref(result);
	return EXIT_OK;
}

const struct command config_row = {
	.name = "config",
	.summary = "the configuration that the daemon runs with; check and print files",
	.details = "nuvol config          what the running daemon has in force\n"
		   "nuvol config check    are the files right? Needs no daemon\n"
		   "nuvol config print    what the files and the defaults give; needs no daemon\n"
		   "See nuvol config print --help for these two.\n",
	.run = config_run,
	.own = config_command,
};
