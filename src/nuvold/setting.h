/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setting - an option of the configuration, given on the command line.
 *
 * Source  ours.
 */
#pragma once
#include <stdbool.h>

#include "conf/conf.h"

/* Applies "SECTION.OPTION=VALUE" (lists: values divided by spaces) over c. Sections
 * of type net have no place here. false: an error was added to p, and c is as it was. */
bool setting_apply(struct conf *c, const char *setting, struct conf_problems *p);
