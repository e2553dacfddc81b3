/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/alfred_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/json.h"
#include "drv/account.h"
#include "drv/ctl_socket.h"
#include "drv/log.h"
#include "drv/now.h"
#include "wire/alfred.h"

enum { BACKLOG = 64, REQUEST_MAX = ALFRED_TLV_LEN + UINT16_MAX, READ_ROOM = 4096 };

struct connection {
	struct list all;
	struct alfred_socket *socket;
	uv_pipe_t pipe;
	uv_timer_t patience;
	unsigned handles; /* not closed yet */
	bool closing, answered, listens;
	uint8_t *in;
	size_t len, room;
};

struct sending {
	uv_write_t write;
	struct connection *connection;
	bool last;
	size_t len;
	uint8_t *data;
};

/* ---- ending ---- */

static void handle_closed(uv_handle_t *h)
{
	struct connection *c = h->data;

	if (--c->handles > 0)
		return;
	free(c->in);
	free(c);
}

static void connection_close(struct connection *c)
{
	if (c->closing)
		return;
	c->closing = true;
	list_del(&c->all);
	c->socket->count--;
	c->socket->listeners -= c->listens;
	uv_close((uv_handle_t *)&c->pipe, handle_closed);
	uv_close((uv_handle_t *)&c->patience, handle_closed);
}

static void impatient(uv_timer_t *t)
{
	struct connection *c = t->data;

	c->socket->cut++;
	connection_close(c);
}

static void refuse(struct connection *c)
{
	c->socket->refused++;
	connection_close(c);
}

/* ---- writing ---- */

static void sent(uv_write_t *w, int status)
{
	struct sending *s = w->data;
	struct connection *c = s->connection;

	c->socket->unread -= s->len;
	if (s->last || status < 0)
		connection_close(c);
	free(s->data);
	free(s);
}

/* data is ours from now on. */
static void give(struct connection *c, uint8_t *data, size_t len, bool last)
{
	struct sending *s = calloc(1, sizeof(*s));
	const uv_buf_t buf = uv_buf_init((char *)data, (unsigned)len);

	if (!s) {
		free(data);
		connection_close(c);
		return;
	}
	*s = (struct sending){.connection = c, .last = last, .len = len, .data = data};
	s->write.data = s;
	c->socket->unread += len;
	if (uv_write(&s->write, (uv_stream_t *)&c->pipe, &buf, 1, sent)) {
		c->socket->unread -= len;
		free(data);
		free(s);
		connection_close(c);
	}
}

/* ---- requests ---- */

static void set_rx(struct connection *c, const struct alfred_tlv *t)
{
	struct alfred_socket *s = c->socket;
	struct alfred_push p;
	struct alfred_record x;
	enum err e = alfred_push_parse(t, &p);
	struct rd r = e == OK ? rd_over(p.records, p.len) : rd_over(NULL, 0);

	if (e == OK && !ctl_socket_is_root(&c->pipe))
		e = ERR_BLOCKED;
	/* The source is as it came: zero is this node. */
	if (e == OK)
		e = alfred_record_next(&r, &x) ? OK : ERR_SHORT;
	if (e == OK)
		e = node_put(s->env.node, now_boottime(),
			     &(struct node_input_put){x.source, x.type, x.version, x.data, x.len},
			     s->env.fx);
	if (e == OK) {
		s->sets++;
		connection_close(c);
		return;
	}
	log_line(LOG_WARN, "a program's shared record was refused: %s", err_name(e));
	refuse(c);
}

/* An answer under construction. */
struct answer {
	uint16_t tx, seqno;
	uint8_t *data;
	size_t len, room;
	bool failed;
};

static bool record_add(void *ctx, const struct share_record *r)
{
	struct answer *a = ctx;
	const size_t need = ALFRED_PUSH_LEN + ALFRED_RECORD_LEN + r->len;
	const struct alfred_record x = {r->source, r->type, r->version, r->data, (uint16_t)r->len};

	if (a->room - a->len < need) {
		const size_t room = a->room * 2 + need;
		uint8_t *more = room <= ALFRED_ANSWERS_MAX ? realloc(a->data, room) : NULL;
		a->failed = !more;
		if (!more)
			return false;
		a->data = more;
		a->room = room;
	}
	struct wr w = wr_over(a->data + a->len, need);
	uint8_t *begin = alfred_push_begin(&w, a->tx, a->seqno++);
	alfred_record_write(&w, &x);
	alfred_push_end(&w, begin);
	a->len += need;
	return true;
}

