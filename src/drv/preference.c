/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/preference.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drv/log.h"
#include "drv/small_file.h"
#include "drv/state_dir.h"

static const char file_name[] = "preferred_gateway";

static bool path_write(const char *folder, char path[SMALL_FILE_PATH_ROOM])
{
	return snprintf(path, SMALL_FILE_PATH_ROOM, "%s/%s", folder, file_name) <
	       SMALL_FILE_PATH_ROOM;
}

static struct tunnel_preference load(const char *folder)
{
	struct tunnel_preference p = {.any = true};
	char path[SMALL_FILE_PATH_ROOM], id[DIGEST_TEXT] = "", how[8] = "";
	FILE *f = path_write(folder, path) ? fopen(path, "re") : NULL;

	_Static_assert(DIGEST_TEXT == 57, "the width in the format");
	if (f && fscanf(f, "%56s %7s", id, how) == 2 && digest_parse(id, &p.node)) {
		p.any = false;
		p.strict = strcmp(how, "strict") == 0;
	}
	if (f)
		fclose(f);
	return p;
}

static int save(const char *folder, const struct tunnel_preference *p)
{
	struct text t = {0};
	char path[SMALL_FILE_PATH_ROOM], id[DIGEST_TEXT];

	if (!p->any) {
		text_add(&t, "%s %s\n", digest_print(&p->node, id), p->strict ? "strict" : "wish");
		return small_file_write(folder, file_name, &t);
	}
	if (!path_write(folder, path))
		return -ENAMETOOLONG;
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

void preference_keep(const struct host_conf *host, const struct run_dir *run,
		     const struct tunnel_preference *p)
{
	char room[RUN_PATH_ROOM];
	const char *folder = state_dir_path(host, run, room);
	int e = save(folder, p);

	if (e)
		log_line(LOG_WARN, "cannot keep the preferred gateway in %s: %s", folder,
			 strerror(-e));
}

void preference_recall(const struct host_conf *host, const struct run_dir *run,
		       void (*tell)(void *ctx, const struct ev *ev), void *ctx)
{
	char room[RUN_PATH_ROOM];
	struct ev ev = {.kind = EV_TUNNEL, .tunnel = {.kind = TUNNEL_PREFER}};

	ev.tunnel.prefer = load(state_dir_path(host, run, room));
	if (!ev.tunnel.prefer.any)
		tell(ctx, &ev);
}
