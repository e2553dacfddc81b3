/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/echo.h"
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* What the daemon may need on top of an echo's own timeout. */
enum { ANSWER_MARGIN_MS = 2000 };

static volatile sig_atomic_t signalled;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	signalled = 1;
}

void echo_catch_interrupt(void)
{
	struct sigaction act = {.sa_handler = on_interrupt};

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

bool echo_interrupted(void)
{
	return signalled != 0;
}

int64_t echo_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void echo_wait_until(int64_t until_ms)
{
	int64_t left;

	while (!signalled && (left = until_ms - echo_now_ms()) > 0)
		poll(NULL, 0, (int)left);
}

bool echo_option_number(const struct cli *cli, char letter, double min, double max,
			double otherwise, double *n)
{
	const char *text = cli->value[(unsigned char)letter];
	char *end;

	*n = otherwise;
	if (!text)
		return true;
	*n = strtod(text, &end);
	if (end != text && *end == '\0' && *n >= min && *n <= max)
		return true;
	usage_error(cli, "-%c needs a number, %.10g to %.10g, not '%s'", letter, min, max, text);
	return false;
}

bool echo_option_count(const struct cli *cli, char letter, int max, int otherwise, int *n)
{
	double value;

	if (!echo_option_number(cli, letter, 1, max, otherwise, &value))
		return false;
	*n = (int)value;
	if (*n == value)
		return true;
	usage_error(cli, "-%c needs a whole number", letter);
	return false;
}

enum exit_code echo_once(const struct cli *cli, struct socket *s, int ttl, int seqno,
			 int timeout_ms, json_t **result)
{
	json_t *params = json_pack("{s:s, s:i, s:i, s:i}", "target", cli->argv[0], "ttl", ttl,
				   "seqno", seqno & 0xffff, "timeout_ms", timeout_ms);
	json_t *answer;
	enum exit_code status;

	*result = NULL;
	if (!params)
		return usage_error(cli, "'%s' is not a MAC address", cli->argv[0]);
	status = ask_raw(cli, s, "ping", params, timeout_ms + ANSWER_MARGIN_MS, &answer);
	if (status != EXIT_OK || !answer)
		return status;
	return ask_result(cli, answer, result);
}
