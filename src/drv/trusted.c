/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/trusted.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "drv/log.h"

enum {
	ID_DIGITS = 2 * sizeof(struct digest),
	ENTRY_LEN = sizeof(struct digest) + 2, /* of TRUSTS */
	LEVEL_DEFAULT = 2,
	COMPLAINTS = 5, /* in one reading */
};

/* ---- a name ---- */

static int digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static const char *level_parse(const char *text, size_t len, uint8_t *level)
{
	if (len != 1 || (*text != '0' && *text != '2' && *text != '3'))
		return "trust is 0, 2 or 3";
	*level = (uint8_t)(*text - '0');
	return NULL;
}

const char *trusted_name_parse(const char *name, struct bmx7_trust *t)
{
	static const char key[] = "trust=";
	const char *wrong = NULL;

	*t = (struct bmx7_trust){.level = LEVEL_DEFAULT};
	for (unsigned i = 0; i < ID_DIGITS; i++) {
		int d = digit(name[i]);

		if (d < 0)
			return "it does not begin with a node's id, 56 hexadecimal digits";
		t->node.b[i / 2] = (uint8_t)(t->node.b[i / 2] << 4 | d);
	}
	name += ID_DIGITS;
	if (*name != '\0' && *name != '.')
		return "after the 56 digits of the id comes a dot or nothing";
	while (*name == '.' && !wrong) {
		size_t len = strcspn(++name, ".");

		if (strncmp(name, key, sizeof(key) - 1) == 0)
			wrong = level_parse(name + sizeof(key) - 1, len - (sizeof(key) - 1),
					    &t->level);
		name += len;
	}
	return wrong;
}

/* ---- the folder ---- */

struct list_of {
	struct bmx7_trust node[TRUSTED_MAX];
	unsigned count, bad;
};

static void complain(const struct trusted *t, struct list_of *l, const char *name, const char *why)
{
	if (l->bad++ < COMPLAINTS)
		log_line(LOG_WARN, "%s/%.80s names no trusted node: %s", t->folder, name, why);
}

/* Two files about one node: the one that trusts less is believed. */
static void name_add(const struct trusted *t, struct list_of *l, const char *name)
{
	struct bmx7_trust one;
	const char *wrong = trusted_name_parse(name, &one);

	for (unsigned i = 0; !wrong && i < l->count; i++) {
		struct bmx7_trust *known = &l->node[i];

		if (!digest_equal(&known->node, &one.node))
			continue;
		if (one.level < known->level)
			known->level = one.level;
		wrong = "another file names the same node; what trusts it less counts";
	}
	if (!wrong && l->count == TRUSTED_MAX)
		wrong = "there are too many; 256 at most";
	if (wrong)
		complain(t, l, name, wrong);
	else
		l->node[l->count++] = one;
}

static int by_id(const void *a, const void *b)
{
	return digest_compare(&((const struct bmx7_trust *)a)->node,
			      &((const struct bmx7_trust *)b)->node);
}

static void publish(struct trusted *t, struct list_of *l)
{
	uint8_t bytes[TRUSTED_MAX * ENTRY_LEN];
	struct wr w = wr_over(bytes, sizeof(bytes));
	struct ev_network ev = {.kind = NETWORK_PUBLISH};

	qsort(l->node, l->count, sizeof(l->node[0]), by_id);
	t->nodes = 0;
	t->bad = l->bad;
	for (unsigned i = 0; i < l->count; i++) {
		if (l->node[i].level == 0)
			continue;
		bmx7_trust_write(&w, &l->node[i]);
		t->nodes++;
	}
	ev.publish.type = BMX7_TRUSTS;
	ev.publish.data = bytes;
	ev.publish.len = wr_len(&w);
	t->tell(t->ctx, &ev);
}

static void fault(struct trusted *t, int error)
{
	if (error != t->error)
		log_line(
			LOG_ERROR,
			"the folder of trusted nodes, %s, cannot be read: %s; until it can, nobody "
			"is trusted: only who hears this node directly reaches it",
			t->folder, strerror(-error));
	t->error = error;
}

static void folder_read(struct trusted *t)
{
	struct list_of *l = calloc(1, sizeof(*l));
	DIR *dir = opendir(t->folder);
	int error = dir ? 0 : -errno;

	if (!l) {
		if (dir)
			closedir(dir);
		return;
	}
	for (const struct dirent *e; dir && (e = readdir(dir));) {
		if (e->d_name[0] != '.')
			name_add(t, l, e->d_name);
	}
	if (dir)
		closedir(dir);
	if (error)
		fault(t, error);
	t->error = error;
	publish(t, l);
	if (l->bad > COMPLAINTS)
		log_line(LOG_WARN, "%s: and %u more", t->folder, l->bad - COMPLAINTS);
	log_line(LOG_INFO, "%u trusted nodes in %s", t->nodes, t->folder);
	free(l);
}

static void changed(uv_fs_event_t *watch, const char *name, int events, int status)
{
	struct trusted *t = watch->data;

	(void)name, (void)events, (void)status;
	if (!uv_is_active((uv_handle_t *)&t->settle))
		uv_timer_start(&t->settle, t->settle.timer_cb, TRUSTED_SETTLE_MS, 0);
}

/* Is it another folder than the one that was read last? Then it is watched and read. */
static bool folder_follow(struct trusted *t)
{
	struct stat s = {0};
	bool there = stat(t->folder, &s) == 0;
	int e;

	if (there ? s.st_dev == t->dev && s.st_ino == t->inode : t->error != 0)
		return false;
	uv_fs_event_stop(&t->watch);
	t->dev = s.st_dev;
	t->inode = s.st_ino;
	e = there ? uv_fs_event_start(&t->watch, changed, t->folder, 0) : 0;
	if (e)
		log_line(LOG_ERROR, "%s cannot be watched: %s; changes count after a restart",
			 t->folder, uv_strerror(e));
	folder_read(t);
	return true;
}

static void settled(uv_timer_t *timer)
{
	struct trusted *t = timer->data;

	if (!folder_follow(t))
		folder_read(t);
}

void trusted_look(struct trusted *t)
{
	if (t->folder)
		(void)folder_follow(t);
}

void trusted_start(struct trusted *t, uv_loop_t *uv)
{
	if (!t->folder)
		return;
	uv_fs_event_init(uv, &t->watch);
	uv_timer_init(uv, &t->settle);
	t->watch.data = t->settle.data = t;
	t->settle.timer_cb = settled;
	(void)folder_follow(t);
}

void trusted_stop(struct trusted *t)
{
	if (!t->folder)
		return;
	uv_close((uv_handle_t *)&t->watch, NULL);
	uv_close((uv_handle_t *)&t->settle, NULL);
}
