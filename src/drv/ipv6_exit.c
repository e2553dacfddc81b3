/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/ipv6_exit.h"

#include <errno.h>
#include <linux/ipv6_route.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "drv/route_table.h"
#include "drv/tunnel.h"

enum { ADDRESS_DIGITS = 32, REJECTED = 0x0200 }; /* RTF_REJECT */

enum ipv6_way ipv6_way_of(const char *line, const char *served)
{
	char to[ADDRESS_DIGITS + 1], interface[32];
	unsigned bits, flags;
	bool tunnel;

	/* to, bits, from, bits, by, metric, references, uses, flags, interface */
	if (sscanf(line, "%32s %2x %*32s %*2x %*32s %*8x %*8x %*8x %8x %31s", to, &bits, &flags,
		   interface) != 4 ||
	    (flags & REJECTED) != 0 || strcmp(interface, "lo") == 0)
		return IPV6_WAY_NONE;
	tunnel = strncmp(interface, TUNNEL_NAMES, strlen(TUNNEL_NAMES)) == 0;
	if (bits == 0 && strspn(to, "0") == ADDRESS_DIGITS)
		return tunnel				? IPV6_WAY_TUNNEL
		       : strcmp(interface, served) != 0 ? IPV6_WAY_UPLINK
							: IPV6_WAY_NONE;
	/* Multicast, and what never leaves a link, is on each interface. */
	return tunnel && to[0] != 'f'	? IPV6_WAY_CLOUD
	       : tunnel && to[1] == 'd' ? IPV6_WAY_CLOUD
					: IPV6_WAY_NONE;
}

static void look(struct ipv6_exit *x)
{
	bool found[IPV6_WAY_CLOUD + 1] = {false};
	char line[256];
	FILE *f = fopen("/proc/net/ipv6_route", "re");

	while (f && fgets(line, sizeof(line), f))
		found[ipv6_way_of(line, x->served)] = true;
	if (f)
		fclose(f);
	x->there = found[IPV6_WAY_TUNNEL] ||
		   (found[IPV6_WAY_UPLINK] && (!x->checked || x->carried));
	x->clouds = found[IPV6_WAY_CLOUD];
}

static void look_again(struct ipv6_exit *x)
{
	const bool there = x->there, clouds = x->clouds;

	look(x);
	if (there != x->there || clouds != x->clouds)
		x->changed(x->ctx);
}

/* Is it about a default route, or a tunnel? Looking costs as much as there are routes. */
static int message_take(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(h);
	bool *worth = ctx;

	*worth |= r->rtm_dst_len == 0 || r->rtm_protocol == TUNNEL_PROTOCOL;
	return MNL_CB_OK;
}

static void ready(uv_poll_t *poll, int status, int events)
{
	struct ipv6_exit *x = poll->data;
	bool worth = false;

	(void)events;
	/* Lost messages may have been about one. */
	if (netlink_read(&x->monitor, message_take, &worth) || worth)
		look_again(x);
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, ready);
}

void ipv6_exit_carried(struct ipv6_exit *x, bool carried)
{
	x->carried = carried;
	if (x->open)
		look_again(x);
}

int ipv6_exit_open(struct ipv6_exit *x, uv_loop_t *uv)
{
	static const unsigned groups[] = {RTNLGRP_IPV6_ROUTE};
	int e = netlink_open(&x->monitor, groups, 1);

	if (!e) {
		e = uv_poll_init(uv, &x->poll, netlink_fd(&x->monitor));
		if (e)
			netlink_close(&x->monitor);
	}
	if (e)
		return e;
	x->open = true;
	x->poll.data = x;
	uv_poll_start(&x->poll, UV_READABLE, ready);
	look(x);
	return 0;
}

void ipv6_exit_close(struct ipv6_exit *x)
{
	if (!x->open)
		return;
	uv_close((uv_handle_t *)&x->poll, NULL);
	netlink_close(&x->monitor);
	x->open = false;
}
