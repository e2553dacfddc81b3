/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/steer.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "drv/route.h"
#include "drv/route_table.h"
#include "drv/tunnel.h"

static const uint32_t tables[] = {ROUTE_TABLE_MAIN, STEER_UPLINKS, STEER_TUNNELS};

enum { STEER_RULES = sizeof(tables) / sizeof(tables[0]) };
enum { DEAD_FORWARDED, DEAD_DNS, DEAD_RULES };

static uint8_t family_of(bool v6)
{
	return v6 ? AF_INET6 : AF_INET;
}

static int rule_change(struct steer *s, bool v6, bool add, uint32_t i)
{
	const struct rule rule = {.v6 = v6,
				  .protocol = ROUTE_PROTOCOL,
				  .no_default = tables[i] == ROUTE_TABLE_MAIN,
				  .table = tables[i],
				  .priority = STEER_PRIORITY + i,
				  .not_in = tables[i] == STEER_TUNNELS ? TUNNEL_END_NAME : NULL};

	return add ? rule_add_any(s->ask, &rule) : rule_del_any(s->ask, &rule);
}

/* "lo" stands for what this node sends itself. */
static int dead_change(struct steer *s, bool v6, bool add, uint32_t i)
{
	const struct fib_rule_uid_range dnsmasq = {s->dns_user, s->dns_user};
	struct nlmsghdr *h = netlink_begin(s->ask, add ? RTM_NEWRULE : RTM_DELRULE,
					   add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct fib_rule_hdr *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

	r->family = family_of(v6);
	r->action = FR_ACT_UNREACHABLE;
	mnl_attr_put_u32(h, FRA_PRIORITY, STEER_PRIORITY + STEER_RULES + i);
	mnl_attr_put_u8(h, FRA_PROTOCOL, ROUTE_PROTOCOL);
	if (i == DEAD_FORWARDED) {
		r->flags = FIB_RULE_INVERT;
		mnl_attr_put_strz(h, FRA_IIFNAME, "lo");
	} else {
		mnl_attr_put(h, FRA_UID_RANGE, sizeof(dnsmasq), &dnsmasq);
	}
	return netlink_ask(s->ask, h);
}

static void dead_apply(struct steer *s, bool v6, bool dead)
{
	for (uint32_t i = 0; i < DEAD_RULES; i++) {
		int e = i == DEAD_DNS && !s->has_dns_user ? 0 : dead_change(s, v6, dead, i);

		if (e && e != -EEXIST && dead)
			s->error = e;
	}
}

void steer_dead(struct steer *s, bool v6, bool dead)
{
	if (dead == s->dead[v6])
		return;
	s->dead[v6] = dead;
	dead_apply(s, v6, dead);
}

static void rules_del_all(struct steer *s, bool v6)
{
	for (uint32_t i = 0; i < STEER_RULES; i++)
		(void)rule_change(s, v6, false, i);
	s->on[v6] = false;
}

static void rules_add_all(struct steer *s, bool v6)
{
	s->on[v6] = true;
	for (uint32_t i = 0; i < STEER_RULES; i++) {
		int e = rule_change(s, v6, true, i);

		if (e && e != -EEXIST)
			s->error = e;
	}
}

void steer_rules(struct steer *s, bool v6, bool on)
{
	if (on == s->on[v6])
		return;
	if (on)
		rules_add_all(s, v6);
	else
		rules_del_all(s, v6);
}

static int default_change(struct steer *s, bool v6, const struct default_route *d)
{
	struct nlmsghdr *h = netlink_begin(s->ask, d ? RTM_NEWROUTE : RTM_DELROUTE,
					   d ? NLM_F_CREATE | NLM_F_REPLACE : 0);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

	r->rtm_family = family_of(v6);
	r->rtm_table = STEER_UPLINKS;
	r->rtm_protocol = ROUTE_PROTOCOL;
	r->rtm_type = d ? RTN_UNICAST : RTN_UNSPEC;
	r->rtm_scope = d ? (v6 || d->has_gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK)
			 : RT_SCOPE_NOWHERE;
	mnl_attr_put_u32(h, RTA_PRIORITY, NETWORK_METRIC);
	if (!d)
		return netlink_ask(s->ask, h);
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)d->ifindex);
	if (d->has_gateway)
		mnl_attr_put(h, RTA_GATEWAY, v6 ? 16 : 4, d->gateway.net.b);
	return netlink_ask(s->ask, h);
}

void steer_default(struct steer *s, bool v6, const struct default_route *d)
{
	int e = 0;

	/* IPv6 would put a second one beside it. */
	if (s->used[v6] && (v6 || !d))
		(void)default_change(s, v6, NULL);
	if (d)
		e = default_change(s, v6, d);
	s->used[v6] = d && !e;
	if (e)
		s->error = e;
}

void steer_again(struct steer *s, bool v6, const struct default_route *d)
{
	if (s->on[v6])
		rules_add_all(s, v6);
	if (s->dead[v6])
		dead_apply(s, v6, true);
	if (d)
		s->used[v6] = default_change(s, v6, d) == 0;
}

void steer_start(struct steer *s)
{
	for (unsigned v6 = 0; v6 < 2; v6++) {
		rules_del_all(s, v6);
		dead_apply(s, v6, false);
		while (default_change(s, v6, NULL) == 0)
			;
		s->used[v6] = false;
	}
	s->error = 0;
}

void steer_stop(struct steer *s)
{
	for (unsigned v6 = 0; v6 < 2; v6++) {
		rules_del_all(s, v6);
		steer_dead(s, v6, false);
		steer_default(s, v6, NULL);
	}
}
