/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step - a person lets time pass bit by bit.
 *
 * Source  ours; nuvol-sim(1) --step.
 */
#pragma once
#include <stdint.h>

/* Asks on standard input: an empty line is 1 step, a number that many; 0: no more, for "q" and at
 * the end. */
uint64_t step_ask(void);
