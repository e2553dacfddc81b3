/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answer - lines to a client.
 *
 * Source  docs/control.md.
 * Memory  results are taken; ids are not. Without memory for an answer the
 *         client gets an error that needs none.
 */
#pragma once
#include <jansson.h>
#include "ctl/ctl.h"

void answer_result(struct ctl_client *client, json_t *id, json_t *result);
void answer_error(struct ctl_client *client, json_t *id, const char *code, const char *message);
/* Any object as a line of its own; takes it. */
void answer_line(struct ctl_client *client, json_t *object);
