/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forwarding_shadow - what a data path outside of an engine was told, and whether it is true.
 *
 * Source  ours; core/l2/forwarding.h.
 * Shape   Is put each effect; compared with a walk over the engine's tables.
 */
#pragma once
#include <stdbool.h>
#include "core/l2/l2.h"

enum { SHADOW_CLIENTS = 256, SHADOW_NODES = 64 };

struct shadow {
	struct fx fx; /* takes effects too */
	struct forwarding_client client[SHADOW_CLIENTS];
	unsigned clients;
	struct forwarding_node node[SHADOW_NODES];
	unsigned nodes;
	struct forwarding_port port[PORT_MAX];
	struct forwarding_cloud cloud;
	bool all; /* told: compare all */
};

void shadow_init(struct shadow *s);
void shadow_put(struct shadow *s, const struct fx_forwarding *f);
/* Is all that was told what l2 would tell now? What is asked for ("all") is done first. */
bool shadow_is_true(struct shadow *s, const struct l2 *l2);
