/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/link.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* IFF_LOWER_UP of linux/if.h, which does not go together with net/if.h. */
enum { LOWER_UP = 1 << 16 };

/* ---- reading ---- */

static void kind_read(struct link *l, const struct nlattr *info)
{
	netlink_each_nested(a, info)
	{
		if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
			snprintf(l->kind, sizeof(l->kind), "%.*s", (int)mnl_attr_get_payload_len(a),
				 mnl_attr_get_str(a));
	}
}

static int number(const struct nlattr *a)
{
	return mnl_attr_get_payload_len(a) == sizeof(uint32_t) ? (int)mnl_attr_get_u32(a) : 0;
}

/* What a message says; false: it is not whole. */
static bool link_read(const struct nlmsghdr *h, struct link *l)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*i))
		return false;
	*l = (struct link){
		.ifindex = i->ifi_index,
		.ethernet = i->ifi_type == ARPHRD_ETHER && !(i->ifi_flags & IFF_LOOPBACK),
		.up = i->ifi_flags & IFF_UP,
		.carrier = (i->ifi_flags & IFF_RUNNING) && (i->ifi_flags & LOWER_UP),
	};
	netlink_each(a, h, sizeof(*i))
	{
		switch (mnl_attr_get_type(a)) {
		case IFLA_IFNAME:
			snprintf(l->name, sizeof(l->name), "%.*s", (int)mnl_attr_get_payload_len(a),
				 mnl_attr_get_str(a));
			break;
		case IFLA_ADDRESS:
			if (mnl_attr_get_payload_len(a) == sizeof(l->mac.b))
				memcpy(l->mac.b, mnl_attr_get_payload(a), sizeof(l->mac.b));
			break;
		case IFLA_MTU: l->mtu_bytes = (uint32_t)number(a); break;
		case IFLA_MASTER: l->master = number(a); break;
		case IFLA_LINK: l->lower = number(a); break;
		case IFLA_LINKINFO: kind_read(l, a); break;
		default: break;
		}
	}
	return true;
}

static struct link *find(const struct links *ls, int ifindex)
{
	list_each (l, &ls->all, struct link, all) {
		if (l->ifindex == ifindex)
			return l;
	}
	return NULL;
}

const struct link *link_find(const struct links *ls, int ifindex)
{
	return find(ls, ifindex);
}

const struct link *link_find_name(const struct links *ls, const char *name)
{
	list_each (l, &ls->all, struct link, all) {
		if (strcmp(l->name, name) == 0)
			return l;
	}
	return NULL;
}

/* ---- following ---- */

static void link_gone(struct links *ls, struct link *l)
{
	list_del(&l->all);
	ls->changed(ls->ctx, l, true);
	free(l);
}

static void link_add(struct links *ls, const struct link *now)
{
	struct link *l = malloc(sizeof(*l));
	struct list *at = &ls->all;

	if (!l)
		return; /* the next resync tries again */
	*l = *now;
	/* The first with a higher index, or the end. */
	for (at = ls->all.next; at != &ls->all; at = at->next)
		if (container_of(at, struct link, all)->ifindex > now->ifindex)
			break;
	list_insert(at, &l->all);
	ls->changed(ls->ctx, l, false);
}

static bool link_same(const struct link *a, const struct link *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->kind, b->kind) == 0 &&
	       a->ethernet == b->ethernet && a->up == b->up && a->carrier == b->carrier &&
	       a->master == b->master && a->lower == b->lower && mac_equal(a->mac, b->mac) &&
	       a->mtu_bytes == b->mtu_bytes;
}

static void link_seen(struct links *ls, const struct link *now)
{
	struct link *l = find(ls, now->ifindex);
	struct list place;

	if (!l) {
		link_add(ls, now);
		return;
	}
	l->stale = false;
	if (link_same(l, now))
		return;
	place = l->all;
	*l = *now;
	l->all = place;
	ls->changed(ls->ctx, l, false);
}

void links_rx(struct links *ls, const struct nlmsghdr *h)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	struct link now, *l;

	if ((h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK) || !link_read(h, &now))
		return;
	/* The bridge speaks of its ports in messages of its own, which lack much. */
	if (i->ifi_family != AF_UNSPEC)
		return;
	if (h->nlmsg_type == RTM_NEWLINK) {
		link_seen(ls, &now);
		return;
	}
	l = find(ls, now.ifindex);
	if (l)
		link_gone(ls, l);
}

/* Keeps what a dump says until it is over: changed() may ask the kernel itself. */
static int dump_cb(const struct nlmsghdr *h, void *ctx)
{
	struct list *found = ctx;
	struct link *l = malloc(sizeof(*l));

	if (!l) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	if (h->nlmsg_type == RTM_NEWLINK && link_read(h, l))
		list_append(found, &l->all);
	else
		free(l);
	return MNL_CB_OK;
}

static int links_dump(struct links *ls, struct list *found)
{
	struct nlmsghdr *h = netlink_begin(ls->ask, RTM_GETLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));

	i->ifi_family = AF_UNSPEC;
	return netlink_dump(ls->ask, h, dump_cb, found);
}

int links_resync(struct links *ls)
{
	struct list found;
	int e;

	list_init(&found);
	e = links_dump(ls, &found);
	list_each (l, &ls->all, struct link, all) {
		l->stale = !e;
	}
	list_each (l, &found, struct link, all) {
		list_del(&l->all);
		if (!e)
			link_seen(ls, l);
		free(l);
	}
	list_each (l, &ls->all, struct link, all) {
		if (l->stale)
			link_gone(ls, l);
	}
	return e;
}

