/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/config_command.h"
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf/uci.h"
#include "core/plan/plan.h"
#include "drv/conf_files.h"
#include "drv/crypto.h"
#include "nuvol/command.h"
#include "nuvol/json_text.h"
#include "nuvol/words.h"

enum { PROBLEM_ROOM = CONF_NAME_ROOM + 2 * CONF_TEXT_ROOM + 32 };

struct query {
	const char *verb; /* check or print */
	const char *dir;  /* NULL: where the daemon looks */
	bool json;
};

static const char help[] =
	"Usage: nuvol config check [--config DIR]\n"
	"       nuvol config print [--config DIR]\n"
	"Checks or prints what the files and the defaults give. Asks no daemon.\n\n"
	"  -c, --config DIR  read DIR/community and DIR/node (default " CONF_DIR ",\n"
	"                    and before them OpenWrt's /etc/config/lime-community, lime-node)\n"
	"  -j, --json        print the result as JSON and nothing else\n"
	"  -h, --help        this text\n\n"
	"Exit status: 0 fine, 2 wrong usage or a wrong file. See nuvol.conf(5).\n";

static enum exit_code refuse(const char *text, const char *argument)
{
	fprintf(stderr, "nuvol config: %s%s\nSee: nuvol config print --help\n", text, argument);
	return EXIT_USAGE;
}

/* false: *status is the exit status. */
static bool query_parse(struct query *q, int argc, char **argv, enum exit_code *status)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int letter;

	*status = EXIT_OK;
	optind = 0; /* start over */
	while ((letter = getopt_long(argc, argv, "c:jh", options, NULL)) != -1) {
		switch (letter) {
		case 'c': q->dir = optarg; break;
		case 'j': q->json = true; break;
		case 'h': fputs(help, stdout); return false;
		default: *status = refuse("wrong option", ""); return false;
		}
	}
	if (optind == argc)
		*status = refuse("check or print is needed", "");
	else if (strcmp(argv[optind], "check") != 0 && strcmp(argv[optind], "print") != 0)
		*status = refuse("there is no such verb: ", argv[optind]);
	else if (optind + 1 < argc)
		*status = refuse("there is no use for ", argv[optind + 1]);
	else
		q->verb = argv[optind];
	return *status == EXIT_OK;
}

static json_t *problems_json(const struct conf_problems *p)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < p->count; i++) {
		const struct conf_problem *one = &p->at[i];

		json_array_append_new(
			list, json_pack("{s:s, s:o, s:i, s:o, s:o}", "severity",
					one->severity == CONF_ERROR ? "error" : "note", "file",
					json_text(one->file), "line", (int)one->line, "text",
					json_text(one->text), "remedy", json_text(one->remedy)));
	}
	return list;
}

static void problems_show(const struct conf_problems *p)
{
	char line[PROBLEM_ROOM];

	for (unsigned i = 0; i < p->count; i++)
		fprintf(stderr, "%s\n", conf_problem_print(&p->at[i], line, sizeof(line)));
	if (p->dropped > 0)
		fprintf(stderr, "and %u more\n", p->dropped);
}

/* Needs the node's MAC, which the daemon finds: nothing can be said here. */
static bool needs_mac(enum plan_warning_kind kind)
{
	return kind == PLAN_MAC_UNKNOWN || kind == PLAN_IPV4_RESERVED || kind == PLAN_IPV4_LAST ||
	       kind == PLAN_IPV6_ANYCAST || kind == PLAN_IPV6_ROUTER;
}

/* What the plan warns of is worth a look here too. */
static void add_plan_notes(const struct conf *c, struct conf_problems *p)
{
	struct plan plan;

	if (plan_init(&plan, &c->node.plan, crypto_mbedtls()) != OK)
		return;
	for (unsigned i = 0; i < plan.warning_count && p->count < CONF_PROBLEMS_MAX; i++) {
		const struct plan_warning *w = &plan.warnings[i];
		struct conf_problem *q = &p->at[p->count];

		if (needs_mac(w->kind) && !c->host.primary_mac_set)
			continue;
		p->count++;
		*q = (struct conf_problem){.severity = CONF_NOTE, .file = "configuration"};
		snprintf(q->text, sizeof(q->text), "%s", w->text);
		snprintf(q->remedy, sizeof(q->remedy), "%s", w->remedy);
	}
}

static enum exit_code check(const struct query *q, bool good, const struct conf_problems *p)
{
	if (q->json) {
		json_t *o = json_pack("{s:b, s:i, s:o}", "good", good, "errors", (int)p->errors,
				      "problems", problems_json(p));

		json_print(o);
		json_decref(o);
	} else {
		problems_show(p);
		if (good)
			printf("The configuration is fine%s.\n",
			       p->count > 0 ? ", with notes" : "");
	}
	return good ? EXIT_OK : EXIT_USAGE;
}

/* The printed text, statement by statement. */
static json_t *sections_json(const char *text)
{
	json_t *sections = json_array();
	json_t *options = NULL;
	struct uci_reader r;
	struct uci_statement s;

	uci_reader_init(&r, text, strlen(text));
	for (uci_next(&r, &s); s.kind != UCI_END; uci_next(&r, &s)) {
		json_t *value = json_text(s.value);

		if (s.kind == UCI_CONFIG) {
			options = json_object();
			json_array_append_new(sections,
					      json_pack("{s:s, s:o, s:o}", "type", s.name, "name",
							value, "options", options));
		} else if (s.kind == UCI_OPTION) {
			json_object_set_new(options, s.name, value);
		} else if (s.kind == UCI_LIST) {
			json_t *list = json_object_get(options, s.name);

			if (!list) {
				list = json_array();
				json_object_set_new(options, s.name, list);
			}
			json_array_append_new(list, value);
		} else {
			json_decref(value);
		}
	}
	return sections;
}

static enum exit_code print(const struct query *q, bool good, const struct conf *c,
			    const struct conf_problems *p)
{
	char *text;

	if (!good) {
		problems_show(p);
		return EXIT_USAGE;
	}
	text = conf_print(c);
	if (!text) {
		fprintf(stderr, "nuvol config: no memory\n");
		return EXIT_FAILED;
	}
	if (q->json) {
		json_t *o = json_pack("{s:o}", "sections", sections_json(text));

		json_print(o);
		json_decref(o);
	} else {
		fputs(text, stdout);
	}
	free(text);
	return EXIT_OK;
}

int config_command(int argc, char **argv)
{
	static struct conf_problems problems;
	struct query q = {0};
	struct conf conf;
	enum exit_code status;
	bool good;

	if (!query_parse(&q, argc, argv, &status))
		return (int)status;
	conf_problems_init(&problems);
	good = conf_load_dir(q.dir, &conf, &problems);
	good = good && conf_check(&conf, crypto_mbedtls(), &problems);
	if (strcmp(q.verb, "print") == 0)
		return (int)print(&q, good, &conf, &problems);
	if (good)
		add_plan_notes(&conf, &problems);
	return (int)check(&q, good, &problems);
}
