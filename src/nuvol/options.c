/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/options.h"
#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#define DEFAULT_RUN_DIR "/run/nuvol"

/* Width of the left column of a help text. */
enum { HELP_LEFT = 22 };

static const struct cli_option common_options[] = {
	{"json", 'j', NULL, "print the result as JSON and nothing else"},
	{"run-dir", 'r', "DIR", "the daemon's folder (default " DEFAULT_RUN_DIR ")"},
	{"help", 'h', NULL, "this text"},
	{.name = NULL},
};

enum exit_code usage_error(const struct cli *cli, const char *format, ...)
{
	const char *command = cli->command ? cli->command->name : NULL;
	va_list args;

	fprintf(stderr, "nuvol%s%s: ", command ? " " : "", command ? command : "");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nSee: nuvol %s%s--help\n", command ? command : "", command ? " " : "");
	return EXIT_USAGE;
}

static void option_print(FILE *out, const struct cli_option *o)
{
	char left[64];

	snprintf(left, sizeof(left), "-%c, --%s%s%s", o->letter, o->name, o->argument ? " " : "",
		 o->argument ? o->argument : "");
	fprintf(out, "  %-*s  %s\n", HELP_LEFT, left, o->help);
}

void help_print_command(FILE *out, const struct command *c)
{
	fprintf(out, "Usage: nuvol %s [OPTION]...%s%s\n%c%s.\n\n", c->name, c->arguments ? " " : "",
		c->arguments ? c->arguments : "", toupper(c->summary[0]), c->summary + 1);
	if (c->details)
		fprintf(out, "%s\n", c->details);
	for (const struct cli_option *o = c->options; o->name; o++)
		option_print(out, o);
	for (const struct cli_option *o = common_options; o->name; o++)
		option_print(out, o);
	fprintf(out, "\nExit status: 0 fine, 1 what was asked about failed, 2 wrong usage, "
		     "3 no daemon.\n");
}

void help_print(FILE *out, const struct command *const *commands)
{
	fprintf(out, "Usage: nuvol [OPTION]... COMMAND [ARGUMENT]...\n"
		     "Asks the nuvold of this machine, or works without one.\n\nCommands:\n");
	for (; *commands; commands++)
		fprintf(out, "  %-12s %s\n", (*commands)->name, (*commands)->summary);
	fprintf(out, "\nOptions:\n");
	for (const struct cli_option *o = common_options; o->name; o++)
		option_print(out, o);
	fprintf(out, "  %-*s  %s\n", HELP_LEFT, "-V, --version", "the version of this program");
	fprintf(out, "\nnuvol COMMAND --help tells more. See nuvol(1).\n");
}

/* Room for the common options, a command's own and an end. */
enum { OPTIONS_ROOM = CLI_OPTIONS_MAX + 5, LETTERS_ROOM = 2 * OPTIONS_ROOM + 3 };

/* Adds list to what getopt_long wants. */
static void getopt_add(const struct cli_option *list, struct option *table, size_t *count,
		       char *letters)
{
	for (const struct cli_option *o = list; o->name; o++) {
		size_t at = strlen(letters);

		assert(*count < OPTIONS_ROOM - 1 && at + 3 < LETTERS_ROOM);
		table[(*count)++] = (struct option){
			o->name, o->argument ? required_argument : no_argument, NULL, o->letter};
		letters[at++] = o->letter;
		if (o->argument)
			letters[at++] = ':';
		letters[at] = '\0';
	}
}

/* Runs getopt over argv. false: an option is wrong (getopt said so), or help was
 * asked for ('h' in value). */
static bool getopt_run(struct cli *cli, int argc, char **argv, const struct option *table,
		       const char *letters)
{
	int c;

	optind = 0; /* start over */
	while ((c = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (c == '?' || c == ':' || c <= 0 || c >= CLI_LETTERS)
			return false;
		cli->value[c] = optarg ? optarg : "";
	}
	if (cli->value['r'])
		cli->run_dir = cli->value['r'];
	cli->json = cli->json || cli->value['j'];
	return true;
}

bool options_parse_common(struct cli *cli, const struct command *const *commands, int argc,
			  char **argv, int *next, enum exit_code *status)
{
	struct option table[OPTIONS_ROOM] = {{0}};
	char letters[LETTERS_ROOM] = "+V"; /* stop at the command's name */
	size_t count = 0;

	cli->run_dir = DEFAULT_RUN_DIR;
	getopt_add(common_options, table, &count, letters);
	table[count++] = (struct option){"version", no_argument, NULL, 'V'};
	*status = EXIT_USAGE;
	if (!getopt_run(cli, argc, argv, table, letters)) {
		fprintf(stderr, "See: nuvol --help\n");
		return false;
	}
	*next = optind;
	if (cli->value['V']) {
		printf("nuvol %s\n", NUVOL_VERSION);
		*status = EXIT_OK;
		return false;
	}
	if (cli->value['h']) {
		help_print(stdout, commands);
		*status = EXIT_OK;
		return false;
	}
	if (optind >= argc) {
		help_print(stderr, commands);
		return false;
	}
	return true;
}

bool options_parse(struct cli *cli, const struct command *command, int argc, char **argv,
		   enum exit_code *status)
{
	struct option table[OPTIONS_ROOM] = {{0}};
	char letters[LETTERS_ROOM] = "";
	char title[64];
	size_t count = 0;

	cli->command = command;
	getopt_add(command->options, table, &count, letters);
	getopt_add(common_options, table, &count, letters);
	/* getopt begins its messages with argv[0]. */
	snprintf(title, sizeof(title), "nuvol %s", command->name);
	argv[0] = title;
	*status = EXIT_USAGE;
	if (!getopt_run(cli, argc, argv, table, letters)) {
		fprintf(stderr, "See: nuvol %s --help\n", command->name);
		return false;
	}
	if (cli->value['h']) {
		help_print_command(stdout, command);
		*status = EXIT_OK;
		return false;
	}
	cli->argc = argc - optind;
	cli->argv = argv + optind;
	if (cli->argc < command->arguments_min) {
		usage_error(cli, "%s is missing", command->arguments);
		return false;
	}
	if (cli->argc > command->arguments_max) {
		usage_error(cli, "'%s' is too much", cli->argv[command->arguments_max]);
		return false;
	}
	return true;
}
