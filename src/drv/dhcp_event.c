/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/dhcp_event.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "drv/log.h"

enum { LINE_ROOM = 512, BATCH = 256, RCVBUF = 1 << 20 };

bool dhcp_event_parse(const char *line, struct dhcp_event *e)
{
	char action[8], mac[MAC_TEXT], ip[IPV4_TEXT];
	unsigned long long left, expires, length;
	int name_at = 0;

	*e = (struct dhcp_event){0};
	if (sscanf(line, "%7s %17s %15s %20llu %20llu %20llu%n", action, mac, ip, &left, &expires,
		   &length, &name_at) != 6)
		return false;
	if (strcmp(action, "add") == 0)
		e->action = DHCP_EVENT_ADD;
	else if (strcmp(action, "old") == 0)
		e->action = DHCP_EVENT_OLD;
	else if (strcmp(action, "del") == 0)
		e->action = DHCP_EVENT_DEL;
	else
		return false;
	if (!mac_parse(mac, &e->mac) || !mac_is_station(e->mac) || !ipv4_parse(ip, &e->ip))
		return false;
	e->without_clock = expires == 0 && length > 0;
	e->left_s = left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
	e->expires_unix_s = expires < UINT32_MAX ? (uint32_t)expires : UINT32_MAX;
	line += name_at;
	if (*line == ' ')
		line++;
	e->named = strcmp(line, "-") != 0;
	if (e->named)
		lease_name_clean(line, strlen(line), e->name);
	return true;
}

static void line_rx(struct dhcp_events *d, char *line)
{
	struct dhcp_event e;

	line[strcspn(line, "\n")] = '\0';
	if (dhcp_event_parse(line, &e))
		d->tell(d->ctx, &e);
	else
		d->malformed++;
}

static void spooled_read(struct dhcp_events *d, const char *path)
{
	char line[LINE_ROOM];
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		d->spooled++;
		line_rx(d, line);
	}
	fclose(f);
	unlink(path);
}

void dhcp_events_read_spool(struct dhcp_events *d)
{
	char path[RUN_PATH_ROOM], taken[RUN_PATH_ROOM];

	/* A former daemon's, which ended over it. */
	spooled_read(d, run_dir_path(d->run, "dhcp.spooled", taken));
	/* Who writes meanwhile begins a new one. */
	if (rename(run_dir_path(d->run, "dhcp.spool", path), taken) == 0)
		spooled_read(d, taken);
}

void dhcp_events_read(struct dhcp_events *d)
{
	char line[LINE_ROOM];
	ssize_t n;

	d->before(d->ctx);
	for (unsigned i = 0; d->fd >= 0 && i < BATCH; i++) {
		n = recv(d->fd, line, sizeof(line) - 1, MSG_DONTWAIT);
		if (n < 0)
			break;
		line[n] = '\0';
		d->heard++;
		line_rx(d, line);
	}
}

static void ready(uv_poll_t *poll, int status, int events)
{
	(void)status, (void)events;
	dhcp_events_read(poll->data);
}

static int socket_bind(const struct dhcp_events *d)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char path[RUN_PATH_ROOM];
	int room = RCVBUF;

	if (strlen(run_dir_path(d->run, "dhcp.sock", path)) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	strcpy(at.sun_path, path);
	unlink(path);
	setsockopt(d->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (bind(d->fd, (const struct sockaddr *)&at, sizeof(at)) || chmod(path, 0600))
		return -errno;
	return 0;
}

int dhcp_events_open(struct dhcp_events *d, uv_loop_t *uv)
{
	int e;

	d->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (d->fd < 0)
		return -errno;
	e = socket_bind(d);
	if (!e)
		e = uv_poll_init(uv, &d->poll, d->fd);
	if (e) {
		close(d->fd);
		d->fd = -1;
		return e;
	}
	d->poll.data = d;
	uv_poll_start(&d->poll, UV_READABLE, ready);
	dhcp_events_read_spool(d);
	return 0;
}

void dhcp_events_close(struct dhcp_events *d)
{
	char path[RUN_PATH_ROOM];

	if (d->fd < 0)
		return;
	uv_close((uv_handle_t *)&d->poll, NULL);
	close(d->fd);
	d->fd = -1;
	unlink(run_dir_path(d->run, "dhcp.sock", path));
	unlink(run_dir_path(d->run, "dhcp.spool", path));
}
