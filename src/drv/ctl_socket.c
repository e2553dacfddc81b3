/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/ctl_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drv/account.h"
#include "drv/log.h"

enum { BACKLOG = 64, READ_ROOM = 4096 };

struct connection {
	struct list all;
	struct ctl_client client;
	struct ctl_socket *socket;
	uv_pipe_t pipe;
	bool closing;
	uv_timer_t cut;	  /* ends the connection outside of ctl's calls */
	unsigned handles; /* not closed yet */
	char *line;
	size_t len, room;
};

struct sending {
	uv_write_t write;
	char text[];
};

static void handle_closed(uv_handle_t *h)
{
	struct connection *c = h->data;

	if (--c->handles > 0)
		return;
	free(c->line);
	free(c);
}

static void connection_close(struct connection *c)
{
	if (c->closing)
		return;
	c->closing = true;
	ctl_client_fini(c->socket->ctl, &c->client);
	list_del(&c->all);
	c->socket->count--;
	uv_close((uv_handle_t *)&c->pipe, handle_closed);
	uv_close((uv_handle_t *)&c->cut, handle_closed);
}

static void cut_off(uv_timer_t *t)
{
	connection_close(t->data);
}

/* Not at once: we may be in the middle of ctl. */
static void connection_cut(struct connection *c)
{
	uv_timer_start(&c->cut, cut_off, 0, 0);
}

static void sent(uv_write_t *w, int status)
{
	struct connection *c = w->handle->data;

	free(w->data);
	if (status < 0)
		connection_close(c);
}

static void client_send(struct ctl_client *client, const char *line, size_t len)
{
	struct connection *c = container_of(client, struct connection, client);
	uv_stream_t *stream = (uv_stream_t *)&c->pipe;
	struct sending *s;
	uv_buf_t buf;

	if (c->closing || uv_is_active((const uv_handle_t *)&c->cut))
		return;
	/* One answer may be as long as it must; only what lies unread counts. */
	if (uv_stream_get_write_queue_size(stream) > CTL_QUEUE_MAX) {
		log_line(LOG_WARN, "a client of the control socket does not read: cut off");
		connection_cut(c);
		return;
	}
	s = malloc(sizeof(*s) + len);
	if (!s) {
		connection_cut(c);
		return;
	}
	memcpy(s->text, line, len);
	buf = uv_buf_init(s->text, (unsigned)len);
	s->write.data = s;
	if (uv_write(&s->write, stream, &buf, 1, sent)) {
		free(s);
		connection_cut(c);
	}
}

/* Hands out whole lines; what is left stays. */
static void lines_take(struct connection *c)
{
	size_t at = 0;
	char *end;

	while (!c->closing && (end = memchr(c->line + at, '\n', c->len - at))) {
		c->socket->line(c->socket->ctx, &c->client, c->line + at,
				(size_t)(end - c->line) - at);
		at = (size_t)(end - c->line) + 1;
	}
	memmove(c->line, c->line + at, c->len - at);
	c->len -= at;
}

static void room_give(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct connection *c = h->data;

	(void)suggested;
	if (c->room - c->len < READ_ROOM && c->room < CTL_LINE_MAX + READ_ROOM) {
		size_t room = c->room * 2 < CTL_LINE_MAX + READ_ROOM ? c->room * 2 + READ_ROOM
								     : CTL_LINE_MAX + READ_ROOM;
		char *more = realloc(c->line, room);

		if (more) {
			c->line = more;
			c->room = room;
		}
	}
	/* None left: uv tells us with UV_ENOBUFS. */
	*buf = uv_buf_init(c->line + c->len, (unsigned)(c->room - c->len));
}

static void came(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct connection *c = stream->data;

	(void)buf;
	if (n < 0) {
		connection_close(c);
		return;
	}
	c->len += (size_t)n;
	lines_take(c);
	if (!c->closing && c->len >= CTL_LINE_MAX) {
		log_line(LOG_WARN, "a client of the control socket sent a line that never ends: "
				   "cut off");
		connection_close(c);
	}
}

bool ctl_socket_is_root(const uv_pipe_t *pipe)
{
	struct ucred who = {.uid = (uid_t)-1};
	socklen_t len = sizeof(who);
	uv_os_fd_t fd;

	if (uv_fileno((const uv_handle_t *)pipe, &fd))
		return false;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.uid == 0;
}

static void connected(uv_stream_t *listener, int status)
{
	struct ctl_socket *s = listener->data;
	struct connection *c = status < 0 ? NULL : calloc(1, sizeof(*c));

	if (!c)
		return;
	c->socket = s;
	c->pipe.data = c->cut.data = c;
	c->handles = 2;
	uv_pipe_init(listener->loop, &c->pipe, 0);
	uv_timer_init(listener->loop, &c->cut);
	list_append(&s->connections, &c->all);
	s->count++;
	if (uv_accept(listener, (uv_stream_t *)&c->pipe)) {
		ctl_client_init(s->ctl, &c->client, false, client_send);
		connection_close(c);
		return;
	}
	ctl_client_init(s->ctl, &c->client, ctl_socket_is_root(&c->pipe), client_send);
	if (s->count > CTL_CONNECTIONS_MAX ||
	    uv_read_start((uv_stream_t *)&c->pipe, room_give, came))
		connection_close(c);
}

/* The group may read and write, which is what connecting needs. */
static void group_set(const char *path)
{
	gid_t group;

	if (account_group(CTL_GROUP, &group) && chown(path, (uid_t)-1, group))
		log_line(LOG_WARN, "cannot give %s to the group " CTL_GROUP ": %s", path,
			 strerror(errno));
}

int ctl_socket_open(struct ctl_socket *s, uv_loop_t *loop, const char *path)
{
	mode_t mask;
	int e;

	list_init(&s->connections);
	s->count = 0;
	s->listener.data = s;
	uv_pipe_init(loop, &s->listener, 0);
	unlink(path);
	mask = umask(0117);
	e = uv_pipe_bind(&s->listener, path);
	umask(mask);
	if (e)
		return e;
	group_set(path);
	return uv_listen((uv_stream_t *)&s->listener, BACKLOG, connected);
}

void ctl_socket_close(struct ctl_socket *s, const char *path)
{
	list_each (c, &s->connections, struct connection, all) {
		connection_close(c);
	}
	if (!uv_is_closing((uv_handle_t *)&s->listener))
		uv_close((uv_handle_t *)&s->listener, NULL);
	unlink(path);
}
