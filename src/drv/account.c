/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/account.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

bool account_group(const char *name, gid_t *gid)
{
	FILE *f = fopen("/etc/group", "re");
	bool found = false;

	if (!f)
		return false;
	for (const struct group *g; !found && (g = fgetgrent(f));) {
		found = strcmp(g->gr_name, name) == 0;
		if (found)
			*gid = g->gr_gid;
	}
	fclose(f);
	return found;
}

bool account_user(const char *name, uid_t *uid)
{
	FILE *f = fopen("/etc/passwd", "re");
	bool found = false;

	if (!f)
		return false;
	for (const struct passwd *p; !found && (p = fgetpwent(f));) {
		found = strcmp(p->pw_name, name) == 0;
		if (found)
			*uid = p->pw_uid;
	}
	fclose(f);
	return found;
}
