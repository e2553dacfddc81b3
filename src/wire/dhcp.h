/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dhcp - the DHCP messages that we must understand ourselves, and the one that we send.
 *
 * Source  RFC 2131 2, 4.1, 4.4; RFC 2132 9; IPv4: RFC 791, UDP: RFC 768.
 * Shape   A client's message as an IPv4 packet to port 67. Only what an address's way
 *         back needs is read; options overloaded into sname and file are not looked at.
 * Memory  nothing is copied or allocated.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/mac.h"

enum {
	DHCP_SERVER_PORT = 67,
	DHCP_CLIENT_PORT = 68,
	DHCP_MESSAGE_MIN = 300, /* shorter ones are padded; BOOTP's size */
};

enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_DECLINE = 4,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
	DHCP_RELEASE = 7,
	DHCP_INFORM = 8,
};

struct dhcp_message {
	uint8_t type; /* enum dhcp_type, or another */
	uint32_t xid;
	struct mac client; /* chaddr */
	struct ipv4 ciaddr;
	struct ipv4 giaddr;    /* zero: not by a relay */
	struct ipv4 requested; /* zero: none */
	struct ipv4 server;    /* zero: none */
};

/* A client's message, from op on. ERR_SHORT: it ends too early. ERR_MALFORMED: it is no
 * client's message of DHCP over Ethernet, or an option has a wrong size. */
enum err dhcp_parse(const void *message, size_t len, struct dhcp_message *m);

/* The same inside of an IPv4 packet to the server's port; what follows the packet is not
 * looked at. ERR_UNKNOWN: it is another protocol's, a fragment, or to another port. */
enum err dhcp_parse_ipv4(const void *packet, size_t len, struct dhcp_message *m);

/* A DHCPRELEASE of ciaddr by client to server, from op on, DHCP_MESSAGE_MIN bytes. */
void dhcp_release_write(struct wr *w, uint32_t xid, struct mac client, struct ipv4 ciaddr,
			struct ipv4 server);
