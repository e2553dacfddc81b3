/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/process.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "nuvol-lab/interrupt.h"

enum { STARTTIME_FIELD = 22, NOT_STARTED = 127 };

instant clock_read(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (instant){(int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000};
}

struct process process_of(pid_t pid)
{
	char path[32], text[1024];
	char *at;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return (struct process){0};
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return (struct process){0};
	text[len] = '\0';
	at = strrchr(text, ')'); /* the name before it may hold anything */
	if (!at || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
		return (struct process){0};
	for (unsigned field = 2; field < STARTTIME_FIELD && at; field++) {
		at = strchr(at, ' ');
		if (at)
			at++;
	}
	return at ? (struct process){pid, strtoull(at, NULL, 10)} : (struct process){0};
}

bool process_alive(struct process p)
{
	struct process now;

	if (p.pid <= 0)
		return false;
	now = process_of(p.pid);
	return now.pid == p.pid && now.started == p.started;
}

/* A handle on p itself, or -1. */
static int process_open(struct process p)
{
	int fd;

	if (p.pid <= 0)
		return -1;
	fd = (int)syscall(SYS_pidfd_open, p.pid, 0);
	if (fd >= 0 && !process_alive(p)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

bool process_signal(struct process p, int signal)
{
	int fd = process_open(p);
	long sent;

	if (fd < 0)
		return false;
	sent = syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
	close(fd);
	return sent == 0;
}

bool process_wait_gone(struct process p, span at_most)
{
	struct pollfd ended = {.fd = process_open(p), .events = POLLIN};
	int got;

	if (ended.fd < 0)
		return true;
	got = poll(&ended, 1, (int)span_to_ms(at_most));
	close(ended.fd);
	return got > 0;
}

/* /sys shows the network namespace that it was mounted in, so it is mounted anew. */
static int sys_mount(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", "none", MS_SLAVE | MS_REC, NULL) < 0)
		return -errno;
	umount2("/sys", MNT_DETACH);
	if (mount("nuvol-lab", "/sys", "sysfs", 0, NULL) < 0)
		return -errno;
	return 0;
}

static int netns_enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int result = 0;

	if (fd < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNET) < 0)
		result = -errno;
	close(fd);
	return result ? result : sys_mount();
}

/* Only in the mount namespace that netns_enter has made; the mount point itself is
 * the whole system's. */
static int path_show(const char *path, const char *at)
{
	struct stat s;
	bool folder = stat(path, &s) == 0 && S_ISDIR(s.st_mode);

	if (folder && mkdir(at, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (mount(path, at, NULL, MS_BIND, NULL) == 0)
		return 0;
	/* A system without such a file gets none from us. */
	return !folder && errno == ENOENT ? 0 : -errno;
}

static int spawn_apply(const struct spawn *how)
{
	int result = 0;

	if (how->netns)
		result = netns_enter(how->netns);
	if (result == 0 && how->netns && how->shown)
		result = path_show(how->shown, how->shown_at);
	if (result == 0 && how->hostname &&
	    (unshare(CLONE_NEWUTS) < 0 || sethostname(how->hostname, strlen(how->hostname)) < 0))
		result = -errno;
	if (result == 0 && how->folder && chdir(how->folder) < 0)
		result = -errno;
	for (const char *const *e = how->environment; e && e[0]; e += 2)
		setenv(e[0], e[1], 1);
	return result;
}

int process_become(const char *const *argv, const struct spawn *how)
{
	int result = spawn_apply(how);

	if (result < 0)
		return result;
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	return -errno;
}

/* Pipes between us and a child; -1: not wanted. */
struct pipes {
	int report[2]; /* why it did not become the program; closed by exec */
	int in[2];     /* its stdin */
	int out[2];    /* its stdout */
};

static int pipes_open(struct pipes *p, bool in, bool out)
{
	int result = 0;

	*p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
	if (pipe2(p->report, O_CLOEXEC) < 0 || (in && pipe2(p->in, O_CLOEXEC) < 0) ||
	    (out && pipe2(p->out, O_CLOEXEC) < 0))
		result = -errno;
	return result;
}

static void end_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The child's ends, in the parent. */
static void pipes_close_far(struct pipes *p)
{
	end_close(&p->report[1]);
	end_close(&p->in[0]);
	end_close(&p->out[1]);
}

static void pipes_close(struct pipes *p)
{
	pipes_close_far(p);
	end_close(&p->report[0]);
	end_close(&p->in[1]);
	end_close(&p->out[0]);
}

/* In the child: its stdin, stdout and stderr. */
static int child_files(const struct spawn *how, const struct pipes *p)
{
	int in = p->in[0] >= 0 ? p->in[0] : open("/dev/null", O_RDONLY | O_CLOEXEC);
	int out = p->out[1], log = -1;

	if (how->log) {
		log = open(how->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (log < 0 || dup2(log, STDERR_FILENO) < 0)
			return -errno;
	}
	if (out < 0)
		out = log;
	if (in < 0 || dup2(in, STDIN_FILENO) < 0 || (out >= 0 && dup2(out, STDOUT_FILENO) < 0))
		return -errno;
	if (how->stderr_too && dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

/* In the child: becomes argv, or reports why not. */
__attribute__((noreturn)) static void child_become(const char *const *argv, const struct spawn *how,
						   const struct pipes *p)
{
	sigset_t none;
	int result;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	result = child_files(how, p);
	if (result == 0)
		result = process_become(argv, how);
	if (write(p->report[1], &result, sizeof(result)) < 0)
		_exit(NOT_STARTED);
	_exit(NOT_STARTED);
}

/* What child_become reported: 0 when it became argv. */
static int report_read(const struct pipes *p)
{
	int result = 0;
	ssize_t n;

	do
		n = read(p->report[0], &result, sizeof(result));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(result) ? result : 0;
}

/* The exit status as the shell gives it. */
static int child_reap(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A child of ours, in a process group of its own, that dies with us. */
static int child_start(const char *const *argv, const struct spawn *how, struct pipes *p,
		       pid_t *child)
{
	pid_t parent = getpid();
	int result;

	*child = fork();
	if (*child < 0)
		return -errno;
	if (*child == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(NOT_STARTED);
		child_become(argv, how, p);
	}
	pipes_close_far(p);
	result = report_read(p);
	if (result < 0)
		child_reap(*child);
	return result;
}

int process_start(const char *const *argv, const struct spawn *how, struct process *p)
{
	struct pipes pipes;
	pid_t child;
	int result = pipes_open(&pipes, false, false);

	if (result == 0)
		result = child_start(argv, how, &pipes, &child);
	pipes_close(&pipes);
	if (result == 0)
		*p = process_of(child);
	if (result == 0 && p->pid == 0)
		p->pid = child; /* it ended already; the caller still reaps it */
	return result;
}

static int input_write(int fd, const char *text)
{
	size_t len = strlen(text), at = 0;
	ssize_t n;

	while (at < len) {
		n = write(fd, text + at, len - at);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			at += (size_t)n;
	}
	return 0;
}

/* Reads fd to its end, or until deadline. */
static int output_read(int fd, instant deadline, char **text)
{
	struct pollfd more = {.fd = fd, .events = POLLIN};
	size_t len = 0, room = 0;
	char *grown;
	ssize_t n = 1;

	while (n > 0) {
		int64_t left = span_to_ms(instant_since(deadline, clock_read()));

		if (deadline.us != INT64_MAX && (left <= 0 || poll(&more, 1, (int)left) == 0))
			return -ETIMEDOUT;
		if (room - len < 4096) {
			room = room ? room * 2 : 8192;
			grown = realloc(*text, room);
			if (!grown)
				return -ENOMEM;
			*text = grown;
		}
		n = read(fd, *text + len, room - len - 1);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
		(*text)[len] = '\0';
		if (interrupt_came())
			return -EINTR;
	}
	return 0;
}

int process_run_within(const char *const *argv, const struct spawn *how, span at_most,
		       char **output)
{
	instant deadline = at_most.us == INT64_MAX ? NEVER : instant_add(clock_read(), at_most);
	char *text = NULL;
	struct pipes pipes;
	pid_t child;
	int result = pipes_open(&pipes, how->input != NULL, true);

	if (result == 0)
		result = child_start(argv, how, &pipes, &child);
	if (result < 0) {
		pipes_close(&pipes);
		return result;
	}
	if (how->input)
		input_write(pipes.in[1], how->input);
	end_close(&pipes.in[1]);
	result = output_read(pipes.out[0], deadline, &text);
	pipes_close(&pipes);
	if (result < 0)
		kill(-child, SIGKILL);
	if (result < 0)
		child_reap(child);
	else
		result = child_reap(child);
	if (output && result >= 0)
		*output = text;
	else
		free(text);
	return result;
}

int process_run(const char *const *argv, const struct spawn *how, char **output)
{
	return process_run_within(argv, how, span_us(INT64_MAX), output);
}

/* The first line from fd; -EPIPE when it closes before, -ETIMEDOUT. */
static int line_read(int fd, instant deadline, char *line, size_t room)
{
	struct pollfd more = {.fd = fd, .events = POLLIN};
	size_t len = 0;

	while (len + 1 < room) {
		int64_t left = span_to_ms(instant_since(deadline, clock_read()));

		if (left <= 0 || poll(&more, 1, (int)left) == 0)
			return -ETIMEDOUT;
		if (read(fd, line + len, 1) != 1)
			return -EPIPE;
		if (line[len] == '\n')
			break;
		len++;
	}
	line[len] = '\0';
	return 0;
}

/* Forks the daemon from a child that ends at once, so that init inherits it, and
 * tells its number through number. */
__attribute__((noreturn)) static void daemon_fork(const char *const *argv, const struct spawn *how,
						  const struct pipes *p, int number)
{
	pid_t daemon;

	setsid();
	daemon = fork();
	if (daemon == 0)
		child_become(argv, how, p);
	if (daemon < 0 || write(number, &daemon, sizeof(daemon)) < 0)
		_exit(NOT_STARTED);
	_exit(0);
}

static int daemon_start(const char *const *argv, const struct spawn *how, struct pipes *p,
			pid_t *daemon)
{
	int number[2], result = 0;
	pid_t middle;

	if (pipe2(number, O_CLOEXEC) < 0)
		return -errno;
	middle = fork();
	if (middle == 0)
		daemon_fork(argv, how, p, number[1]);
	if (middle < 0)
		result = -errno;
	else
		child_reap(middle);
	close(number[1]);
	if (result == 0 && read(number[0], daemon, sizeof(*daemon)) != (ssize_t)sizeof(*daemon))
		result = -EAGAIN;
	close(number[0]);
	pipes_close_far(p);
	return result == 0 ? report_read(p) : result;
}

int process_daemon(const char *const *argv, const struct spawn *how, struct process *p, char *ready,
		   size_t ready_room, span at_most)
{
	instant deadline = instant_add(clock_read(), at_most);
	struct pipes pipes;
	pid_t daemon;
	int result = pipes_open(&pipes, false, ready != NULL);

	if (result == 0)
		result = daemon_start(argv, how, &pipes, &daemon);
	if (result == 0) {
		*p = process_of(daemon);
		if (p->pid == 0)
			result = -EPIPE;
		else if (ready)
			result = line_read(pipes.out[0], deadline, ready, ready_room);
	}
	pipes_close(&pipes);
	return result;
}
