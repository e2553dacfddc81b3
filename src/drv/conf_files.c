/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/conf_files.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_ROOM = CONF_NAME_ROOM };

/* Says that a file cannot be read; not through conf, which has no files. */
static void cannot_read(struct conf_problems *p, const char *path, const char *why)
{
	struct conf_problem *q;

	p->errors++;
	if (p->count == CONF_PROBLEMS_MAX) {
		p->dropped++;
		return;
	}
	q = &p->at[p->count++];
	q->severity = CONF_ERROR;
	q->line = 0;
	snprintf(q->file, sizeof(q->file), "%s", path);
	snprintf(q->text, sizeof(q->text), "cannot be read: %s", why);
	snprintf(q->remedy, sizeof(q->remedy), "correct its owner and mode, or remove it");
}

/* One byte more than a file may have, so that conf_parse can tell. */
static bool file_load(const char *path, struct conf *c, enum conf_layer layer,
		      struct conf_problems *p)
{
	FILE *f = fopen(path, "re");
	bool good = false;
	char *text;

	if (!f) {
		if (errno == ENOENT || errno == ENOTDIR)
			return true;
		cannot_read(p, path, strerror(errno));
		return false;
	}
	text = malloc(CONF_FILE_MAX + 1);
	if (!text) {
		cannot_read(p, path, strerror(ENOMEM));
	} else {
		size_t len = fread(text, 1, CONF_FILE_MAX + 1, f);

		if (ferror(f))
			cannot_read(p, path, strerror(errno));
		else
			good = conf_parse(c, path, text, len, layer, p);
	}
	free(text);
	fclose(f);
	return good;
}

static bool dir_load(const char *dir, const char *name, struct conf *c, enum conf_layer layer,
		     struct conf_problems *p)
{
	char path[PATH_ROOM];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path)) {
		cannot_read(p, dir, strerror(ENAMETOOLONG));
		return false;
	}
	return file_load(path, c, layer, p);
}

bool conf_load_dir(const char *dir, struct conf *c, struct conf_problems *p)
{
	static const char openwrt[] = "/etc/config";
	const char *own = dir ? dir : CONF_DIR;
	bool good = true;

	conf_init_defaults(c);
	if (dir && access(dir, X_OK) != 0) {
		cannot_read(p, dir, strerror(errno));
		return false;
	}
	if (!dir)
		good &= dir_load(openwrt, "lime-community", c, CONF_COMMUNITY, p);
	good &= dir_load(own, "community", c, CONF_COMMUNITY, p);
	if (!dir)
		good &= dir_load(openwrt, "lime-node", c, CONF_NODE, p);
	good &= dir_load(own, "node", c, CONF_NODE, p);
	return good;
}
