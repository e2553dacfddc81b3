/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_command - nuvol config check, print: what the configuration files give.
 *
 * Source  DESIGN 4.
 */
#pragma once

/* argv[0] is "config". Exit status: 0, or 2 for wrong usage or a wrong file. */
int config_command(int argc, char **argv);
