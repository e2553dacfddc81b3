/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink - a socket to the kernel's rtnetlink, nfnetlink or genetlink, over libmnl.
 *
 * Source  rtnetlink(7), libmnl.
 * Shape   Two uses: one socket to ask (each request is answered before the call
 *         returns; the kernel does so at once) and one that listens to groups.
 *         While a dump runs, its socket must not be asked for anything else.
 */
#pragma once
#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

enum { NETLINK_ROOM = 32768, NETLINK_REQUEST_ROOM = 1024, NETLINK_RCVBUF = 1 << 20 };

struct netlink {
	struct mnl_socket *socket;
	uint32_t seq;
	_Alignas(16) uint8_t request[NETLINK_REQUEST_ROOM];
	uint8_t *answer; /* NETLINK_ROOM bytes, while it is open */
};

/* groups: how many, and which RTNLGRP_...; with none, for asking. Negative errno. */
int netlink_open(struct netlink *n, const unsigned *groups, size_t group_count);
/* One that asks nfnetlink. */
int netlink_open_netfilter(struct netlink *n);
/* One of genetlink: group 0: for asking, else it listens to that group. */
int netlink_open_generic(struct netlink *n, uint32_t group);
void netlink_close(struct netlink *n);
int netlink_fd(const struct netlink *n);

/* Begins a request in n->request; the caller puts what follows the header. */
struct nlmsghdr *netlink_begin(struct netlink *n, uint16_t type, uint16_t flags);
/* Sends it and waits for the answer. 0, or the negative errno of the kernel. */
int netlink_ask(struct netlink *n, struct nlmsghdr *request);
/* The same, and shows what comes before the answer to cb (MNL_CB_OK to go on). */
int netlink_show(struct netlink *n, struct nlmsghdr *request, mnl_cb_t cb, void *ctx);
/* Sends a dump request and shows each answer to cb (MNL_CB_OK to go on). */
int netlink_dump(struct netlink *n, struct nlmsghdr *request, mnl_cb_t cb, void *ctx);

/* Reads what a listening socket has; shows each message to cb. 0: no more is
 * waiting; -ENOBUFS: messages were lost, ask for all again; other negative errno. */
int netlink_read(struct netlink *n, mnl_cb_t cb, void *ctx);

/* libmnl's own loops over attributes do not pass -Wconversion. */
#define netlink_each(a, h, skip)                                                                   \
	for (const struct nlattr *a = mnl_nlmsg_get_payload_offset(h, skip);                       \
	     mnl_attr_ok(a, (int)((const char *)mnl_nlmsg_get_payload_tail(h) - (const char *)a)); \
	     a = mnl_attr_next(a))

#define netlink_each_nested(a, nest)                                                               \
	for (const struct nlattr *a = mnl_attr_get_payload(nest);                                  \
	     mnl_attr_ok(a, (int)((const char *)mnl_attr_get_payload(nest) +                       \
				  mnl_attr_get_payload_len(nest) - (const char *)a));              \
	     a = mnl_attr_next(a))
