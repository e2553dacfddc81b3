/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/lease_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "drv/log.h"
#include "drv/now.h"

enum { REWRITE_SPARE = 1024 }; /* old lines that are never worth it */

struct kept_lease {
	struct map_node by_mac;
	struct list all;
	struct lease lease;
	instant read; /* when left_s was right */
};

static uint32_t unix_s(void)
{
	return (uint32_t)time(NULL);
}

/* ---- lines ---- */

char *lease_line_print(const struct lease *l, uint32_t now_unix_s, char text[LEASE_LINE_ROOM])
{
	char mac[MAC_TEXT], ip[IPV4_TEXT];
	int n = snprintf(text, LEASE_LINE_ROOM, "%s %s %u %u %u %u %s ", mac_print(l->mac, mac),
			 ipv4_print(l->ip, ip), l->since_unix_s, l->version, l->left_s, now_unix_s,
			 l->name[0] ? l->name : "-");

	snprintf(text + n, LEASE_LINE_ROOM - (size_t)n, "%08x\n", crc32c(0, text, (size_t)n));
	return text;
}

/* A name is one word without controls. */
static bool name_is_good(const char *name)
{
	for (; *name; name++)
		if (*name <= ' ' || *name > '~')
			return false;
	return true;
}

bool lease_line_parse(const char *line, uint32_t now_unix_s, struct lease *l)
{
	char mac[MAC_TEXT], ip[IPV4_TEXT], name[LEASE_NAME_ROOM];
	uint32_t written, passed, crc;
	int crc_at = 0, end = 0;

	*l = (struct lease){0};
	if (sscanf(line, "%17s %15s %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %63s %n%8x%n",
		   mac, ip, &l->since_unix_s, &l->version, &l->left_s, &written, name, &crc_at,
		   &crc, &end) != 8)
		return false;
	if (end != crc_at + 8 || line[end] != '\0' || crc32c(0, line, (size_t)crc_at) != crc ||
	    !mac_parse(mac, &l->mac) || !ipv4_parse(ip, &l->ip) || !name_is_good(name))
		return false;
	if (strcmp(name, "-") != 0)
		snprintf(l->name, sizeof(l->name), "%s", name);
	passed = now_unix_s > written ? now_unix_s - written : 0;
	l->left_s = l->left_s > passed ? l->left_s - passed : 0;
	return true;
}

/* ---- what is kept ---- */

static struct kept_lease *kept_find(const struct lease_store *s, struct mac mac)
{
	uint32_t hash = map_hash(&s->by_mac, mac.b, sizeof(mac.b));

	for (struct map_node *n = map_first(&s->by_mac, hash); n; n = map_next(n)) {
		struct kept_lease *k = container_of(n, struct kept_lease, by_mac);

		if (mac_equal(k->lease.mac, mac))
			return k;
	}
	return NULL;
}

static void kept_drop(struct lease_store *s, struct kept_lease *k)
{
	map_del(&s->by_mac, &k->by_mac);
	list_del(&k->all);
	pool_free(&s->pool, k, sizeof(*k));
}

/* The newest is last. false: no room. */
static bool kept_put(struct lease_store *s, const struct lease *l)
{
	struct kept_lease *k = kept_find(s, l->mac);

	if (l->left_s == 0) {
		if (k)
			kept_drop(s, k);
		return true;
	}
	if (!k) {
		if (s->by_mac.count >= LEASE_STORE_MAX || !(k = pool_alloc(&s->pool, sizeof(*k))))
			return false;
		if (!map_add(&s->by_mac, &k->by_mac,
			     map_hash(&s->by_mac, l->mac.b, sizeof(l->mac.b)))) {
			pool_free(&s->pool, k, sizeof(*k));
			return false;
		}
		list_init(&k->all);
	}
	k->lease = *l;
	k->read = now_boottime();
	list_del(&k->all);
	list_append(&s->all, &k->all);
	return true;
}

static struct lease kept_now(const struct kept_lease *k)
{
	struct lease l = k->lease;
	uint32_t passed = (uint32_t)(instant_since(now_boottime(), k->read).us / 1000000);

	l.left_s = l.left_s > passed ? l.left_s - passed : 0;
	return l;
}

uint32_t lease_store_count(const struct lease_store *s)
{
	return s->open ? s->by_mac.count : 0;
}

/* ---- the file ---- */

static int bytes_write(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return fdatasync(fd) ? -errno : 0;
}

/* The folder too must know of a renamed file. */
static void folder_sync(const char *path)
{
	char copy[RUN_PATH_ROOM];
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
}

static int file_write(const struct lease_store *s)
{
	const struct text *t = &s->writing;
	char fresh[RUN_PATH_ROOM + 8];
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (s->writing_anew ? O_TRUNC : O_APPEND);
	int fd, e;

	snprintf(fresh, sizeof(fresh), "%s.new", s->path);
	fd = open(s->writing_anew ? fresh : s->path, flags, 0600);
	if (fd < 0)
		return -errno;
	e = bytes_write(fd, t->data ? t->data : "", t->len);
	close(fd);
	if (!e && s->writing_anew) {
		e = rename(fresh, s->path) ? -errno : 0;
		folder_sync(s->path);
	}
	return e;
}

static void work(uv_work_t *w)
{
	struct lease_store *s = w->data;

	s->result = file_write(s);
	uv_sem_post(&s->written);
}

static void text_free(struct text *t)
{
	free(t->data);
	*t = (struct text){0};
}

static void wake(struct lease_store *s);

