/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * preference - which gateway people prefer, kept over restarts.
 *
 * Source  ours; core/tunnel.h TUNNEL_KEEP, TUNNEL_PREFER.
 * Shape   a file in the state folder: the node's id and "wish" or "strict". Without it, any gateway
 *         will do.
 */
#pragma once
#include "conf/host_conf.h"
#include "core/ev.h"
#include "drv/run_dir.h"

/* A fault is logged. */
void preference_keep(const struct host_conf *host, const struct run_dir *run,
		     const struct tunnel_preference *p);
/* Tells what was kept, if anything was; a file that makes no sense is none. */
void preference_recall(const struct host_conf *host, const struct run_dir *run,
		       void (*tell)(void *ctx, const struct ev *ev), void *ctx);
