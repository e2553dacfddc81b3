/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/run_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

char *run_dir_path(const struct run_dir *d, const char *name, char text[RUN_PATH_ROOM])
{
	snprintf(text, RUN_PATH_ROOM, "%.*s/%s", RUN_PATH_ROOM - 32, d->path, name);
	return text;
}

int folder_make(const char *path)
{
	char text[RUN_PATH_ROOM];

	snprintf(text, sizeof(text), "%s", path);
	for (char *at = strchr(text + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(text, 0755) && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	return mkdir(text, 0755) && errno != EEXIST ? -errno : 0;
}

static long pid_read(int fd)
{
	char text[32] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

/* Others must not be able to put files of theirs there, which we would read as root. */
static int folder_check(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	return st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) ? -EPERM : 0;
}

int run_dir_open(struct run_dir *d, const char *path, long *pid)
{
	char text[RUN_PATH_ROOM];
	int e = strlen(path) < RUN_PATH_ROOM - 32 ? folder_make(path) : -ENAMETOOLONG;

	*pid = 0;
	*d = (struct run_dir){.lock_fd = -1};
	if (!e)
		e = folder_check(path);
	if (e)
		return e;
	snprintf(d->path, sizeof(d->path), "%s", path);
	d->lock_fd = open(run_dir_path(d, "nuvold.lock", text), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (d->lock_fd < 0)
		return -errno;
	if (flock(d->lock_fd, LOCK_EX | LOCK_NB)) {
		e = errno == EWOULDBLOCK ? -EBUSY : -errno;
		*pid = pid_read(d->lock_fd);
		close(d->lock_fd);
		d->lock_fd = -1;
		return e;
	}
	/* For people only: the lock is what counts. */
	if (ftruncate(d->lock_fd, 0) || dprintf(d->lock_fd, "%ld\n", (long)getpid()) < 0)
		return -errno;
	return 0;
}

void run_dir_close(struct run_dir *d)
{
	char text[RUN_PATH_ROOM];

	if (d->lock_fd < 0)
		return;
	unlink(run_dir_path(d, "nuvold.lock", text));
	close(d->lock_fd);
	d->lock_fd = -1;
	/* Succeeds when it is empty: ours alone. */
	(void)rmdir(d->path);
}

/* A number that no other namespace has now; 0: unknown. */
static json_int_t netns_id(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : (json_int_t)st.st_ino;
}

static void text_get(const json_t *o, const char *key, char *into, size_t room)
{
	const char *text = json_string_value(json_object_get(o, key));

	if (text && strlen(text) < room)
		snprintf(into, room, "%s", text);
}

static void sysctls_load(json_t *o, struct made *m)
{
	const char *name;
	json_t *value;

	json_object_foreach(o, name, value)
	{
		if (json_is_integer(value) && strlen(name) < MADE_SYSCTL_ROOM)
			made_add_sysctl(m, name, (int)json_integer_value(value));
	}
}

void made_load(const struct run_dir *d, struct made *m)
{
	char path[RUN_PATH_ROOM];
	json_t *o = json_load_file(run_dir_path(d, "made.json", path), 0, NULL);
	json_t *ports = json_object_get(o, "ports"), *port;
	json_t *taken = json_object_get(o, "taken"), *networks = json_object_get(o, "networks");
	json_t *unsummed = json_object_get(o, "unsummed");
	size_t i;

	*m = (struct made){0};
	if (o && json_integer_value(json_object_get(o, "netns")) == netns_id()) {
		m->bridge = (int)json_integer_value(json_object_get(o, "bridge"));
		text_get(o, "ipv4", m->ipv4, sizeof(m->ipv4));
		text_get(o, "ipv6", m->ipv6, sizeof(m->ipv6));
		json_array_foreach(ports, i, port)
		{
			if (json_is_string(port) && json_string_length(port) < IF_NAMESIZE)
				made_add_port(m, json_string_value(port));
		}
		json_array_foreach(taken, i, port)
		{
			if (json_is_string(port) && json_string_length(port) < IF_NAMESIZE)
				made_add_taken(m, json_string_value(port));
		}
		json_array_foreach(networks, i, port)
		{
			if (json_is_string(port) && json_string_length(port) < IF_NAMESIZE)
				made_add_network(m, json_string_value(port));
		}
		json_array_foreach(unsummed, i, port)
		{
			if (json_is_string(port) && json_string_length(port) < IF_NAMESIZE)
				made_add_unsummed(m, json_string_value(port));
		}
		m->anygw = (int)json_integer_value(json_object_get(o, "anygw"));
		text_get(o, "anygw_ipv4", m->anygw_ipv4, sizeof(m->anygw_ipv4));
		text_get(o, "anygw_ipv6", m->anygw_ipv6, sizeof(m->anygw_ipv6));
		sysctls_load(json_object_get(o, "sysctls"), m);
	}
	json_decref(o);
}

int made_save(const struct run_dir *d, const struct made *m)
{
	char path[RUN_PATH_ROOM], fresh[RUN_PATH_ROOM];
	json_t *ports = json_array(), *taken = json_array(), *sysctls = json_object(), *o;
	json_t *networks = json_array(), *unsummed = json_array();
	int e = 0;

	for (unsigned i = 0; i < m->port_count; i++)
		json_array_append_new(ports, json_string(m->ports[i]));
	for (unsigned i = 0; i < m->taken_count; i++)
		json_array_append_new(taken, json_string(m->taken[i]));
	for (unsigned i = 0; i < m->network_count; i++)
		json_array_append_new(networks, json_string(m->networks[i]));
	for (unsigned i = 0; i < m->unsummed_count; i++)
		json_array_append_new(unsummed, json_string(m->unsummed[i]));
	for (unsigned i = 0; i < m->sysctl_count; i++)
		json_object_set_new(sysctls, m->sysctls[i].name, json_integer(m->sysctls[i].value));
	o = json_pack("{s:I, s:i, s:s, s:s, s:o, s:o, s:i, s:s, s:s, s:o, s:o, s:o}", "netns",
		      netns_id(), "bridge", m->bridge, "ipv4", m->ipv4, "ipv6", m->ipv6, "ports",
		      ports, "taken", taken, "anygw", m->anygw, "anygw_ipv4", m->anygw_ipv4,
		      "anygw_ipv6", m->anygw_ipv6, "networks", networks, "unsummed", unsummed,
		      "sysctls", sysctls);
	if (!o)
		return -ENOMEM;
	/* Whole or not at all, even if we are killed meanwhile. */
	run_dir_path(d, "made.new", fresh);
	if (json_dump_file(o, fresh, JSON_INDENT(1)) ||
	    rename(fresh, run_dir_path(d, "made.json", path)))
		e = -errno;
	json_decref(o);
	return e;
}

void made_remove(const struct run_dir *d)
{
	char path[RUN_PATH_ROOM];

	unlink(run_dir_path(d, "made.json", path));
}

static bool has_name(char (*names)[IF_NAMESIZE], unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void add_name(char (*names)[IF_NAMESIZE], unsigned *count, const char *name)
{
	if (*count < MADE_PORTS_MAX && !has_name(names, *count, name))
		snprintf(names[(*count)++], IF_NAMESIZE, "%s", name);
}

static void del_name(char (*names)[IF_NAMESIZE], unsigned *count, const char *name)
{
	for (unsigned i = 0; i < *count; i++)
		if (strcmp(names[i], name) == 0)
			memmove(names[i], names[--*count], IF_NAMESIZE);
}

bool made_has_network(struct made *m, const char *name)
{
	return has_name(m->networks, m->network_count, name);
}

void made_add_network(struct made *m, const char *name)
{
	add_name(m->networks, &m->network_count, name);
}

bool made_has_port(struct made *m, const char *name)
{
	return has_name(m->ports, m->port_count, name);
}

void made_add_port(struct made *m, const char *name)
{
	add_name(m->ports, &m->port_count, name);
}

bool made_has_taken(struct made *m, const char *name)
{
	return has_name(m->taken, m->taken_count, name);
}

void made_add_taken(struct made *m, const char *name)
{
	add_name(m->taken, &m->taken_count, name);
}

void made_del_taken(struct made *m, const char *name)
{
	del_name(m->taken, &m->taken_count, name);
}

bool made_has_unsummed(struct made *m, const char *name)
{
	return has_name(m->unsummed, m->unsummed_count, name);
}

void made_add_unsummed(struct made *m, const char *name)
{
	add_name(m->unsummed, &m->unsummed_count, name);
}

void made_del_unsummed(struct made *m, const char *name)
{
	del_name(m->unsummed, &m->unsummed_count, name);
}

bool made_add_sysctl(struct made *m, const char *name, int value)
{
	for (unsigned i = 0; i < m->sysctl_count; i++)
		if (strcmp(m->sysctls[i].name, name) == 0)
			return false;
	if (m->sysctl_count == MADE_SYSCTLS_MAX)
		return false;
	snprintf(m->sysctls[m->sysctl_count].name, MADE_SYSCTL_ROOM, "%s", name);
	m->sysctls[m->sysctl_count++].value = value;
	return true;
}
