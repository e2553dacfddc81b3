/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/daemon.h"
#include <errno.h>
#include <jansson.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "town/node_config.h"

enum { LOG_LINES_SHOWN = 12, POLL_MS = 10 };

static bool program_is(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 && S_ISREG(s.st_mode) && access(path, X_OK) == 0;
}

void program_find(const char *name, char path[PATH_MAX])
{
	static const char *const beside[] = {".", "../bin", "../sbin"};
	char self[PATH_MAX] = "";
	const char *folders = getenv("PATH"), *folder;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0) {
		folder = dirname(self);
		/* The build tree has a folder for each program. */
		if (snprintf(path, PATH_MAX, "%s/../%s/%s", folder, name, name) < PATH_MAX &&
		    program_is(path))
			return;
		for (unsigned i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
			if (snprintf(path, PATH_MAX, "%s/%s/%s", folder, beside[i], name) <
				    PATH_MAX &&
			    program_is(path))
				return;
	}
	while (folders && *folders) {
		size_t len = strcspn(folders, ":");

		if (snprintf(path, PATH_MAX, "%.*s/%s", (int)len, folders, name) < PATH_MAX &&
		    program_is(path))
			return;
		folders += len + (folders[len] == ':');
	}
	path[0] = '\0';
}

bool daemon_configure(struct lab *lab, unsigned node)
{
	struct node_config config;
	char path[LAB_PATH_ROOM];
	bool good;

	mkdir(lab_node_path(lab, node, "", path), 0755);
	mkdir(lab_node_path(lab, node, "config", path), 0755);
	node_config_init(&config, &lab->town, node);
	good = file_write(lab_node_path(lab, node, "config/node", path), config.text);
	node_config_fini(&config);
	return good;
}

/* The end of the daemon's log: why it did not come up. */
static void log_show(const struct lab *lab, unsigned node)
{
	char path[LAB_PATH_ROOM];
	size_t len;
	char *text = file_read(lab_node_path(lab, node, "log", path), 16 << 20, &len), *from;
	unsigned lines = 0;

	if (!text)
		return;
	for (from = text + len; from > text; from--)
		if (from[-1] == '\n' && from < text + len && ++lines == LOG_LINES_SHOWN)
			break;
	fprintf(stderr, "--- end of %s\n%s---\n", path, from);
	free(text);
}

bool daemon_launch(struct lab *lab, unsigned node)
{
	const char *name = lab->town.nodes[node].name;
	char netns[PLACE_PATH_ROOM], log[LAB_PATH_ROOM], config[LAB_PATH_ROOM], run[LAB_PATH_ROOM];
	const char *argv[] = {lab->nuvold, "--config", config, "--run-dir", run, NULL};
	struct spawn how = {.netns = netns, .hostname = name, .log = log};
	int result;

	if (!lab->nuvold[0] || process_alive(lab->nodes[node].daemon))
		return true;
	place_path(lab->town.name, name, netns);
	lab_node_path(lab, node, "log", log);
	lab_node_path(lab, node, "config", config);
	lab_node_path(lab, node, "", run);
	result = process_daemon(argv, &how, &lab->nodes[node].daemon, NULL, 0, DAEMON_READY_SPAN);
	if (result == 0)
		return true;
	if (result != -EPIPE)
		return lab_fail("cannot start %s for '%s': %s", lab->nuvold, name,
				strerror(-result));
	lab_fail("the nuvold of '%s' ended at once", name);
	log_show(lab, node);
	return false;
}

static bool daemon_listens(const struct lab *lab, unsigned node)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char path[LAB_PATH_ROOM];
	bool answers;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s",
		 lab_node_path(lab, node, "nuvold.sock", path));
	answers = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
	if (fd >= 0)
		close(fd);
	return answers;
}

bool daemon_await(struct lab *lab, unsigned node)
{
	const char *name = lab->town.nodes[node].name;
	instant deadline = instant_add(clock_read(), DAEMON_READY_SPAN);

	if (!lab->nuvold[0])
		return true;
	while (!daemon_listens(lab, node)) {
		bool alive = process_alive(lab->nodes[node].daemon);

		if (alive && !instant_reached(deadline, clock_read())) {
			poll(NULL, 0, POLL_MS);
			continue;
		}
		lab_fail("the nuvold of '%s' %s", name,
			 alive ? "does not answer on its socket" : "ended");
		log_show(lab, node);
		return false;
	}
	return true;
}

bool daemon_stop(struct lab *lab, unsigned node)
{
	struct process *p = &lab->nodes[node].daemon;

	if (process_signal(*p, SIGTERM) && !process_wait_gone(*p, DAEMON_STOP_SPAN)) {
		lab_fail("the nuvold of '%s' does not end within %d s", lab->town.nodes[node].name,
			 (int)(DAEMON_STOP_SPAN.us / 1000000));
		return false;
	}
	*p = (struct process){0};
	return true;
}

bool daemon_kill(struct lab *lab, unsigned node)
{
	struct process *p = &lab->nodes[node].daemon;

	if (process_signal(*p, SIGKILL))
		process_wait_gone(*p, DAEMON_STOP_SPAN);
	*p = (struct process){0};
	return true;
}

json_t *daemon_ask(const struct lab *lab, unsigned node, const char *command)
{
	char run[LAB_PATH_ROOM];
	const char *argv[] = {lab->nuvol, command, "--json", "--run-dir", run, NULL};
	struct spawn how = {.log = "/dev/null"};
	char *text = NULL;
	json_t *answer = NULL;

	if (!lab->nuvol[0] || !process_alive(lab->nodes[node].daemon))
		return NULL;
	lab_node_path(lab, node, "", run);
	if (process_run_within(argv, &how, span_s(6), &text) == 0 && text)
		answer = json_loads(text, 0, NULL);
	free(text);
	return answer;
}
