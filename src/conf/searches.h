/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * searches - the networks outside that are searched behind other nodes' tunnels.
 *
 * Source  specs/bmx7.md 8.2, specs/libremesh.md 1.8; names of options are BMX7's.
 * Shape   `config tunOut 'NAME'`. The defaults are such sections too; a section of the same name
 *         takes the place of the default's, sections of several files add up as all do.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "node/node_conf.h"

enum { CONF_SEARCHES_PREFERRED = 2, CONF_SEARCHES_MAX = GW_SEARCHES_MAX - CONF_SEARCHES_PREFERRED };

struct conf_search {
	char name[GW_LABEL]; /* of the section */
	bool of_defaults;    /* no file has named it */
	bool disabled;
	bool has_network; /* or search.prefix is of no meaning */
	struct gw_search search;
};

struct conf_searches {
	struct conf_search at[CONF_SEARCHES_MAX];
	uint8_t count;
	char preferred[GW_NAME]; /* bmx7_pref_gw: a node's name; "none" */
};

/* The sections of an empty configuration, in UCI's syntax. */
extern const char searches_defaults[];

/* What the node is to search: those that are not disabled, and once more each of the Internet's
 * (inet4, inet6) at the preferred gateway, with ten times the rating, as inet4p and inet6p. */
void searches_tell(const struct conf_searches *c, struct node_tunnel_conf *t);
