/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/socket.h"
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CONNECT_TIMEOUT_S = 5, READ_PIECE = 16384 };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int socket_open(struct socket *s, const char *run_dir)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = CONNECT_TIMEOUT_S};
	int len = snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/nuvold.sock", run_dir);

	*s = (struct socket){.fd = -1};
	if (len < 0 || (size_t)len >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return -errno;
	setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(s->fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0) {
		int e = -errno;

		socket_close(s);
		return e == -EAGAIN ? -ETIMEDOUT : e;
	}
	return 0;
}

void socket_close(struct socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->buffer);
	*s = (struct socket){.fd = -1};
}

/* Waits until the socket is ready. 0, -ETIMEDOUT, -EINTR. */
static int wait_ready(const struct socket *s, short events, int64_t until_ms)
{
	struct pollfd p = {.fd = s->fd, .events = events};
	int left = -1;

	if (until_ms >= 0) {
		int64_t ms = until_ms - now_ms();

		left = ms > 0 ? (int)ms : 0;
	}

	int n = poll(&p, 1, left);

	if (n < 0)
		return -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}

static int64_t until(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
}

static int send_all(const struct socket *s, const char *data, size_t len, int64_t until_ms)
{
	while (len > 0) {
		int e = wait_ready(s, POLLOUT, until_ms);

		if (e != 0)
			return e;

		ssize_t n = send(s->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int socket_write_line(struct socket *s, const char *line, size_t len, int timeout_ms)
{
	/* In one piece: a daemon may answer and leave before a newline of its own. */
	char *whole = malloc(len + 1);

	if (!whole)
		return -ENOMEM;
	memcpy(whole, line, len);
	whole[len] = '\n';

	int e = send_all(s, whole, len + 1, until(timeout_ms));

	free(whole);
	return e;
}

/* Room for one more piece behind end. */
static int make_room(struct socket *s)
{
	if (s->start > 0) {
		memmove(s->buffer, s->buffer + s->start, s->end - s->start);
		s->end -= s->start;
		s->start = 0;
	}
	if (s->room - s->end >= READ_PIECE)
		return 0;
	if (s->end > SOCKET_LINE_MAX)
		return -EMSGSIZE;

	size_t room = s->room * 2 + READ_PIECE;
	char *grown = realloc(s->buffer, room);

	if (!grown)
		return -ENOMEM;
	s->buffer = grown;
	s->room = room;
	return 0;
}

/* Reads what is there behind end. */
static int read_piece(struct socket *s, int64_t until_ms)
{
	int e = make_room(s);

	if (e == 0)
		e = wait_ready(s, POLLIN, until_ms);
	if (e != 0)
		return e;

	ssize_t n = recv(s->fd, s->buffer + s->end, s->room - s->end, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	s->end += (size_t)n;
	return 0;
}

int socket_read_line(struct socket *s, int timeout_ms, char **line, size_t *len)
{
	int64_t until_ms = until(timeout_ms);
	size_t searched = 0; /* of what is there */

	for (;;) {
		size_t have = s->end - s->start;
		char *from = s->buffer + s->start;
		char *newline = have > searched ? memchr(from + searched, '\n', have - searched)
						: NULL;

		if (newline) {
			*newline = '\0';
			*line = from;
			*len = (size_t)(newline - from);
			s->start += *len + 1;
			return 0;
		}
		searched = have;

		int e = read_piece(s, until_ms);

		if (e != 0)
			return e;
	}
}
