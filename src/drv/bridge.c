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

enum address_wish { ADDRESS_ADD, ADDRESS_ADD_BARE, ADDRESS_DEL };

/* Even an attempt to add an IPv6 address that is there makes the kernel report its multicast
 * groups anew, which goes through the whole cloud. */
static bool ipv6_is_there(struct netlink *ask, int ifindex, const uint8_t *bytes)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_GETADDR, 0);
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof(*a));

	a->ifa_family = AF_INET6;
	a->ifa_index = (uint32_t)ifindex;
	mnl_attr_put(h, IFA_ADDRESS, 16, bytes);
	return netlink_ask(ask, h) == 0;
}

static int address_ask(struct netlink *ask, enum address_wish wish, int ifindex, int family,
		       const uint8_t *bytes, uint8_t bits)
{
	bool add = wish != ADDRESS_DEL;
	size_t len = family == AF_INET ? 4 : 16;

	if (add && family == AF_INET6 && ipv6_is_there(ask, ifindex, bytes))
		return -EEXIST;

	struct nlmsghdr *h = netlink_begin(ask, add ? RTM_NEWADDR : RTM_DELADDR,
					   add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof(*a));
	/* The plan's addresses are unique by design; waiting would only delay. */
	uint32_t flags = family == AF_INET6 ? IFA_F_NODAD : 0;

	a->ifa_family = (uint8_t)family;
	a->ifa_prefixlen = bits;
	a->ifa_index = (uint32_t)ifindex;
	if (wish == ADDRESS_ADD_BARE)
		flags |= IFA_F_NOPREFIXROUTE;
	mnl_attr_put_u32(h, IFA_FLAGS, flags);
	mnl_attr_put(h, IFA_LOCAL, len, bytes);
	mnl_attr_put(h, IFA_ADDRESS, len, bytes);
	if (family == AF_INET && bits < 31) {
		struct ipv4 own = {.bits = bits};

		memcpy(own.b, bytes, sizeof(own.b));
		mnl_attr_put(h, IFA_BROADCAST, sizeof(own.b), ipv4_broadcast(own).b);
	}
	return netlink_ask(ask, h);
}

int bridge_add_ipv4(struct netlink *ask, int ifindex, struct ipv4 a, bool route)
{
	return address_ask(ask, route ? ADDRESS_ADD : ADDRESS_ADD_BARE, ifindex, AF_INET, a.b,
			   a.bits);
}

int bridge_add_ipv6(struct netlink *ask, int ifindex, struct ipv6 a, bool route)
{
	return address_ask(ask, route ? ADDRESS_ADD : ADDRESS_ADD_BARE, ifindex, AF_INET6, a.b,
			   a.bits);
}

int bridge_del_ipv4(struct netlink *ask, int ifindex, struct ipv4 a)
{
	return address_ask(ask, ADDRESS_DEL, ifindex, AF_INET, a.b, a.bits);
}

int bridge_del_ipv6(struct netlink *ask, int ifindex, struct ipv6 a)
{
	return address_ask(ask, ADDRESS_DEL, ifindex, AF_INET6, a.b, a.bits);
}

int neighbour_set(struct netlink *ask, int ifindex, struct ipv6 a, struct mac mac)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *n = mnl_nlmsg_put_extra_header(h, sizeof(*n));

	n->ndm_family = AF_INET6;
	n->ndm_ifindex = ifindex;
	n->ndm_state = NUD_REACHABLE;
	mnl_attr_put(h, NDA_DST, sizeof(a.b), a.b);
	mnl_attr_put(h, NDA_LLADDR, sizeof(mac.b), mac.b);
	return netlink_ask(ask, h);
}

/* An entry of the bridge's table of MACs. */
static int entry_ask(struct netlink *ask, bool add, const struct ndmsg *about, struct mac mac)
{
	struct nlmsghdr *h = netlink_begin(ask, add ? RTM_NEWNEIGH : RTM_DELNEIGH,
					   add ? NLM_F_CREATE | NLM_F_REPLACE : 0);
	struct ndmsg *n = mnl_nlmsg_put_extra_header(h, sizeof(*n));

	*n = *about;
	n->ndm_family = AF_BRIDGE;
	mnl_attr_put(h, NDA_LLADDR, sizeof(mac.b), mac.b);
	return netlink_ask(ask, h);
}

static int learnt_ask(struct netlink *ask, bool add, int port, struct mac mac)
{
	const struct ndmsg about = {
		.ndm_ifindex = port, .ndm_state = NUD_REACHABLE, .ndm_flags = NTF_MASTER};

	return entry_ask(ask, add, &about, mac);
}

int bridge_set_fdb(struct netlink *ask, int port, struct mac mac)
{
	return learnt_ask(ask, true, port, mac);
}

int bridge_unset_fdb(struct netlink *ask, int port, struct mac mac)
{
	return learnt_ask(ask, false, port, mac);
}

static int fixed_ask(struct netlink *ask, bool add, int port, bool is_bridge, struct mac mac)
{
	/* The bridge's own is for its host; another is fixed: even a frame from this very
	 * address does not move it (since Linux 4.20). */
	const struct ndmsg about = {.ndm_ifindex = port,
				    .ndm_state = is_bridge ? NUD_PERMANENT : NUD_NOARP,
				    .ndm_flags = is_bridge ? NTF_SELF : NTF_MASTER | NTF_STICKY};

	return entry_ask(ask, add, &about, mac);
}

int bridge_fix_fdb(struct netlink *ask, int port, bool is_bridge, struct mac mac)
{
	return fixed_ask(ask, true, port, is_bridge, mac);
}

int bridge_unfix_fdb(struct netlink *ask, int port, bool is_bridge, struct mac mac)
{
	return fixed_ask(ask, false, port, is_bridge, mac);
}

int bridge_close_port(struct netlink *ask, int port)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_SETLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct nlattr *nest;

	i->ifi_family = AF_BRIDGE;
	i->ifi_index = port;
	nest = mnl_attr_nest_start(h, IFLA_PROTINFO);
	mnl_attr_put_u8(h, IFLA_BRPORT_LEARNING, 0);
	mnl_attr_put_u8(h, IFLA_BRPORT_UNICAST_FLOOD, 0);
	mnl_attr_nest_end(h, nest);
	return netlink_ask(ask, h);
}

int bridge_own_mac(struct netlink *ask, int port, struct mac mac)
{
	const struct ndmsg about = {
		.ndm_ifindex = port, .ndm_state = NUD_PERMANENT, .ndm_flags = NTF_MASTER};

	return entry_ask(ask, true, &about, mac);
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

bool sysctl_get(const char *name, int *value)
{
	char path[128], text[16] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	return n > 0 && sscanf(text, "%d", value) == 1;
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
