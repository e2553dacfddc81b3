/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/dnsmasq.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drv/log.h"
#include "drv/now.h"
#include "drv/small_file.h"

enum { POLL_MS = 10, FORMER_TELL_MS = 30, ARGUMENT_ROOM = RUN_PATH_ROOM + 32, COMMAND_ROOM = 4096 };

#define CONF_NAME "dnsmasq.conf"
#define PID_NAME "dnsmasq.pid"

static void timer_reached(uv_timer_t *t);
static void start(struct dnsmasq *d);

static void handle_free(uv_handle_t *h)
{
	free(h);
}

static span since(instant t)
{
	return instant_since(now_boottime(), t);
}

static void wake(struct dnsmasq *d, int64_t ms)
{
	uv_update_time(d->uv);
	uv_timer_start(&d->timer, timer_reached, ms > 0 ? (uint64_t)ms : 0, 0);
}

static char *argument_print(const struct dnsmasq *d, char text[ARGUMENT_ROOM])
{
	snprintf(text, ARGUMENT_ROOM, "--conf-file=%s/" CONF_NAME, d->run->path);
	return text;
}

long dnsmasq_pid(const struct dnsmasq *d)
{
	return d->process ? uv_process_get_pid(d->process) : 0;
}

const char *dnsmasq_state_name(enum dnsmasq_state s)
{
	switch (s) {
	case DNSMASQ_DOWN: return "down";
	case DNSMASQ_STARTING: return "starting";
	case DNSMASQ_UP: return "up";
	case DNSMASQ_STOPPING: return "stopping";
	}
	return "?";
}

/* ---- its log ---- */

static void up(struct dnsmasq *d)
{
	d->state = DNSMASQ_UP;
	d->fault[0] = '\0';
	if (d->reload)
		dnsmasq_reload(d);
	d->changed(d->ctx);
}

static void line_take(struct dnsmasq *d)
{
	const char *text;

	d->line[d->line_len] = '\0';
	d->line_len = 0;
	/* "dnsmasq-dhcp[123]: text" */
	text = strstr(d->line, ": ");
	text = text ? text + 2 : d->line;
	if (*text == '\0')
		return;
	snprintf(d->last, sizeof(d->last), "%s", text);
	log_line(LOG_DEBUG, "dnsmasq: %s", text);
	if (d->state == DNSMASQ_STARTING && strncmp(text, "started, version ", 17) == 0)
		up(d);
}

static void log_close(struct dnsmasq *d)
{
	if (d->log_fd < 0)
		return;
	uv_close((uv_handle_t *)d->log_poll, handle_free);
	close(d->log_fd);
	d->log_fd = -1;
	if (d->line_len > 0)
		line_take(d);
}

/* false: no more will come. */
static bool log_read(struct dnsmasq *d)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(d->log_fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (bytes[i] == '\n')
				line_take(d);
			else if (d->line_len < sizeof(d->line) - 1)
				d->line[d->line_len++] = bytes[i];
		}
	return n < 0 && errno == EAGAIN;
}

static void log_ready(uv_poll_t *poll, int status, int events)
{
	struct dnsmasq *d = poll->data;

	(void)status, (void)events;
	if (!log_read(d))
		log_close(d);
}

static int log_open(struct dnsmasq *d, int fd)
{
	uv_poll_t *poll = calloc(1, sizeof(*poll));

	if (!poll || uv_poll_init(d->uv, poll, fd)) {
		free(poll);
		return -ENOMEM;
	}
	poll->data = d;
	d->log_fd = fd;
	d->log_poll = poll;
	uv_poll_start(poll, UV_READABLE, log_ready);
	return 0;
}

/* ---- its process ---- */

static void pid_write(const struct dnsmasq *d)
{
	struct text t = {0};
	int e;

	text_add(&t, "%ld\n", dnsmasq_pid(d));
	e = small_file_write(d->run->path, PID_NAME, &t);
	if (e)
		log_line(LOG_WARN, "cannot write %s/" PID_NAME ": %s", d->run->path, strerror(-e));
}

static void backoff(struct dnsmasq *d)
{
	if (since(d->began).us >= span_ms(DNSMASQ_GOOD_MS).us)
		d->backoff_ms = 0;
	wake(d, (int64_t)d->backoff_ms);
	d->backoff_ms = d->backoff_ms == 0 ? DNSMASQ_BACKOFF_MS : 2 * d->backoff_ms;
	if (d->backoff_ms > DNSMASQ_BACKOFF_MAX_MS)
		d->backoff_ms = DNSMASQ_BACKOFF_MAX_MS;
}

