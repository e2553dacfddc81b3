/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/vlan_port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/plan/plan.h"
#include "drv/bridge.h"
#include "drv/log.h"
#include "wire/ethernet.h"

enum { FRAME_ROOM = 2304, MTU_MIN = 1280, ROUNDS = 4 };

void vlan_port_name(const char *lower, uint16_t vid, char name[IFNAMSIZ])
{
	char suffix[8];
	size_t len = strlen(lower), room;

	snprintf(suffix, sizeof(suffix), "_%u", vid);
	room = IFNAMSIZ - 1 - strlen(suffix);
	snprintf(name, IFNAMSIZ, "%s%s", len > room ? lower + (len - room) : lower, suffix);
}

/* ---- the driver in user space ---- */

static void poll_closed(uv_handle_t *h)
{
	free(h);
}

static void poll_stop(uv_poll_t **p)
{
	if (*p)
		uv_close((uv_handle_t *)*p, poll_closed);
	*p = NULL;
}

static uv_poll_t *poll_start(struct vlan_port *v, int fd, uv_poll_cb ready)
{
	uv_poll_t *p = calloc(1, sizeof(*p));

	if (!p || uv_poll_init(v->env->uv, p, fd)) {
		free(p);
		return NULL;
	}
	p->data = v;
	uv_poll_start(p, UV_READABLE, ready);
	return p;
}

static void parts_close(struct vlan_port *v)
{
	poll_stop(&v->tap_poll);
	poll_stop(&v->packet_poll);
	tap_close(&v->tap);
	if (v->packet) {
		packet_close(v->packet);
		free(v->packet);
		v->packet = NULL;
	}
}

/* From the network stack to the wire. */
static void tap_ready(uv_poll_t *poll, int status, int events)
{
	struct vlan_port *v = poll->data;
	struct virtio_net_hdr header;
	uint8_t frame[FRAME_ROOM];
	int n = 1;

	(void)status, (void)events;
	for (unsigned i = 0; i < ROUNDS * PACKET_BATCH && n > 0; i++) {
		n = tap_read(&v->tap, &header, frame, sizeof(frame));
		if (n >= ETHERNET_HEADER)
			packet_copy(v->packet, frame, (size_t)n);
		else if (n > 0)
			v->tx_malformed++;
	}
	packet_flush(v->packet);
	if (n < 0)
		uv_poll_stop(poll); /* somebody deleted it: the link's end is told too */
}

/* From the wire to the network stack. */
static void packet_ready(uv_poll_t *poll, int status, int events)
{
	struct vlan_port *v = poll->data;
	const struct virtio_net_hdr header = {0};
	int n = PACKET_BATCH;

	(void)events;
	for (unsigned round = 0; round < ROUNDS && n == PACKET_BATCH; round++) {
		n = packet_read(v->packet, v->env->rx);
		for (int i = 0; i < n; i++) {
			size_t len;
			const uint8_t *frame = packet_rx_frame(v->env->rx, (unsigned)i, &len);
			/* iovec has no const; writing only reads */
			struct iovec iov = {(uint8_t *)(uintptr_t)frame, len};

			if (len >= ETHERNET_HEADER)
				tap_write(&v->tap, &header, &iov, 1);
		}
	}
	/* uv stops a poll whose interface went down; reading took the error away. */
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, packet_ready);
}

static int packet_make(struct vlan_port *v, const struct link *lower, struct mac mac,
		       struct vlan_tag tag)
{
	const struct packet_conf conf = {
		.ifindex = lower->ifindex,
		.mac = mac,
		.own_mac = !mac_equal(mac, lower->mac),
		.all_types = true,
		.tagged = true,
		.vid = tag.vid,
		.tpid = tag.tpid,
		.hear_all = tag.tpid == TPID_8021Q && lower->kind[0] == '\0',
		.in_bridge = true,
		.deaf = v->driver == VLAN_BPF,
	};
	int e;

