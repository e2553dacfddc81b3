/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/tunnel_kernel.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "drv/bridge.h"
#include "drv/link.h"

static const char alias[] = "nuvol tunnel";
static const char *const kinds[] = {[TUNNEL_DEVICE_IP6TNL] = "ip6tnl",
				    [TUNNEL_DEVICE_TUN] = "tun",
				    [TUNNEL_DEVICE_OTHER] = NULL};

enum { HOP_LIMIT = 64 };

/* ---- reading ---- */

struct seen {
	int ifindex;
	char name[IFNAMSIZ];
	enum tunnel_device_kind kind; /* OTHER: not ours */
	struct tunnel_kernel_counters count;
};

static bool text_is(const struct nlattr *a, const char *text)
{
	size_t len = mnl_attr_get_payload_len(a);

	return strncmp(mnl_attr_get_payload(a), text, len) == 0 && strlen(text) <= len;
}

static enum tunnel_device_kind kind_read(const struct nlattr *info)
{
	enum tunnel_device_kind kind = TUNNEL_DEVICE_OTHER;

	netlink_each_nested(a, info)
	{
		if (mnl_attr_get_type(a) != IFLA_INFO_KIND)
			continue;
		if (text_is(a, kinds[TUNNEL_DEVICE_IP6TNL]))
			kind = TUNNEL_DEVICE_IP6TNL;
		else if (text_is(a, kinds[TUNNEL_DEVICE_TUN]))
			kind = TUNNEL_DEVICE_TUN;
	}
	return kind;
}

static void count_read(const struct nlattr *a, struct tunnel_kernel_counters *c)
{
	struct rtnl_link_stats64 s = {0};
	size_t len = mnl_attr_get_payload_len(a);

	memcpy(&s, mnl_attr_get_payload(a), len < sizeof(s) ? len : sizeof(s));
	*c = (struct tunnel_kernel_counters){
		.rx = s.rx_packets,
		.rx_bytes = s.rx_bytes,
		.rx_refused = s.rx_errors + s.rx_dropped,
		.tx = s.tx_packets,
		.tx_bytes = s.tx_bytes,
		.tx_refused = s.tx_errors + s.tx_dropped,
	};
}

static void seen_read(const struct nlmsghdr *h, struct seen *s)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	bool is_ours = false;

	*s = (struct seen){.ifindex = i->ifi_index, .kind = TUNNEL_DEVICE_OTHER};
	netlink_each(a, h, sizeof(*i))
	{
		switch (mnl_attr_get_type(a)) {
		case IFLA_IFNAME:
			snprintf(s->name, sizeof(s->name), "%.*s", (int)mnl_attr_get_payload_len(a),
				 mnl_attr_get_str(a));
			break;
		case IFLA_IFALIAS: is_ours = text_is(a, alias); break;
		case IFLA_LINKINFO: s->kind = kind_read(a); break;
		case IFLA_STATS64: count_read(a, &s->count); break;
		default: break;
		}
	}
	if (!is_ours)
		s->kind = TUNNEL_DEVICE_OTHER;
}

struct walk {
	void (*seen)(void *ctx, int ifindex, const char *name, enum tunnel_device_kind kind);
	void *ctx;
};

static int walk_seen(const struct nlmsghdr *h, void *ctx)
{
	const struct walk *w = ctx;
	struct seen s;

	seen_read(h, &s);
	if (h->nlmsg_type == RTM_NEWLINK && s.kind != TUNNEL_DEVICE_OTHER)
		w->seen(w->ctx, s.ifindex, s.name, s.kind);
	return MNL_CB_OK;
}

static struct nlmsghdr *get_begin(struct netlink *ask, int ifindex)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_GETLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));

	i->ifi_family = AF_UNSPEC;
	i->ifi_index = ifindex;
	return h;
}

int tunnel_kernel_each(struct netlink *ask,
		       void (*seen)(void *ctx, int ifindex, const char *name,
				    enum tunnel_device_kind kind),
		       void *ctx)
{
	struct walk w = {seen, ctx};

	return netlink_dump(ask, get_begin(ask, 0), walk_seen, &w);
}

