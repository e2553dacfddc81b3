/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_command - nuvol-sim replay FILE: a node lives again what nuvold recorded.
 *
 * Source  nuvol-sim(1).
 */
#pragma once

/* The words behind "replay". Returns the exit status: 0 the same effects, 1 others, 2 wrong usage
 * or a record that makes no sense. */
int replay_command(int count, char **word);