	v->packet = calloc(1, sizeof(*v->packet));
	e = v->packet ? packet_open(v->packet, &conf) : -ENOMEM;
	if (e) {
		free(v->packet);
		v->packet = NULL;
	}
	return e;
}

static int tap_make(struct vlan_port *v, const struct link *lower, struct mac mac,
		    struct vlan_tag tag)
{
	int e = tap_open(&v->tap, v->name, false);

	if (e)
		return e;
	/* A former daemon's may outlive this one no more. */
	(void)tap_set_lasting(&v->tap, false);
	v->driver = VLAN_TAP;
	e = packet_make(v, lower, mac, tag);
	if (e)
		return e;
	v->tap_poll = poll_start(v, v->tap.fd, tap_ready);
	v->packet_poll = poll_start(v, v->packet->fd, packet_ready);
	return v->tap_poll && v->packet_poll ? 0 : -ENOMEM;
}

/* ---- programs in the kernel ---- */

static int fast_make(struct vlan_port *v, const struct link *lower, struct mac mac,
		     struct vlan_tag tag)
{
	int e = tap_open(&v->tap, v->name, false);

	v->driver = VLAN_BPF;
	if (!e)
		e = packet_make(v, lower, mac, tag);
	if (!e)
		e = tap_set_lasting(&v->tap, true);
	v->fast = (struct vlan_fast_port){.ifindex = if_nametoindex(v->name),
					  .lower = (uint32_t)lower->ifindex,
					  .mac = mac,
					  .vid = tag.vid,
					  .tpid = tag.tpid};
	return e ? e : vlan_fast_set(v->env->fast, v->env->ask, &v->fast);
}

static void fast_close(struct vlan_port *v)
{
	vlan_fast_unset(v->env->fast, v->env->ask, &v->fast);
	if (v->tap.fd >= 0)
		(void)tap_set_lasting(&v->tap, false);
}

/* ---- the kernel's driver ---- */

