/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tables - what the programs of the fast path read and write: the layout of their maps.
 *
 * Source  core/forwarding.h says what the engine tells.
 * Shape   Whatever is missing here means "up": the frame goes to the engine, which
 *         decides. So an entry may be taken away at any time, and of two changes the
 *         one may come before the other.
 *         client: (MAC, VLAN) -> who has it, here and elsewhere, in one value, so that a
 *         client that moves is one change. node: originator -> next hops.
 * Time    microseconds of CLOCK_BOOTTIME.
 * Memory  Included by programs, which have no C library, and by drv.
 */
#pragma once
#include <stdint.h>

enum {
	FAST_PORTS = 16,
	FAST_HOMES = 4, /* of a client that several nodes announce */
	FAST_NO_PORT = 0xff,
	/* Of frames that go up: who listens knows by it that we have seen them. And of those for
	 * a LAN with an anycast gateway: the bridge's filter takes it away, and believes it. */
	FAST_MARK = 0x4e75766f,
};

struct fast_key {
	uint8_t mac[6];
	uint16_t vid; /* as wire/batadv counts it; 0 for a node */
};

enum fast_here { FAST_NOT_HERE, FAST_HERE, FAST_LEAVING };

struct fast_client_value {
	uint8_t here;	   /* enum fast_here */
	uint8_t permanent; /* the node itself */
	uint8_t homes;	   /* in home[] */
	uint8_t has_home;  /* home[0] is the one to send to */
	uint8_t left;	   /* home[0] knows where it went */
	uint8_t pad[3];
	uint8_t home[FAST_HOMES][6];
	int64_t introduce_until_us; /* its frames leave as UNICAST_4ADDR if seen before */
	int64_t seen_us;	    /* its last frame; written here too */
};

struct fast_next_hop {
	uint8_t mac[6];
	uint8_t port; /* or FAST_NO_PORT */
	uint8_t pad;
};

struct fast_node_value {
	uint8_t ttvn;
	uint8_t hurried;
	uint8_t pad[6];
	struct fast_next_hop by[FAST_PORTS + 1]; /* 0: from the LAN; i + 1: came in by port i */
};

struct fast_port_value {
	uint8_t up;
	uint8_t tagged;
	uint8_t mac[6];
	uint16_t vid, tpid; /* when tagged */
	uint16_t mtu_bytes; /* of a batman packet */
	uint8_t whole;	    /* takes super-frames of TCP as they are */
	uint8_t pad;
	uint32_t ifindex;
};

struct fast_state_value {
	uint8_t ready; /* 0: everything goes up */
	uint8_t blocked;
	uint8_t ttvn; /* of our clients */
	uint8_t anycast;
	uint8_t primary[6]; /* our name */
	uint8_t anycast_mac[6];
	uint8_t anycast_ipv4[4];
	uint8_t anycast_ipv6[16];
	uint8_t anycast_link_local[16];
	uint32_t cloud_ifindex; /* where frames for the LAN go */
};

/* What was done with frames; the last two for each port. */
enum fast_count {
	FAST_COUNT_TX,
	FAST_COUNT_RX,
	FAST_COUNT_FORWARD,
	FAST_COUNT_DROP_OWN, /* the bridge delivers it */
	FAST_COUNT_DROP_TTL,
	FAST_COUNT_UP_LAN,
	FAST_COUNT_UP_MESH,
	FAST_COUNT_FAILED, /* the kernel refused to change the frame: dropped */
	FAST_COUNT_PORT_RX,
	FAST_COUNT_PORT_TX = FAST_COUNT_PORT_RX + FAST_PORTS,
	FAST_COUNTS = FAST_COUNT_PORT_TX + FAST_PORTS,
};

struct fast_counter {
	uint64_t frames, bytes; /* a super-frame counts its segments */
};

/* What a program leaves in a frame's cb[] for the test that holds it against
 * l2_forward(); nobody else reads it. */
enum fast_verdict { FAST_UP = 1, FAST_DROP, FAST_SEND, FAST_DELIVER };
enum { FAST_CB_VERDICT, FAST_CB_PORT, FAST_CB_REASON };
