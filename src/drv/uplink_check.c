/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/uplink_check.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drv/checksum.h"
#include "drv/now.h"
#include "wire/dns.h"

enum { ECHO_HEADER = 8, ECHO_COOKIE = 8, IPV4_HEADER_MIN = 20 };

struct check {
	struct list all;
	struct uplink_checks *of;
	uint32_t token;
	struct uplink_target target;
	char interface[UPLINK_NAME];
	instant until;
	bool finished; /* the result is to be told */
	enum uplink_result result;
	uv_poll_t *poll; /* NULL: none */
	int fd;
	uint8_t cookie[ECHO_COOKIE]; /* random; the first two are the id */
	size_t len;
	char page[UPLINK_PAGE_MAX];
};

/* ---- the life of a check ---- */

static void poll_closed(uv_handle_t *h)
{
	free(h);
}

static void socket_close(struct check *c)
{
	if (c->poll)
		uv_close((uv_handle_t *)c->poll, poll_closed);
	c->poll = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static void check_free(struct check *c)
{
	socket_close(c);
	list_del(&c->all);
	c->of->count--;
	free(c);
}

static void sweep(uv_timer_t *t)
{
	struct uplink_checks *checks = t->data;
	instant now = now_boottime();

	list_each (c, &checks->all, struct check, all) {
		uint32_t token = c->token;
		enum uplink_result result = c->result;
		bool tell = c->finished;

		if (!tell && !instant_reached(c->until, now))
			continue;
		check_free(c);
		if (tell) {
			/* New checks may begin meanwhile: the list is walked anew. */
			checks->done(checks->ctx, token, result);
			uv_timer_start(t, sweep, 0, UPLINK_SWEEP_MS);
			return;
		}
	}
	if (list_empty(&checks->all))
		uv_timer_stop(t);
}

static void finish(struct check *c, enum uplink_result result)
{
	socket_close(c);
	c->finished = true;
	c->result = result;
	uv_timer_start(&c->of->sweep, sweep, 0, UPLINK_SWEEP_MS);
}

/* ---- sockets ---- */

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
};

static struct address address_of(const struct prefix *p, uint16_t port)
{
	struct address a = {0};

	if (p->v6) {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(port);
		memcpy(&a.v6.sin6_addr, p->net.b, 16);
		a.len = sizeof(a.v6);
	} else {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(port);
		memcpy(&a.v4.sin_addr, p->net.b, 4);
		a.len = sizeof(a.v4);
	}
	return a;
}

/* Connected, or about to be; ready is called when that can be read or, for a stream, written. */
static bool socket_open(struct check *c, int type, int protocol, const struct prefix *to,
			uint16_t port, uv_poll_cb ready)
{
	struct address a = address_of(to, port);
	int flags = type | SOCK_NONBLOCK | SOCK_CLOEXEC;

	c->fd = socket(to->v6 ? AF_INET6 : AF_INET, flags, protocol);
	if (c->fd < 0 ||
	    setsockopt(c->fd, SOL_SOCKET, SO_BINDTODEVICE, c->interface,
		       (socklen_t)strlen(c->interface)) ||
	    (connect(c->fd, &a.any, a.len) && errno != EINPROGRESS))
		return false;
	c->poll = calloc(1, sizeof(*c->poll));
	if (!c->poll)
		return false;
	if (uv_poll_init(c->of->uv, c->poll, c->fd)) {
		free(c->poll);
		c->poll = NULL;
		return false;
	}
	c->poll->data = c;
	uv_poll_start(c->poll, type == SOCK_STREAM ? UV_WRITABLE : UV_READABLE, ready);
	return true;
}

/* The error that a socket has, as after connect; 0. */
static int socket_error(const struct check *c)
{
	int e = 0;
	socklen_t len = sizeof(e);

	return getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &len) ? errno : e;
}

/* ---- echo ---- */

static void echo_write(const struct check *c, uint8_t out[ECHO_HEADER + ECHO_COOKIE])
{
	memset(out, 0, ECHO_HEADER);
	out[0] = c->target.at.v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	memcpy(out + 4, c->cookie, 2);
	memcpy(out + ECHO_HEADER, c->cookie, ECHO_COOKIE);
	if (!c->target.at.v6) /* the kernel writes that of IPv6 */
		checksum_store(out + 2, checksum_add(0, out, ECHO_HEADER + ECHO_COOKIE));
}

