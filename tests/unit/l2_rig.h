/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2_rig - one layer 2 engine under test: events go in, effects are kept.
 *
 * Source  ours.
 * Shape   Peers are played by the test: a peer speaks OGMs with a TT container
 *         that lists its clients, and echoes the engine's own OGMs, so that the
 *         engine's tables fill through real events only. A peer with `via` is
 *         behind another one.
 * Memory  frames that the engine emits are copied; rig_clear forgets them.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/l2/forward.h"
#include "core/l2/l2.h"
#include "wire/batadv.h"
#include "wire/ethernet.h"

enum { RIG_KEPT = 4096, RIG_PEER_CLIENTS = 8 };

struct rig_frame {
	enum fx_kind kind; /* FX_SEND or FX_DELIVER */
	uint8_t port;
	size_t len;
	uint8_t *bytes;
};

struct rig {
	struct fx fx;
	struct l2 l2;
	instant now;
	struct rig_frame kept[RIG_KEPT];
	size_t count;
	struct fx_echo echo[16];
	size_t echoes;
	struct fx_fdb fdb;
	size_t fdbs;
	uint64_t notes[64]; /* how many of each */
};

/* A MAC that tests can read: 02:00:00:00:kind:n. */
struct mac rig_mac(uint8_t kind, uint8_t n);
enum { KIND_US = 0xaa, KIND_PEER = 0xbb, KIND_CLIENT = 0xcc };

/* conf NULL: the default. Without a port. Time begins at 1000 s. */
void rig_init(struct rig *r, const struct l2_conf *conf);
void rig_fini(struct rig *r);
void rig_clear(struct rig *r);

/* Port i with the MAC rig_mac(KIND_US, i). */
void rig_port(struct rig *r, uint8_t port, uint16_t mtu, bool wifi);
void rig_port_down(struct rig *r, uint8_t port);
/* Lets time pass; every deadline in between is kept. */
void rig_run(struct rig *r, span s);

/* Hands a frame to l2_handle at once. */
void rig_frame(struct rig *r, uint8_t port, const void *frame, size_t len);
/* The same as the data path does: asks l2_forward first and carries a verdict out,
 * so that what leaves is kept alike. Gives the verdict. */
struct verdict rig_payload(struct rig *r, uint8_t port, const void *frame, size_t len);
/* A batman packet to the engine: Ethernet header from src; to the port's MAC, or to
 * broadcast. */
void rig_packet(struct rig *r, uint8_t port, struct mac src, bool broadcast, const void *packet,
		size_t len);
void rig_client(struct rig *r, enum client_change change, struct mac mac, uint16_t vid);

struct rig_client {
	struct mac mac;
	uint16_t vid;
};

struct rig_peer {
	uint8_t port;
	struct mac mac;
	const struct rig_peer *via;
	uint32_t seqno;
	uint8_t ttvn; /* of the table below; raise it with each change */
	struct rig_client client[RIG_PEER_CLIENTS];
	size_t clients;
	bool mute_tt;
};

/* One OGM of p arrives, with its whole table as a change list. */
void rig_peer_ogm(struct rig *r, struct rig_peer *p);
/* Rounds of 1 s in which p speaks and echoes what the engine sends: afterwards the
 * engine has a route to it. Kept frames are forgotten. */
void rig_meet(struct rig *r, struct rig_peer *p, unsigned rounds);

/* The n'th kept frame of that kind, counted from 0; NULL when there are fewer.
 * type: a batman packet type that it must have (FX_SEND), or -1. */
const struct rig_frame *rig_kept(const struct rig *r, enum fx_kind kind, int type, size_t n);
size_t rig_count(const struct rig *r, enum fx_kind kind, int type);

/* A client's frame of len bytes, whose payload can be told from others by `mark`. */
size_t rig_client_frame(uint8_t *frame, size_t len, struct mac dst, struct mac src, uint16_t vid,
			uint8_t mark);
