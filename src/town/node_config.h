/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_config - the configuration of a node of a town, as the lab writes it for its nuvold.
 *
 * Source  ours; the options are those of conf/options.c.
 * Shape   UCI text, and for each of its lines the line of the town file that it
 *         comes from, so that a fault is told where the person made it.
 * Memory  node_config_fini frees it.
 */
#pragma once
#include "conf/conf.h"
#include "town/town.h"

struct node_config {
	char *text;
	size_t len;
	unsigned *town_line; /* of each line of text */
	unsigned lines;
};

void node_config_init(struct node_config *c, const struct town *t, unsigned node);
void node_config_fini(struct node_config *c);

/* Reads it as nuvold will, over the defaults, into conf. false: it was refused, and
 * told on errors with the lines of the town file, which is called file there. */
bool node_config_check(const struct node_config *c, const char *file, const char *node,
		       struct conf *conf, const struct crypto *crypto, FILE *errors);
