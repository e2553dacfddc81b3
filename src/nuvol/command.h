/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command - what one command of `nuvol` is, and what it is given to run.
 *
 * Source  ours.
 * Shape   Each command is a row: its options and help are data, so that what
 *         is parsed is what `--help` shows. main.c has the list of rows. The
 *         common options (--json, --run-dir, --help) are parsed for all.
 * Memory  struct cli points into argv; nothing is allocated.
 */
#pragma once
#include <stdbool.h>

/* The exit status of every command. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,    /* what was asked about failed: no reply, unreachable, refused */
	EXIT_USAGE = 2,	    /* wrong arguments, wrong configuration */
	EXIT_NO_DAEMON = 3, /* there is no nuvold to ask */
};

enum { CLI_OPTIONS_MAX = 12, CLI_LETTERS = 128 };

/* A command's own option: "-c N, --count N". Letters 'h', 'j', 'r' and 'V' are taken. */
struct cli_option {
	const char *name;     /* without "--" */
	char letter;	      /* unique within the command; names the value, see cli.value */
	const char *argument; /* "N", or NULL for a flag */
	const char *help;     /* one line */
};

struct command;

struct cli {
	const struct command *command;
	const char *run_dir;		/* where the daemon's socket is */
	bool json;			/* print the result as JSON and nothing else */
	bool colour;			/* stdout is a terminal and NO_COLOR is not set */
	int argc;			/* what is left after the options ... */
	char **argv;			/* ... argv[0] is the first of these */
	const char *value[CLI_LETTERS]; /* by letter: NULL not given, "" a flag that was given */
};

struct command {
	const char *name;
	const char *arguments; /* "NODE", for the usage line; NULL: none */
	const char *summary;   /* one line, lower case, no full stop */
	const char *details;   /* lines for --help, each ends in \n; NULL: none */
	int arguments_min, arguments_max;
	struct cli_option options[CLI_OPTIONS_MAX]; /* ends at name NULL */
	enum exit_code (*run)(const struct cli *cli);
	/* A command that parses its own arguments; argv[0] is its name. With run beside
	 * it: taken when the first argument is a word ("config check"), run otherwise. */
	int (*own)(int argc, char **argv);
};

/* Says on stderr what is wrong with the arguments and how to see the help. */
enum exit_code usage_error(const struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The rows, each in the file of its command. */
extern const struct command status_command;
extern const struct command nodes_command;
extern const struct command neighbours_command;
extern const struct command clients_command;
extern const struct command counters_command;
extern const struct command leases_command;
extern const struct command names_command;
extern const struct command shared_command;
extern const struct command network_command;
extern const struct command node_command;
extern const struct command routes_command;
extern const struct command tunnels_command;
extern const struct command uplinks_command;
extern const struct command topology_command;
extern const struct command ping_command;
extern const struct command traceroute_command;
extern const struct command why_command;
extern const struct command prefer_command;
extern const struct command watch_command;
extern const struct command config_row;
