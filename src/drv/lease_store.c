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

static int64_t clock_s(void)
{
	return (int64_t)unix_s() - now_boottime().us / 1000000;
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

static void text_free(struct text *t)
{
	free(t->data);
	*t = (struct text){0};
}

static int bytes_write(int fd, const struct text *t)
{
	for (size_t done = 0; done < t->len;) {
		ssize_t n = write(fd, t->data + done, t->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
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

static int anew_write(const struct lease_store *s)
{
	char fresh[RUN_PATH_ROOM + 8];
	int fd, e;

	snprintf(fresh, sizeof(fresh), "%s.new", s->path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	e = bytes_write(fd, &s->anew);
	if (!e && fdatasync(fd))
		e = -errno;
	close(fd);
	if (!e && rename(fresh, s->path))
		e = -errno;
	if (!e)
		folder_sync(s->path);
	return e;
}

static void fault(struct lease_store *s, int e)
{
	if (e && e != s->fault)
		log_line(LOG_WARN, "cannot write %s: %s; a power loss would forget leases", s->path,
			 strerror(-e));
	s->fault = e;
	/* What could not be written is in memory yet: all of it, next time. */
	s->rewrite = s->rewrite || e;
}

/* To the kernel, so that our own death loses nothing. */
static void pending_write(struct lease_store *s)
{
	int e = 0;

	s->rewrite = s->rewrite || s->pending.failed ||
		     s->lines > 2 * s->by_mac.count + REWRITE_SPARE;
	if (s->rewrite || s->pending.len == 0 || s->doing == STORE_REWRITING)
		return;
	if (s->fd < 0)
		s->fd = open(s->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (s->fd < 0)
		e = -errno;
	if (!e)
		e = bytes_write(s->fd, &s->pending);
	text_free(&s->pending);
	s->unsynced = true;
	fault(s, e);
}

/* All that is kept, into `anew`. false: no memory. */
static bool all_print(struct lease_store *s)
{
	char line[LEASE_LINE_ROOM];

	s->lines = 0;
	s->clock_s = clock_s();
	text_free(&s->pending);
	list_each (k, &s->all, struct kept_lease, all) {
		struct lease l = kept_now(k);

		if (l.left_s == 0) {
			kept_drop(s, k);
			continue;
		}
		text_add(&s->anew, "%s", lease_line_print(&l, unix_s(), line));
		s->lines++;
	}
	if (!s->anew.failed)
		return true;
	text_free(&s->anew);
	return false;
}

static int do_it(struct lease_store *s)
{
	if (s->doing == STORE_REWRITING)
		return anew_write(s);
	return fdatasync(s->fd) ? -errno : 0;
}

/* false: there is nothing to be done, or it cannot. */
static bool doing_begin(struct lease_store *s)
{
	if (s->rewrite && !all_print(s))
		return false;
	if (!s->rewrite && (!s->unsynced || s->fd < 0))
		return false;
	s->doing = s->rewrite ? STORE_REWRITING : STORE_SYNCING;
	s->rewrite = s->unsynced = false;
	s->began = now_boottime();
	return true;
}

static void doing_end(struct lease_store *s)
{
	/* The open file is the old one. */
	if (s->doing == STORE_REWRITING && s->fd >= 0) {
		close(s->fd);
		s->fd = -1;
	}
	s->doing = STORE_IDLE;
	text_free(&s->anew);
	fault(s, s->result);
	if (!s->result)
		s->writes++;
}

static void work(uv_work_t *w)
{
	struct lease_store *s = w->data;

	s->result = do_it(s);
	uv_sem_post(&s->done);
}

static void sync_soon(struct lease_store *s);

static void work_done(uv_work_t *w, int status)
{
	struct lease_store *s = w->data;

	(void)status;
	if (!s->open)
		return;
	uv_sem_wait(&s->done);
	doing_end(s);
	pending_write(s);
	sync_soon(s);
}

static void sync_due(uv_timer_t *t)
{
	struct lease_store *s = t->data;

	if (s->doing != STORE_IDLE || !doing_begin(s))
		return;
	s->work.data = s;
	if (uv_queue_work(t->loop, &s->work, work, work_done)) {
		work(&s->work);
		work_done(&s->work, 0);
	}
}

static void sync_soon(struct lease_store *s)
{
	int64_t passed = span_to_ms(instant_since(now_boottime(), s->began));
	uint64_t wait = passed < LEASE_STORE_MS ? (uint64_t)(LEASE_STORE_MS - passed) : 0;

	if ((s->rewrite || s->unsynced) && s->doing == STORE_IDLE &&
	    !uv_is_active((uv_handle_t *)&s->sync))
		uv_timer_start(&s->sync, sync_due, wait, 0);
}

static void flush_due(uv_timer_t *t)
{
	pending_write(t->data);
	sync_soon(t->data);
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

/* Whoever is shown them may keep them anew, or forget them. */
static void all_show(struct lease_store *s, void (*show)(void *ctx, const struct lease *l),
		     void *ctx)
{
	for (uint32_t n = s->by_mac.count; n > 0 && !list_empty(&s->all); n--) {
		struct kept_lease *k = container_of(s->all.next, struct kept_lease, all);
		const struct lease l = k->lease;

		list_del(&k->all);
		list_append(&s->all, &k->all);
		if (l.left_s > 0)
			show(ctx, &l);
	}
}

int lease_store_open(struct lease_store *s, uv_loop_t *uv, const char *dir,
		     void (*show)(void *ctx, const struct lease *l), void *ctx)
{
	int e = folder_make(dir);

	*s = (struct lease_store){.fd = -1, .began = {INT64_MIN / 2}};
	pool_init(&s->pool, (size_t)LEASE_STORE_MAX * (sizeof(struct kept_lease) + 32));
	map_init(&s->by_mac, &s->pool, uv_hrtime());
	list_init(&s->all);
	snprintf(s->path, sizeof(s->path), "%s/leases", dir);
	if (!e)
		e = file_read(s);
	if (e)
		return e;
	uv_timer_init(uv, &s->flush);
	uv_timer_init(uv, &s->sync);
	uv_sem_init(&s->done, 0);
	s->flush.data = s->sync.data = s;
	s->clock_s = clock_s();
	s->open = true;
	all_show(s, show, ctx);
	sync_soon(s);
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
	if (!uv_is_active((uv_handle_t *)&s->flush))
		uv_timer_start(&s->flush, flush_due, 0, 0);
}

void lease_store_check_clock(struct lease_store *s)
{
	int64_t off = clock_s() - s->clock_s;

	if (!s->open || (off >= -LEASE_STORE_CLOCK_S && off <= LEASE_STORE_CLOCK_S))
		return;
	s->rewrite = true;
	sync_soon(s);
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
	if (s->doing != STORE_IDLE) {
		uv_sem_wait(&s->done);
		doing_end(s);
	}
	pending_write(s);
	if (doing_begin(s)) {
		s->result = do_it(s);
		doing_end(s);
	}
	if (s->fd >= 0)
		close(s->fd);
	if (s->by_mac.count == 0)
		file_remove(s);
	uv_close((uv_handle_t *)&s->flush, NULL);
	uv_close((uv_handle_t *)&s->sync, NULL);
	list_each (k, &s->all, struct kept_lease, all) {
		kept_drop(s, k);
	}
	text_free(&s->pending);
	uv_sem_destroy(&s->done);
	map_fini(&s->by_mac);
	pool_fini(&s->pool);
}
