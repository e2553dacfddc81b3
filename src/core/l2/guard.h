/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard - what must never go from the LAN into the mesh, or back.
 *
 * Source  specs/batman-adv.md 10.1.1, 15; loops: the issue "batman-in-batman".
 * Shape   While claim frames of a foreign bridge-loop-avoidance gateway are seen
 *         on the LAN (the last within GUARD_HOLD_S), two nodes serve that LAN:
 *         we stand back, nothing crosses our cloud port in either direction.
 *         What stays on its own LAN (keep.h) is refused in both directions.
 */
#pragma once
#include "base/clock.h"
#include "base/timer.h"
#include "core/fx.h"
#include "wire/ethernet.h"

struct l2;

enum { GUARD_HOLD_S = 60 }; /* the kernel's backbone timeout; it announces each 10 s */

struct guard {
	bool blocked;
	struct mac gateway; /* whose claim was seen last */
	struct timer open;
};

enum err guard_init(struct l2 *l2);
void guard_fini(struct l2 *l2);

/* May this frame of the LAN go on? ERR_LOOP: it carries batman-adv under some
 * stack of tags. ERR_BLOCKED: a claim frame (blocks the LAN), a blocked LAN, or
 * an address that bridges keep for themselves (01:80:c2:00:00:0x, cf:00:...). */
enum err guard_from_lan(struct l2 *l2, instant now, const struct ethernet *e, const uint8_t *frame,
			size_t len, struct fx *fx);
/* Does it belong to this LAN only? ERR_KEPT, counted. To be asked after the client was
 * learnt, whose first frame asks for an address. */
enum err guard_keep(struct l2 *l2, const struct ethernet *e);
/* May this frame of the mesh go to the LAN? The same errors, counted. */
enum err guard_to_lan(struct l2 *l2, const struct ethernet *e);

/* The same questions without consequences, for l2_forward. */
enum err guard_peek_lan(const struct l2 *l2, const struct ethernet *e);
enum err guard_peek_mesh(const struct l2 *l2, const struct ethernet *e);

/* Timer: no claim for GUARD_HOLD_S. */
void guard_open(struct l2 *l2, instant now, struct fx *fx);
