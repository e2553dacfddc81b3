/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * action - what a person or a scenario does to a town that is up.
 *
 * Source  ours.
 * Shape   Names come as they were typed. false: told why.
 */
#pragma once
#include "nuvol-lab/internet.h"
#include "nuvol-lab/lab.h"

/* node "-": detaches. took: how long the switch itself took. */
bool action_roam(const char *town, const char *client, const char *node, span *took);
/* node NULL: all nodes of the segment; CUT_NONE heals. */
bool action_cut(const char *town, const char *segment, const char *node, enum cut how);

bool action_uplink(const char *town, const char *node, enum internet_fault what);

enum lease_action { LEASE_RELEASE, LEASE_RENEW };
bool action_lease(const char *town, const char *client, enum lease_action what);

enum daemon_action { DAEMON_START, DAEMON_STOP, DAEMON_KILL };
bool action_daemon(const char *town, const char *node, enum daemon_action what);
