/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status - what a town looks like now.
 *
 * Source  ours; nuvol-lab(8) describes the JSON.
 */
#pragma once
#include <jansson.h>
#include "nuvol-lab/lab.h"

/* The whole state, with what the daemons say; a new reference. */
json_t *status_get(const struct lab *lab);
/* As tables for people, on stdout. */
void status_print(const json_t *status);
