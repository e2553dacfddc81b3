/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf_files - the configuration's files on this machine.
 *
 * Source  DESIGN 4: defaults, then community, then node.
 * Shape   DIR/community and DIR/node, where DIR is CONF_DIR if NULL. Without a
 *         DIR, /etc/config/lime-community and lime-node (OpenWrt) are read first
 *         in each layer. A file that does not exist is as good as an empty one;
 *         a DIR that was asked for must exist.
 */
#pragma once
#include "conf/conf.h"

#define CONF_DIR "/etc/nuvol"

/* Defaults and all files into c. false: an error is in p (a file that cannot be
 * read is one), and c holds what the good files say. */
bool conf_load_dir(const char *dir, struct conf *c, struct conf_problems *p);