static void work_done(uv_work_t *w, int status)
{
	struct lease_store *s = w->data;

	(void)status;
	if (s->closing)
		return;
	uv_sem_wait(&s->written);
	s->busy = false;
	text_free(&s->writing);
	if (s->result && s->result != s->fault)
		log_line(LOG_WARN, "cannot write %s: %s; a power loss would forget leases", s->path,
			 strerror(-s->result));
	s->fault = s->result;
	/* What could not be written is in memory yet: all of it, next time. */
	if (s->result)
		s->rewrite = true;
	else
		s->writes++;
	if (s->rewrite || s->pending.len > 0)
		wake(s);
}

static void all_print(struct lease_store *s, struct text *t)
{
	char line[LEASE_LINE_ROOM];

	s->lines = 0;
	list_each (k, &s->all, struct kept_lease, all) {
		struct lease l = kept_now(k);

		if (l.left_s == 0) {
			kept_drop(s, k);
			continue;
		}
		text_add(t, "%s", lease_line_print(&l, unix_s(), line));
		s->lines++;
	}
}

/* Moves what is to be written to `writing`. false: there is nothing. */
static bool writing_take(struct lease_store *s)
{
	s->writing_anew = s->rewrite || s->pending.failed ||
			  s->lines > 2 * s->by_mac.count + REWRITE_SPARE;
	s->rewrite = false;
	if (s->writing_anew) {
		text_free(&s->pending);
		all_print(s, &s->writing);
	} else {
		s->writing = s->pending;
		s->pending = (struct text){0};
	}
	if (s->writing.failed)
		text_free(&s->writing);
	return s->writing.len > 0 || s->writing_anew;
}

static void due(uv_timer_t *t)
{
	struct lease_store *s = t->data;

	if (s->busy || !writing_take(s))
		return;
	s->busy = true;
	s->began = now_boottime();
	s->work.data = s;
	if (uv_queue_work(t->loop, &s->work, work, work_done)) {
		work(&s->work);
		work_done(&s->work, 0);
	}
}

static void wake(struct lease_store *s)
{
	int64_t passed_ms = span_to_ms(instant_since(now_boottime(), s->began));

	if (!uv_is_active((uv_handle_t *)&s->timer))
		uv_timer_start(
			&s->timer, due,
			passed_ms < LEASE_STORE_MS ? (uint64_t)(LEASE_STORE_MS - passed_ms) : 0, 0);
}

static int file_read(struct lease_store *s)
{
	char line[LEASE_LINE_ROOM];
	FILE *f = fopen(s->path, "re");
	struct lease l;

	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), f)) {
		s->lines++;
		/* Without its end it would swallow the next one. */
		s->rewrite = s->rewrite || !strchr(line, '\n');
		line[strcspn(line, "\n")] = '\0';
		if (!lease_line_parse(line, unix_s(), &l))
			s->damaged++;
		else if (!kept_put(s, &l))
			s->refused++;
	}
	fclose(f);
	s->rewrite = s->rewrite || s->damaged > 0;
	if (s->damaged > 0)
		log_line(LOG_WARN, "%s: %u damaged lines are left out, %u leases are good", s->path,
			 s->damaged, s->by_mac.count);
	return 0;
}

int lease_store_open(struct lease_store *s, uv_loop_t *uv, const char *dir,
		     void (*show)(void *ctx, const struct lease *l), void *ctx)
{
	int e = folder_make(dir);

	*s = (struct lease_store){0};
	pool_init(&s->pool, (size_t)LEASE_STORE_MAX * (sizeof(struct kept_lease) + 32));
	map_init(&s->by_mac, &s->pool, uv_hrtime());
	list_init(&s->all);
	snprintf(s->path, sizeof(s->path), "%s/leases", dir);
	if (!e)
		e = file_read(s);
	if (e)
		return e;
	uv_timer_init(uv, &s->timer);
	uv_sem_init(&s->written, 0);
	s->timer.data = s;
	s->open = true;
	list_each (k, &s->all, struct kept_lease, all) {
		if (k->lease.left_s > 0)
			show(ctx, &k->lease);
	}
	if (s->rewrite)
		wake(s);
	return 0;
}

void lease_store_keep(struct lease_store *s, const struct lease *l)
{
	char line[LEASE_LINE_ROOM];

	if (!s->open)
		return;
	if (!kept_put(s, l)) {
		s->refused++;
		return;
	}
	text_add(&s->pending, "%s", lease_line_print(l, unix_s(), line));
	s->lines++;
	wake(s);
}

void lease_store_find_name(const struct lease_store *s, struct mac mac, char name[LEASE_NAME_ROOM])
{
	const struct kept_lease *k = s->open ? kept_find(s, mac) : NULL;

	snprintf(name, LEASE_NAME_ROOM, "%s", k ? k->lease.name : "");
}

/* Nothing is to be remembered: nothing stays behind. */
static void file_remove(const struct lease_store *s)
{
	char folder[RUN_PATH_ROOM];

	unlink(s->path);
	snprintf(folder, sizeof(folder), "%s", s->path);
	(void)rmdir(dirname(folder));
}

void lease_store_close(struct lease_store *s)
{
	if (!s->open)
		return;
	s->open = false;
	s->closing = true;
	uv_timer_stop(&s->timer);
	if (s->busy) {
		uv_sem_wait(&s->written);
		s->rewrite = s->rewrite || s->result != 0;
	}
	text_free(&s->writing);
	if (writing_take(s)) {
		int e = file_write(s);

		if (e)
			log_line(LOG_WARN, "cannot write %s: %s", s->path, strerror(-e));
	}
	text_free(&s->writing);
	if (s->by_mac.count == 0)
		file_remove(s);
	uv_close((uv_handle_t *)&s->timer, NULL);
	list_each (k, &s->all, struct kept_lease, all) {
		kept_drop(s, k);
	}
	text_free(&s->pending);
	uv_sem_destroy(&s->written);
	map_fini(&s->by_mac);
	pool_fini(&s->pool);
}
