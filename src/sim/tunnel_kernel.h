/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel_kernel - what a host has that carries out FX_TUNNEL.
 *
 * Source  ours; core/tunnel.h.
 * Shape   It aborts when a route goes into a tunnel that is not there, a tunnel goes while
 *         routes go into it, what is not there goes, or a client is sent into a table without
 *         a route.
 * Memory  from malloc; tunnel_kernel_flush gives it back. All zero: nothing is there.
 */
#pragma once
#include <stddef.h>
#include "core/tunnel.h"

struct tunnel_kernel {
	bool has_end;
	struct tunnel_end end;
	struct tunnel_out *out;
	unsigned outs, outs_room;
	struct tunnel_route *route; /* local ones too */
	unsigned routes, routes_room;
	struct tunnel_probe probe; /* the last one */
	unsigned probes;
	struct tunnel_preference keep;
	struct tunnel_client *client;
	unsigned clients, clients_room;
	struct tunnel_client_preference keep_client;
	unsigned effects, made; /* made: tunnels */
};

void tunnel_kernel_do(struct tunnel_kernel *k, const struct fx_tunnel *f);
/* The machine was started anew. */
void tunnel_kernel_flush(struct tunnel_kernel *k);
/* The default route of a client's table; NULL: it has none of its own. */
const struct tunnel_route *tunnel_kernel_client(const struct tunnel_kernel *k, struct mac mac,
						bool v6);
/* Into a tunnel; in any table. NULL: there is none. */
const struct tunnel_route *tunnel_kernel_route(const struct tunnel_kernel *k,
					       const struct prefix *prefix);
/* The tunnel that a route leads into; NULL: it is not there. */
const struct tunnel_out *tunnel_kernel_out(const struct tunnel_kernel *k,
					   const struct tunnel_to *to);
