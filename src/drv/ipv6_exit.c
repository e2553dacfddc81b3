/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/ipv6_exit.h"

#include <errno.h>
#include <linux/ipv6_route.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

enum { ADDRESS_DIGITS = 32, REJECTED = 0x0200 }; /* RTF_REJECT */

bool ipv6_exit_line(const char *line, const char *served)
{
	char to[ADDRESS_DIGITS + 1], interface[32];
	unsigned bits, flags;

	/* to, bits, from, bits, by, metric, references, uses, flags, interface */
	if (sscanf(line, "%32s %2x %*32s %*2x %*32s %*8x %*8x %*8x %8x %31s", to, &bits, &flags,
		   interface) != 4)
		return false;
	return bits == 0 && strspn(to, "0") == ADDRESS_DIGITS && (flags & REJECTED) == 0 &&
	       strcmp(interface, "lo") != 0 && strcmp(interface, served) != 0;
}

static bool look(const struct ipv6_exit *x)
{
	char line[256];
	FILE *f = fopen("/proc/net/ipv6_route", "re");
	bool there = false;

	while (f && !there && fgets(line, sizeof(line), f))
		there = ipv6_exit_line(line, x->served);
	if (f)
		fclose(f);
	return there;
}

/* Is it about a default route? Looking costs as much as there are routes. */
static int message_take(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(h);
	bool *worth = ctx;

	*worth |= r->rtm_dst_len == 0;
	return MNL_CB_OK;
}

static void ready(uv_poll_t *poll, int status, int events)
{
	struct ipv6_exit *x = poll->data;
	bool there = x->there, worth = false;

	(void)events;
	/* Lost messages may have been about one. */
	if (netlink_read(&x->monitor, message_take, &worth) || worth)
		there = look(x);
	if (there != x->there) {
		x->there = there;
		x->changed(x->ctx);
	}
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, ready);
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
	x->there = look(x);
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
