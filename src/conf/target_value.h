/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target_value - how a target of an uplink's checks is read and written.
 *
 * Source  ours.
 * Shape   MEANS:ADDRESS, and :PORT for tcp; an IPv6 address before a port stands in brackets.
 */
#pragma once
#include "conf/options.h"

void target_value_add(struct uplink_conf *u, const char *value, struct option_answer *a);
/* false: there are not so many. */
bool target_value_get(const struct uplink_conf *u, unsigned index, char *text, size_t room);
