/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/state_dir.h"

#include <string.h>

const char *state_dir_path(const struct host_conf *host, const struct run_dir *run,
			   char text[RUN_PATH_ROOM])
{
	if (strcmp(host->run_dir, "/run/nuvol") == 0 ||
	    strcmp(host->state_dir, "/var/lib/nuvol") != 0)
		return host->state_dir;
	return run_dir_path(run, "state", text);
}
