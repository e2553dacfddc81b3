/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel_kernel - what a host would have that carries out FX_TUNNEL.
 *
 * Source  ours; core/tunnel.h.
 * Shape   It aborts when a route goes into a tunnel that is not there, a tunnel goes while
 *         routes go into it, or what is not there goes.
 */
#pragma once
#include "core/fx.h"

enum { KERNEL_OUTS = 1024, KERNEL_ROUTES = 1024 };

struct tunnel_kernel {
	bool has_end;
	struct tunnel_end end;
	struct tunnel_out out[KERNEL_OUTS];
	size_t outs;
	struct tunnel_route route[KERNEL_ROUTES]; /* local ones too */
	size_t routes;
	struct tunnel_probe probe; /* the last one */
	unsigned probes;
	struct tunnel_preference keep;
	unsigned effects, made; /* made: tunnels */
};

void tunnel_kernel_do(struct tunnel_kernel *k, const struct fx_tunnel *f);
/* Into a tunnel; in any table. NULL: there is none. */
const struct tunnel_route *tunnel_kernel_route(const struct tunnel_kernel *k,
					       const struct prefix *prefix);
