/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fx - what a core wants done.
 *
 * Source  DESIGN: the core interface.
 * Shape   A core calls fx->emit for each effect, in order. emit must not call
 *         back into the core; it may copy bytes, which are valid during the
 *         call only. Effects with a key (FX_FDB) may be repeated harmlessly.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/mac.h"
#include "core/ev.h"
#include "core/note.h"

enum fx_kind {
	FX_SEND,    /* a frame out of a mesh port */
	FX_DELIVER, /* a frame to the LAN, out of the cloud port */
	FX_FDB,	    /* tell the bridge that a client is now behind the cloud port */
	FX_ECHO,    /* the answer to EV_ECHO */
	FX_NOTE,    /* something worth telling people; never acted on */
};

/* The frame from its Ethernet destination on, without the port's VLAN tag. */
struct fx_frame {
	uint8_t port; /* PORT_CLOUD for FX_DELIVER */
	const uint8_t *data;
	size_t len;
};

struct fx_fdb {
	struct mac mac;
	uint16_t vid;
};

enum echo_result { ECHO_REPLY, ECHO_TTL_EXCEEDED, ECHO_UNREACHABLE };

struct fx_echo {
	uint32_t token;
	uint16_t seqno;
	enum echo_result result;
	struct mac from; /* who answered */
	uint8_t ttl;	 /* left in the answer */
};

struct fx_note {
	enum note what;
	struct mac subject; /* a client, an originator */
	struct mac object;  /* the node it is about */
	uint32_t value;	    /* port, vid, seqno; see core/note.h */
};

struct effect {
	enum fx_kind kind;
	union {
		struct fx_frame frame;
		struct fx_fdb fdb;
		struct fx_echo echo;
		struct fx_note note;
	};
};

struct fx {
	void (*emit)(struct fx *fx, const struct effect *e);
};
