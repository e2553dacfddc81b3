/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * link_keys - our own Diffie-Hellman keys, and their renewal without a gap.
 *
 * Source  specs/bmx7.md 3.1; order of steps: ours, README.md "Renewal".
 * Shape   KEY_NOW is in our description; KEY_BEFORE was in the last one, and is still accepted;
 *         KEY_NEXT will be in the next one: its secrets with all neighbours are made first.
 */
#pragma once
#include "base/timer.h"
#include "core/fx.h"
#include "core/job.h"
#include "core/l3/near.h"

enum {
	LINK_KEY_MAX = 1 + 384, /* DH of 3072 bits, with its type */
	KEY_PREPARE_S = 2,	/* the longest that a renewal waits for secrets */
};

struct link_key {
	bool there;
	uint8_t secret[LINK_KEY_MAX];
	size_t secret_len;
	uint8_t public[LINK_KEY_MAX]; /* type byte first */
	size_t public_len;
};

struct link_keys {
	struct link_key key[KEY_AGES];
	bool published;	    /* KEY_NEXT was given to content_renew */
	struct timer renew; /* lifetime over; or secrets were waited for long enough */
};

enum err link_keys_init(struct l3 *l3);
void link_keys_fini(struct l3 *l3);
/* The first event came: asks for the first key. */
void link_keys_start(struct l3 *l3, instant now, struct fx *fx);
/* TIMER_KEYS fired. */
void link_keys_due(struct l3 *l3, instant now, struct fx *fx);
/* JOB_FOR_LINK_KEY is done. */
void link_keys_done(struct l3 *l3, instant now, const struct job_done *d, struct fx *fx);
/* A secret of KEY_NEXT was made, or a near node went: publish when none is missing. */
void link_keys_review(struct l3 *l3, instant now, struct fx *fx);
/* What belongs into the next description. NULL: there is none yet, no description can be made. */
const struct link_key *link_keys_next(const struct l3 *l3);
/* Our description went over to that key. */
void link_keys_turn(struct l3 *l3, instant now, struct fx *fx);
