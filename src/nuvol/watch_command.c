/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol watch: what happens in the cloud, as it happens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "nuvol/ask.h"
#include "nuvol/table.h"
#include "nuvol/words.h"

static void event_print(const struct cli *cli, const json_t *event)
{
	struct timespec now;
	struct tm tm;
	char text[16] = "";

	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &tm))
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	printf("%s%s.%03ld%s  ", tone_begin(TONE_FAINT, cli->colour), text, now.tv_nsec / 1000000,
	       tone_end(TONE_FAINT, cli->colour));
	text_print(stdout, member_text(event, "text", "?"));
	putchar('\n');
	fflush(stdout);
}

static enum exit_code watch_loop(const struct cli *cli, struct socket *s, long count)
{
	for (long n = 0; count == 0 || n < count; n++) {
		char *line;
		size_t len;
		int e = socket_read_line(s, SOCKET_FOREVER, &line, &len);

		if (e != 0)
			return ask_broken(cli, e);

		json_t *event = json_loadb(line, len, 0, NULL);

		if (cli->json)
			json_print_line(event);
		else
			event_print(cli, event);
		json_decref(event);
		if (ferror(stdout))
			return EXIT_FAILED;
	}
	return EXIT_OK;
}

static enum exit_code watch_run(const struct cli *cli)
{
	struct socket s;
	json_t *answer, *result;
	long count = 0;

	if (cli->value['c']) {
		char *end;

		count = strtol(cli->value['c'], &end, 10);
		if (end == cli->value['c'] || *end || count < 1)
			return usage_error(cli, "-c needs a number from 1 on, not '%s'",
					   cli->value['c']);
	}

	enum exit_code status = ask_open(cli, &s);

	if (status != EXIT_OK)
		return status;
	status = ask_raw(cli, &s, "watch", NULL, ASK_TIMEOUT_MS, &answer);
	if (status == EXIT_OK)
		status = answer ? ask_result(cli, answer, &result) : EXIT_FAILED;
	if (status == EXIT_OK) {
		json_decref(result);
		status = watch_loop(cli, &s, count);
	}
	socket_close(&s);
	return status;
}

const struct command watch_command = {
	.name = "watch",
	.summary = "tells what happens in the cloud, until Ctrl-C",
	.details = "With --json: one event a line.\n",
	.options = {{"count", 'c', "N", "stop after N events"}},
	.run = watch_run,
};
