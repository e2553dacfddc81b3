/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/small_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int bytes_write(const char *path, const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), e = 0;

	if (fd < 0)
		return -errno;
	/* Whatever our umask is: dnsmasq has a user of its own. */
	if (fchmod(fd, 0644))
		e = -errno;
	while (!e && len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			e = -errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	close(fd);
	return e;
}

int small_file_write(const char *folder, const char *name, struct text *t)
{
	char path[SMALL_FILE_PATH_ROOM], fresh[SMALL_FILE_PATH_ROOM];
	size_t len = t->len;
	char *data = t->len > 0 || t->failed ? text_take(t) : NULL;
	int e = len > 0 && !data ? -ENOMEM : 0;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
	    snprintf(fresh, sizeof(fresh), "%s/.%s", folder, name) >= (int)sizeof(fresh))
		e = -ENAMETOOLONG;
	if (!e)
		e = bytes_write(fresh, data, len);
	if (!e && rename(fresh, path))
		e = -errno;
	free(data);
	return e;
}

void small_file_remove_folder(const char *folder)
{
	DIR *d = opendir(folder);

	if (!d)
		return;
	for (struct dirent *f = readdir(d); f; f = readdir(d))
		(void)unlinkat(dirfd(d), f->d_name, 0);
	closedir(d);
	(void)rmdir(folder);
}
