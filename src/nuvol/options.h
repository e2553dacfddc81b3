/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options - parsing a command's arguments by its row, and printing its help from it.
 *
 * Source  ours.
 */
#pragma once
#include <stdio.h>
#include "nuvol/command.h"

/* What stands before the command's name: fills cli and sets *next to the index of
 * the name in argv. false: *status is the exit status (help, version or a mistake). */
bool options_parse_common(struct cli *cli, const struct command *const *commands, int argc,
			  char **argv, int *next, enum exit_code *status);

/* The command's own arguments; argv[0] is its name. false: as above. */
bool options_parse(struct cli *cli, const struct command *command, int argc, char **argv,
		   enum exit_code *status);

void help_print(FILE *out, const struct command *const *commands);
void help_print_command(FILE *out, const struct command *command);