static void ended(uv_process_t *p, int64_t status, int signum)
{
	struct dnsmasq *d = p->data;
	bool wished = d->state == DNSMASQ_STOPPING;

	if (d->log_fd >= 0) {
		(void)log_read(d);
		log_close(d);
	}
	uv_close((uv_handle_t *)p, handle_free);
	d->process = NULL;
	d->state = DNSMASQ_DOWN;
	uv_timer_stop(&d->timer);
	d->restart_due = false;
	if (!wished) {
		d->ends++;
		if (signum)
			snprintf(d->fault, sizeof(d->fault), "killed by signal %d", signum);
		else
			snprintf(d->fault, sizeof(d->fault), "%.200s (status %d)",
				 d->last[0] ? d->last : "it ended without a word", (int)status);
		log_line(LOG_WARN, "dnsmasq has ended: %s; starting it again", d->fault);
	}
	d->changed(d->ctx);
	if (d->wanted && wished)
		start(d);
	else if (d->wanted)
		backoff(d);
}

static int spawn(struct dnsmasq *d, int log_fd)
{
	char argument[ARGUMENT_ROOM], folder[ARGUMENT_ROOM];
	char *args[] = {(char *)(uintptr_t)d->program, argument_print(d, argument), NULL};
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", language[] = "LC_ALL=C";
	char *environment[] = {path, language, folder, NULL};
	uv_stdio_container_t stdio[3] = {
		{.flags = UV_IGNORE},
		{.flags = UV_IGNORE},
		{.flags = UV_INHERIT_FD, .data.fd = log_fd},
	};
	uv_process_options_t options = {.exit_cb = ended,
					.file = d->program,
					.args = args,
					.env = environment,
					.stdio_count = 3,
					.stdio = stdio};
	uv_process_t *p = calloc(1, sizeof(*p));
	int e;

	if (!p)
		return -ENOMEM;
	snprintf(folder, sizeof(folder), "NUVOL_RUN_DIR=%s", d->run->path);
	p->data = d;
	e = uv_spawn(d->uv, p, &options);
	if (e) {
		uv_close((uv_handle_t *)p, handle_free);
		return e;
	}
	d->process = p;
	return 0;
}

static int process_start(struct dnsmasq *d)
{
	int fds[2], e = d->prepare(d->ctx);

	if (e)
		return e;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	d->last[0] = '\0';
	e = spawn(d, fds[1]);
	/* uv makes it a blocking one: dnsmasq must not wait for us to read. */
	(void)fcntl(fds[1], F_SETFL, O_NONBLOCK);
	close(fds[1]);
	if (!e)
		e = log_open(d, fds[0]);
	if (e) {
		close(fds[0]);
		return e;
	}
	return 0;
}

static void start(struct dnsmasq *d)
{
	int e = process_start(d);

	d->began = now_boottime();
	if (d->process) {
		d->state = DNSMASQ_STARTING;
		d->starts++;
		pid_write(d);
	}
	if (!e)
		return;
	if (e == -ENOENT || e == -EACCES)
		snprintf(d->fault, sizeof(d->fault),
			 "there is no program %.100s; install dnsmasq (Debian: dnsmasq-base), or "
			 "set "
			 "dnsmasq of nuvol.host",
			 d->program);
	else
		snprintf(d->fault, sizeof(d->fault), "cannot start it: %s", strerror(-e));
	log_line(LOG_ERROR, "no DHCP and DNS for the LAN: %s", d->fault);
	d->backoff_ms = DNSMASQ_BACKOFF_MAX_MS;
	if (!d->process)
		backoff(d);
}

static void terminate(struct dnsmasq *d)
{
	d->state = DNSMASQ_STOPPING;
	d->killed = now_boottime();
	uv_process_kill(d->process, SIGTERM);
	wake(d, DNSMASQ_PATIENCE_MS);
}

/* ---- one that a former daemon left ---- */

/* Is this process a dnsmasq with our configuration? */
static bool is_ours(const struct dnsmasq *d, long pid)
{
	char path[32], command[COMMAND_ROOM], argument[ARGUMENT_ROOM];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, command, sizeof(command) - 1);
	close(fd);
	argument_print(d, argument);
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(command + at) + 1) {
		command[n] = '\0';
		if (at > 0 && strcmp(command + at, argument) == 0)
			return true;
	}
	return false;
}

