/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/stations.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <stdlib.h>
#include <string.h>

/* ---- which family? ---- */

static bool text_is(const struct nlattr *a, const char *text)
{
	return mnl_attr_get_payload_len(a) == strlen(text) + 1 &&
	       memcmp(mnl_attr_get_payload(a), text, strlen(text) + 1) == 0;
}

static uint32_t number(const struct nlattr *a)
{
	return mnl_attr_get_payload_len(a) == sizeof(uint32_t) ? mnl_attr_get_u32(a) : 0;
}

static uint32_t group_read(const struct nlattr *groups, const char *group)
{
	netlink_each_nested(one, groups)
	{
		uint32_t id = 0;
		bool named = false;

		netlink_each_nested(a, one)
		{
			if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_NAME)
				named = text_is(a, group);
			else if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_ID)
				id = number(a);
		}
		if (named)
			return id;
	}
	return 0;
}

bool stations_family_read(const struct nlmsghdr *h, const char *group, uint16_t *family,
			  uint32_t *found)
{
	*family = 0;
	*found = 0;
	if (h->nlmsg_type != GENL_ID_CTRL ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(struct genlmsghdr))
		return false;
	netlink_each(a, h, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_get_payload_len(a) == sizeof(uint16_t))
			*family = mnl_attr_get_u16(a);
		else if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GROUPS)
			*found = group_read(a, group);
	}
	return *family != 0 && *found != 0;
}

struct family {
	uint16_t number;
	uint32_t group;
};

static int family_cb(const struct nlmsghdr *h, void *ctx)
{
	struct family *f = ctx;

	(void)stations_family_read(h, NL80211_MULTICAST_GROUP_MLME, &f->number, &f->group);
	return MNL_CB_OK;
}

static int family_ask(struct family *f)
{
	struct netlink ask;
	int e = netlink_open_generic(&ask, 0);

	*f = (struct family){0};
	if (e)
		return e;
	struct nlmsghdr *h = netlink_begin(&ask, GENL_ID_CTRL, 0);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	g->cmd = CTRL_CMD_GETFAMILY;
	g->version = 1;
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, NL80211_GENL_NAME);
	e = netlink_show(&ask, h, family_cb, f);
	netlink_close(&ask);
	return !e && f->group == 0 ? -ENOENT : e;
}

/* ---- hearing ---- */

void stations_rx(const struct stations *s, const struct nlmsghdr *h)
{
	const struct genlmsghdr *g = mnl_nlmsg_get_payload(h);
	struct mac mac = {{0}};
	uint32_t ifindex = 0;

	if (h->nlmsg_type != s->family || mnl_nlmsg_get_payload_len(h) < sizeof(*g) ||
	    g->cmd != NL80211_CMD_DEL_STATION)
		return;
	netlink_each(a, h, sizeof(*g))
	{
		if (mnl_attr_get_type(a) == NL80211_ATTR_IFINDEX)
			ifindex = number(a);
		else if (mnl_attr_get_type(a) == NL80211_ATTR_MAC &&
			 mnl_attr_get_payload_len(a) == sizeof(mac.b))
			memcpy(mac.b, mnl_attr_get_payload(a), sizeof(mac.b));
	}
	if (ifindex != 0 && mac_is_station(mac))
		s->gone(s->ctx, (int)ifindex, mac);
}

static int message(const struct nlmsghdr *h, void *ctx)
{
	stations_rx(ctx, h);
	return MNL_CB_OK;
}

/* Lost messages are no harm: silence tells the same later. */
static void ready(uv_poll_t *poll, int status, int events)
{
	struct stations *s = poll->data;

	(void)events;
	(void)netlink_read(&s->heard, message, s);
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, ready);
}

static void poll_closed(uv_handle_t *h)
{
	free(h);
}

int stations_start(struct stations *s, uv_loop_t *uv)
{
	struct family f;
	int e = family_ask(&f);

	if (!e)
		e = netlink_open_generic(&s->heard, f.group);
	if (e)
		return e;
	s->family = f.number;
	s->poll = calloc(1, sizeof(*s->poll));
	if (!s->poll || uv_poll_init(uv, s->poll, netlink_fd(&s->heard))) {
		free(s->poll);
		s->poll = NULL;
		netlink_close(&s->heard);
		return -ENOMEM;
	}
	s->poll->data = s;
	uv_poll_start(s->poll, UV_READABLE, ready);
	return 0;
}

void stations_stop(struct stations *s)
{
	if (!s->poll)
		return;
	uv_close((uv_handle_t *)s->poll, poll_closed);
	s->poll = NULL;
	netlink_close(&s->heard);
}
