/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/node_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drv/public_key.h"

enum { PATH_ROOM = 256, NUMBER_ROOM = 16 };

static const char key_name[] = "rsa.der", number_name[] = "desc_sqn";

/* How many bytes of the file came into bytes; negative errno; -EINVAL: it has more. */
static ssize_t file_read(const char *folder, const char *name, uint8_t *bytes, size_t room)
{
	char path[PATH_ROOM];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	n = read(fd, bytes, room);
	if (n < 0)
		n = -errno;
	else if ((size_t)n == room)
		n = -EINVAL;
	close(fd);
	return n;
}

static int folder_sync(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), e = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd))
		e = -errno;
	close(fd);
	return e;
}

static int bytes_write(const char *path, const uint8_t *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), e = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, bytes, len);
	if (n != (ssize_t)len)
		e = n < 0 ? -errno : -ENOSPC;
	if (!e && fsync(fd))
		e = -errno;
	close(fd);
	return e;
}

/* Whole or not at all, and on the disk. replace: or -EEXIST. */
static int file_write(const char *folder, const char *name, const uint8_t *bytes, size_t len,
		      bool replace)
{
	char path[PATH_ROOM], fresh[PATH_ROOM];
	int e;

	if (mkdir(folder, 0700) && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(fresh, sizeof(fresh), "%s/.%s.new", folder, name);
	e = bytes_write(fresh, bytes, len);
	if (!e && (replace ? rename(fresh, path) : link(fresh, path)))
		e = -errno;
	if (e || !replace)
		(void)unlink(fresh);
	return e ? e : folder_sync(folder);
}

int node_key_load(const char *folder, struct node_key *k)
{
	ssize_t n = file_read(folder, key_name, k->secret, sizeof(k->secret));

	if (n < 0)
		return (int)n;
	k->secret_len = (size_t)n;
	return public_key_of((struct job_bytes){k->secret, k->secret_len}, k->public,
			     &k->public_len)
		       ? 0
		       : -EINVAL;
}

int node_key_save(const char *folder, const struct node_key *k)
{
	return file_write(folder, key_name, k->secret, k->secret_len, false);
}

uint32_t desc_sqn_load(const char *folder)
{
	uint8_t text[NUMBER_ROOM] = "";
	ssize_t n = file_read(folder, number_name, text, sizeof(text));

	return n > 0 ? (uint32_t)strtoul((const char *)text, NULL, 10) : 0;
}

int desc_sqn_save(const char *folder, uint32_t desc_sqn)
{
	char text[NUMBER_ROOM];
	int n = snprintf(text, sizeof(text), "%u\n", desc_sqn);

	return file_write(folder, number_name, (const uint8_t *)text, (size_t)n, true);
}
