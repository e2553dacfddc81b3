/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/link.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_ROOM = 512, ANSWER_ROOM = 8192 };

struct request {
	char room[REQUEST_ROOM] __attribute__((aligned(8)));
	struct nlmsghdr *header;
};

static int request_init(struct request *r, uint16_t type, const char *name, uint32_t *index)
{
	*index = if_nametoindex(name);
	if (*index == 0)
		return -errno;
	r->header = mnl_nlmsg_put_header(r->room);
	r->header->nlmsg_type = type;
	r->header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	r->header->nlmsg_seq = 1;
	return 0;
}

static int request_send(struct request *r)
{
	char answer[ANSWER_ROOM];
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int result = 0;
	ssize_t len;

	if (!s)
		return -errno;
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(s, r->header, r->header->nlmsg_len) < 0) {
		result = -errno;
	} else {
		len = mnl_socket_recvfrom(s, answer, sizeof(answer));
		if (len < 0 ||
		    mnl_cb_run(answer, (size_t)len, 1, mnl_socket_get_portid(s), NULL, NULL) < 0)
			result = -errno;
	}
	mnl_socket_close(s);
	return result;
}

static int link_request(struct request *r, uint16_t type, const char *name, int family,
			struct ifinfomsg **info)
{
	uint32_t index;
	int result = request_init(r, type, name, &index);

	if (result < 0)
		return result;
	*info = mnl_nlmsg_put_extra_header(r->header, sizeof(**info));
	(*info)->ifi_family = (unsigned char)family;
	(*info)->ifi_index = (int)index;
	return 0;
}

int link_set_up(const char *name, bool up)
{
	struct request r;
	struct ifinfomsg *info;
	int result = link_request(&r, RTM_NEWLINK, name, AF_UNSPEC, &info);

	if (result < 0)
		return result;
	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	return request_send(&r);
}

int link_set_bridge(const char *name, const char *bridge)
{
	struct request r;
	struct ifinfomsg *info;
	uint32_t master = bridge ? if_nametoindex(bridge) : 0;
	int result = link_request(&r, RTM_NEWLINK, name, AF_UNSPEC, &info);

	if (result < 0)
		return result;
	if (bridge && master == 0)
		return -ENODEV;
	mnl_attr_put_u32(r.header, IFLA_MASTER, master);
	return request_send(&r);
}

int link_set_forwarding(const char *name, bool forwarding)
{
	struct request r;
	struct ifinfomsg *info;
	struct nlattr *nest;
	int result = link_request(&r, RTM_SETLINK, name, AF_BRIDGE, &info);

	if (result < 0)
		return result;
	nest = mnl_attr_nest_start(r.header, IFLA_PROTINFO);
	mnl_attr_put_u8(r.header, IFLA_BRPORT_STATE,
			forwarding ? BR_STATE_FORWARDING : BR_STATE_DISABLED);
	mnl_attr_nest_end(r.header, nest);
	return request_send(&r);
}

int link_add_station(const char *name, struct mac m)
{
	struct request r;
	struct ndmsg *entry;
	uint32_t index;
	int result = request_init(&r, RTM_NEWNEIGH, name, &index);

	if (result < 0)
		return result;
	r.header->nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE;
	entry = mnl_nlmsg_put_extra_header(r.header, sizeof(*entry));
	entry->ndm_family = AF_BRIDGE;
	entry->ndm_ifindex = (int)index;
	entry->ndm_flags = NTF_MASTER;
	entry->ndm_state = NUD_NOARP;
	mnl_attr_put(r.header, NDA_LLADDR, sizeof(m.b), m.b);
	return request_send(&r);
}

int link_move(const char *name, const char *netns)
{
	struct request r;
	struct ifinfomsg *info;
	int fd, result = link_request(&r, RTM_NEWLINK, name, AF_UNSPEC, &info);

	if (result < 0)
		return result;
	fd = open(netns, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	mnl_attr_put_u32(r.header, IFLA_NET_NS_FD, (uint32_t)fd);
	result = request_send(&r);
	close(fd);
	return result;
}

int link_packet_open(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET};
	int fd, result = 0;

	at.sll_ifindex = (int)if_nametoindex(name);
	if (at.sll_ifindex == 0)
		return -errno;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		result = -errno;
		close(fd);
	}
	return result < 0 ? result : fd;
}

int link_send_xid(int packet_socket, struct mac station)
{
	/* 802.3 length 6, null DSAP, null SSAP as a response, control XID, format
	 * 0x81, class 1, window 0: IEEE 802.2 5.4.1.1.2; padded to 60 bytes. */
	static const uint8_t xid[] = {0, 6, 0, 1, 0xaf, 0x81, 1, 0};
	uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	memcpy(frame + 6, station.b, sizeof(station.b));
	memcpy(frame + 12, xid, sizeof(xid));
	return send(packet_socket, frame, sizeof(frame), 0) < 0 ? -errno : 0;
}
