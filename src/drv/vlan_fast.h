/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vlan_fast - programs in the kernel that make a TAP a VLAN port.
 *
 * Source  bpf/vlan.bpf.c, bpf/README.md.
 * Shape   Off, or on from open to close. On: for each port one program at the egress of its
 *         interface, one at the ingress of the interface below. After a crash they stay, and
 *         the next daemon puts its own in their place, or takes them away. Where nuvold is built
 * without it, vlan_fast_none.c is there instead. Memory  libbpf's object, and what the kernel
 * holds.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/mac.h"
#include "bpf/vlan_tables.h"
#include "conf/host_conf.h"
#include "drv/netlink.h"

struct bpf_object;

struct vlan_fast {
	struct bpf_object *object; /* NULL: off */
	int in_program, out_program;
	int ins, outs; /* maps */
};

/* A port is this interface, on lower, under this tag. */
struct vlan_fast_port {
	uint32_t ifindex, lower;
	struct mac mac;
	uint16_t vid, tpid;
};

/* Loads the programs, when frames may be carried so; while we have privileges. */
void vlan_fast_open(struct vlan_fast *f, enum host_datapath datapath);
/* The programs go on where they are. */
void vlan_fast_close(struct vlan_fast *f);

static inline bool vlan_fast_is_on(const struct vlan_fast *f)
{
	return f->object != NULL;
}

/* Negative errno; nothing is left then. */
int vlan_fast_set(struct vlan_fast *f, struct netlink *ask, const struct vlan_fast_port *p);
/* Also takes away what a former daemon put there. */
void vlan_fast_unset(struct vlan_fast *f, struct netlink *ask, const struct vlan_fast_port *p);
