/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipv6_exit - has this machine a way to the IPv6 Internet?
 *
 * Source  rtnetlink(7); /proc/net/ipv6_route. specs/needs.md 5: a default router that is
 *         none makes clients wait at each connection.
 * Shape   true while there is a default route that leaves by an interface which is not
 *         the one that we serve. Told by rtnetlink's messages.
 */
#pragma once
#include <stdbool.h>
#include <uv.h>

#include "drv/netlink.h"

struct ipv6_exit {
	struct netlink monitor;
	uv_poll_t poll;
	const char *served; /* the interface */
	bool open;
	bool there;
	void (*changed)(void *ctx);
	void *ctx;
};

/* A line of /proc/net/ipv6_route: is it such a route? */
bool ipv6_exit_line(const char *line, const char *served);

/* served, changed and ctx are set by the caller. Negative errno: `there` stays false. */
int ipv6_exit_open(struct ipv6_exit *x, uv_loop_t *uv);
void ipv6_exit_close(struct ipv6_exit *x);
