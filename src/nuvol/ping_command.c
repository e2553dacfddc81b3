/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol ping: echoes to a node, one after the other. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "nuvol/ask.h"
#include "nuvol/echo.h"
#include "nuvol/words.h"

enum { COUNT_MAX = 1000000, INTERVAL_MAX_S = 3600 };

struct tally {
	int sent, replies;
	double min, max, sum, squares;
	json_t *echoes; /* for --json, else NULL */
};

static void tally_add(struct tally *t, const json_t *echo)
{
	double rtt = member_real(echo, "rtt_ms");

	if (t->echoes)
		json_array_append(t->echoes, (json_t *)echo);
	if (strcmp(member_text(echo, "outcome", ""), "reply") != 0)
		return;
	t->min = t->replies == 0 || rtt < t->min ? rtt : t->min;
	t->max = rtt > t->max ? rtt : t->max;
	t->sum += rtt;
	t->squares += rtt * rtt;
	t->replies++;
}

static double tally_mean(const struct tally *t)
{
	return t->sum / t->replies;
}

static double tally_deviation(const struct tally *t)
{
	double mean = tally_mean(t);
	double variance = t->squares / t->replies - mean * mean;

	return variance > 0 ? sqrt(variance) : 0;
}

static void echo_print(const json_t *echo, int seqno)
{
	const char *outcome = member_text(echo, "outcome", "?");

	if (strcmp(outcome, "reply") == 0)
		printf("reply from %s: seq=%d ttl=%" PRId64 " time=%.3g ms\n",
		       member_text(echo, "from", "?"), seqno, member_count(echo, "answer_ttl"),
		       member_real(echo, "rtt_ms"));
	else if (strcmp(outcome, "timeout") == 0)
		printf("no reply: seq=%d\n", seqno);
	else if (strcmp(outcome, "ttl-exceeded") == 0)
		printf("from %s: seq=%d too many hops\n", member_text(echo, "from", "?"), seqno);
	else
		printf("from %s: seq=%d unreachable\n", member_text(echo, "from", "this node"),
		       seqno);
	fflush(stdout);
}

static void tally_print(const struct tally *t, const char *target)
{
	printf("\n--- %s ping statistics ---\n", target);
	printf("%d sent, %d received, %.3g%% lost\n", t->sent, t->replies,
	       t->sent > 0 ? 100.0 * (t->sent - t->replies) / t->sent : 0);
	if (t->replies > 0)
		printf("round trip min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n", t->min,
		       tally_mean(t), t->max, tally_deviation(t));
}

static void tally_print_json(const struct tally *t, const char *target)
{
	json_t *o = json_pack("{s:s, s:i, s:i, s:O}", "target", target, "sent", t->sent, "received",
			      t->replies, "echoes", t->echoes);

	if (t->replies > 0)
		json_object_set_new(o, "rtt_ms",
				    json_pack("{s:f, s:f, s:f, s:f}", "min", t->min, "avg",
					      tally_mean(t), "max", t->max, "mdev",
					      tally_deviation(t)));
	json_print(o);
	json_decref(o);
}

/* Says so when the target is a client. */
static void home_print(const json_t *echo)
{
	const char *target = member_text(echo, "target", ""), *node = member_text(echo, "node", "");

	if (strcmp(target, node) != 0)
		printf("%s is a client at node %s, which is asked\n", target, node);
}

/* The rounds. EXIT_OK: all done, or interrupted. */
static enum exit_code ping_loop(const struct cli *cli, struct socket *s, struct tally *t, int count,
				double interval_s, double timeout_s)
{
	enum exit_code status = EXIT_OK;

	while (!echo_interrupted() && status == EXIT_OK && (count == 0 || t->sent < count)) {
		int64_t next = echo_now_ms() + (int64_t)(interval_s * 1000);
		json_t *echo;

		status = echo_once(cli, s, ECHO_HOPS_MAX, t->sent + 1, (int)(timeout_s * 1000),
				   &echo);
		if (status != EXIT_OK || !echo)
			break;
		t->sent++;
		tally_add(t, echo);
		if (!cli->json && t->sent == 1)
			home_print(echo);
		if (!cli->json)
			echo_print(echo, t->sent);
		json_decref(echo);
		if (count == 0 || t->sent < count)
			echo_wait_until(next);
	}
	return status;
}

static enum exit_code ping_run(const struct cli *cli)
{
	struct tally t = {0};
	struct socket s;
	double interval_s, timeout_s;
	int count;

	if (!echo_option_count(cli, 'c', COUNT_MAX, 0, &count) ||
	    !echo_option_number(cli, 'i', 0.01, INTERVAL_MAX_S, 1, &interval_s) ||
	    !echo_option_number(cli, 'W', 0.01, ECHO_TIMEOUT_MAX_S, 1, &timeout_s))
		return EXIT_USAGE;

	enum exit_code status = ask_open(cli, &s);

	if (status != EXIT_OK)
		return status;
	echo_catch_interrupt();
	t.echoes = cli->json ? json_array() : NULL;
	if (!cli->json)
		printf("ping to %s\n", cli->argv[0]);
	status = ping_loop(cli, &s, &t, count, interval_s, timeout_s);
	socket_close(&s);
	if (cli->json && (status == EXIT_OK || t.sent > 0))
		tally_print_json(&t, cli->argv[0]);
	else if (!cli->json && t.sent > 0)
		tally_print(&t, cli->argv[0]);
	json_decref(t.echoes);
	if (status != EXIT_OK)
		return status;
	return t.replies > 0 ? EXIT_OK : EXIT_FAILED;
}

const struct command ping_command = {
	.name = "ping",
	.arguments = "NODE",
	.summary = "echoes to a node of the cloud, or to the node where a client is",
	.details = "NODE is a MAC address. Goes on until Ctrl-C, or -c echoes. Exit status 1: no\n"
		   "reply came at all.\n",
	.arguments_min = 1,
	.arguments_max = 1,
	.options = {{"count", 'c', "N", "stop after N echoes"},
		    {"interval", 'i', "SECONDS", "from one to the next (default 1)"},
		    {"timeout", 'W', "SECONDS", "how long to wait for each (default 1)"}},
	.run = ping_run,
};
