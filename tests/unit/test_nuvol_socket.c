/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves: the client's socket puts lines together from any pieces, gives up in time,
 * and tells a missing daemon from one that left or that does not answer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "cmocka_all.h"
#include "nuvol/socket.h"

static char run_dir[64];
static int listener, server;
static struct socket s;

static struct sockaddr_un address(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/nuvold.sock", run_dir);
	return a;
}

static int setup(void **state)
{
	struct sockaddr_un a;

	(void)state;
	strcpy(run_dir, "/tmp/nuvol-test-XXXXXX");
	assert_non_null(mkdtemp(run_dir));
	a = address();
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(socket_open(&s, run_dir), 0);
	server = accept(listener, NULL, NULL);
	assert_true(server >= 0);
	return 0;
}

static int teardown(void **state)
{
	struct sockaddr_un a = address();

	(void)state;
	socket_close(&s);
	if (server >= 0)
		close(server);
	close(listener);
	unlink(a.sun_path);
	rmdir(run_dir);
	return 0;
}

static void server_says(const char *text, size_t len)
{
	assert_int_equal(write(server, text, len), len);
}

static void assert_line(const char *want)
{
	char *line;
	size_t len;

	assert_int_equal(socket_read_line(&s, 1000, &line, &len), 0);
	assert_string_equal(line, want);
	assert_int_equal(len, strlen(want));
}

static void test_pieces(void **state)
{
	char *line;
	size_t len;

	(void)state;
	server_says("one\ntw", 6);
	assert_line("one");
	assert_int_equal(socket_read_line(&s, 20, &line, &len), -ETIMEDOUT);
	server_says("o\n\nfour\nfi", 10);
	assert_line("two");
	assert_line("");
	assert_line("four");
	server_says("ve\n", 3);
	assert_line("five");
}

/* Longer than any buffer on the way: the daemon is another process here. */
static void test_long_line(void **state)
{
	enum { LEN = 3000000 };
	char *line;
	size_t len;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		char *text = malloc(LEN + 1);
		size_t at = 0;

		memset(text, 'x', LEN);
		text[LEN] = '\n';
		while (at < LEN + 1) {
			ssize_t n = write(server, text + at, LEN + 1 - at);

			if (n <= 0)
				_exit(1);
			at += (size_t)n;
		}
		_exit(0);
	}
	assert_int_equal(socket_read_line(&s, 10000, &line, &len), 0);
	assert_int_equal(len, LEN);
	assert_int_equal(strspn(line, "x"), LEN);
}

static void test_daemon_leaves(void **state)
{
	char *line;
	size_t len;

	(void)state;
	server_says("half a li", 9);
	close(server);
	server = -1;
	assert_int_equal(socket_read_line(&s, 1000, &line, &len), -EPIPE);
	assert_int_equal(socket_write_line(&s, "x", 1, 1000), -EPIPE);
}

static void test_write(void **state)
{
	char got[16] = "";

	(void)state;
	assert_int_equal(socket_write_line(&s, "{\"id\":1}", 8, 1000), 0);
	assert_int_equal(read(server, got, sizeof(got) - 1), 9);
	assert_string_equal(got, "{\"id\":1}\n");
}

/* A daemon that does not read must not hold us for ever. */
static void test_write_timeout(void **state)
{
	enum { LEN = 4000000 };
	char *text = calloc(1, LEN);

	(void)state;
	assert_int_equal(socket_write_line(&s, text, LEN, 50), -ETIMEDOUT);
	free(text);
}

static void test_no_daemon(void **state)
{
	struct socket other;
	char path[200];

	(void)state;
	assert_int_equal(socket_open(&other, "/nonexistent"), -ENOENT);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(socket_open(&other, path), -ENAMETOOLONG);
	close(listener);
	listener = -1;
	assert_int_equal(socket_open(&other, run_dir), -ECONNREFUSED);
	socket_close(&other);
}

#define CONNECTED(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONNECTED(test_pieces),	       CONNECTED(test_long_line),
		CONNECTED(test_daemon_leaves), CONNECTED(test_write),
		CONNECTED(test_write_timeout), CONNECTED(test_no_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