static bool echo_is_ours(const struct check *c, const uint8_t *data, size_t len)
{
	size_t header = c->target.at.v6 ? 0 : len > 0 ? (size_t)(data[0] & 0xf) * 4 : 0;

	if (!c->target.at.v6 && header < IPV4_HEADER_MIN)
		return false;
	return len >= header + ECHO_HEADER + ECHO_COOKIE &&
	       data[header] == (c->target.at.v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) &&
	       memcmp(data + header + ECHO_HEADER, c->cookie, ECHO_COOKIE) == 0;
}

static void echo_came(uv_poll_t *p, int status, int events)
{
	struct check *c = p->data;
	uint8_t data[256];
	ssize_t len;

	(void)events;
	while ((len = recv(c->fd, data, sizeof(data), 0)) >= 0)
		if (echo_is_ours(c, data, (size_t)len)) {
			finish(c, UPLINK_GOOD);
			return;
		}
	if (status < 0 || (errno != EAGAIN && errno != EINTR))
		finish(c, UPLINK_BAD);
}

static bool echo_begin(struct check *c)
{
	bool v6 = c->target.at.v6;
	uint8_t out[ECHO_HEADER + ECHO_COOKIE];
	struct icmp6_filter only;

	if (!socket_open(c, SOCK_RAW, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, &c->target.at, 0,
			 echo_came))
		return false;
	if (v6) {
		ICMP6_FILTER_SETBLOCKALL(&only);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only);
		(void)setsockopt(c->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only, sizeof(only));
	}
	echo_write(c, out);
	return send(c->fd, out, sizeof(out), 0) == (ssize_t)sizeof(out);
}

/* ---- a name ---- */

static uint16_t dns_id(const struct check *c)
{
	return (uint16_t)(c->cookie[0] << 8 | c->cookie[1]);
}

static bool dns_ask(struct check *c, const struct prefix *resolver, uv_poll_cb came)
{
	uint8_t out[DNS_MESSAGE_MAX];
	struct wr w = wr_over(out, sizeof(out));

	dns_question_write(&w, dns_id(c), c->of->host->portal_host, c->target.at.v6);
	return !w.bad && socket_open(c, SOCK_DGRAM, 0, resolver, DNS_PORT, came) &&
	       send(c->fd, out, wr_len(&w), 0) == (ssize_t)wr_len(&w);
}

/* OK; ERR_UNKNOWN: go on waiting; else it will not come. */
static enum err dns_read(struct check *c, int status, struct prefix *address)
{
	uint8_t data[DNS_MESSAGE_MAX];
	enum err e;
	ssize_t len = recv(c->fd, data, sizeof(data), 0);

	if (len < 0 || status < 0)
		return errno == EAGAIN && status >= 0 ? ERR_UNKNOWN : ERR_NO_ROUTE;
	e = dns_answer_parse(data, (size_t)len, dns_id(c), c->of->host->portal_host,
			     c->target.at.v6, address);
	/* Who can guess the port may not make us give up. */
	return e == OK || e == ERR_NO_ROUTE ? e : ERR_UNKNOWN;
}

static void dns_came(uv_poll_t *p, int status, int events)
{
	struct check *c = p->data;
	struct prefix address;
	enum err e = dns_read(c, status, &address);

	(void)events;
	if (e != ERR_UNKNOWN)
		finish(c, e == OK ? UPLINK_GOOD : UPLINK_BAD);
}

/* ---- a connection ---- */

static void tcp_ready(uv_poll_t *p, int status, int events)
{
	struct check *c = p->data;

	(void)events;
	finish(c, status == 0 && socket_error(c) == 0 ? UPLINK_GOOD : UPLINK_BAD);
}

/* ---- the page ---- */

/* "HTTP/1.1 204 No Content" is 204; no such line is 0. */
static int page_code(const char *answer)
{
	int code = 0, end = 0;

	return sscanf(answer, "HTTP/1.%*1u %3d%n", &code, &end) == 1 && end > 0 ? code : 0;
}

bool uplink_page_judge(const char *answer, size_t len, bool ended, const char *text,
		       enum uplink_result *result)
{
	char head[UPLINK_PAGE_MAX + 1];
	const char *body;
	size_t want = strlen(text), got;
	int code;

