/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * search_value - how the options of a search that are of no common kind are read and written.
 *
 * Source  specs/bmx7.md 8.2.
 */
#pragma once
#include "conf/options.h"

/* The kinds OPTION_NETWORK, OPTION_NODE_ID and OPTION_TABLE_RULE, as options.h has them. */
void search_value_set(struct conf_search *s, enum option_kind kind, const char *value,
		      struct option_answer *a);
/* false: it is not set. */
bool search_value_get(const struct conf_search *s, enum option_kind kind, char *text, size_t room);
