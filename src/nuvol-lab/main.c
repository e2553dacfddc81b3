/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol-lab: a town of mesh nodes in network namespaces. See nuvol-lab(8). */
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "nuvol-lab/action.h"
#include "nuvol-lab/build.h"
#include "nuvol-lab/inside.h"
#include "nuvol-lab/interrupt.h"
#include "nuvol-lab/lease.h"
#include "nuvol-lab/medium.h"
#include "nuvol-lab/scenario.h"
#include "nuvol-lab/status.h"

enum { EXIT_USAGE = 2 };

struct cli {
	struct build_options build;
	bool json, silent, keep;
	const char *logs;
	char **words; /* what is left, the command first */
	int count;
	char **inner; /* behind "--", or NULL */
};

struct command {
	const char *name;
	const char *arguments;
	int least, most;
	bool inner; /* takes a program behind "--" */
	int (*run)(struct cli *c);
	const char *summary;
};

static int exit_code(bool good)
{
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The town that the command is about. */
static bool town_of(const struct cli *c, char name[TOWN_NAME_MAX + 1])
{
	if (c->build.name)
		return build_name(&c->build, "", name);
	return lab_only(name);
}

static int up_run(struct cli *c)
{
	interrupt_init();
	return (int)build_up(c->words[0], &c->build);
}

static int down_run(struct cli *c)
{
	char name[TOWN_NAME_MAX + 1];
	bool existed, good;

	if (!town_of(c, name))
		return c->build.name ? EXIT_USAGE : EXIT_FAILURE;
	interrupt_init();
	good = build_down(name, &existed);
	if (good)
		printf(existed ? "town %s is down\n" : "there is no town %s\n", name);
	return exit_code(good);
}

static int status_run(struct cli *c)
{
	char name[TOWN_NAME_MAX + 1];
	struct lab lab;
	json_t *status;

	if (!town_of(c, name) || !lab_open(&lab, name, LAB_READ))
		return EXIT_FAILURE;
	status = status_get(&lab);
	if (c->json) {
		json_dumpf(status, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		status_print(status);
	}
	json_decref(status);
	lab_close(&lab);
	return EXIT_SUCCESS;
}

static int exec_run(struct cli *c)
{
	static struct inside room; /* too big for a stack */
	char name[TOWN_NAME_MAX + 1];
	const char *const *argv = (const char *const *)(uintptr_t)c->inner;
	struct lab lab;
	struct spawn how;
	int result;

	if (!town_of(c, name) || !lab_open(&lab, name, LAB_READ))
		return EXIT_FAILURE;
	if (!inside_init(&room, &lab, c->words[0], &how)) {
		lab_close(&lab);
		return EXIT_FAILURE;
	}
	signal(SIGPIPE, SIG_DFL);
	result = process_become(argv, &how);
	lab_fail("cannot run %s: %s", argv[0], strerror(-result));
	lab_close(&lab);
	return 127; /* as the shell says it */
}

static int roam_run(struct cli *c)
{
	char name[TOWN_NAME_MAX + 1];
	span took;

	if (!town_of(c, name) || !action_roam(name, c->words[0], c->words[1], &took))
		return EXIT_FAILURE;
	printf("%s is at %s; the switch took %.1f ms\n", c->words[0], c->words[1],
	       (double)took.us / 1000);
	return EXIT_SUCCESS;
}

static int cut_run(struct cli *c)
{
	char name[TOWN_NAME_MAX + 1];

	return exit_code(town_of(c, name) &&
			 action_cut(name, c->words[0], c->count > 1 ? c->words[1] : NULL,
				    c->silent ? CUT_SILENT : CUT_CARRIER));
}

static int heal_run(struct cli *c)
{
	char name[TOWN_NAME_MAX + 1];

	return exit_code(
		town_of(c, name) &&
		action_cut(name, c->words[0], c->count > 1 ? c->words[1] : NULL, CUT_NONE));
}

static int uplink_run(struct cli *c)
{
	char name[TOWN_NAME_MAX + 1];
	enum internet_fault what;

	if (!internet_fault_parse(c->words[1], &what)) {
		lab_fail("an uplink dies, returns, lies, has a portal, or nodns");
		return EXIT_USAGE;
	}
	return exit_code(town_of(c, name) && action_uplink(name, c->words[0], what));
}

static int daemon_run(struct cli *c, enum daemon_action what)
{
	char name[TOWN_NAME_MAX + 1];

	return exit_code(town_of(c, name) && action_daemon(name, c->words[0], what));
}

static int kill_run(struct cli *c)
{
	return daemon_run(c, DAEMON_KILL);
}

static int start_run(struct cli *c)
{
	return daemon_run(c, DAEMON_START);
}

static int stop_run(struct cli *c)
{
	return daemon_run(c, DAEMON_STOP);
}

static int lease_run(struct cli *c, enum lease_action what)
{
	char name[TOWN_NAME_MAX + 1];

	return exit_code(town_of(c, name) && action_lease(name, c->words[0], what));
}

static int release_run(struct cli *c)
{
	return lease_run(c, LEASE_RELEASE);
}

static int renew_run(struct cli *c)
{
	return lease_run(c, LEASE_RENEW);
}

static int run_run(struct cli *c)
{
	struct scenario_options o = {.build = c->build, .keep = c->keep, .logs = c->logs};

	interrupt_init();
	o.build.quiet = true;
	return scenario_run(c->words[0], &o);
}

/* Not for people: the town's own process, started by `up`. */
static int medium_run(struct cli *c)
{
	char name[TOWN_NAME_MAX + 1], path[LAB_PATH_ROOM];
	struct lab lab;
	int status;

	if (!town_of(c, name) || !lab_new(&lab, name, lab_path(name, "town", path)))
		return EXIT_FAILURE;
	status = medium_serve(&lab.town, lab_path(name, "medium.sock", path));
	lab_close(&lab);
	return status;
}

static const struct command commands[] = {
	{"up", "FILE", 1, 1, false, up_run, "bring the town of this file up"},
	{"down", "", 0, 0, false, down_run, "take it down, or clean up what a crash left"},
	{"status", "", 0, 0, false, status_run, "nodes, clients and segments (--json)"},
	{"exec", "NODE|CLIENT -- PROGRAM ...", 1, 1, true, exec_run, "run a program inside"},
	{"roam", "CLIENT NODE", 2, 2, false, roam_run,
	 "attach a client to another node; - to none"},
	{"cut", "SEGMENT [NODE]", 1, 2, false, cut_run,
	 "take the carrier away; with --silent only the frames"},
	{"heal", "SEGMENT [NODE]", 1, 2, false, heal_run, "undo a cut"},
	{"uplink", "NODE WHAT", 2, 2, false, uplink_run,
	 "break the Internet behind it: dies, portal, nodns, lies; or returns"},
	{"kill", "NODE", 1, 1, false, kill_run, "end a node's nuvold with SIGKILL"},
	{"stop", "NODE", 1, 1, false, stop_run, "end a node's nuvold in order"},
	{"start", "NODE", 1, 1, false, start_run, "start a node's nuvold again"},
	{"release", "CLIENT", 1, 1, false, release_run, "a client gives its address back"},
	{"renew", "CLIENT", 1, 1, false, renew_run, "a client asks for its address, again or anew"},
	{"run", "SCENARIO", 1, 1, false, run_run, "play a scenario file, with its expectations"},
	{"medium", "", 0, 0, false, medium_run, NULL},
};

static int help(void)
{
	printf("usage: nuvol-lab [OPTION ...] COMMAND [ARGUMENT ...]\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char usage[64];

		if (!commands[i].summary)
			continue;
		snprintf(usage, sizeof(usage), "%s %s", commands[i].name, commands[i].arguments);
		printf("  %-32s %s\n", usage, commands[i].summary);
	}
	printf("\n"
	       "  --name TOWN     the town; default: the file's name, or the only one that is up\n"
	       "  --nuvold PATH   for up and run: the daemon to start; none for no daemons\n"
	       "  --silent        for cut: frames vanish, but the carrier stays\n"
	       "  --json          for status\n"
	       "  --keep          for run: leave the town up when the scenario has ended\n"
	       "  --logs FOLDER   for run: when it fails, copy the town's logs there\n"
	       "  --help, --version\n\n"
	       "Exit status: 0 done, 1 failed, 2 wrong usage. The manual is nuvol-lab(8).\n");
	return EXIT_SUCCESS;
}

__attribute__((format(printf, 1, 2))) static int usage_fail(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	lab_fail("%s; nuvol-lab --help shows how", text);
	return EXIT_USAGE;
}

struct option_row {
	const char *name;
	const char **value; /* where it goes, or */
	bool *flag;
};

/* Takes the options out of argv and leaves the words. -1, or an exit status. */
static int options_take(struct cli *c, int argc, char **argv)
{
	const struct option_row rows[] = {
		{"--name", &c->build.name, NULL}, {"--nuvold", &c->build.nuvold, NULL},
		{"--logs", &c->logs, NULL},	  {"--json", NULL, &c->json},
		{"--silent", NULL, &c->silent},	  {"--keep", NULL, &c->keep},
	};
	const size_t row_count = sizeof(rows) / sizeof(rows[0]);

	c->words = argv;
	for (int i = 1; i < argc; i++) {
		size_t r = 0;

		if (strcmp(argv[i], "--") == 0) {
			c->inner = argv + i + 1;
			break;
		}
		if (argv[i][0] != '-' || !argv[i][1]) {
			c->words[c->count++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return help();
		if (strcmp(argv[i], "--version") == 0)
			return printf("nuvol-lab %s\n", NUVOL_VERSION) > 0 ? EXIT_SUCCESS
									   : EXIT_FAILURE;
		while (r < row_count && strcmp(rows[r].name, argv[i]) != 0)
			r++;
		if (r == row_count)
			return usage_fail("there is no option '%s'", argv[i]);
		if (rows[r].flag)
			*rows[r].flag = true;
		else if (i + 1 < argc)
			*rows[r].value = argv[++i];
		else
			return usage_fail("option '%s' takes a value", argv[i]);
	}
	return -1;
}

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct cli c = {0};
	const struct command *command;
	const char *lease = getenv(LEASE_VARIABLE);
	int status;

	if (lease)
		return lease_event(lease, argc > 1 ? argv[1] : "");
	status = options_take(&c, argc, argv);
	if (status >= 0)
		return status;
	if (c.count == 0)
		return usage_fail("which command?");
	command = command_find(c.words[0]);
	if (!command)
		return usage_fail("there is no command '%s'", c.words[0]);
	c.words++;
	c.count--;
	if (c.count < command->least || c.count > command->most ||
	    command->inner != (c.inner && c.inner[0]))
		return usage_fail("usage: nuvol-lab %s %s", command->name, command->arguments);
	signal(SIGPIPE, SIG_IGN);
	return command->run(&c);
}
