/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expect - what a scenario waits for: a condition within a time.
 *
 * Source  ours; nuvol-lab(8) lists the conditions.
 */
#pragma once
#include "nuvol-lab/step.h"

#define EXPECT_ARGUMENTS "TIME [not] CONDITION ..."

const char *expect_check(const struct step *s);
bool expect_act(struct run *r, const struct step *s);
