/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nuvold - one node of the mesh on this machine.
 *
 * Source  DESIGN 4; nuvold(8).
 * Shape   Reads arguments and configuration, then runs drv/loop. Exit status: 0
 *         after a clean stop, 1 when the system refuses, 2 for wrong arguments or
 *         a wrong configuration.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drv/conf_files.h"
#include "drv/crypto.h"
#include "drv/log.h"
#include "drv/loop.h"
#include "nuvold/setting.h"

enum { EXIT_USAGE = 2, GO_ON = -1, SETTINGS_MAX = 64 };

struct arguments {
	const char *conf_dir;
	const char *run_dir;
	const char *settings[SETTINGS_MAX];
	unsigned setting_count;
	struct record_file_conf record;
};

static const char help[] =
	"Usage: nuvold [OPTION]...\n"
	"Runs a node of the mesh on this machine, in the foreground, until SIGTERM.\n"
	"\n"
	"  --config DIR                  folder of the files community and node\n"
	"                                (default " CONF_DIR ")\n"
	"  --run-dir DIR                 folder of the control socket (default /run/nuvol)\n"
	"  --set SECTION.OPTION=VALUE    an option over those of the files; may be repeated\n"
	"  --record FILE                 write down all that the node is told, for nuvol-sim "
	"replay\n"
	"  --record-max MB               how long that may become (default 64)\n"
	"  --log LEVEL                   error, warn, info (default) or debug\n"
	"  --version                     print the version and leave\n"
	"  --help                        print this and leave\n"
	"\n"
	"nuvol(1) shows and asks a running node; nuvol.conf(5) explains the options.\n";

static int usage(const char *what, const char *about)
{
	fprintf(stderr, "nuvold: %s%s\nTry: nuvold --help\n", what, about);
	return EXIT_USAGE;
}

static int size_take(uint64_t *bytes)
{
	char *end;
	unsigned long mb = strtoul(optarg, &end, 10);

	if (optarg[0] < '1' || optarg[0] > '9' || *end || mb > 1 << 20)
		return usage("--record-max wants a number of MB from 1 on, not ", optarg);
	*bytes = (uint64_t)mb << 20;
	return GO_ON;
}

/* One option. GO_ON, or the exit status. */
static int argument_take(struct arguments *a, int which)
{
	enum log_level level;

	switch (which) {
	case 'c': a->conf_dir = optarg; return GO_ON;
	case 'r': a->run_dir = optarg; return GO_ON;
	case 's':
		if (a->setting_count == SETTINGS_MAX)
			return usage("too many --set; write a file", "");
		a->settings[a->setting_count++] = optarg;
		return GO_ON;
	case 'l':
		if (!log_level_parse(optarg, &level))
			return usage("--log wants error, warn, info or debug, not ", optarg);
		log_set_level(level);
		return GO_ON;
	case 'e': a->record.path = optarg; return GO_ON;
	case 'm': return size_take(&a->record.max_bytes);
	case 'v': puts("nuvold " NUVOL_VERSION); return EXIT_SUCCESS;
	case 'h': fputs(help, stdout); return EXIT_SUCCESS;
	default: return usage("wrong option", "");
	}
}

static int arguments_read(struct arguments *a, int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"run-dir", required_argument, NULL, 'r'},
		{"set", required_argument, NULL, 's'},
		{"record", required_argument, NULL, 'e'},
		{"record-max", required_argument, NULL, 'm'},
		{"log", required_argument, NULL, 'l'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int which, status = GO_ON;

	while (status == GO_ON && (which = getopt_long(argc, argv, "", options, NULL)) != -1)
		status = argument_take(a, which);
	if (status == GO_ON && optind < argc)
		return usage("what is this: ", argv[optind]);
	return status;
}

static void problems_log(const struct conf_problems *p)
{
	char text[CONF_NAME_ROOM + 2 * CONF_TEXT_ROOM + 64];

	for (unsigned i = 0; i < p->count; i++) {
		enum log_level level = p->at[i].severity == CONF_ERROR ? LOG_ERROR : LOG_INFO;

		log_line(level, "%s", conf_problem_print(&p->at[i], text, sizeof(text)));
	}
	if (p->dropped > 0)
		log_line(LOG_WARN, "%u more problems", p->dropped);
}

/* false: it is not good; what is wrong was logged. */
static bool conf_read(const struct arguments *a, struct conf *c)
{
	struct conf_problems *p = calloc(1, sizeof(*p));
	bool good;

	if (!p)
		return false;
	conf_problems_init(p);
	good = conf_load_dir(a->conf_dir, c, p);
	for (unsigned i = 0; i < a->setting_count; i++)
		good = setting_apply(c, a->settings[i], p) && good;
	if (a->run_dir && strlen(a->run_dir) >= sizeof(c->host.run_dir)) {
		log_line(LOG_ERROR, "--run-dir %s is too long: at most %zu bytes", a->run_dir,
			 sizeof(c->host.run_dir) - 1);
		good = false;
	} else if (a->run_dir) {
		snprintf(c->host.run_dir, sizeof(c->host.run_dir), "%s", a->run_dir);
	}
	good = good && conf_check(c, crypto_mbedtls(), p);
	problems_log(p);
	free(p);
	return good;
}

int main(int argc, char **argv)
{
	struct arguments a = {.record.max_bytes = (uint64_t)RECORD_FILE_MAX_MB << 20};
	int status = arguments_read(&a, argc, argv);
	struct conf *c;

	if (status != GO_ON)
		return status;
	c = calloc(1, sizeof(*c));
	if (!c)
		return EXIT_FAILURE;
	/* A control client that leaves in the middle of an answer is no reason to die. */
	signal(SIGPIPE, SIG_IGN);
	status = conf_read(&a, c) ? loop_run(c, a.conf_dir, &a.record) : EXIT_USAGE;
	free(c);
	return status;
}
