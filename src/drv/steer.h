/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steer - default routes of ours that come before the machine's own.
 *
 * Source  ip-rule(8), rtnetlink(7), linux/fib_rules.h.
 * Shape   A DHCP client's default route stays in the main table though nothing is behind it any
 *         more, and it is not ours to touch. So while there is such a route: first what the main
 *         table has but for default routes, then a table with the default route of the
 *         uplink that works, then the one of tunnels to others, then the main table:
 *           STEER_PRIORITY      main, suppress_prefixlength 0
 *           STEER_PRIORITY + 1  STEER_UPLINKS
 *           STEER_PRIORITY + 2  STEER_TUNNELS, but not for what came by a tunnel: two gateways
 *                               that lose the Internet at once would send it to each other
 *         Without any, no rule: the main table as ever.
 *         While the Internet is dead behind all of them, who is served is told so at once:
 *           STEER_PRIORITY + 3  unreachable, of what is forwarded
 *           STEER_PRIORITY + 4  unreachable, of what dnsmasq sends
 *         What else this node sends still goes by the main table: its checks must, and its owner
 *         may know better.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/steer.h"
#include "drv/default_route.h"
#include "drv/netlink.h"

struct steer {
	struct netlink *ask;
	bool on[2];   /* the rules of a family */
	bool used[2]; /* a default route in STEER_UPLINKS */
	bool dead[2];
	bool has_dns_user; /* set by the caller, like ask: as whom dnsmasq runs, if not root */
	uid_t dns_user;
	int error; /* the last one of the kernel's; 0 */
};

/* ask is set by the caller. Forgets what a former daemon left. */
void steer_start(struct steer *s);
void steer_stop(struct steer *s);
void steer_rules(struct steer *s, bool v6, bool on);
/* d: NULL, none. */
void steer_default(struct steer *s, bool v6, const struct default_route *d);
/* The Internet is dead behind all uplinks. */
void steer_dead(struct steer *s, bool v6, bool dead);
/* The same once more: the kernel forgets the routes of an interface that was down. */
void steer_again(struct steer *s, bool v6, const struct default_route *d);
