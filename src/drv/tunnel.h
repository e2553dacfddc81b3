/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel - carries out what the node wishes of one-way tunnels.
 *
 * Source  core/tunnel.h; specs/bmx7.md 8.1, 8.3; docs/decisions.md.
 * Shape   Two kinds, one of which is chosen when the first tunnel is made: interfaces of the
 *         kernel's ip6_tunnel (tunnel_kernel.h), or TUN interfaces whose packets we carry
 *         (tunnel_user.h), or programs in the kernel before us (tunnel_fast.h). One interface for
 * our own end, X7main, one for each gateway in use, X7Out_ and the first 8 hex digits of its id,
 * and a letter when that is taken. Routes into them name the source. Only our end has an address,
 * IPv4: the kernel's reverse path filter takes nothing on an interface without any. A gateway that
 * the network has no way to is told to whoever sends there: its routes become unreachable ones
 * until there is a way again. Where the path is too narrow for IPv6's 1280 bytes and the outer
 * header, the kernel would have to fragment, and does not: such a gateway gets a TUN in any case.
 *         What failed is tried again each second.
 *         What says that it comes from our own cloud to our own cloud is dropped: by us, or by
 *         rules of nftables where the kernel carries our end (tunnel_filter.h).
 *         After a crash the kernel's interfaces, and TUNs with programs, go on working; the next
 * daemon takes over those that it wishes too, and after TUNNEL_PATIENCE_MS removes the others.
 * Units   inside MTU: the path's without the outer header, as far as it is proven (path_mtu.h), but
 *         never less than 1280 bytes, which IPv6 needs; on narrower paths the outer packets are
 *         fragmented.
 * Memory  gateways are allocated, TUNNEL_OUTS_MAX at most; routes ROUTES_MAX (route_table.h).
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/list.h"
#include "conf/host_conf.h"
#include "core/fx.h"
#include "drv/exit_map.h"
#include "drv/link.h"
#include "drv/path_mtu.h"
#include "drv/route.h"
#include "drv/route_table.h"
#include "drv/tunnel_fast.h"
#include "drv/tunnel_filter.h"
#include "drv/tunnel_probe.h"
#include "drv/tunnel_user.h"

#define TUNNEL_NAMES "X7" /* our interfaces begin so ... */
#define TUNNEL_END_NAME TUNNEL_NAMES "main"

enum {
	TUNNEL_LOOK_MS = 1000,
	TUNNEL_SOON_MS = 200,	    /* after a path was asked: has a router answered? */
	TUNNEL_PROBE_LOOKS = 10,    /* a path in use is asked each so many looks */
	TUNNEL_PATIENCE_MS = 60000, /* to hear of all gateways again after a restart */
	TUNNEL_OUTS_MAX = 512,	    /* each TUN is a file descriptor */
	TUNNEL_RULES_MAX = 32 + 2 * TUNNEL_CLIENT_TABLES,
	TUNNEL_MTU_MIN = 1280,
	TUNNEL_MTU_MAX = 9000,
};

struct tunnel_env {
	enum host_tunnel kind;
	struct tunnel_fast *fast; /* opened, or off */
	const struct links *links;
	uv_loop_t *uv;
	/* Is there a way to that node in the network? */
	bool (*has_route)(void *ctx, struct ipv6 primary);
	void (*tell)(void *ctx, const struct ev *ev); /* EV_TUNNEL, never from an effect */
	const char *name;			      /* that resolvers are asked for */
	const char *bridge, *anygw;		      /* interfaces that clients are behind */
	void *ctx;
};

struct tunnel_device {
	char name[IFNAMSIZ];
	int ifindex; /* 0: not there */
	bool in_kernel;
	uint32_t mtu_bytes;
	int error; /* why not; 0 */
};

/* One of another node's tunnels that is in use. */
struct tunnel_gate {
	struct list all;
	struct tunnel_out wish;
	uint32_t group; /* of its routes */
	struct tunnel_device device;
	struct tunnel_user_out user;
	bool dirty;  /* to be made, or changed */
	bool narrow; /* not for the kernel: it would not fragment */
	bool reachable;
	struct path_mtu path;
	uint64_t tx_asked; /* what had left when the path was asked */
	unsigned looks;	   /* since then */
};

struct tunnel_rule {
	struct rule rule;
	bool ours;   /* else somebody made the same */
	bool wished; /* else a former daemon's */
};

struct tunnel {
	struct tunnel_env env;
	bool started;
	bool chosen; /* which kind */
	bool in_kernel;
	bool user_started;
	struct netlink ask;
	struct route_table routes;
	struct tunnel_rule rule[TUNNEL_RULES_MAX];
	unsigned rules;
	struct tunnel_user user;
	bool has_end;
	bool end_dirty;
	struct tunnel_end end;
	struct tunnel_device device; /* of our end */
	struct ipv4 address;	     /* that it has; zero: none */
	struct tunnel_filter filter;
	struct exit_map exits;
	struct list gates;
	uint32_t gate_count, groups;
	struct path_mtu_asker asker;
	struct tunnel_probes probes;
	uv_timer_t look;
	uint64_t patient_ms; /* of uv_now: until then */
	uint64_t refused;    /* wishes: too many, or into tunnels that are not */
	int error;	     /* of the kind as a whole; 0 */
};

/* Never fails as a whole. What a former daemon left is looked at. */
void tunnel_start(struct tunnel *t, const struct tunnel_env *env);
/* Takes away what we made; uv handles are closed, the caller runs the loop to the end. */
void tunnel_stop(struct tunnel *t);

/* FX_TUNNEL. */
void tunnel_effect(struct tunnel *t, const struct fx_tunnel *e);
/* Clients go out here: by which gateway is to be known when they roam. */
void tunnel_uplink_used(struct tunnel *t);
/* The network's way to a node came, changed or went; after has_route knows. */
void tunnel_route_changed(struct tunnel *t, struct ipv6 primary);
/* The network comes in by that interface, at that number of a port; 0: no more. */
void tunnel_port(struct tunnel *t, unsigned port, int ifindex);
/* links.changed for all links. */
void tunnel_link(struct tunnel *t, const struct link *l, bool gone);
/* Before the loop sleeps. */
void tunnel_settle(struct tunnel *t);
/* After netlink messages were lost, and now and then. */
void tunnel_compare(struct tunnel *t);
/* Its part of the status, into a JSON object (tunnel_status.c). */
void tunnel_status(struct tunnel *t, json_t *into);
/* "ip6_tunnel", "bpf", "tun"; "": not chosen yet */
const char *tunnel_kind_name(const struct tunnel *t);
