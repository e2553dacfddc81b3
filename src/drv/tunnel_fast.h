/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel_fast - programs in the kernel that carry what would else go through tunnel_user's
 * interfaces.
 *
 * Source  bpf/tunnel.bpf.c, bpf/README.md; docs/decisions.md, "Tunnels".
 * Shape   Off, or on from open to close. On: one program at the egress of each gateway's
 *         interface, one at the ingress of each interface of the network. What they do not
 *         take goes on to tunnel_user, so that nothing here may fail as a whole.
 *         After a crash programs and tables stay at the interfaces. The next daemon fills
 *         tables of its own first, then puts its programs in the place of those; with the
 *         fast path off it takes them away.
 *         Where nuvold is built without it, tunnel_fast_none.c is there instead.
 * Memory  libbpf's object, and what the kernel holds.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "bpf/tunnel_tables.h"
#include "conf/host_conf.h"
#include "core/tunnel.h"
#include "drv/netlink.h"

enum { TUNNEL_FAST_PORTS = 16 };

struct bpf_object;

struct tunnel_fast {
	struct bpf_object *object; /* NULL: off */
	int in_program, out_program;
	int ends, outs, counts; /* maps */
	bool has_end;
	uint32_t port[TUNNEL_FAST_PORTS]; /* ifindex; 0: none */
};

/* Loads the programs, when tunnels of this kind may be carried so; while we have privileges. */
void tunnel_fast_open(struct tunnel_fast *f, enum host_datapath datapath, enum host_tunnel kind);
/* Programs go from the network's interfaces; others' interfaces went with their programs. */
void tunnel_fast_close(struct tunnel_fast *f, struct netlink *ask);

static inline bool tunnel_fast_is_on(const struct tunnel_fast *f)
{
	return f->object != NULL;
}

/* Our end, whose interface is ifindex; may be said again. */
void tunnel_fast_end_set(struct tunnel_fast *f, int ifindex, const struct tunnel_end *end);
void tunnel_fast_end_unset(struct tunnel_fast *f);
/* The network comes in by this interface, too; 0: no more. */
void tunnel_fast_port(struct tunnel_fast *f, struct netlink *ask, unsigned slot, uint32_t ifindex);
/* Programs that somebody took away come back. */
void tunnel_fast_check(struct tunnel_fast *f);

/* What leaves by the interface goes to primary, from dummy; may be said again. */
void tunnel_fast_out_set(struct tunnel_fast *f, int ifindex, struct ipv6 primary,
			 struct ipv6 dummy);
void tunnel_fast_out_unset(struct tunnel_fast *f, struct netlink *ask, int ifindex);

/* What was carried for the interface; zero: nothing. */
struct tunnel_counter tunnel_fast_count(const struct tunnel_fast *f, int ifindex);
