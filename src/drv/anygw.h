/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * anygw - the anycast gateway's interface: the same MAC and addresses on every node.
 *
 * Source  specs/libremesh.md 1.4; specs/datapath.md 2.5, 4.6; docs/decisions.md.
 * Shape   A pair of interfaces with one end in the bridge, or a macvlan on the bridge. Who
 *         asks for the gateway's address is answered by it alone, with the anycast MAC;
 *         what the node says from that address leaves by it (a rule into a table of its
 *         own), and nothing else does (the worst metric, and it is younger than the
 *         bridge: the kernel takes addresses of older interfaces first). The bridge gives
 *         frames for the anycast MAC to nobody else.
 *         anygw_settle compares what should be with what is, and mends; it runs at start,
 *         after each change of a link that concerns it, and now and then.
 * Memory  all that it points to is the caller's.
 */
#pragma once
#include <stdbool.h>

#include "conf/host_conf.h"
#include "core/plan/plan.h"
#include "drv/lan.h"
#include "drv/link.h"

enum { ANYGW_TABLE = 170, ANYGW_RULE = 170 };

struct anygw {
	const struct host_conf *conf;
	const struct plan *plan;
	const struct links *links;
	struct netlink *ask;
	struct lan *lan;
	char port[HOST_IFNAME_ROOM]; /* the pair's end in the bridge */
	int ifindex;		     /* 0: not there */
	bool pair;
	bool settling;
	char fault[128]; /* what could not be done, for people; "" */
};

/* The fields up to `lan` are set by the caller. What a former daemon made is adopted if it is
 * still right. */
void anygw_start(struct anygw *a);
void anygw_settle(struct anygw *a);
/* links.changed for all links. */
void anygw_link(struct anygw *a, const struct link *l, bool gone);
/* Takes away what we made. Before lan_leave. */
void anygw_stop(struct anygw *a);
/* "veth", "macvlan" */
const char *anygw_kind_name(const struct anygw *a);
