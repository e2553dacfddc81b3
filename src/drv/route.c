/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/route.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

enum { RULES_MAX = 64 };

struct prefix {
	uint8_t family, bits;
	uint8_t len;
	const uint8_t *bytes;
};

static struct prefix prefix_of_ipv4(const struct ipv4 *a, uint8_t bits)
{
	return (struct prefix){AF_INET, bits, sizeof(a->b), a->b};
}

static struct prefix prefix_of_ipv6(const struct ipv6 *a, uint8_t bits)
{
	return (struct prefix){AF_INET6, bits, sizeof(a->b), a->b};
}

static int route_add(struct netlink *ask, int ifindex, struct prefix to, uint32_t table,
		     uint32_t metric)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

	r->rtm_family = to.family;
	r->rtm_dst_len = to.bits;
	r->rtm_table = RT_TABLE_UNSPEC;
	r->rtm_protocol = RTPROT_STATIC;
	r->rtm_scope = RT_SCOPE_LINK;
	r->rtm_type = RTN_UNICAST;
	mnl_attr_put(h, RTA_DST, to.len, to.bytes);
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
	mnl_attr_put_u32(h, RTA_TABLE, table);
	mnl_attr_put_u32(h, RTA_PRIORITY, metric);
	return netlink_ask(ask, h);
}

int route_add_ipv4(struct netlink *ask, int ifindex, struct ipv4 a, uint32_t table, uint32_t metric)
{
	struct ipv4 network = ipv4_network(a);

	return route_add(ask, ifindex, prefix_of_ipv4(&network, a.bits), table, metric);
}

int route_add_ipv6(struct netlink *ask, int ifindex, struct ipv6 a, uint32_t table, uint32_t metric)
{
	struct ipv6 network = ipv6_network(a);

	return route_add(ask, ifindex, prefix_of_ipv6(&network, a.bits), table, metric);
}

static struct nlmsghdr *rule_begin(struct netlink *ask, bool add, uint8_t family, uint32_t table,
				   uint32_t priority)
{
	struct nlmsghdr *h = netlink_begin(ask, add ? RTM_NEWRULE : RTM_DELRULE,
					   add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct fib_rule_hdr *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

	r->family = family;
	r->action = FR_ACT_TO_TBL;
	r->table = RT_TABLE_UNSPEC;
	mnl_attr_put_u32(h, FRA_TABLE, table);
	mnl_attr_put_u32(h, FRA_PRIORITY, priority);
	return h;
}

static int rule_add(struct netlink *ask, struct prefix from, uint32_t table, uint32_t priority)
{
	struct nlmsghdr *h = rule_begin(ask, true, from.family, table, priority);
	struct fib_rule_hdr *r = mnl_nlmsg_get_payload(h);

	r->src_len = from.bits;
	mnl_attr_put(h, FRA_SRC, from.len, from.bytes);
	return netlink_ask(ask, h);
}

int rule_add_ipv4(struct netlink *ask, struct ipv4 from, uint32_t table, uint32_t priority)
{
	return rule_add(ask, prefix_of_ipv4(&from, 32), table, priority);
}

int rule_add_ipv6(struct netlink *ask, struct ipv6 from, uint32_t table, uint32_t priority)
{
	return rule_add(ask, prefix_of_ipv6(&from, 128), table, priority);
}

static int rule_any(struct netlink *ask, bool add, const struct rule *r)
{
	struct nlmsghdr *h =
		rule_begin(ask, add, r->v6 ? AF_INET6 : AF_INET, r->table, r->priority);

	if (r->protocol != 0)
		mnl_attr_put_u8(h, FRA_PROTOCOL, r->protocol);
	if (r->not_in) {
		((struct fib_rule_hdr *)mnl_nlmsg_get_payload(h))->flags = FIB_RULE_INVERT;
		mnl_attr_put_strz(h, FRA_IIFNAME, r->not_in);
	}
	if (r->mask != 0) {
		mnl_attr_put_u32(h, FRA_FWMARK, r->mark);
		mnl_attr_put_u32(h, FRA_FWMASK, r->mask);
	}
	if (r->no_default)
		mnl_attr_put_u32(h, FRA_SUPPRESS_PREFIXLEN, 0);
	return netlink_ask(ask, h);
}

int rule_add_any(struct netlink *ask, const struct rule *r)
{
	return rule_any(ask, true, r);
}

int rule_del_any(struct netlink *ask, const struct rule *r)
{
	return rule_any(ask, false, r);
}

struct rules_walk {
	uint8_t protocol;
	void (*seen)(void *ctx, const struct rule *r);
	void *ctx;
};

static int rule_seen(const struct nlmsghdr *h, void *ctx)
{
	const struct rules_walk *w = ctx;
	const struct fib_rule_hdr *f = mnl_nlmsg_get_payload(h);
	struct rule r = {.v6 = f->family == AF_INET6, .table = f->table};

	netlink_each(a, h, sizeof(*f))
	{
		uint16_t type = mnl_attr_get_type(a), len = mnl_attr_get_payload_len(a);

		if (type == FRA_PROTOCOL && len == sizeof(r.protocol))
			r.protocol = mnl_attr_get_u8(a);
		else if (type == FRA_TABLE && len == sizeof(r.table))
			r.table = mnl_attr_get_u32(a);
		else if (type == FRA_PRIORITY && len == sizeof(r.priority))
			r.priority = mnl_attr_get_u32(a);
		else if (type == FRA_FWMARK && len == sizeof(r.mark))
			r.mark = mnl_attr_get_u32(a);
		else if (type == FRA_FWMASK && len == sizeof(r.mask))
			r.mask = mnl_attr_get_u32(a);
	}
	if (r.protocol == w->protocol && f->action == FR_ACT_TO_TBL)
		w->seen(w->ctx, &r);
	return MNL_CB_OK;
}

int rules_each(struct netlink *ask, uint8_t protocol, void (*seen)(void *ctx, const struct rule *r),
	       void *ctx)
{
	struct rules_walk w = {protocol, seen, ctx};
	int e = 0;

	for (int v6 = 0; v6 < 2 && !e; v6++) {
		struct nlmsghdr *h = netlink_begin(ask, RTM_GETRULE, 0);
		struct fib_rule_hdr *f = mnl_nlmsg_put_extra_header(h, sizeof(*f));

		f->family = v6 ? AF_INET6 : AF_INET;
		e = netlink_dump(ask, h, rule_seen, &w);
	}
	return e;
}

void rules_del(struct netlink *ask, uint32_t table, uint32_t priority)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};

	/* A request deletes one rule that fits it, the last one finds none. */
	for (unsigned i = 0; i < sizeof(families); i++)
		for (unsigned n = 0; n < RULES_MAX; n++)
			if (netlink_ask(ask, rule_begin(ask, false, families[i], table, priority)))
				break;
}
