/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet - packets of others: who sent them, are they what they say, what do they carry.
 *
 * Source  specs/bmx7.md 1, 3.2, 3.3.
 * Shape   The checks come in the order of 3.3, cheap ones first; a packet costs at most one
 *         hash over it and one short hash for each MAC in it.
 */
#pragma once
#include "core/fx.h"
#include "core/l3/near.h"
#include "wire/bmx7_frame.h"

enum { PACKET_MACS_MAX = 48 }; /* tried of one packet: more than real nodes put in */

/* NETWORK_DATAGRAM. */
enum err packet_rx(struct l3 *l3, instant now, const struct ev_network_datagram *d, struct fx *fx);
/* The same packet once more: its RSA signature is right. */
void packet_rx_proven(struct l3 *l3, instant now, const struct ev_network_datagram *d,
		      struct fx *fx);

/* What is signed: the hash over source address, header of the signatures and all behind. */
struct digest packet_hash(const struct l3 *l3, const struct ipv6 *source, const uint8_t *header,
			  const uint8_t *rest, size_t rest_len);
/* The MAC of a packet hash under a secret. */
void packet_mac(const struct l3 *l3, const struct digest *hash, const struct digest *secret,
		uint8_t mac[BMX7_MAC]);
