/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bmx7_prefix - the networks that a description offers: its own (HNA6), and
 * those behind its tunnels.
 *
 * Source  specs/bmx7.md 4.3, 7, 8.1.
 * Shape   as in bmx7_description.h: data of a TLV, without its header.
 * Memory  and errors: as in bmx7.h. Bad: a prefix longer than an address.
 */
#pragma once
#include "base/ip.h"
#include "wire/bmx7_float.h"
#include "wire/bmx7_frame.h"

enum { BMX7_HNA_LEN = 18, BMX7_HNA_RESERVED = 0x01 /* an address only, no route */ };

struct bmx7_hna {
	struct ipv6 net;
	uint8_t flags;
};
bool bmx7_hna_next(struct rd *r, struct bmx7_hna *h);
void bmx7_hna_write(struct wr *w, const struct bmx7_hna *h);

/* TUN4IN6_INGRESS, TUN6IN6_INGRESS: whose sources a tunnel takes. */
struct bmx7_ingress4 {
	uint8_t tun; /* index in TUN6 */
	struct ipv4 net;
};
struct bmx7_ingress6 {
	uint8_t tun;
	struct ipv6 net;
};
bool bmx7_ingress4_next(struct rd *r, struct bmx7_ingress4 *i);
bool bmx7_ingress6_next(struct rd *r, struct bmx7_ingress6 *i);
void bmx7_ingress4_write(struct wr *w, const struct bmx7_ingress4 *i);
void bmx7_ingress6_write(struct wr *w, const struct bmx7_ingress6 *i);

/* TUN4IN6_NET, TUN6IN6_NET: what is reached through a tunnel. */
struct bmx7_net4 {
	uint8_t tun;
	uint8_t proto;
	uint8_t bandwidth; /* bmx7_bandwidth() */
	struct ipv4 net;
};
struct bmx7_net6 {
	uint8_t tun;
	uint8_t proto;
	uint8_t bandwidth;
	struct ipv6 net;
};
bool bmx7_net4_next(struct rd *r, struct bmx7_net4 *n);
bool bmx7_net6_next(struct rd *r, struct bmx7_net6 *n);
void bmx7_net4_write(struct wr *w, const struct bmx7_net4 *n);
void bmx7_net6_write(struct wr *w, const struct bmx7_net6 *n);
