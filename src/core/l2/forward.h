/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forward - what to do with a payload frame: a verdict, without side effects.
 *
 * Source  specs/batman-adv.md 10.1, 10.2.
 * Shape   Covers the common case only: a unicast frame between known clients
 *         that fits the MTU. Everything else (broadcast, unknown or fresh
 *         client, control, fragments, old ttvn, loops) is VERDICT_UP: give the
 *         frame to l2_handle as EV_FRAME. The portable data path, the simulator
 *         and the tests of the eBPF path call the same function.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "core/ev.h"

struct l2;
struct local_client;

enum verdict_kind { VERDICT_UP, VERDICT_DROP, VERDICT_SEND, VERDICT_DELIVER };

enum { VERDICT_HEAD_MAX = 32 };

struct verdict {
	enum verdict_kind kind;
	enum err reason;  /* of VERDICT_DROP */
	uint8_t in_port;  /* where the frame came in */
	uint8_t port;	  /* SEND: the mesh port to leave by */
	uint8_t strip;	  /* SEND, DELIVER: bytes to take off the front ... */
	uint8_t head_len; /* ... and of head to put there instead */
	uint8_t head[VERDICT_HEAD_MAX];
	struct local_client *client; /* the local client that sent it, or NULL */
};

/* frame: at least the headers of the frame that came in by port (PORT_CLOUD for
 * the LAN); frame_len bytes are there. packet_len: how long the frame is, or of a
 * GSO super-frame the longest segment. */
void l2_forward(const struct l2 *l2, uint8_t port, const uint8_t *frame, size_t frame_len,
		size_t packet_len, struct verdict *v);

/* Counts a verdict that was carried out (frames segments, bytes in all) and notes
 * that the client was seen. To be called before the next l2_handle: v->client
 * points into a table that an event may change. */
void l2_forwarded(struct l2 *l2, instant now, const struct verdict *v, uint32_t frames,
		  uint64_t bytes);
