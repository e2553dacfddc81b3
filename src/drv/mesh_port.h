/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mesh_port - the interfaces that carry the mesh, and their packet sockets.
 *
 * Source  DESIGN 1; specs/libremesh.md 1.2, 1.4 (MAC, tag); specs/datapath.md 4.15.
 * Shape   Slots 0 .. slots_max-1 are the engine's port numbers. An interface keeps
 *         its slot, by name, when it goes and comes back; slots of interfaces that
 *         are away are reused when there is no other.
 *         Which interfaces: those that `config net` names with batadv; without any,
 *         all Ethernet-like ones (hardware, veth, bonds) that are not in a bridge,
 *         not LAN ports, and, for Wi-Fi, named as LibreMesh names its mesh ones
 *         (containing "mesh", "adhoc" or "apup"), because an access point is none.
 *         And cables of the LAN where nodes of our cloud are (cables.h).
 *         A port is up while its interface is on, has a carrier, and its socket
 *         is open. An interface that is off when it appears is switched on.
 *         MTU of a port: the interface's, less a tag: the kernel does not let a
 *         raw socket send more, though it hands longer frames in.
 * Memory  a packet socket's buffers exist while it is open.
 */
#pragma once
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf/host_conf.h"
#include "core/crypto.h"
#include "core/ev.h"
#include "core/plan/plan.h"
#include "drv/link.h"
#include "drv/packet.h"

enum { MESH_MTU_MIN = 256 }; /* less than this carries nothing useful */

struct mesh_port {
	char name[IFNAMSIZ];   /* "": the slot was never used */
	int ifindex;	       /* 0: the interface is away */
	struct packet *packet; /* NULL: not open */
	struct ev_port told;   /* what the node knows */
	uint32_t mtu_bytes;    /* of the interface */
	bool carrier;
	bool met;	/* and switched on, if it was off */
	char fault[96]; /* why it is not up, for people; "" */
};

struct cables;

struct mesh_ports {
	const struct host_conf *conf;
	const struct plan *plan;
	const struct crypto *crypto;
	struct netlink *ask;
	const struct cables *cables; /* say which LAN ports are mesh ports too; may be NULL */
	uint8_t slots_max;
	struct mesh_port slot[PORT_MAX];
	/* The socket of a port is there (and is to be watched), or NULL: no more, and
	 * packet is freed after the call. */
	void (*socket)(void *ctx, uint8_t port, struct packet *packet);
	/* A socket like conf is about to be opened (NULL: was closed). True: the fast path sees its
	 * frames first. */
	bool (*fast)(void *ctx, uint8_t port, const char *name, const struct packet_conf *conf);
	/* News for the node. */
	void (*tell)(void *ctx, const struct ev_port *ev);
	void *ctx;
};

/* The fields up to slots_max, socket, fast, tell and ctx are set by the caller. */
void mesh_ports_init(struct mesh_ports *m);
void mesh_ports_fini(struct mesh_ports *m);

/* links.changed for all links. */
void mesh_ports_link(struct mesh_ports *m, const struct link *l, bool gone);

/* May this interface carry the mesh when nobody says so? Needs no slot. */
bool mesh_port_is_automatic(const struct host_conf *conf, const struct link *l, bool wifi);
/* Is it Wi-Fi? What the operator says, else what the kernel says. */
bool mesh_port_is_wifi(const struct host_conf *conf, const char *name);
