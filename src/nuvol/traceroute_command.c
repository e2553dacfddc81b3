/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol traceroute: echoes with a growing time to live. */
#include <stdio.h>
#include <string.h>
#include "nuvol/ask.h"
#include "nuvol/echo.h"
#include "nuvol/words.h"

enum { HOPS_DEFAULT = 30, PROBES_DEFAULT = 3, PROBES_MAX = 10 };

struct trace {
	int hops_max, probes;
	double timeout_s;
	int seqno;
	bool reached;
	bool over;    /* reached, or told that there is no way */
	json_t *hops; /* for --json */
};

/* Prints a probe of a hop; shown is who answered before in this line. */
static const char *probe_print(const json_t *echo, const char *shown)
{
	const char *from = member_text(echo, "from", NULL);
	const char *outcome = member_text(echo, "outcome", "");

	if (strcmp(outcome, "timeout") == 0) {
		printf("  *");
		return shown;
	}
	if (from && (!shown || strcmp(from, shown) != 0))
		printf("  %s", from);
	if (strcmp(outcome, "unreachable") == 0)
		printf("  no way");
	else
		printf("  %.3g ms", member_real(echo, "rtt_ms"));
	return from;
}

/* All probes of one hop. EXIT_OK: done or interrupted. */
static enum exit_code hop_probe(const struct cli *cli, struct socket *s, struct trace *t, int ttl)
{
	json_t *echoes = json_array();
	const char *shown = NULL;
	enum exit_code status = EXIT_OK;

	if (!cli->json)
		printf("%2d", ttl);
	for (int i = 0; i < t->probes && !echo_interrupted(); i++) {
		json_t *echo;

		status = echo_once(cli, s, ttl, ++t->seqno, (int)(t->timeout_s * 1000), &echo);
		if (status != EXIT_OK || !echo)
			break;

		const char *outcome = member_text(echo, "outcome", "");

		t->reached = t->reached || strcmp(outcome, "reply") == 0;
		t->over = t->reached || strcmp(outcome, "unreachable") == 0;
		json_array_append_new(echoes, echo);
		if (!cli->json) {
			shown = probe_print(echo, shown);
			fflush(stdout);
		}
		if (t->over && !t->reached)
			break;
	}
	if (!cli->json)
		putchar('\n');
	if (t->hops)
		json_array_append_new(t->hops,
				      json_pack("{s:i, s:O}", "ttl", ttl, "probes", echoes));
	json_decref(echoes);
	return status;
}

static enum exit_code traceroute_run(const struct cli *cli)
{
	struct trace t = {0};
	struct socket s;

	if (!echo_option_count(cli, 'm', ECHO_HOPS_MAX, HOPS_DEFAULT, &t.hops_max) ||
	    !echo_option_count(cli, 'q', PROBES_MAX, PROBES_DEFAULT, &t.probes) ||
	    !echo_option_number(cli, 'W', 0.01, ECHO_TIMEOUT_MAX_S, 1, &t.timeout_s))
		return EXIT_USAGE;

	enum exit_code status = ask_open(cli, &s);

	if (status != EXIT_OK)
		return status;
	echo_catch_interrupt();
	if (cli->json)
		t.hops = json_array();
	else
		printf("traceroute to %s, at most %d hops\n", cli->argv[0], t.hops_max);
	for (int ttl = 1; ttl <= t.hops_max && !t.over && !echo_interrupted() && status == EXIT_OK;
	     ttl++)
		status = hop_probe(cli, &s, &t, ttl);
	socket_close(&s);
	if (cli->json && status == EXIT_OK) {
		json_t *o = json_pack("{s:s, s:b, s:O}", "target", cli->argv[0], "reached",
				      t.reached, "hops", t.hops);

		json_print(o);
		json_decref(o);
	}
	json_decref(t.hops);
	if (status != EXIT_OK)
		return status;
	return t.reached ? EXIT_OK : EXIT_FAILED;
}

const struct command traceroute_command = {
	.name = "traceroute",
	.arguments = "NODE",
	.summary = "the nodes on the way to a node, hop by hop",
	.details = "NODE is a MAC address of a node, or of a client: then of the way to its node.\n"
		   "Exit status 1: the node was not reached.\n",
	.arguments_min = 1,
	.arguments_max = 1,
	.options = {{"max-hops", 'm', "N", "give up after N hops (default 30)"},
		    {"probes", 'q', "N", "echoes per hop (default 3)"},
		    {"timeout", 'W', "SECONDS", "how long to wait for each (default 1)"}},
	.run = traceroute_run,
};
