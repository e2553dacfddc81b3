/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel_kernel - tunnels that the kernel carries: interfaces of its ip6_tunnel.
 *
 * Source  specs/bmx7.md 8.1, 8.3; linux/if_tunnel.h, linux/ip6_tunnel.h.
 * Shape   An interface for IPv4 and IPv6 inside, hop limit 64, no encapsulation limit. Ours
 *         have an alias, by which the next daemon knows them after a crash. The kernel
 *         sends from addresses that it has only, so a gateway's dummy address is put on
 *         the interface to it, deprecated: nothing else takes it as a source.
 */
#pragma once
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "drv/netlink.h"

/* Of ours: by the alias, which TUN interfaces that outlive us have too. */
enum tunnel_device_kind { TUNNEL_DEVICE_IP6TNL, TUNNEL_DEVICE_TUN, TUNNEL_DEVICE_OTHER };

struct tunnel_ends {
	struct ipv6 local, remote;
};

/* Makes it, switched off, or adopts what a former daemon made. -EOPNOTSUPP: the kernel has no
 * ip6_tunnel; -EEXIST: the name, or such a tunnel, is somebody else's. */
int tunnel_kernel_make(struct netlink *ask, const char *name, const struct tunnel_ends *ends);
/* The outer source of what we send. */
int tunnel_kernel_add_source(struct netlink *ask, int ifindex, struct ipv6 dummy);

/* Shows each of ours. Negative errno. */
int tunnel_kernel_each(struct netlink *ask,
		       void (*seen)(void *ctx, int ifindex, const char *name,
				    enum tunnel_device_kind kind),
		       void *ctx);
/* OTHER: it is not ours. */
enum tunnel_device_kind tunnel_kernel_kind(struct netlink *ask, int ifindex);
/* The alias. */
int tunnel_kernel_mark(struct netlink *ask, int ifindex);

struct tunnel_kernel_counters {
	uint64_t rx, rx_bytes, rx_refused;
	uint64_t tx, tx_bytes, tx_refused;
};
/* Negative errno. */
int tunnel_kernel_count(struct netlink *ask, int ifindex, struct tunnel_kernel_counters *c);
