/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/lab.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "nuvol-lab/lease.h"

static const char *const cut_names[] = {"no", "carrier", "silent"};

bool lab_fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("nuvol-lab: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return false;
}

char *lab_path(const char *town, const char *rest, char text[LAB_PATH_ROOM])
{
	snprintf(text, LAB_PATH_ROOM, LAB_FOLDER "/%s%s%s", town, *rest ? "/" : "", rest);
	return text;
}

char *lab_node_path(const struct lab *lab, unsigned node, const char *rest,
		    char text[LAB_PATH_ROOM])
{
	snprintf(text, LAB_PATH_ROOM, LAB_FOLDER "/%s/%s%s%s", lab->town.name,
		 lab->town.nodes[node].name, *rest ? "/" : "", rest);
	return text;
}

char *lab_client_path(const struct lab *lab, unsigned client, const char *rest,
		      char text[LAB_PATH_ROOM])
{
	snprintf(text, LAB_PATH_ROOM, LAB_FOLDER "/%s/%s%s%s", lab->town.name,
		 lab->town.clients[client].name, *rest ? "/" : "", rest);
	return text;
}

char *file_read(const char *path, size_t limit, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = malloc(limit + 1);
	int fault = 0;

	if (!text)
		abort();
	*len = 0;
	errno = 0;
	if (f)
		*len = fread(text, 1, limit + 1, f);
	if (!f || ferror(f))
		fault = errno ? errno : EIO;
	else if (*len > limit)
		fault = EFBIG;
	if (f)
		fclose(f);
	if (fault) {
		lab_fail("cannot read %s: %s", path, strerror(fault));
		free(text);
		return NULL;
	}
	text[*len] = '\0';
	return text;
}

bool file_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool good = f && fputs(text, f) >= 0;

	if (f && fclose(f) != 0)
		good = false;
	return good || lab_fail("cannot write %s: %s", path, strerror(errno));
}

bool lab_only(char name[TOWN_NAME_MAX + 1])
{
	DIR *folder = opendir(LAB_FOLDER);
	struct dirent *entry;
	unsigned count = 0;

	while (folder && (entry = readdir(folder)) != NULL)
		if (town_name_check(entry->d_name) && ++count == 1)
			snprintf(name, TOWN_NAME_MAX + 1, "%.31s", entry->d_name);
	if (folder)
		closedir(folder);
	if (count == 0)
		return lab_fail("no town is up; nuvol-lab up FILE brings one up");
	if (count > 1)
		return lab_fail("%u towns are up; say which one with --name TOWN", count);
	return true;
}

static bool same_file(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

int lab_lock(const char *town)
{
	char folder[LAB_PATH_ROOM], path[LAB_PATH_ROOM];
	int fd;

	lab_path(town, "", folder);
	lab_path(town, "lock", path);
	for (unsigned tries = 0; tries < 1000; tries++) {
		mkdir(LAB_FOLDER, 0755);
		mkdir(folder, 0755);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0 && errno == ENOENT)
			continue; /* `down` of another command took the folder away */
		if (fd < 0 || flock(fd, LOCK_EX) < 0) {
			lab_fail("cannot lock %s: %s", path, strerror(errno));
			if (fd >= 0)
				close(fd);
			return -1;
		}
		if (same_file(fd, path))
			return fd;
		close(fd);
	}
	lab_fail("cannot lock %s: it comes and goes", path);
	return -1;
}

static bool town_load(struct lab *lab, const char *name, const char *path, const char *shown)
{
	size_t len;
	char *text = file_read(path, TOWN_FILE_MAX, &len);
	bool good = text && town_parse(&lab->town, name, shown, text, len, stderr);

	free(text);
	if (!good)
		return false;
	lab->nodes = calloc(lab->town.node_count + 1, sizeof(*lab->nodes));
	lab->clients = calloc(lab->town.client_count + 1, sizeof(*lab->clients));
	if (!lab->nodes || !lab->clients)
		abort();
	for (unsigned i = 0; i < lab->town.client_count; i++)
		lab->clients[i].at = TOWN_NONE;
	return true;
}

bool lab_new(struct lab *lab, const char *name, const char *file)
{
	*lab = (struct lab){.lock = -1};
	if (!realpath(file, lab->file))
		return lab_fail("cannot read %s: %s", file, strerror(errno));
	return town_load(lab, name, file, file);
}

static struct process process_unpack(const json_t *from, const char *pid, const char *started)
{
	return (struct process){
		(pid_t)json_integer_value(json_object_get(from, pid)),
		(uint64_t)json_integer_value(json_object_get(from, started)),
	};
}

static void text_unpack(const json_t *from, const char *key, char *text, size_t room)
{
	const char *value = json_string_value(json_object_get(from, key));

	snprintf(text, room, "%s", value ? value : "");
}

static void node_unpack(struct lab *lab, unsigned i, const json_t *from)
{
	const json_t *cuts = json_object_get(from, "cuts");

	lab->nodes[i].daemon = process_unpack(from, "pid", "started");
	text_unpack(from, "ipv4", lab->nodes[i].address, sizeof(lab->nodes[i].address));
	text_unpack(from, "ipv6", lab->nodes[i].address6, sizeof(lab->nodes[i].address6));
	for (unsigned m = 0; m < lab->town.nodes[i].mesh_count; m++) {
		const char *how =
			json_string_value(json_object_get(cuts, lab->town.nodes[i].mesh[m].name));

		for (enum cut c = CUT_CARRIER; how && c <= CUT_SILENT; c++)
			if (strcmp(how, cut_names[c]) == 0)
				lab->nodes[i].cut[m] = c;
	}
}

