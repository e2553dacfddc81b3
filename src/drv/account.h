/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * account - users and groups of this machine, by name.
 *
 * Source  passwd(5), group(5).
 * Shape   the files only: getpwnam and getgrnam would load what nsswitch.conf names into a
 *         program that stays, and may wait for a network that is not there yet.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

/* false: there is none. */
bool account_group(const char *name, gid_t *gid);
bool account_user(const char *name, uid_t *uid);