/* A push for each record, and the end. */
static void request_rx(struct connection *c, const struct alfred_tlv *t)
{
	struct alfred_socket *s = c->socket;
	struct alfred_request q;
	struct answer a = {0};

	if (alfred_request_parse(t, &q) != OK) {
		refuse(c);
		return;
	}
	a.tx = q.tx;
	share_each(s->env.node->share, now_boottime(), q.type, record_add, &a);
	if (a.failed || s->unread + a.len > ALFRED_ANSWERS_MAX) {
		uint8_t *text = realloc(a.data, ALFRED_STATUS_LEN);
		if (!text) {
			free(a.data);
			refuse(c);
			return;
		}
		struct wr w = wr_over(text, ALFRED_STATUS_LEN);
		alfred_error_write(&w, q.tx, 1);
		a.data = text;
		a.len = ALFRED_STATUS_LEN;
	}
	s->requests++;
	if (a.len > 0) {
		give(c, a.data, a.len, true);
	} else {
		free(a.data);
		connection_close(c);
	}
}

static void status_rx(struct connection *c)
{
	const struct alfred_server_status status = {.primary = true,
						    .interface = c->socket->env.bridge,
						    .active = true,
						    .cloud_port = c->socket->env.cloud_port};
	enum { ROOM = 64 };
	uint8_t *text = malloc(ROOM);

	if (!text) {
		connection_close(c);
		return;
	}
	struct wr w = wr_over(text, ROOM);
	alfred_server_status_write(&w, &status);
	give(c, text, wr_len(&w), true);
}

static void register_rx(struct connection *c)
{
	if (c->socket->listeners >= ALFRED_LISTENERS_MAX) {
		refuse(c);
		return;
	}
	c->listens = true;
	c->socket->listeners++;
	uv_timer_stop(&c->patience);
}

/* We are a primary already, of this node's interfaces, and stay it. */
static void settings_rx(struct connection *c, const struct alfred_tlv *t)
{
	bool primary = false;

	if (t->type == ALFRED_MODESWITCH && alfred_modeswitch_parse(t, &primary) == OK && primary) {
		connection_close(c);
		return;
	}
	log_line(LOG_INFO, "a program asked the alfred socket for another mode or interface: no");
	refuse(c);
}

static void tlv_rx(struct connection *c, const struct alfred_tlv *t)
{
	c->answered = true;
	switch (t->type) {
	case ALFRED_PUSH_DATA: set_rx(c, t); break;
	case ALFRED_REQUEST: request_rx(c, t); break;
	case ALFRED_SERVER_STATUS: status_rx(c); break;
	case ALFRED_EVENT_REGISTER: register_rx(c); break;
	case ALFRED_MODESWITCH:
	case ALFRED_CHANGE_INTERFACE:
	case ALFRED_CHANGE_BAT_IFACE: settings_rx(c, t); break;
	default: refuse(c); break;
	}
}

/* ---- reading ---- */

/* A listener says nothing; who has its answer may say what he likes, unread. */
static void bytes_came(struct connection *c)
{
	struct rd r = rd_over(c->in, c->len);
	struct alfred_tlv t;
	enum err e;

	if (c->listens) {
		refuse(c);
		return;
	}
	if (c->answered) {
		c->len = 0;
		return;
	}
	e = alfred_tlv_next(&r, &t);
	if (e == OK)
		tlv_rx(c, &t);
	else if (e != ERR_SHORT || c->len >= REQUEST_MAX)
		refuse(c);
}

static void came(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct connection *c = stream->data;

	(void)buf;
	if (n == UV_EOF && c->answered && !c->listens) {
		/* It only has nothing more to say. */
		uv_read_stop(stream);
		return;
	}
	if (n < 0) {
		connection_close(c);
		return;
	}
	c->len += (size_t)n;
	if (n > 0)
		bytes_came(c);
}

static void room_give(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct connection *c = h->data;

	(void)suggested;
	if (c->len == c->room && c->room < REQUEST_MAX) {
		size_t room = c->room * 2 + READ_ROOM;
		room = room < REQUEST_MAX ? room : REQUEST_MAX;
		uint8_t *more = realloc(c->in, room);
		if (more) {
			c->in = more;
			c->room = room;
		}
	}
	/* None left: uv tells us with UV_ENOBUFS. */
	*buf = uv_buf_init((char *)c->in + c->len, (unsigned)(c->room - c->len));
}

static void connected(uv_stream_t *listener, int status)
{
	struct alfred_socket *s = listener->data;
	struct connection *c = status < 0 ? NULL : calloc(1, sizeof(*c));

	if (!c)
		return;
	c->socket = s;
	c->pipe.data = c->patience.data = c;
	c->handles = 2;
	uv_pipe_init(listener->loop, &c->pipe, 0);
	uv_timer_init(listener->loop, &c->patience);
	list_append(&s->connections, &c->all);
	s->count++;
	if (uv_accept(listener, (uv_stream_t *)&c->pipe)) {
		connection_close(c);
		return;
	}
	if (s->count > ALFRED_CONNECTIONS_MAX ||
	    uv_read_start((uv_stream_t *)&c->pipe, room_give, came)) {
		refuse(c);
		return;
	}
	uv_timer_start(&c->patience, impatient, ALFRED_PATIENCE_MS, 0);
}

/* ---- events ---- */