static void client_unpack(struct lab *lab, unsigned i, const json_t *from)
{
	struct lab_client *c = &lab->clients[i];
	const char *at = json_string_value(json_object_get(from, "at"));
	struct lab_lease lease;

	c->at = at ? town_node_find(&lab->town, at) : TOWN_NONE;
	c->by_dhcp = json_is_true(json_object_get(from, "by_dhcp"));
	c->dhcp = process_unpack(from, "dhcp", "dhcp_started");
	if (!c->by_dhcp)
		text_unpack(from, "ipv4", c->address, sizeof(c->address));
	else if (lease_read(lab, i, &lease))
		memcpy(c->address, lease.address, sizeof(c->address));
}

static void state_unpack(struct lab *lab, const json_t *state)
{
	const struct town *t = &lab->town;
	const json_t *nodes = json_object_get(state, "nodes");
	const json_t *clients = json_object_get(state, "clients");

	text_unpack(state, "file", lab->file, sizeof(lab->file));
	text_unpack(state, "nuvold", lab->nuvold, sizeof(lab->nuvold));
	text_unpack(state, "nuvol", lab->nuvol, sizeof(lab->nuvol));
	lab->medium = process_unpack(state, "medium", "medium_started");
	for (unsigned i = 0; i < t->node_count; i++)
		node_unpack(lab, i, json_object_get(nodes, t->nodes[i].name));
	for (unsigned i = 0; i < t->client_count; i++)
		client_unpack(lab, i, json_object_get(clients, t->clients[i].name));
}

bool lab_open(struct lab *lab, const char *name, enum lab_access access_wanted)
{
	char folder[LAB_PATH_ROOM], town[LAB_PATH_ROOM], path[LAB_PATH_ROOM];
	json_error_t error;
	json_t *state;

	*lab = (struct lab){.lock = -1};
	if (access(lab_path(name, "", folder), F_OK) < 0)
		return lab_fail("there is no town '%s'; nuvol-lab up FILE brings one up", name);
	if (access_wanted == LAB_CHANGE) {
		lab->lock = lab_lock(name);
		if (lab->lock < 0)
			return false;
	}
	state = json_load_file(lab_path(name, "state.json", path), 0, &error);
	if (!state) {
		lab_fail("town '%s' is only half there; nuvol-lab down --name %s cleans up", name,
			 name);
		lab_close(lab);
		return false;
	}
	lab_path(name, "town", town);
	if (json_integer_value(json_object_get(state, "version")) != LAB_STATE_VERSION ||
	    !town_load(lab, name, town, town)) {
		lab_fail("town '%s' was brought up by another version; take it down", name);
		json_decref(state);
		lab_close(lab);
		return false;
	}
	state_unpack(lab, state);
	json_decref(state);
	return true;
}

static json_t *node_pack(const struct lab *lab, unsigned i)
{
	json_t *cuts = json_object();

	for (unsigned m = 0; m < lab->town.nodes[i].mesh_count; m++)
		if (lab->nodes[i].cut[m] != CUT_NONE)
			json_object_set_new(cuts, lab->town.nodes[i].mesh[m].name,
					    json_string(cut_names[lab->nodes[i].cut[m]]));
	return json_pack("{s:i, s:I, s:s, s:s, s:o}", "pid", lab->nodes[i].daemon.pid, "started",
			 (json_int_t)lab->nodes[i].daemon.started, "ipv4", lab->nodes[i].address,
			 "ipv6", lab->nodes[i].address6, "cuts", cuts);
}

static json_t *client_pack(const struct lab *lab, unsigned i)
{
	const struct lab_client *c = &lab->clients[i];

	return json_pack("{s:s?, s:s, s:b, s:i, s:I}", "at",
			 c->at == TOWN_NONE ? NULL : lab->town.nodes[c->at].name, "ipv4",
			 c->address, "by_dhcp", c->by_dhcp, "dhcp", c->dhcp.pid, "dhcp_started",
			 (json_int_t)c->dhcp.started);
}

bool lab_save(const struct lab *lab)
{
	const struct town *t = &lab->town;
	char path[LAB_PATH_ROOM], fresh[LAB_PATH_ROOM];
	json_t *nodes = json_object(), *clients = json_object(), *state;
	bool good;

	for (unsigned i = 0; i < t->node_count; i++)
		json_object_set_new(nodes, t->nodes[i].name, node_pack(lab, i));
	for (unsigned i = 0; i < t->client_count; i++)
		json_object_set_new(clients, t->clients[i].name, client_pack(lab, i));
	state = json_pack("{s:i, s:s, s:s, s:s, s:s, s:i, s:I, s:o, s:o}", "version",
			  LAB_STATE_VERSION, "town", t->name, "file", lab->file, "nuvold",
			  lab->nuvold, "nuvol", lab->nuvol, "medium", lab->medium.pid,
			  "medium_started", (json_int_t)lab->medium.started, "nodes", nodes,
			  "clients", clients);
	lab_path(t->name, "state.json", path);
	lab_path(t->name, "state.new", fresh);
	good = state && json_dump_file(state, fresh, JSON_INDENT(1)) == 0 &&
	       rename(fresh, path) == 0;
	json_decref(state);
	return good || lab_fail("cannot write %s: %s", path, strerror(errno));
}

void lab_close(struct lab *lab)
{
	free(lab->nodes);
	free(lab->clients);
	town_fini(&lab->town);
	if (lab->lock >= 0)
		close(lab->lock);
	*lab = (struct lab){.lock = -1};
}
