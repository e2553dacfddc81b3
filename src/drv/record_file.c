/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drv/crypto.h"
#include "drv/log.h"
#include "node/node.h"

enum { PATH_ROOM = 4096 };

static struct record_file *recording;

static struct digest sha224(const struct crypto_part *part, size_t count)
{
	if (recording && recording->node)
		return recorder_sha224(&recording->recorder, part, count);
	return crypto_mbedtls()->sha224(part, count);
}

static size_t deflated(const void *data, size_t len, void *out, size_t room)
{
	if (recording && recording->node)
		return recorder_deflate(&recording->recorder, data, len, out, room);
	return crypto_mbedtls()->deflate(data, len, out, room);
}

static void leave(struct record_file *f)
{
	if (f->node)
		f->node->witness = NULL;
	f->node = NULL;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static void full_end(struct record_file *f)
{
	uint8_t item[RECORD_ITEM_HEAD + 1];
	struct wr w = wr_over(item, sizeof(item));
	const uint8_t why = RECORD_FULL;

	record_bytes_write(&w, RECORD_END, &why, 1);
	(void)write_all(f->fd, item, wr_len(&w));
	log_line(LOG_WARN,
		 "the record %s has its %llu MB and ends here; --record-max lets it be longer",
		 f->conf.path, (unsigned long long)(f->conf.max_bytes >> 20));
	leave(f);
}

static void put(void *ctx, const void *data, size_t len)
{
	struct record_file *f = ctx;

	if (f->fd < 0)
		return;
	if (f->written + len > f->conf.max_bytes) {
		full_end(f);
		return;
	}
	if (!write_all(f->fd, data, len)) {
		log_line(LOG_ERROR, "the record %s cannot be written on: %s", f->conf.path,
			 strerror(errno));
		leave(f);
		return;
	}
	f->written += len;
}

/* -errno */
static int file_make(const char *path)
{
	char old[PATH_ROOM];
	int fd;

	if ((size_t)snprintf(old, sizeof(old), "%s.old", path) >= sizeof(old))
		return -ENAMETOOLONG;
	if (rename(path, old) && errno != ENOENT)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

static void start_fill(struct record_start *s, const struct node_conf *c, instant now,
		       uint64_t seed)
{
	*s = (struct record_start){.now = now,
				   .seed = seed,
				   .primary = c->plan.primary_mac,
				   .share_self = c->share.self,
				   .targets = c->uplink.targets};
	snprintf(s->version, sizeof(s->version), "%s", NUVOL_VERSION);
	memcpy(s->target, c->uplink.target, sizeof(s->target));
}

const struct crypto *record_file_begin(struct record_file *f, const struct conf *conf, instant now,
				       uint64_t seed)
{
	static struct crypto crypto;
	struct record_start start;
	char *text;
	bool fits;

	f->fd = file_make(f->conf.path);
	if (f->fd < 0) {
		log_line(LOG_ERROR, "cannot make the record %s: %s", f->conf.path,
			 strerror(-f->fd));
		return NULL;
	}
	text = conf_print(conf);
	recorder_init(&f->recorder, crypto_mbedtls(), put, f);
	start_fill(&start, &conf->node, now, seed);
	fits = text && recorder_begin(&f->recorder, text, &start);
	free(text);
	if (!fits || f->fd < 0) {
		log_line(LOG_ERROR, "the record %s cannot hold the configuration", f->conf.path);
		leave(f);
		return NULL;
	}
	crypto = *crypto_mbedtls();
	crypto.sha224 = sha224;
	crypto.deflate = deflated;
	recording = f;
	return &crypto;
}

void record_file_watch(struct record_file *f, struct node *x)
{
	f->node = x;
	x->witness = &f->recorder.witness;
	log_line(LOG_INFO, "what this node is told is recorded in %s", f->conf.path);
}

void record_file_settle(struct record_file *f)
{
	if (f->node)
		recorder_settle(&f->recorder);
}

void record_file_end(struct record_file *f)
{
	if (f->node)
		recorder_end(&f->recorder, RECORD_STOPPED);
	leave(f);
	recording = NULL;
}
