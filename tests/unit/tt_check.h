/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tt_check - are an engine's tables of clients right in themselves?
 *
 * Source  ours.
 * Shape   Recomputes every count, CRC and list of struct tt_local and struct
 *         tt_global from their entries, by the slow and plain way.
 */
#pragma once
#include "core/l2/internal.h"

/* NULL: all is right; else what is not. */
const char *tt_check(const struct l2 *l2);