int links_refresh(struct links *ls, int ifindex)
{
	struct nlmsghdr *h = netlink_begin(ls->ask, RTM_GETLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct list found;
	int e;

	list_init(&found);
	i->ifi_family = AF_UNSPEC;
	i->ifi_index = ifindex;
	e = netlink_show(ls->ask, h, dump_cb, &found);
	list_each (l, &found, struct link, all) {
		list_del(&l->all);
		link_seen(ls, l);
		free(l);
	}
	return e;
}

int links_init(struct links *ls, struct netlink *ask,
	       void (*changed)(void *ctx, const struct link *l, bool gone), void *ctx)
{
	*ls = (struct links){.ask = ask, .changed = changed, .ctx = ctx};
	list_init(&ls->all);
	return links_resync(ls);
}

void links_fini(struct links *ls)
{
	list_each (l, &ls->all, struct link, all) {
		list_del(&l->all);
		free(l);
	}
}

/* ---- wishes ---- */

static struct nlmsghdr *change_begin(struct netlink *ask, int ifindex, struct ifinfomsg **info)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_NEWLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));

	i->ifi_family = AF_UNSPEC;
	i->ifi_index = ifindex;
	if (info)
		*info = i;
	return h;
}

int link_set_up(struct netlink *ask, int ifindex, bool up)
{
	struct ifinfomsg *i;
	struct nlmsghdr *h = change_begin(ask, ifindex, &i);

	i->ifi_change = IFF_UP;
	i->ifi_flags = up ? IFF_UP : 0;
	return netlink_ask(ask, h);
}

int link_set_mtu(struct netlink *ask, int ifindex, uint32_t mtu_bytes)
{
	struct nlmsghdr *h = change_begin(ask, ifindex, NULL);

	mnl_attr_put_u32(h, IFLA_MTU, mtu_bytes);
	return netlink_ask(ask, h);
}

int link_set_mac(struct netlink *ask, int ifindex, struct mac mac)
{
	struct nlmsghdr *h = change_begin(ask, ifindex, NULL);

	mnl_attr_put(h, IFLA_ADDRESS, sizeof(mac.b), mac.b);
	return netlink_ask(ask, h);
}

int link_set_master(struct netlink *ask, int ifindex, int master)
{
	struct nlmsghdr *h = change_begin(ask, ifindex, NULL);

	mnl_attr_put_u32(h, IFLA_MASTER, (uint32_t)master);
	return netlink_ask(ask, h);
}

int link_delete(struct netlink *ask, int ifindex)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_DELLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));

	i->ifi_index = ifindex;
	return netlink_ask(ask, h);
}

int link_add_macvlan(struct netlink *ask, const char *name, struct mac mac, int lower)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct nlattr *info, *data;

	i->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof(mac.b), mac.b);
	mnl_attr_put_u32(h, IFLA_LINK, (uint32_t)lower);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "macvlan");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u32(h, IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return netlink_ask(ask, h);
}

static void end_put(struct nlmsghdr *h, const struct link_end *end, uint32_t mtu_bytes)
{
	mnl_attr_put_strz(h, IFLA_IFNAME, end->name);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof(end->mac.b), end->mac.b);
	mnl_attr_put_u32(h, IFLA_MTU, mtu_bytes);
}

int link_add_veth(struct netlink *ask, const struct link_end *one, const struct link_end *other,
		  uint32_t mtu_bytes)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct nlattr *info, *data, *peer;

	i->ifi_family = AF_UNSPEC;
	end_put(h, one, mtu_bytes);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	end_put(h, other, mtu_bytes);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return netlink_ask(ask, h);
}

/* ---- the other end of a veth ---- */

struct other_end {
	int ifindex;
	int space; /* the namespace's number here; -1: ours */
	bool there, used;
};

static int other_end_read(const struct nlmsghdr *h, void *ctx)
{
	struct other_end *o = ctx;

	netlink_each(a, h, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(a) == IFLA_LINK)
			o->ifindex = number(a);
		else if (mnl_attr_get_type(a) == IFLA_LINK_NETNSID)
			o->space = number(a);
	}
	return MNL_CB_OK;
}

/* One of the links there: is it the end, or does it lie on it? */
static int other_end_use(const struct nlmsghdr *h, void *ctx)
{
	struct other_end *o = ctx;
	struct link l;

	if (h->nlmsg_type != RTM_NEWLINK || !link_read(h, &l))
		return MNL_CB_OK;
	if (l.ifindex == o->ifindex)
		o->there = true;
	if (l.ifindex == o->ifindex ? l.master != 0
				    : l.lower == o->ifindex && strcmp(l.kind, "veth") != 0)
		o->used = true;
	return MNL_CB_OK;
}

bool link_other_end_is_bare(struct netlink *ask, int ifindex)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_GETLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct other_end o = {.space = -1};

	i->ifi_index = ifindex;
	if (netlink_show(ask, h, other_end_read, &o) || o.ifindex == 0)
		return false;
	h = netlink_begin(ask, RTM_GETLINK, 0);
	mnl_nlmsg_put_extra_header(h, sizeof(*i));
	if (o.space >= 0)
		mnl_attr_put_u32(h, IFLA_TARGET_NETNSID, (uint32_t)o.space);
	return netlink_dump(ask, h, other_end_use, &o) == 0 && o.there && !o.used;
}

int link_has_carrier(int socket, const char *name)
{
	struct ethtool_value link = {.cmd = ETHTOOL_GLINK};
	struct ifreq ifr = {.ifr_data = (void *)&link};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return ioctl(socket, SIOCETHTOOL, &ifr) ? -errno : link.data != 0;
}
