/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol-sim: a town of thousands of nodes in one process. See nuvol-sim(1). */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "drv/crypto.h"
#include "drv/public_key.h"
#include "nuvol-sim/replay_command.h"
#include "nuvol-sim/step.h"
#include "sim/check.h"
#include "sim/report.h"
#include "sim/report_page.h"
#include "town/quantity.h"

enum { EXIT_USAGE = 2, TIME_MAX_S = 86400 * 30 };

struct cli {
	struct run_conf run;
	bool json, quiet, media_given, clients_given;
	const char *of_town; /* an option that was given, and that a town file says itself */
	bool step;
	span until; /* 0: to the end */
	bool until_converged;
	const char *trace, *html;
};

__attribute__((format(printf, 1, 2))) static bool fail(const char *format, ...)
{
	va_list args;

	fputs("nuvol-sim: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("; nuvol-sim --help shows how\n", stderr);
	return false;
}

/* ---- values ---- */

static bool time_take(struct cli *c, const char *text)
{
	if (!duration_parse(text, &c->run.time))
		return fail("'%s' is no time, as 90s, 10m or 2h are", text);
	return c->run.time.us <= span_s(TIME_MAX_S).us || fail("'%s' is more than 720h", text);
}

static bool seed_take(struct cli *c, const char *text)
{
	char *end;

	errno = 0;
	c->run.seed = strtoull(text, &end, 10);
	return (text[0] >= '0' && text[0] <= '9' && !*end && !errno) ||
	       fail("'%s' is no seed", text);
}

static bool count_take(const char *text, unsigned most, unsigned *out)
{
	return number_parse(text, 0, most, out) ||
	       fail("'%s' is no number from 0 to %u", text, most);
}

static bool clouds_take(struct cli *c, const char *text)
{
	return count_take(text, LAYOUT_CLOUDS_MAX, &c->run.clouds);
}

static bool clients_take(struct cli *c, const char *text)
{
	c->clients_given = true;
	return count_take(text, WORLD_NOWHERE - 1, &c->run.clients);
}

static bool uplinks_take(struct cli *c, const char *text)
{
	return count_take(text, LAYOUT_NODES_MAX, &c->run.uplinks);
}

static bool loss_take(struct cli *c, const char *text)
{
	return count_take(text, 90, &c->run.loss_percent);
}

static bool mtu_take(struct cli *c, const char *text)
{
	return count_take(text, UINT16_MAX, &c->run.mtu_bytes);
}

static bool shape_take(struct cli *c, enum layout_shape shape, const char *text)
{
	c->run.shape = shape;
	if (!c->media_given)
		c->run.radio = shape == LAYOUT_TOWN || shape == LAYOUT_FILE;
	return shape == LAYOUT_FILE || count_take(text, LAYOUT_NODES_MAX, &c->run.nodes);
}

static bool line_take(struct cli *c, const char *text)
{
	return shape_take(c, LAYOUT_LINE, text);
}

static bool ring_take(struct cli *c, const char *text)
{
	return shape_take(c, LAYOUT_RING, text);
}

static bool tree_take(struct cli *c, const char *text)
{
	return shape_take(c, LAYOUT_TREE, text);
}

static bool town_take(struct cli *c, const char *text)
{
	return shape_take(c, LAYOUT_TOWN, text);
}

/* "30x20" */
static bool grid_take(struct cli *c, const char *text)
{
	unsigned wide, high;
	char rest;

	if (sscanf(text, "%5ux%5u%c", &wide, &high, &rest) != 2 || wide == 0 || high == 0 ||
	    wide > LAYOUT_NODES_MAX || high > LAYOUT_NODES_MAX / wide)
		return fail("'%s' is no grid, as 30x20 is, of at most %u nodes", text,
			    LAYOUT_NODES_MAX);
	shape_take(c, LAYOUT_GRID, "1");
	c->run.wide = wide;
	c->run.nodes = wide * high;
	return true;
}

static bool media_take(struct cli *c, const char *text)
{
	c->media_given = true;
	c->run.radio = strcmp(text, "radio") == 0;
	return c->run.radio || strcmp(text, "wire") == 0 || fail("media are wire or radio");
}

static bool faults_take(struct cli *c, const char *text)
{
	c->run.faults = fault_set_find(text);
	return c->run.faults || fail("there are no faults '%s'", text);
}

static void real_job(struct prng *prng, const struct job *job, struct job_result *r)
{
	(void)prng; /* it has the system's randomness */
	public_key_job(job, r);
}

static bool crypto_take(struct cli *c, const char *text)
{
	static struct world_crypto real;

	real = (struct world_crypto){crypto_mbedtls(), real_job, span_ms(5)};
	c->run.crypto = strcmp(text, "real") == 0 ? &real : NULL;
	return c->run.crypto || strcmp(text, "cheap") == 0 || fail("crypto is cheap or real");
}

static bool trace_take(struct cli *c, const char *text)
{
	c->trace = text;
	return true;
}

static bool html_take(struct cli *c, const char *text)
{
	c->html = text;
	return true;
}

static bool pcap_take(struct cli *c, const char *text)
{
	c->run.pcap = text;
	return true;
}

static bool until_take(struct cli *c, const char *text)
{
	if (strcmp(text, "converged") == 0)
		return c->until_converged = true;
	return duration_parse(text, &c->until) ||
	       fail("'%s' is no time since the start, as 90s or 10m are", text);
}

static bool step_take(struct cli *c, const char *text)
{
	(void)text;
	return c->step = c->quiet = true;
}

static bool json_take(struct cli *c, const char *text)
{
	(void)text;
	return c->json = true;
}

static bool quiet_take(struct cli *c, const char *text)
{
	(void)text;
	return c->quiet = true;
}

static bool network_take(struct cli *c, const char *text)
{
	(void)text;
	return c->run.network_only = true;
}

/* ---- options ---- */

static const struct option_row {
	const char *name, *value; /* value: NULL takes none */
	bool (*take)(struct cli *c, const char *text);
	const char *what;
} options[] = {
	{"--line", "N", line_take, "N nodes, each linked to the next"},
	{"--ring", "N", ring_take, "... and the last to the first"},
	{"--grid", "WxH", grid_take, "each linked to four neighbours"},
	{"--tree", "N", tree_take, "three below each"},
	{"--town", "N", town_take, "at random places, who is in range hears each other"},
	{"--media", "wire|radio", media_take, "each link by itself, or one channel for all"},
	{"--loss", "PERCENT", loss_take, "of all links, beside what distance makes"},
	{"--mtu", "BYTES", mtu_take, "of all links, for a packet of batman-adv; else 1532"},
	{"--clouds", "N", clouds_take, "neighbourhoods, each a cloud of its own"},
	{"--clients", "N", clients_take, "that come, talk, walk and go"},
	{"--uplinks", "N", uplinks_take, "nodes with a way to the Internet"},
	{"--time", "TIME", time_take, "of the town: 90s, 10m, 2h; at least 2m"},
	{"--seed", "N", seed_take, "one seed, one history"},
	{"--faults", "SET", faults_take, "what goes wrong; see below"},
	{"--network-only", NULL, network_take, "only the network of all clouds, no clients"},
	{"--crypto", "cheap|real", crypto_take, "real: no two runs are the same"},
	{"--trace", "FILE", trace_take, "what nodes tell and do, one line each"},
	{"--until", "TIME|converged", until_take, "stop there, with what is known by then"},
	{"--step", NULL, step_take, "wait after each second for an empty line, a number, or q"},
	{"--pcap", "FOLDER", pcap_take, "every segment's frames, for Wireshark"},
	{"--html", "FILE", html_take, "the report as a page with plots and maps"},
	{"--json", NULL, json_take, "the report for programs"},
	{"--quiet", NULL, quiet_take, "no line of progress"},
};

/* What a town file says itself. */
static bool town_says(const char *option)
{
	static const char *const of_town[] = {"--media", "--loss", "--mtu", "--clouds",
					      "--uplinks"};

	for (size_t i = 0; i < sizeof(of_town) / sizeof(of_town[0]); i++)
		if (strcmp(option, of_town[i]) == 0)
			return true;
	return false;
}

static bool is_town(const char *file)
{
	const char *end = strrchr(file, '.');

	return end && strcmp(end, ".town") == 0;
}

/* Its name, as nuvol-lab has it: the MACs of the lab come from it, not those of the simulator. */
static bool town_read(struct cli *c, struct town *t)
{
	const char *slash = strrchr(c->run.file, '/'), *name = slash ? slash + 1 : c->run.file;
	char base[TOWN_NAME_MAX + 1];
	char *text = malloc(TOWN_FILE_MAX + 1);
	FILE *f = fopen(c->run.file, "r");
	size_t len = f && text ? fread(text, 1, TOWN_FILE_MAX + 1, f) : 0;
	bool read = f && text && !ferror(f) && len <= TOWN_FILE_MAX, good = false;

	snprintf(base, sizeof(base), "%.*s", (int)strcspn(name, "."), name);
	if (!read)
		fail("cannot read %s: %s", c->run.file,
		     len > TOWN_FILE_MAX ? "it is longer than 1 MB" : strerror(errno));
	else
		good = town_parse(t, base, c->run.file, text, len, stderr);
	if (f)
		fclose(f);
	free(text);
	if (!good)
		return false;
	c->run.town = t;
	if (!c->clients_given)
		c->run.clients = t->client_count;
	c->run.uplinks = 0;
	for (unsigned i = 0; i < t->node_count; i++)
		c->run.uplinks += t->nodes[i].uplink;
	return true;
}

static int help(void)
{
	printf("usage: nuvol-sim run [OPTION ...] [FILE]\n"
	       "       nuvol-sim replay [--trace FILE] [--pcap FOLDER] [--until TIME] [--step] "
	       "RECORD\n"
	       "       nuvol-sim checks\n\n"
	       "FILE is a NetJSON NetworkGraph, or NAME.town of nuvol-lab(8). Options:\n");
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		printf("  %-16s %-11s %s\n", options[i].name,
		       options[i].value ? options[i].value : "", options[i].what);
	printf("\nFaults:\n");
	for (unsigned i = 0; fault_set_at(i); i++)
		printf("  %-12s %s\n", fault_set_at(i)->name, fault_set_at(i)->what);
	printf("\nExit status: 0 all checks held, 1 one did not, 2 wrong usage.\n"
	       "The manual is nuvol-sim(1).\n");
	return EXIT_SUCCESS;
}

static const struct option_row *option_find(const char *name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

static bool options_take(struct cli *c, int count, char **word)
{
	for (int i = 0; i < count; i++) {
		const struct option_row *o = option_find(word[i]);

		if (!o && word[i][0] == '-')
			return fail("there is no option '%s'", word[i]);
		if (!o && c->run.file)
			return fail("one file is enough");
		if (!o) {
			c->run.file = word[i];
			shape_take(c, LAYOUT_FILE, NULL);
			continue;
		}
		if (o->value && i + 1 == count)
			return fail("option '%s' takes a value, %s", o->name, o->value);
		if (town_says(o->name))
			c->of_town = o->name;
		if (!o->take(c, o->value ? word[++i] : NULL))
			return false;
	}
	if (c->run.shape == LAYOUT_SHAPES)
		return fail("which town? --grid 10x10, --town 100, or a file");
	if (c->run.file && is_town(c->run.file) && c->of_town)
		return fail("a town file says itself what %s would", c->of_town);
	return true;
}

/* ---- commands ---- */

static struct report_cost cost_since(const struct timespec *began)
{
	struct timespec now;
	struct rusage used;

	clock_gettime(CLOCK_MONOTONIC, &now);
	getrusage(RUSAGE_SELF, &used);
	return (struct report_cost){(double)(now.tv_sec - began->tv_sec) +
					    (double)(now.tv_nsec - began->tv_nsec) / 1e9,
				    used.ru_maxrss};
}

static void progress(const struct run *r, const struct timespec *began)
{
	fprintf(stderr, "\r%5.1f %%, %4.0f s, %u violated ", run_progress(r) / 10.0,
		cost_since(began).wall_s, r->violations);
}

/* May another second pass? */
static bool seconds_wanted(const struct cli *c, const struct run *r)
{
	static uint64_t steps;
	const int64_t passed_s = world_now(r->world).us / 1000000 - 1;

	if (c->until.us > 0 && span_s(passed_s).us >= c->until.us)
		return false;
	if (c->until_converged && r->figures.converged.us >= 0)
		return false;
	if (!c->step)
		return true;
	if (steps == 0) {
		printf("%" PRId64 " s, %" PRIu64 " events, %u violated\n", passed_s,
		       world_events(r->world), r->violations);
		steps = step_ask();
	}
	return steps > 0 && steps-- > 0;
}

static int run(struct cli *c)
{
	bool shows = !c->quiet && isatty(STDERR_FILENO);
	char fault[LAYOUT_FAULT_ROOM];
	struct timespec began;
	struct report_cost cost;
	FILE *page = NULL;
	struct run *r;
	bool good;

	if (c->html && !(page = fopen(c->html, "w"))) {
		fail("cannot write to %s: %s", c->html, strerror(errno));
		return EXIT_USAGE;
	}
	clock_gettime(CLOCK_MONOTONIC, &began);
	r = run_new(&c->run, fault);
	if (!r) {
		fail("%s", fault);
		return EXIT_USAGE;
	}
	while (!r->ended && seconds_wanted(c, r))
		if (run_second(r) && shows)
			progress(r, &began);
	if (!r->ended)
		run_stop(r);
	if (shows)
		fputs("\r                                        \r", stderr);
	cost = cost_since(&began);
	if (c->json)
		report_json(r, &cost, stdout);
	else
		report_print(r, &cost, stdout);
	good = r->violations == 0;
	if (page) {
		report_page(r, &cost, page);
		if (fclose(page))
			good = fail("cannot write all of %s: %s", c->html, strerror(errno));
	}
	run_free(r);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_command(int count, char **word)
{
	struct cli c = {.run = {.shape = LAYOUT_SHAPES,
				.clouds = 1,
				.clients = 0,
				.time = span_s(600),
				.seed = 1,
				.faults = fault_set_at(0)}};
	struct town town = {0};
	int status;

	if (!options_take(&c, count, word))
		return EXIT_USAGE;
	if (c.run.file && is_town(c.run.file) && !town_read(&c, &town)) {
		town_fini(&town);
		return EXIT_USAGE;
	}
	if (c.trace && strcmp(c.trace, "-") == 0) {
		c.run.trace = stdout;
	} else if (c.trace) {
		c.run.trace = fopen(c.trace, "w");
		if (!c.run.trace) {
			fail("cannot write to %s: %s", c.trace, strerror(errno));
			return EXIT_USAGE;
		}
	}
	status = run(&c);
	if (c.run.trace && c.run.trace != stdout)
		fclose(c.run.trace);
	town_fini(&town);
	return status;
}

static int checks_command(void)
{
	for (unsigned i = 0; check_at(i); i++)
		printf("%-16s %-7s %s\n", check_at(i)->name,
		       check_at(i)->look ? "always" : "in calm", check_at(i)->meaning);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0)
		return help();
	if (strcmp(command, "--version") == 0)
		return printf("nuvol-sim %s\n", NUVOL_VERSION) > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	if (strcmp(command, "run") == 0)
		return run_command(argc - 2, argv + 2);
	if (strcmp(command, "replay") == 0)
		return replay_command(argc - 2, argv + 2);
	if (strcmp(command, "checks") == 0 && argc == 2)
		return checks_command();
	fail(command[0] ? "there is no command '%s'" : "which command?%s", command);
	return EXIT_USAGE;
}
