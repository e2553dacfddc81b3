/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/default_route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "drv/log.h"
#include "drv/route.h"
#include "drv/route_table.h"

struct reading {
	const struct default_routes *of;
	struct default_route at[DEFAULT_ROUTES_MAX];
	unsigned count;
	/* Whose interface is known only when all was read. */
	struct {
		int ifindex;
		struct prefix to;
	} other[4 * BESIDE_MAX];
	unsigned others;
};

/* What a message says of a route. */
struct route_seen {
	uint8_t type, protocol;
	uint32_t table, metric;
	int ifindex;
	bool has_gateway;
	struct prefix to, gateway;
};

static void address_take(struct prefix *p, const struct nlattr *a, bool v6, uint8_t bits)
{
	size_t len = v6 ? 16 : 4;

	*p = (struct prefix){.v6 = v6, .net.bits = bits};
	if (mnl_attr_get_payload_len(a) == len)
		memcpy(p->net.b, mnl_attr_get_payload(a), len);
}

/* The first next hop of several. */
static void multipath_take(struct route_seen *s, const struct nlattr *a)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(a);
	size_t len = mnl_attr_get_payload_len(a);

	if (len < sizeof(*hop) || hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > len)
		return;
	s->ifindex = hop->rtnh_ifindex;
	for (const struct nlattr *n = (const struct nlattr *)(const void *)(hop + 1);
	     mnl_attr_ok(n, (int)((const char *)hop + hop->rtnh_len - (const char *)n));
	     n = mnl_attr_next(n)) {
		if (mnl_attr_get_type(n) != RTA_GATEWAY)
			continue;
		s->has_gateway = true;
		address_take(&s->gateway, n, s->to.v6, s->to.v6 ? 128 : 32);
	}
}

static struct route_seen route_read(const struct nlmsghdr *h)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(h);
	bool v6 = r->rtm_family == AF_INET6;
	struct route_seen s = {.type = r->rtm_type,
			       .protocol = r->rtm_protocol,
			       .table = r->rtm_table,
			       .to = {.v6 = v6, .net.bits = r->rtm_dst_len}};

	netlink_each(a, h, sizeof(*r))
	{
		switch (mnl_attr_get_type(a)) {
		case RTA_DST: address_take(&s.to, a, v6, r->rtm_dst_len); break;
		case RTA_TABLE: s.table = mnl_attr_get_u32(a); break;
		case RTA_PRIORITY: s.metric = mnl_attr_get_u32(a); break;
		case RTA_OIF: s.ifindex = (int)mnl_attr_get_u32(a); break;
		case RTA_MULTIPATH: multipath_take(&s, a); break;
		case RTA_GATEWAY:
			s.has_gateway = true;
			address_take(&s.gateway, a, v6, v6 ? 128 : 32);
			break;
		default: break;
		}
	}
	return s;
}

static bool is_foreign(const struct route_seen *s)
{
	return s->table == ROUTE_TABLE_MAIN && s->protocol != ROUTE_PROTOCOL &&
	       s->protocol != TUNNEL_PROTOCOL;
}

static void default_take(struct reading *r, const struct route_seen *s)
{
	const struct link *l = link_find(r->of->links, s->ifindex);
	struct default_route *d = NULL;

	if (!l || strcmp(l->name, "lo") == 0 || r->of->ours(r->of->ctx, l->name))
		return;
	for (unsigned i = 0; i < r->count; i++)
		if (r->at[i].ifindex == s->ifindex && r->at[i].v6 == s->to.v6)
			d = &r->at[i];
	if (d && d->metric <= s->metric)
		return;
	if (!d && r->count == DEFAULT_ROUTES_MAX)
		return;
	if (!d)
		d = &r->at[r->count++];
	/* Whole, padding too: compared by its bytes. */
	memset(d, 0, sizeof(*d));
	d->v6 = s->to.v6;
	d->ifindex = s->ifindex;
	memcpy(d->name, l->name, sizeof(d->name));
	d->has_gateway = s->has_gateway;
	d->gateway = s->gateway;
	d->metric = s->metric;
	d->up = l->carrier;
}

