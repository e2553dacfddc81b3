/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * small_file - a file in the run folder that another program reads: whole or not at all.
 *
 * Source  rename(2). In a folder that dnsmasq watches, names that begin with a dot are
 *         none of its business.
 */
#pragma once
#include "conf/text.h"

enum { SMALL_FILE_PATH_ROOM = 256 };

/* The text becomes the file at folder/name, readable for all; it is freed, whatever
 * happens. Negative errno. */
int small_file_write(const char *folder, const char *name, struct text *t);
/* Removes all files in the folder, and the folder. */
void small_file_remove_folder(const char *folder);