	len = len < UPLINK_PAGE_MAX ? len : UPLINK_PAGE_MAX;
	memcpy(head, answer, len);
	head[len] = '\0';
	body = strstr(head, "\r\n\r\n");
	got = body ? len - (size_t)(body + 4 - head) : 0;
	if (!ended && len < UPLINK_PAGE_MAX && (!body || got < want))
		return false;
	code = page_code(head);
	if (len == 0 || code == 404 || (code >= 500 && code != 511))
		*result = UPLINK_BAD; /* the server has troubles of its own */
	else if (code == 200 && body && got >= want && memcmp(body + 4, text, want) == 0)
		*result = UPLINK_GOOD;
	else
		*result = UPLINK_OTHER;
	return true;
}

static void page_came(uv_poll_t *p, int status, int events)
{
	struct check *c = p->data;
	ssize_t n = recv(c->fd, c->page + c->len, sizeof(c->page) - c->len, 0);
	enum uplink_result r;

	(void)events;
	if (n < 0 && errno == EAGAIN && status >= 0)
		return;
	if (n > 0)
		c->len += (size_t)n;
	if (uplink_page_judge(c->page, c->len, n <= 0, c->of->host->portal_text, &r))
		finish(c, r);
}

static void page_connected(uv_poll_t *p, int status, int events)
{
	struct check *c = p->data;
	const struct host_uplink *host = c->of->host;
	char request[512];
	int len = snprintf(request, sizeof(request),
			   "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: nuvol\r\n"
			   "Connection: close\r\n\r\n",
			   host->portal_path, host->portal_host);

	(void)events;
	if (status < 0 || socket_error(c) || send(c->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
		finish(c, UPLINK_BAD);
	else
		uv_poll_start(p, UV_READABLE, page_came);
}

static void page_found(uv_poll_t *p, int status, int events)
{
	struct check *c = p->data;
	struct prefix address;
	enum err e = dns_read(c, status, &address);

	(void)events;
	if (e == ERR_UNKNOWN)
		return;
	socket_close(c);
	if (e != OK || !socket_open(c, SOCK_STREAM, 0, &address, UPLINK_WEB_PORT, page_connected))
		finish(c, UPLINK_BAD);
}

static const struct prefix *resolver_find(const struct uplink_conf *conf, bool v6)
{
	for (unsigned i = 0; i < conf->targets; i++)
		if (conf->target[i].means == UPLINK_DNS && conf->target[i].at.v6 == v6)
			return &conf->target[i].at;
	return NULL;
}

static bool page_begin(struct check *c)
{
	bool v6 = c->target.at.v6;
	const struct prefix *resolver = resolver_find(c->of->conf, v6);

	if (!resolver)
		resolver = resolver_find(c->of->conf, !v6);
	return resolver && dns_ask(c, resolver, page_found);
}

/* ---- all of them ---- */

static bool begin(struct check *c)
{
	const struct uplink_target *t = &c->target;

	if (getrandom(c->cookie, sizeof(c->cookie), 0) != sizeof(c->cookie))
		return false;
	switch (t->means) {
	case UPLINK_PING: return echo_begin(c);
	case UPLINK_TCP: return socket_open(c, SOCK_STREAM, 0, &t->at, t->port, tcp_ready);
	case UPLINK_DNS: return dns_ask(c, &t->at, dns_came);
	case UPLINK_WEB: return page_begin(c);
	}
	return false;
}

void uplink_check_begin(struct uplink_checks *checks, const char *interface,
			const struct fx_uplink_check *check)
{
	struct check *c = checks->count < UPLINK_CHECKS_MAX ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return; /* as if nobody answered */
	c->of = checks;
	c->fd = -1;
	c->token = check->token;
	c->target = check->target;
	snprintf(c->interface, sizeof(c->interface), "%s", interface);
	c->until = instant_add(now_boottime(), span_s(UPLINK_CHECK_S));
	list_append(&checks->all, &c->all);
	checks->count++;
	if (!begin(c))
		finish(c, UPLINK_BAD);
	else if (!uv_is_active((uv_handle_t *)&checks->sweep))
		uv_timer_start(&checks->sweep, sweep, UPLINK_SWEEP_MS, UPLINK_SWEEP_MS);
}

void uplink_checks_init(struct uplink_checks *c)
{
	list_init(&c->all);
	c->count = 0;
	uv_timer_init(c->uv, &c->sweep);
	c->sweep.data = c;
}

void uplink_checks_fini(struct uplink_checks *c)
{
	uv_timer_stop(&c->sweep);
	list_each (one, &c->all, struct check, all)
		check_free(one);
}