static long former_find(const struct dnsmasq *d)
{
	char path[RUN_PATH_ROOM];
	FILE *f = fopen(run_dir_path(d->run, PID_NAME, path), "re");
	long pid = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%ld", &pid) != 1 || pid <= 1 || !is_ours(d, pid))
		pid = 0;
	fclose(f);
	return pid;
}

/* It shall tell of each of its leases once more, because what the former daemon heard last
 * may be lost, and then end. Of two signals at once it would take the second one first. */
static void former_signal(struct dnsmasq *d, int signum)
{
	if (kill((pid_t)d->former, signum) && errno != ESRCH)
		log_line(LOG_WARN, "cannot stop the dnsmasq of a former nuvold, process %ld: %s",
			 d->former, strerror(errno));
	d->former_signal = signum;
	d->killed = now_boottime();
}

/* false: it is there yet. */
static bool former_gone(struct dnsmasq *d)
{
	if (!is_ours(d, d->former)) {
		d->former = 0;
		return true;
	}
	if (d->former_signal == 0)
		former_signal(d, SIGHUP);
	else if (d->former_signal == SIGHUP && since(d->killed).us >= span_ms(FORMER_TELL_MS).us)
		former_signal(d, SIGTERM);
	else if (since(d->killed).us > span_ms(DNSMASQ_PATIENCE_MS).us)
		former_signal(d, SIGKILL);
	return false;
}

/* ---- wishes ---- */

static void timer_reached(uv_timer_t *t)
{
	struct dnsmasq *d = t->data;

	if (d->former && !former_gone(d)) {
		wake(d, POLL_MS);
		return;
	}
	switch (d->state) {
	case DNSMASQ_DOWN:
		if (d->wanted)
			start(d);
		return;
	case DNSMASQ_STARTING:
	case DNSMASQ_UP:
		if (d->restart_due)
			terminate(d);
		return;
	case DNSMASQ_STOPPING:
		uv_process_kill(d->process, SIGKILL);
		wake(d, DNSMASQ_PATIENCE_MS);
		return;
	}
}

void dnsmasq_init(struct dnsmasq *d)
{
	d->state = DNSMASQ_DOWN;
	d->log_fd = -1;
	d->began = (instant){INT64_MIN / 2};
	uv_timer_init(d->uv, &d->timer);
	d->timer.data = d;
	d->former = former_find(d);
}

void dnsmasq_want(struct dnsmasq *d, bool wanted)
{
	if (d->wanted == wanted)
		return;
	d->wanted = wanted;
	if (wanted && d->state == DNSMASQ_DOWN)
		wake(d, 0);
	else if (!wanted && d->process && d->state != DNSMASQ_STOPPING)
		terminate(d);
	if (!wanted)
		d->fault[0] = '\0';
}

void dnsmasq_restart(struct dnsmasq *d)
{
	int64_t passed = span_to_ms(since(d->began));

	if ((d->state != DNSMASQ_STARTING && d->state != DNSMASQ_UP) || d->restart_due)
		return;
	d->restart_due = true;
	wake(d, passed + DNSMASQ_RESTART_MS >= DNSMASQ_RESTART_PACE_MS
			? DNSMASQ_RESTART_MS
			: DNSMASQ_RESTART_PACE_MS - passed);
}

void dnsmasq_reload(struct dnsmasq *d)
{
	/* Before it is up, the signal would end it. */
	d->reload = d->state == DNSMASQ_STARTING;
	if (d->state == DNSMASQ_UP)
		uv_process_kill(d->process, SIGHUP);
}

static void process_wait(pid_t pid)
{
	for (unsigned ms = 0; waitpid(pid, NULL, WNOHANG) == 0; ms += POLL_MS) {
		if (ms == DNSMASQ_PATIENCE_MS)
			kill(pid, SIGKILL);
		usleep(POLL_MS * 1000);
	}
}

void dnsmasq_fini(struct dnsmasq *d)
{
	char path[RUN_PATH_ROOM];

	/* Nobody may have looked for it since our start. */
	if (d->former && is_ours(d, d->former))
		kill((pid_t)d->former, SIGTERM);
	if (d->process) {
		pid_t pid = uv_process_get_pid(d->process);

		uv_process_kill(d->process, SIGTERM);
		uv_close((uv_handle_t *)d->process, handle_free);
		d->process = NULL;
		process_wait(pid);
	}
	log_close(d);
	d->state = DNSMASQ_DOWN;
	uv_close((uv_handle_t *)&d->timer, NULL);
	unlink(run_dir_path(d->run, CONF_NAME, path));
	unlink(run_dir_path(d->run, PID_NAME, path));
}
