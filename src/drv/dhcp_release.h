/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dhcp_release - leases that clients give back, and those that dnsmasq must give up.
 *
 * Source  RFC 2131 4.4.4, 4.4.6; packet(7). dnsmasq 2.90 ignores the release of a lease
 *         that another node gave, though all nodes have one server address.
 * Shape   A packet socket on the anycast gateway's interface, with a filter in the
 *         kernel for UDP to port 67, hears DHCPRELEASE and DHCPDECLINE. Only the client
 *         itself is believed: the frame's source must be the message's client.
 *         The other way round, a DHCPRELEASE to our own address makes dnsmasq forget a
 *         lease that the cloud has given to another or taken away.
 * Memory  the caller embeds the struct.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/bucket.h"
#include "base/ip.h"
#include "base/mac.h"

enum { DHCP_RELEASE_BURST = 200, DHCP_RELEASE_PERIOD_MS = 10 };

struct dhcp_release {
	int listen_fd; /* -1: closed */
	uv_poll_t *poll;
	int send_fd;
	char interface[16];
	struct ipv4 server; /* the anycast gateway's address */
	struct bucket bucket;
	uint64_t heard, forged, malformed, limited, sent;
	/* The client does not hold ip any more. */
	void (*tell)(void *ctx, struct mac mac, struct ipv4 ip);
	void *ctx;
};

/* tell and ctx are set by the caller. */
void dhcp_release_init(struct dhcp_release *r, const char *interface, struct ipv4 server);
/* The interface is there, under this number (0: it is gone). Negative errno: releases
 * at this node are heard by dnsmasq only. */
int dhcp_release_listen(struct dhcp_release *r, uv_loop_t *uv, int ifindex);
/* Reads what is waiting. */
void dhcp_release_read(struct dhcp_release *r);
/* Makes our dnsmasq forget it. Negative errno. */
int dhcp_release_send(struct dhcp_release *r, struct mac mac, struct ipv4 ip);
void dhcp_release_fini(struct dhcp_release *r);
