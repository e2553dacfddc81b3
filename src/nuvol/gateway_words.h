/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gateway_words - gateways to the Internet in words (prefer_command.c).
 *
 * Source  ours.
 */
#pragma once
#include <jansson.h>
#include "nuvol/command.h"

/* The answer to why gateway. */
void gateway_why_print(const struct cli *cli, const json_t *result);
