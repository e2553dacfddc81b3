/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/ask.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nuvol/words.h"

enum exit_code ask_open(const struct cli *cli, struct socket *s)
{
	int e = socket_open(s, cli->run_dir);

	switch (e) {
	case 0: return EXIT_OK;
	case -ENOENT:
	case -ENOTDIR:
	case -ECONNREFUSED:
		fprintf(stderr,
			"nuvol: no daemon listens at %s/nuvold.sock\n"
			"Start it with: systemctl start nuvold (or, as root: nuvold), or say "
			"with --run-dir where it is.\n",
			cli->run_dir);
		return EXIT_NO_DAEMON;
	case -ENAMETOOLONG:
		return usage_error(cli, "the path of --run-dir is too long for a socket");
	case -EACCES:
	case -EPERM:
		fprintf(stderr, "nuvol: %s/nuvold.sock: you may not; be root or in group nuvol\n",
			cli->run_dir);
		return EXIT_FAILED;
	default:
		fprintf(stderr, "nuvol: %s/nuvold.sock: %s\n", cli->run_dir, strerror(-e));
		return EXIT_FAILED;
	}
}

enum exit_code ask_broken(const struct cli *cli, int error)
{
	if (error == -EPIPE || error == -ECONNRESET) {
		fprintf(stderr, "nuvol: the daemon at %s left\n", cli->run_dir);
		return EXIT_NO_DAEMON;
	}
	if (error == -ETIMEDOUT)
		fprintf(stderr, "nuvol: the daemon at %s does not answer\n", cli->run_dir);
	else
		fprintf(stderr, "nuvol: the daemon at %s: %s\n", cli->run_dir, strerror(-error));
	return EXIT_FAILED;
}

enum exit_code ask_raw(const struct cli *cli, struct socket *s, const char *method, json_t *params,
		       int timeout_ms, json_t **answer)
{
	json_t *request =
		json_pack("{s:i, s:s, s:o*}", "id", 1, "method", method, "params", params);
	char *text = json_dumps(request, JSON_COMPACT);
	char *line;
	size_t len;
	int e = text ? socket_write_line(s, text, strlen(text), timeout_ms) : -ENOMEM;

	*answer = NULL;
	free(text);
	json_decref(request);
	if (e == 0)
		e = socket_read_line(s, timeout_ms, &line, &len);
	if (e == -EINTR)
		return EXIT_OK;
	if (e != 0)
		return ask_broken(cli, e);
	*answer = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	if (!*answer) {
		fprintf(stderr, "nuvol: the daemon at %s answered something that is not JSON\n",
			cli->run_dir);
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

/* Codes of docs/control.md that mean: the question was wrong. */
static bool is_usage_code(const char *code)
{
	return strcmp(code, "bad-parameter") == 0 || strcmp(code, "missing-parameter") == 0 ||
	       strcmp(code, "unknown-parameter") == 0;
}

enum exit_code ask_result(const struct cli *cli, json_t *answer, json_t **result)
{
	const json_t *error = json_object_get(answer, "error");
	enum exit_code status = EXIT_OK;

	*result = json_incref(json_object_get(answer, "result"));
	if (!*result) {
		const char *words = member_text(error, "message", "an answer without a result");

		fprintf(stderr, "nuvol%s%s: ", cli->command ? " " : "",
			cli->command ? cli->command->name : "");
		text_print(stderr, words);
		fputc('\n', stderr);
		status = is_usage_code(member_text(error, "code", "")) ? EXIT_USAGE : EXIT_FAILED;
	}
	json_decref(answer);
	return status;
}

enum exit_code ask_once(const struct cli *cli, const char *method, json_t *params, json_t **result)
{
	struct socket s;
	json_t *answer;
	enum exit_code status = ask_open(cli, &s);

	if (status != EXIT_OK) {
		json_decref(params);
		return status;
	}
	status = ask_raw(cli, &s, method, params, ASK_TIMEOUT_MS, &answer);
	if (status == EXIT_OK)
		status = answer ? ask_result(cli, answer, result) : EXIT_FAILED;
	socket_close(&s);
	return status;
}
