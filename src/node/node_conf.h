/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_conf - all that an operator may set of what a node decides.
 *
 * Source  ours. Plain data; conf/ fills it, node/ reads it.
 */
#pragma once
#include "core/l2/l2_conf.h"
#include "core/plan/plan_conf.h"

struct node_conf {
	struct plan_conf plan; /* who the node is: SSID, MAC, address templates */
	struct l2_conf l2;     /* the cloud's engine */
};
