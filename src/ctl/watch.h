/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch - the engine's notes as a stream of events with words.
 *
 * Source  ours; core/note.h says what the fields of each note mean.
 * Shape   at most CTL_WATCHERS_MAX clients watch.
 */
#pragma once
#include "ctl/ctl.h"

/* A note goes to every client that watches. */
void watch_tell(struct ctl *c, instant now, const struct fx_note *note);
