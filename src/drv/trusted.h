/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trusted - a folder whose files name the nodes that may pass on to us what is sent to us.
 *
 * Source  specs/bmx7.md 9; the folder serves a real bmx7 too (its trustedNodesDir).
 * Shape   A file's name says all, its bytes do not matter: ID[.trust=N][.anything]: ID is 56
 *         hexadecimal digits, N is 0 (not trusted), 2 (trusted, the default) or 3 (and those
 *         whom it trusts). Files whose names begin with a dot are none of our business.
 *         .support=N is bmx7's own: what it lets others have of its tables. Ours have limits.
 *         The folder is watched; what it says is told as NETWORK_PUBLISH of TRUSTS. Without
 *         a folder to read nobody is trusted: what an operator wanted to be closed is closed.
 * Memory  embedded; folder is the caller's and lives as long.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "core/ev.h"
#include "wire/bmx7_description.h"

enum {
	TRUSTED_MAX = 256,	 /* nodes; what the engine takes */
	TRUSTED_SETTLE_MS = 100, /* changes that come together are told together */
};

struct trusted {
	const char *folder; /* NULL: everybody is trusted */
	void (*tell)(void *ctx, const struct ev_network *ev);
	void *ctx;
	uv_fs_event_t watch;
	uv_timer_t settle;
	dev_t dev; /* of the folder that was read */
	ino_t inode;
	unsigned nodes, bad; /* trusted nodes; files that say nothing good */
	int error;	     /* why the folder cannot be read; 0 */
};

/* What a file's name says. NULL: *t is filled in; else what is wrong with the name. */
const char *trusted_name_parse(const char *name, struct bmx7_trust *t);

/* folder, tell and ctx are set. Tells at once, if there is a folder. */
void trusted_start(struct trusted *t, uv_loop_t *uv);
/* Now and then: a folder that was not there, or another in its place. */
void trusted_look(struct trusted *t);
void trusted_stop(struct trusted *t);
