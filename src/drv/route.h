/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route - the kernel's routes and the rules that choose a table of them.
 *
 * Source  rtnetlink(7), linux/fib_rules.h.
 * Shape   wishes to the kernel; 0 or its negative errno, -EEXIST: it is there already.
 *         What leads to an interface goes with it; rules stay until they are deleted.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "core/steer.h"
#include "drv/netlink.h"

enum { ROUTE_METRIC_WORST = 2147483647 }; /* LibreMesh's */

/* The prefix of a is on the interface's link. */
int route_add_ipv4(struct netlink *ask, int ifindex, struct ipv4 a, uint32_t table,
		   uint32_t metric);
int route_add_ipv6(struct netlink *ask, int ifindex, struct ipv6 a, uint32_t table,
		   uint32_t metric);

/* What comes from exactly this address is routed by the table. */
int rule_add_ipv4(struct netlink *ask, struct ipv4 from, uint32_t table, uint32_t priority);
int rule_add_ipv6(struct netlink *ask, struct ipv6 from, uint32_t table, uint32_t priority);
/* All of a family, or all with a mark, is routed by the table, if it has a way; or one such rule
 * goes. protocol: whose rule it is, in `ip rule`; 0: nobody's. */
struct rule {
	bool v6;
	uint8_t protocol;
	bool no_default; /* a default route of that table is none */
	uint32_t table, priority;
	const char *not_in;  /* but what came in by this interface; NULL: all. rules_each does not
				read it */
	uint32_t mark, mask; /* only packets with this mark; mask 0: all */
};
int rule_add_any(struct netlink *ask, const struct rule *r);
int rule_del_any(struct netlink *ask, const struct rule *r);
/* Shows each rule of that protocol into a table. Negative errno. */
int rules_each(struct netlink *ask, uint8_t protocol, void (*seen)(void *ctx, const struct rule *r),
	       void *ctx);
/* All rules of that priority into that table go, IPv4 and IPv6. */
void rules_del(struct netlink *ask, uint32_t table, uint32_t priority);
