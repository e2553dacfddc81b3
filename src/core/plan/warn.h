/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * warn - finds where LibreMesh's rules give two things the same value.
 *
 * Source  specs/libremesh.md 1.1 (hazard), 1.2, 1.4; ours: the remedies.
 * Shape   adds to plan.warnings; a full list counts what it drops.
 */
#pragma once
#include "core/plan/plan.h"

/* All that one plan shows by itself. */
void plan_check(struct plan *p, const struct plan_conf *conf);

/* Does LibreMesh's shell change ssid before it is hashed? */
bool ssid_is_for_shell(const char *ssid);
