/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel_probe - asks somebody on the Internet through one tunnel and no other.
 *
 * Source  core/tunnel.h TUNNEL_PROBE; packet(7); RFC 792, RFC 4443, RFC 9293 3.5, RFC 1035.
 * Shape   A probe is a whole IP packet that a packet socket puts into the tunnel's interface: no
 *         route and no rule is asked, so that a gateway is proved before anything else goes
 *         there. Echo requests, questions of DNS, and SYNs, from our inner address. The answers
 *         come to that by any way, and packet sockets see them, for the kernel's reverse path
 *         filter takes nothing of the Internet while there is no route there. The kernel itself
 *         ends a connection that is offered: it knows nothing of it.
 *         A random number in each probe (identifier, sequence numbers) says which one an answer
 *         belongs to; what fits none is somebody's word and is dropped.
 * Rate    PROBE_RATE a second on average, PROBE_AT_ONCE at once; more are told as not sent.
 * Memory  PROBE_SLOTS probes are remembered, the oldest makes room; uv handles are closed by stop.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/bucket.h"
#include "core/ev.h"
#include "core/tunnel.h"

enum {
	PROBE_SLOTS = 256, /* a power of 2 */
	PROBE_QUEUE = 64,
	PROBE_RATE = 100,
	PROBE_AT_ONCE = 200,
	PROBE_TOLD = 128,
};

struct probe_slot {
	uint32_t token; /* 0: free */
	struct uplink_target target;
	uint32_t cookie; /* random; the last bits say which slot */
};

struct tunnel_probes {
	/* set by the caller */
	uv_loop_t *uv;
	void (*tell)(void *ctx, const struct ev *ev);
	void *ctx;
	const char *name; /* that resolvers are asked for */

	bool started;
	int out;   /* the packet socket; -1 */
	int in[2]; /* packet sockets that take answers; [1]: IPv6; -1 */
	uv_poll_t *poll[2];
	int reserve[UPLINK_WEB][2]; /* by means: keep our ports from others */
	uint16_t port[UPLINK_WEB][2];
	uv_timer_t later; /* what could not be sent is told from the loop */
	uint32_t unsent[PROBE_TOLD];
	unsigned unsents;
	struct tunnel_probe queue[PROBE_QUEUE];
	unsigned queued, taken;
	struct probe_slot slot[PROBE_SLOTS];
	uint32_t next;
	struct bucket bucket;
	uint64_t sent, answered, refused; /* refused: by the rate or the kernel */
};

/* Sockets that cannot be had leave that means out: such probes are told as not sent. */
void tunnel_probes_start(struct tunnel_probes *p);
void tunnel_probes_stop(struct tunnel_probes *p);
/* To be sent when tunnels are made. */
void tunnel_probe_queue(struct tunnel_probes *p, const struct tunnel_probe *probe);
/* The next that is queued; valid until the next call. NULL: no more. */
const struct tunnel_probe *tunnel_probe_next(struct tunnel_probes *p);
/* A whole IP packet came in: is it an answer? What fits no probe is dropped. */
void tunnel_probe_came(struct tunnel_probes *p, bool v6, const uint8_t *data, size_t len);
/* From end's inner addresses, into that interface; 0: there is none. */
void tunnel_probe_send(struct tunnel_probes *p, const struct tunnel_probe *probe,
		       const struct tunnel_end *end, int ifindex);
