/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer - another node that speaks ALFRED to us, and what we have of its set.
 *
 * Source  docs/specs/alfred.md "Behaviour, timers"; README.md here, its state table.
 * Shape   A primary announces itself or pushes a range; others are secondaries, or not
 *         heard as primaries yet. ours: it says where its set stands. A peer that is
 *         silent for SILENCE_ANNOUNCES intervals is no primary any more and is forgotten
 *         with its last record.
 * Memory  at most peers_max; more are refused and counted.
 */
#pragma once
#include "base/bucket.h"
#include "core/share/push.h"
#include "core/share/record.h"

struct peer {
	struct map_node node;
	struct list all;
	struct timer silence, greet;
	struct mac mac;
	bool primary, ours;
	instant heard;
	instant since; /* it is a primary */

	/* what it publishes */
	struct set set;
	bool told; /* it said where its set stands ... */
	uint32_t told_edition, told_seqno;
	instant confirmed;  /* ... and that the edition which we have is in force */
	struct list behind; /* in share.behind: it has more than we */
	struct list recent; /* in share.recent, since its first change */
	instant changed;    /* its set, as it told */
	uint8_t announced;  /* so often, by anybody, since it changed */
	uint8_t hints;	    /* so often it is still asked because another has more of it */
	instant ask_at;
	uint8_t asked; /* times, since the last answer */

	uint32_t first_hand; /* records whose source it is and that it pushed itself */
	uint32_t records;    /* charged */
	size_t bytes;

	struct bucket rx, requests;
	struct errand errand;
};

struct peer *peer_find(const struct share *s, struct mac mac);
/* NULL: no room, counted. */
struct peer *peer_get(struct share *s, instant now, struct mac mac);
/* Was it heard lately? */
bool peer_alive(const struct peer *p);
void peer_heard(struct share *s, instant now, struct peer *p);
/* It is a primary; greet it, unless it greets us. */
void peer_is_primary(struct share *s, instant now, struct peer *p, bool ours, bool greets,
		     struct fx *fx);
/* Its silence timer. */
void peer_silent(struct share *s, instant now, struct peer *p, struct fx *fx);
/* Frees it when nothing keeps it. */
void peer_release(struct share *s, struct peer *p);
void peer_free(struct share *s, struct peer *p);
