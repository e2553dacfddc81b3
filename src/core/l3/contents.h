/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * contents - the state of the content plane.
 *
 * Source  specs/bmx7.md 4.
 * Shape   the content plane's own; others do not look inside.
 * Memory  embedded in struct l3.
 */
#pragma once
#include "base/timer.h"

struct contents {
	struct timer due; /* whatever it has to do next */
};