static int route_cb(const struct nlmsghdr *h, void *ctx)
{
	struct reading *r = ctx;
	const struct route_seen s = route_read(h);

	if (!is_foreign(&s) || s.type != RTN_UNICAST || s.ifindex == 0)
		return MNL_CB_OK;
	if (s.to.net.bits == 0) {
		default_take(r, &s);
	} else if (r->others < sizeof(r->other) / sizeof(r->other[0])) {
		r->other[r->others].ifindex = s.ifindex;
		r->other[r->others++].to = s.to;
	}
	return MNL_CB_OK;
}

static int read_family(struct default_routes *d, uint8_t family, struct reading *r)
{
	struct nlmsghdr *h = netlink_begin(&d->ask, RTM_GETROUTE, 0);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtm_family = family;
	m->rtm_table = ROUTE_TABLE_MAIN;
	mnl_attr_put_u32(h, RTA_TABLE, ROUTE_TABLE_MAIN);
	return netlink_dump(&d->ask, h, route_cb, r);
}

static bool is_uplink(const struct reading *r, int ifindex)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->at[i].ifindex == ifindex)
			return true;
	return false;
}

/* Each interface has its own fe80::/64. */
static bool is_link_local(const struct prefix *p)
{
	return p->v6 && p->net.b[0] == 0xfe && (p->net.b[1] & 0xc0) == 0x80;
}

static void beside_find(const struct reading *r, struct default_routes *into)
{
	memset(into->beside, 0, sizeof(into->beside));
	into->beside_count = 0;
	for (unsigned i = 0; i < r->others && into->beside_count < BESIDE_MAX; i++)
		if (is_uplink(r, r->other[i].ifindex) && !is_link_local(&r->other[i].to))
			into->beside[into->beside_count++] = r->other[i].to;
}

static void read_all(struct default_routes *d)
{
	struct reading r = {.of = d};
	struct default_routes before = *d;
	int e = read_family(d, AF_INET, &r);

	if (!e)
		e = read_family(d, AF_INET6, &r);
	if (e == -EINTR) { /* it changed meanwhile */
		d->dirty = true;
		return;
	}
	if (e) {
		log_line(LOG_WARN, "cannot read the default routes: %s", strerror(-e));
		return;
	}
	memcpy(d->at, r.at, sizeof(d->at));
	d->count = r.count;
	beside_find(&r, d);
	if (memcmp(before.at, d->at, sizeof(d->at)) != 0 || before.count != d->count ||
	    memcmp(before.beside, d->beside, sizeof(d->beside)) != 0)
		d->changed(d->ctx);
}

void default_routes_settle(struct default_routes *d)
{
	if (!d->dirty)
		return;
	d->dirty = false;
	read_all(d);
}

void default_routes_touch(struct default_routes *d)
{
	d->dirty = true;
}

static int message_take(const struct nlmsghdr *h, void *ctx)
{
	struct default_routes *d = ctx;
	const struct route_seen s = route_read(h);

	if (is_foreign(&s))
		d->dirty = true;
	return MNL_CB_OK;
}

static void ready(uv_poll_t *poll, int status, int events)
{
	struct default_routes *d = poll->data;

	(void)events;
	if (netlink_read(&d->monitor, message_take, d))
		d->dirty = true; /* lost messages may have been about one */
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, ready);
}

int default_routes_open(struct default_routes *d, uv_loop_t *uv)
{
	static const unsigned groups[] = {RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE};
	int yes = 1, e = netlink_open(&d->monitor, groups, 2);

	if (!e)
		e = netlink_open(&d->ask, NULL, 0);
	if (!e)
		e = uv_poll_init(uv, &d->poll, netlink_fd(&d->monitor));
	if (e) {
		netlink_close(&d->monitor);
		netlink_close(&d->ask);
		return e;
	}
	/* Then the kernel shows the main table only; older ones show all. */
	(void)setsockopt(netlink_fd(&d->ask), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &yes,
			 sizeof(yes));
	d->poll.data = d;
	uv_poll_start(&d->poll, UV_READABLE, ready);
	d->dirty = true;
	return 0;
}

void default_routes_close(struct default_routes *d)
{
	if (!d->monitor.socket)
		return;
	uv_close((uv_handle_t *)&d->poll, NULL);
	netlink_close(&d->monitor);
	netlink_close(&d->ask);
}