static int one_seen(const struct nlmsghdr *h, void *ctx)
{
	if (h->nlmsg_type == RTM_NEWLINK)
		seen_read(h, ctx);
	return MNL_CB_OK;
}

static int look(struct netlink *ask, int ifindex, struct seen *s)
{
	*s = (struct seen){.kind = TUNNEL_DEVICE_OTHER};
	return netlink_show(ask, get_begin(ask, ifindex), one_seen, s);
}

enum tunnel_device_kind tunnel_kernel_kind(struct netlink *ask, int ifindex)
{
	struct seen s;

	return look(ask, ifindex, &s) ? TUNNEL_DEVICE_OTHER : s.kind;
}

int tunnel_kernel_count(struct netlink *ask, int ifindex, struct tunnel_kernel_counters *c)
{
	struct seen s;
	int e = look(ask, ifindex, &s);

	*c = s.count;
	return e;
}

/* ---- making ---- */

static int tunnel_put(struct netlink *ask, const char *name, int ifindex,
		      const struct tunnel_ends *ends)
{
	struct nlmsghdr *h =
		netlink_begin(ask, RTM_NEWLINK, ifindex ? 0 : NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct nlattr *info, *data;

	i->ifi_family = AF_UNSPEC;
	i->ifi_index = ifindex;
	if (ifindex == 0) /* of one that is up even its own name is refused (seen with 6.1) */
		mnl_attr_put_strz(h, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, kinds[TUNNEL_DEVICE_IP6TNL]);
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put(h, IFLA_IPTUN_LOCAL, sizeof(ends->local.b), ends->local.b);
	mnl_attr_put(h, IFLA_IPTUN_REMOTE, sizeof(ends->remote.b), ends->remote.b);
	mnl_attr_put_u8(h, IFLA_IPTUN_TTL, HOP_LIMIT);
	mnl_attr_put_u32(h, IFLA_IPTUN_FLAGS, IP6_TNL_F_IGN_ENCAP_LIMIT);
	mnl_attr_put_u8(h, IFLA_IPTUN_PROTO, 0); /* IPv4 and IPv6 */
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return netlink_ask(ask, h);
}

int tunnel_kernel_mark(struct netlink *ask, int ifindex)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_NEWLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));

	i->ifi_family = AF_UNSPEC;
	i->ifi_index = ifindex;
	mnl_attr_put_strz(h, IFLA_IFALIAS, alias);
	return netlink_ask(ask, h);
}

int tunnel_kernel_make(struct netlink *ask, const char *name, const struct tunnel_ends *ends)
{
	int ifindex = (int)if_nametoindex(name), e;
	struct seen s;

	if (ifindex != 0) {
		e = look(ask, ifindex, &s);
		if (e || s.kind != TUNNEL_DEVICE_IP6TNL)
			return e ? e : -EEXIST;
		return tunnel_put(ask, name, ifindex, ends);
	}
	e = tunnel_put(ask, name, 0, ends);
	if (e)
		return e;
	ifindex = (int)if_nametoindex(name);
	e = ifindex != 0 ? tunnel_kernel_mark(ask, ifindex) : -ENODEV;
	if (e && ifindex != 0)
		(void)link_delete(ask, ifindex);
	return e;
}

int tunnel_kernel_add_source(struct netlink *ask, int ifindex, struct ipv6 dummy)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof(*a));
	const struct ifa_cacheinfo life = {.ifa_valid = UINT32_MAX, .ifa_prefered = 0};

	a->ifa_family = AF_INET6;
	a->ifa_prefixlen = 128;
	a->ifa_flags = IFA_F_NODAD;
	a->ifa_scope = RT_SCOPE_UNIVERSE;
	a->ifa_index = (unsigned)ifindex;
	mnl_attr_put(h, IFA_LOCAL, sizeof(dummy.b), dummy.b);
	mnl_attr_put(h, IFA_ADDRESS, sizeof(dummy.b), dummy.b);
	mnl_attr_put(h, IFA_CACHEINFO, sizeof(life), &life);
	return netlink_ask(ask, h);
}