static int vlan_add(struct netlink *ask, const char *name, int lower, struct vlan_tag tag)
{
	struct nlmsghdr *h = netlink_begin(ask, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct nlattr *info, *data;

	i->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put_u32(h, IFLA_LINK, (uint32_t)lower);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u16(h, IFLA_VLAN_ID, tag.vid);
	mnl_attr_put_u16(h, IFLA_VLAN_PROTOCOL, htons(tag.tpid));
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return netlink_ask(ask, h);
}

/* Without 8021q. */
static int own_make(struct vlan_port *v, const struct link *lower, struct mac mac,
		    struct vlan_tag tag)
{
	int e = vlan_fast_is_on(v->env->fast) ? fast_make(v, lower, mac, tag) : -EOPNOTSUPP;

	if (!e)
		return 0;
	if (v->driver == VLAN_BPF) {
		log_line(LOG_WARN, "%s is carried by nuvold: %s", v->name, strerror(-e));
		fast_close(v);
		parts_close(v);
	}
	return tap_make(v, lower, mac, tag);
}

/* ours: what is there of that name was a former daemon's. */
static int interface_make(struct vlan_port *v, const struct link *lower, struct mac mac,
			  struct vlan_tag tag, bool ours)
{
	const struct link *l = link_find_name(v->env->links, v->name);
	int e;

	v->found = l != NULL;
	if (l && strcmp(l->kind, "tun") == 0 && ours) {
		const struct vlan_fast_port left = {.ifindex = (uint32_t)l->ifindex,
						    .lower = (uint32_t)lower->ifindex,
						    .vid = tag.vid,
						    .tpid = tag.tpid};

		if (!vlan_fast_is_on(v->env->fast))
			vlan_fast_unset(v->env->fast, v->env->ask, &left);
		return own_make(v, lower, mac, tag);
	}
	if (l) {
		if (strcmp(l->kind, "vlan") != 0 || l->lower != lower->ifindex)
			return -EEXIST;
		v->driver = VLAN_8021Q;
		return 0;
	}
	e = vlan_add(v->env->ask, v->name, lower->ifindex, tag);
	if (!e)
		v->driver = VLAN_8021Q;
	/* EPROTONOSUPPORT: 8021q without 802.1ad, long ago. */
	return e == -EOPNOTSUPP || e == -EPROTONOSUPPORT ? own_make(v, lower, mac, tag) : e;
}

/* ---- both ---- */

static void sysctl_of(const char *interface, const char *what, int value)
{
	char name[96];

	snprintf(name, sizeof(name), "net/ipv6/conf/%s/%s", interface, what);
	(void)sysctl_set(name, value);
}

static uint32_t mtu_of(const struct vlan_port *v, const struct link *lower)
{
	/* The kernel lets a VLAN device have the MTU of the interface below, a raw socket
	 * counts the tag as payload. */
	uint32_t mtu = lower->mtu_bytes -
		       (v->driver != VLAN_TAP || lower->mtu_bytes < VLAN_TAG ? 0 : VLAN_TAG);

	return mtu < v->env->mtu_bytes_max ? mtu : v->env->mtu_bytes_max;
}

static int interface_set_up(struct vlan_port *v, const struct link *lower, struct mac mac)
{
	struct netlink *ask = v->env->ask;
	const struct link *l;
	int e;

	links_resync(v->env->links);
	l = link_find_name(v->env->links, v->name);
	if (!l)
		return -ENODEV;
	v->ifindex = l->ifindex;
	sysctl_of(v->name, "disable_ipv6", 0);
	sysctl_of(v->name, "addr_gen_mode", 0);
	sysctl_of(v->name, "accept_dad", 0);
	sysctl_of(v->name, "accept_ra", 0);
	sysctl_of(v->name, "autoconf", 0);
	if (!mac_equal(l->mac, mac) && (e = link_set_mac(ask, v->ifindex, mac)))
		return e;
	e = link_set_mtu(ask, v->ifindex, mtu_of(v, lower));
	if (!e)
		e = link_set_up(ask, v->ifindex, true);
	links_resync(v->env->links);
	return e;
}

int vlan_port_open(struct vlan_port *v, const struct vlan_port_env *env, const struct link *lower,
		   struct mac mac, struct vlan_tag tag, bool ours)
{
	int e;

	*v = (struct vlan_port){.env = env, .tap.fd = -1};
	if (lower->mtu_bytes < MTU_MIN + VLAN_TAG)
		return -EMSGSIZE;
	vlan_port_name(lower->name, tag.vid, v->name);
	e = interface_make(v, lower, mac, tag, ours);
	if (!e)
		e = interface_set_up(v, lower, mac);
	v->found = v->found && !ours;
	if (e)
		vlan_port_close(v);
	return e;
}

void vlan_port_follow(struct vlan_port *v, const struct link *lower)
{
	const struct link *l = link_find(v->env->links, v->ifindex);

	if (l && l->mtu_bytes != mtu_of(v, lower) && lower->mtu_bytes >= MTU_MIN + VLAN_TAG)
		(void)link_set_mtu(v->env->ask, v->ifindex, mtu_of(v, lower));
}

void vlan_port_close(struct vlan_port *v)
{
	if (v->driver == VLAN_BPF)
		fast_close(v);
	parts_close(v);
	if (v->driver == VLAN_8021Q && !v->found)
		(void)link_delete(v->env->ask, v->ifindex);
	v->name[0] = '\0';
	v->ifindex = 0;
	v->driver = VLAN_NONE;
}

const char *vlan_port_driver_name(const struct vlan_port *v)
{
	static const char *const names[] = {
		[VLAN_NONE] = "", [VLAN_8021Q] = "8021q", [VLAN_BPF] = "bpf", [VLAN_TAP] = "tap"};

	return names[v->driver];
}

bool vlan_port_outlives(const struct vlan_port *v)
{
	return v->driver == VLAN_BPF || (v->driver == VLAN_8021Q && !v->found);
}
