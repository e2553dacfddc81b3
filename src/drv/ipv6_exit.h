/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipv6_exit - where does IPv6 lead from this machine: to the Internet, to other clouds, nowhere?
 *
 * Source  rtnetlink(7); /proc/net/ipv6_route. specs/needs.md 5: a default router that is
 *         none makes clients wait at each connection.
 * Shape   there: a default route into a tunnel, or one that leaves by an interface which is not
 *         the one that we serve; where our uplinks are looked after (core/uplink), this counts
 *         only while one of them carries what clients send. clouds: any route into a tunnel.
 *         Told by rtnetlink's messages.
 */
#pragma once
#include <stdbool.h>
#include <uv.h>

#include "drv/netlink.h"

struct ipv6_exit {
	struct netlink monitor;
	uv_poll_t poll;
	const char *served; /* the interface */
	bool checked;	    /* our uplinks are looked after ... */
	bool carried;	    /* ... and one carries */
	bool open;
	bool there;
	bool clouds;
	void (*changed)(void *ctx);
	void *ctx;
};

enum ipv6_way { IPV6_WAY_NONE, IPV6_WAY_UPLINK, IPV6_WAY_TUNNEL, IPV6_WAY_CLOUD };

/* What a line of /proc/net/ipv6_route says. */
enum ipv6_way ipv6_way_of(const char *line, const char *served);

/* served, checked, changed and ctx are set by the caller. Negative errno: nothing leads anywhere.
 */
int ipv6_exit_open(struct ipv6_exit *x, uv_loop_t *uv);
/* Only if checked. */
void ipv6_exit_carried(struct ipv6_exit *x, bool carried);
void ipv6_exit_close(struct ipv6_exit *x);
