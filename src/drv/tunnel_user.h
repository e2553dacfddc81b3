/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel_user - tunnels that we carry ourselves, between TUN interfaces and two raw sockets.
 *
 * Source  specs/bmx7.md 8.1, 8.3; RFC 2473, RFC 6040; specs/datapath.md 2.4, 4.20. On the wire
 *         as the kernel's ip6_tunnel without its options: hop limit 64, traffic class 0 but
 *         for ECN, no encapsulation limit.
 * Shape   A TUN for each gateway that is in use, and one for our own end. The kernel does all
 *         that has to do with routes: which gateway, MTU and ICMP errors inside (the
 *         TUN's MTU), fragments outside. TCP comes from a TUN in super-packets that are
 *         cut here, and is joined again for our end.
 *         The sockets take protocols 4 and 41 to our primary address; without them the
 *         kernel would tell each sender that it knows no such protocol.
 * Memory  buffers are allocated at start; nothing per packet. uv handles are allocated, and
 *         freed when uv has closed them.
 */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/prefix.h"
#include "drv/gro.h"
#include "drv/gso.h"
#include "drv/tap.h"

enum {
	TUNNEL_BATCH = 64, /* packets sent or read at once ... */
	TUNNEL_ROUNDS = 4, /* ... so often at most before others have their turn */
	TUNNEL_SLAB = 2 * GSO_FRAME_MAX,
	TUNNEL_RX_ROOM = 65536, /* of a packet; memory that is never touched costs nothing */
};

struct tunnel_user_counters {
	uint64_t rx, rx_bytes; /* IP inside, taken by our end */
	uint64_t rx_foreign;   /* the outer source is not our dummy address, or we have no end */
	uint64_t rx_malformed;
	uint64_t rx_spoofed; /* inside, both addresses are of our own cloud: that needs no tunnel */
	uint64_t rx_congested; /* marked so, and the inner packet cannot be (RFC 6040) */
	uint64_t tx_malformed; /* from a TUN */
	uint64_t tx_unwanted;  /* multicast, link-local, or what is in this tunnel already */
};

/* Of the outer source and the traffic class. */
struct tunnel_control {
	_Alignas(struct cmsghdr)
		uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
};

struct tunnel_user;

struct tunnel_user_out {
	struct tunnel_user *user;
	struct tap tap; /* fd -1: closed */
	uv_poll_t *poll;
	struct sockaddr_in6 to;
	struct tunnel_control control[4]; /* by the inner packet's ECN */
	uint64_t tx, tx_bytes;		  /* IP inside */
	uint64_t tx_full, tx_refused;	  /* by the kernel: a queue was full; other reasons */
};

struct tunnel_user_batch;

struct tunnel_user {
	uv_loop_t *uv;
	bool lasting; /* interfaces outlive us when we die, but not their closing */
	int fd[2];    /* protocols 4 and 41 */
	uv_poll_t *poll[2];
	bool has_end;
	struct in6_addr dummy;	/* of our end */
	struct prefix cloud[2]; /* our own: IPv4, IPv6; no bits: not known */
	struct tap end;
	struct gro gro;
	struct tunnel_user_batch *batch;
	uint8_t *slab; /* packets from a TUN */
	struct tunnel_user_counters count;
};

/* Negative errno; nothing to stop then. */
int tunnel_user_start(struct tunnel_user *u, uv_loop_t *uv);
/* Ends and outs must be closed. */
void tunnel_user_stop(struct tunnel_user *u);

/* Our end: an interface of that name; a TUN that is there is taken over. -EEXIST: another program
 * has it, or it is none; other negative errno. */
int tunnel_user_end_open(struct tunnel_user *u, const char *name);
/* What it takes: from dummy to primary; may be said again. Negative errno. */
int tunnel_user_end_set(struct tunnel_user *u, struct ipv6 primary, struct ipv6 dummy);
/* The addresses of our own cloud, which nobody sends to each other through a tunnel. */
void tunnel_user_cloud_set(struct tunnel_user *u, struct ipv4 inner4, struct ipv6 inner6);
void tunnel_user_end_close(struct tunnel_user *u);

/* o is not to be moved in memory. Errors as above. */
int tunnel_user_out_open(struct tunnel_user *u, struct tunnel_user_out *o, const char *name);
/* Where it leads: with the gateway's dummy as the source, to its primary; may be said again. */
void tunnel_user_out_set(struct tunnel_user_out *o, struct ipv6 primary, struct ipv6 dummy);
void tunnel_user_out_close(struct tunnel_user_out *o);
