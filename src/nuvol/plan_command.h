/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_command - nuvol plan: what an SSID and a MAC give, without a daemon.
 *
 * Source  DESIGN 4.
 */
#pragma once

/* argv[0] is "plan". Exit status: 0, or 2 for wrong usage. */
int plan_command(int argc, char **argv);
