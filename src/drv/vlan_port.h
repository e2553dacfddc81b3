/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vlan_port - an interface of a VLAN on another interface, whether the kernel has 8021q or not.
 *
 * Source  DESIGN 5; specs/datapath.md 2.3, 4.15; names as LibreMesh's: eth0_18.
 * Shape   Three drivers, chosen at start: the kernel's VLAN device, or a TAP whose frames programs
 * in the kernel tag and take the tag from (vlan_fast.h), or a TAP with which we do so, over a
 * packet socket. The first two outlive us. IPv6 is on, with the link-local address of its MAC at
 * once: MACs are unique by design, so that waiting for another to object would only delay. Memory
 * embedded by the caller; uv handles are allocated, and freed when uv has closed them.
 */
#pragma once
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/ip.h"
#include "drv/link.h"
#include "drv/packet.h"
#include "drv/tap.h"
#include "drv/vlan_fast.h"

struct vlan_tag {
	uint16_t vid, tpid;
};

/* NONE: nothing was made. */
enum vlan_driver { VLAN_NONE, VLAN_8021Q, VLAN_BPF, VLAN_TAP };

struct vlan_port_env {
	uv_loop_t *uv;
	struct links *links;
	struct netlink *ask;
	struct vlan_fast *fast; /* opened, or off */
	struct packet_rx *rx;	/* shared by all ports */
	uint32_t mtu_bytes_max; /* of the new interface */
};

struct vlan_port {
	const struct vlan_port_env *env;
	char name[IFNAMSIZ]; /* "": closed */
	int ifindex;
	enum vlan_driver driver;
	struct vlan_fast_port fast; /* of VLAN_BPF */
	bool found;		    /* it was there before: it stays when we leave */
	struct tap tap;
	struct packet *packet; /* with VLAN_BPF it only makes lower listen */
	uv_poll_t *tap_poll, *packet_poll;
	uint64_t tx_malformed; /* from the TAP, without a whole Ethernet header */
};

/* lower's name and the VLAN id: "eth0_18", cut at the front to fit. */
void vlan_port_name(const char *lower, uint16_t vid, char name[IFNAMSIZ]);

/* mac: of the new interface; another one than lower's is listened to. ours: a former daemon made
 * what is there of that name. Negative errno; nothing is left then. */
int vlan_port_open(struct vlan_port *v, const struct vlan_port_env *env, const struct link *lower,
		   struct mac mac, struct vlan_tag tag, bool ours);
/* lower changed: its MTU may be another. */
void vlan_port_follow(struct vlan_port *v, const struct link *lower);
void vlan_port_close(struct vlan_port *v);
/* "8021q", "bpf", "tap" */
const char *vlan_port_driver_name(const struct vlan_port *v);
/* We made it, and it is there when we die. */
bool vlan_port_outlives(const struct vlan_port *v);
