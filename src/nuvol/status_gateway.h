/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status_gateway - the status lines about what the node offers to its LAN: the anycast
 * gateway, its filter, DHCP, shared records.
 *
 * Source  docs/control.md, method "status". What the daemon does not tell is left out.
 */
#pragma once
#include "nuvol/command.h"
#include "nuvol/words.h"

/* result: all of the status. */
void status_gateway_print(const struct cli *cli, const json_t *result);

/* Nothing for a node without a default route of its own; uplinks_command.c. */
void uplinks_status_print(const struct cli *cli, const json_t *uplinks);

/* "Node      ", as all lines of the status begin. */
void status_label(const struct cli *cli, const char *name);

/* A line; one that must not be overlooked: the word in red, then why. */
void status_text(const struct cli *cli, const char *name, const char *text);
void status_bad(const struct cli *cli, const char *name, const char *word, const char *why);
