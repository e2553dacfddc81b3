/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_dir - the folder of what must survive a reboot.
 *
 * Source  ours; nuvol.conf(5) state_dir.
 */
#pragma once
#include "conf/host_conf.h"
#include "drv/run_dir.h"

/* With a run folder of its own, a daemon has its state there unless it is told otherwise: two
 * on one machine must not share it. text: room; what is returned may be it. */
const char *state_dir_path(const struct host_conf *host, const struct run_dir *run,
			   char text[RUN_PATH_ROOM]);
