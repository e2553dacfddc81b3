/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel_orphans - interfaces of tunnels that a former daemon left.
 *
 * Source  drv/tunnel_kernel.h: ours have an alias.
 * Memory  none is kept.
 */
#pragma once
#include <stdbool.h>

#include "drv/tunnel_kernel.h"

bool tunnel_orphans_any(struct netlink *ask, enum tunnel_device_kind kind);
/* Removes those that nobody wishes. */
void tunnel_orphans_remove(struct netlink *ask, enum tunnel_device_kind kind,
			   bool (*is_wished)(const void *ctx, int ifindex), const void *ctx);
