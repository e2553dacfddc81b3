/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interrupt - a person or the system asks us to end, and we clean up first.
 *
 * Source  ours; signal(7).
 */
#pragma once
#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP only set a mark, and cut short what waits. */
void interrupt_init(void);
bool interrupt_came(void);
/* Forgets it, so that cleaning up can wait for things again. */
void interrupt_clear(void);
