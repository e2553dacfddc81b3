/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace - what nodes of a run tell people and have done, one line each.
 *
 * Source  ours. "SECONDS NODE WHAT ...": notes of the cores, routes, reservations.
 * Memory  none.
 */
#pragma once
#include "core/fx.h"

/* For world_watch, with the run, whose conf.trace is open. */
void trace_effect(void *run, unsigned node, const struct effect *e);