/* May be in the middle of a read of another connection, not of this one: a listener
 * that says something is closed at once. */
static void seen(void *ctx, struct mac source, uint8_t type)
{
	struct alfred_socket *s = ctx;
	enum { LEN = ALFRED_TLV_LEN + 7 };

	list_each (c, &s->connections, struct connection, all) {
		if (!c->listens)
			continue;
		if (uv_stream_get_write_queue_size((const uv_stream_t *)&c->pipe) >
		    ALFRED_UNREAD_MAX) {
			s->cut++;
			connection_close(c);
			continue;
		}
		uint8_t *text = malloc(LEN);
		if (!text)
			return;
		struct wr w = wr_over(text, LEN);
		alfred_event_write(&w, (struct alfred_event){type, source});
		give(c, text, LEN, false);
	}
}

/* ---- the path ---- */

static bool address_make(const char *path, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(a->sun_path))
		return false;
	memcpy(a->sun_path, path, strlen(path));
	return true;
}

/* Does somebody answer there? */
static bool is_taken(const char *path)
{
	struct sockaddr_un a;
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool taken;

	if (fd < 0)
		return false;
	taken = address_make(path, &a) &&
		(connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0 || errno == EAGAIN);
	close(fd);
	return taken;
}

static bool is_ours(const struct alfred_socket *s)
{
	struct stat st;

	return s->listening && lstat(s->env.path, &st) == 0 && st.st_dev == s->device &&
	       st.st_ino == s->inode;
}

static void listener_closed(uv_handle_t *h)
{
	free(h);
}

static void listen_end(struct alfred_socket *s)
{
	if (is_ours(s))
		unlink(s->env.path);
	if (s->listener)
		uv_close((uv_handle_t *)s->listener, listener_closed);
	s->listener = NULL;
	s->listening = false;
}

static int path_bind(struct alfred_socket *s)
{
	struct stat st;
	gid_t group;
	mode_t mask;
	int e;

	if (lstat(s->env.path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return -EEXIST;
	unlink(s->env.path);
	mask = umask(0117);
	e = uv_pipe_bind(s->listener, s->env.path);
	umask(mask);
	if (e)
		return e;
	if (lstat(s->env.path, &st))
		return -errno;
	s->device = st.st_dev;
	s->inode = st.st_ino;
	if (account_group(CTL_GROUP, &group) && chown(s->env.path, (uid_t)-1, group))
		log_line(LOG_WARN, "cannot give %s to the group " CTL_GROUP ": %s", s->env.path,
			 strerror(errno));
	return uv_listen((uv_stream_t *)s->listener, BACKLOG, connected);
}

static void listen_begin(struct alfred_socket *s)
{
	int e;

	s->listener = malloc(sizeof(*s->listener));
	if (!s->listener)
		return;
	uv_pipe_init(s->env.uv, s->listener, 0);
	s->listener->data = s;
	e = path_bind(s);
	s->listening = !e;
	if (e) {
		if (!s->told_taken)
			log_line(LOG_WARN, "cannot listen on %s: %s", s->env.path, uv_strerror(e));
		s->told_taken = true;
		listen_end(s);
	} else {
		s->told_taken = false;
	}
}

static void settle(struct alfred_socket *s)
{
	if (is_ours(s))
		return;
	if (is_taken(s->env.path)) {
		if (!s->told_taken)
			log_line(LOG_WARN, "%s belongs to another program (alfred?): left to it",
				 s->env.path);
		s->told_taken = true;
		return;
	}
	listen_end(s);
	listen_begin(s);
}

static void look(uv_timer_t *t)
{
	settle(t->data);
}

void alfred_socket_start(struct alfred_socket *s, const struct alfred_socket_env *env)
{
	*s = (struct alfred_socket){.env = *env};
	list_init(&s->connections);
	if (!env->node->share || !*env->path)
		return;
	s->started = true;
	uv_timer_init(env->uv, &s->look);
	s->look.data = s;
	uv_timer_start(&s->look, look, ALFRED_LOOK_MS, ALFRED_LOOK_MS);
	share_watch(env->node->share, seen, s);
	settle(s);
}

void alfred_socket_stop(struct alfred_socket *s)
{
	if (!s->started)
		return;
	share_watch(s->env.node->share, NULL, NULL);
	list_each (c, &s->connections, struct connection, all) {
		connection_close(c);
	}
	listen_end(s);
	uv_close((uv_handle_t *)&s->look, NULL);
	s->started = false;
}

json_t *alfred_socket_status(const struct alfred_socket *s)
{
	json_t *o = json_object();

	json_put_text(o, "path", s->env.path);
	json_put_bool(o, "listening", s->listening);
	json_put_count(o, "programs", s->count);
	json_put_count(o, "sets", s->sets);
	json_put_count(o, "requests", s->requests);
	json_put_count(o, "refused", s->refused);
	json_put_count(o, "cut_off", s->cut);
	return o;
}
