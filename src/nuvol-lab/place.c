/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/place.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "nuvol-lab/process.h"

char *place_name(const char *town, const char *who, char text[PLACE_NAME_ROOM])
{
	snprintf(text, PLACE_NAME_ROOM, "nv-%s-%s", town, who);
	return text;
}

char *place_path(const char *town, const char *who, char text[PLACE_PATH_ROOM])
{
	snprintf(text, PLACE_PATH_ROOM, PLACE_FOLDER "/nv-%s-%s", town, who);
	return text;
}

bool place_exists(const char *town, const char *who)
{
	char path[PLACE_PATH_ROOM];

	return access(place_path(town, who, path), F_OK) == 0;
}

void place_each(const char *town, void (*found)(void *ctx, const char *town, const char *who),
		void *ctx)
{
	char prefix[PLACE_NAME_ROOM];
	size_t len = strlen(place_name(town, "", prefix));
	struct dirent **names;
	int count = scandir(PLACE_FOLDER, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		const char *who = names[i]->d_name + len;

		if (strncmp(names[i]->d_name, prefix, len) == 0 &&
		    (who_name_check(who) || town_name_is_kept(who)))
			found(ctx, town, who);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

/* The namespaces of a town, as stat sees them. */
struct places {
	struct stat *at;
	size_t count;
};

static void places_add(void *ctx, const char *town, const char *who)
{
	struct places *p = ctx;
	char path[PLACE_PATH_ROOM];
	struct stat *grown = realloc(p->at, (p->count + 1) * sizeof(*grown));

	if (!grown)
		abort();
	p->at = grown;
	if (stat(place_path(town, who, path), &grown[p->count]) == 0)
		p->count++;
}

static bool process_is_in(const char *pid, const struct places *places)
{
	char path[300];
	struct stat its;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	if (stat(path, &its) < 0)
		return false;
	for (size_t i = 0; i < places->count; i++)
		if (its.st_ino == places->at[i].st_ino && its.st_dev == places->at[i].st_dev)
			return true;
	return false;
}

unsigned places_signal(const char *town, int signal)
{
	struct places places = {0};
	struct dirent *entry;
	unsigned count = 0;
	DIR *proc;

	place_each(town, places_add, &places);
	proc = opendir("/proc");
	while (proc && (entry = readdir(proc)) != NULL) {
		struct process p;

		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !process_is_in(entry->d_name, &places))
			continue;
		p = process_of((pid_t)atoi(entry->d_name));
		/* Asked again: the number may be somebody else's since. */
		if (p.pid != getpid() && process_is_in(entry->d_name, &places) &&
		    process_signal(p, signal))
			count++;
	}
	if (proc)
		closedir(proc);
	free(places.at);
	return count;
}

int place_delete(const char *town, const char *who)
{
	char path[PLACE_PATH_ROOM];

	place_path(town, who, path);
	while (umount2(path, MNT_DETACH) == 0)
		; /* a name may have been mounted on more than once */
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int place_enter(const char *town, const char *who, int *back)
{
	char path[PLACE_PATH_ROOM];
	int there, result = 0;

	*back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (*back < 0)
		return -errno;
	there = open(place_path(town, who, path), O_RDONLY | O_CLOEXEC);
	if (there < 0 || setns(there, CLONE_NEWNET) < 0) {
		result = -errno;
		close(*back);
	}
	if (there >= 0)
		close(there);
	return result;
}

void place_leave(int back)
{
	if (setns(back, CLONE_NEWNET) < 0) {
		perror("nuvol-lab: cannot leave a namespace");
		abort();
	}
	close(back);
}
