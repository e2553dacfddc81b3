/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int bridge_add(struct netlink *ask, const char *name, struct mac mac)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct nlattr *info, *data;

	i->ifi_family = AF_UNSPEC;
	i->ifi_flags = i->ifi_change = IFF_UP;
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	if (!mac_is_zero(mac))
		mnl_attr_put(h, IFLA_ADDRESS, sizeof(mac.b), mac.b);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u32(h, IFLA_BR_FORWARD_DELAY, 0);
	mnl_attr_put_u8(h, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return netlink_ask(ask, h);
}

static int address_ask(struct netlink *ask, bool add, int ifindex, int family, const uint8_t *bytes,
		       size_t len, uint8_t bits)
{
	struct nlmsghdr *h = netlink_begin(ask, add ? RTM_NEWADDR : RTM_DELADDR,
					   add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof(*a));

	a->ifa_family = (uint8_t)family;
	a->ifa_prefixlen = bits;
	a->ifa_index = (uint32_t)ifindex;
	/* The plan's addresses are unique by design; waiting would only delay. */
	a->ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0;
	mnl_attr_put(h, IFA_LOCAL, len, bytes);
	mnl_attr_put(h, IFA_ADDRESS, len, bytes);
	if (family == AF_INET && bits < 31) {
		struct ipv4 own = {.bits = bits};

		memcpy(own.b, bytes, sizeof(own.b));
		mnl_attr_put(h, IFA_BROADCAST, sizeof(own.b), ipv4_broadcast(own).b);
	}
	return netlink_ask(ask, h);
}

int bridge_add_ipv4(struct netlink *ask, int ifindex, struct ipv4 a)
{
	return address_ask(ask, true, ifindex, AF_INET, a.b, sizeof(a.b), a.bits);
}

int bridge_add_ipv6(struct netlink *ask, int ifindex, struct ipv6 a)
{
	return address_ask(ask, true, ifindex, AF_INET6, a.b, sizeof(a.b), a.bits);
}

int bridge_del_ipv4(struct netlink *ask, int ifindex, struct ipv4 a)
{
	return address_ask(ask, false, ifindex, AF_INET, a.b, sizeof(a.b), a.bits);
}

int bridge_del_ipv6(struct netlink *ask, int ifindex, struct ipv6 a)
{
	return address_ask(ask, false, ifindex, AF_INET6, a.b, sizeof(a.b), a.bits);
}

int bridge_set_fdb(struct netlink *ask, int port, struct mac mac)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *n = mnl_nlmsg_put_extra_header(h, sizeof(*n));

	n->ndm_family = AF_BRIDGE;
	n->ndm_ifindex = port;
	n->ndm_state = NUD_REACHABLE;
	n->ndm_flags = NTF_MASTER;
	mnl_attr_put(h, NDA_LLADDR, sizeof(mac.b), mac.b);
	return netlink_ask(ask, h);
}

int bridge_flush(struct netlink *ask, int port)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_SETLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct nlattr *nest;

	i->ifi_family = AF_BRIDGE;
	i->ifi_index = port;
	nest = mnl_attr_nest_start(h, IFLA_PROTINFO);
	mnl_attr_put(h, IFLA_BRPORT_FLUSH, 0, NULL);
	mnl_attr_nest_end(h, nest);
	return netlink_ask(ask, h);
}

int sysctl_set(const char *name, int value)
{
	char path[128], text[16];
	int fd, e = 0, n = snprintf(text, sizeof(text), "%d", value);

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (write(fd, text, (size_t)n) != n)
		e = -errno;
	close(fd);
	return e;
}

int sysctl_ipv6_off(const char *interface)
{
	char name[96];

	snprintf(name, sizeof(name), "net/ipv6/conf/%s/disable_ipv6", interface);
	return sysctl_set(name, 1);
}

void sysctl_bridge_filters_off(void)
{
	(void)sysctl_set("net/bridge/bridge-nf-call-iptables", 0);
	(void)sysctl_set("net/bridge/bridge-nf-call-ip6tables", 0);
	(void)sysctl_set("net/bridge/bridge-nf-call-arptables", 0);
}
