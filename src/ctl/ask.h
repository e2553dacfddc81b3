/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ask - echo requests under way: who asked, for what, until when.
 *
 * Source  ours; method "ping" of docs/control.md.
 * Shape   the array in struct ctl; a free place has no client.
 */
#pragma once
#include "ctl/ctl.h"

/* An echo came back: tells the client that asked. Others' tokens are ignored. */
void ask_answered(struct ctl *c, instant now, const struct fx_echo *echo);
/* Tells those whose time is over. */
void ask_expire(struct ctl *c, instant now);
instant ask_deadline(const struct ctl *c);
/* The client is gone: nobody waits for its echoes. */
void ask_forget(struct ctl *c, const struct ctl_client *client);
