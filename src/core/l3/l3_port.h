/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l3_port - the ports of the network, and the pace of their HELLOs.
 *
 * Source  specs/bmx7.md 1, 5; pace: ours, README.md.
 * Shape   by index; devIdx on the wire is index + 1. `young`: HELLOs left at the fast pace.
 */
#pragma once
#include "base/clock.h"
#include "base/ip.h"
#include "base/list.h"
#include "core/ev.h"
#include "core/fx.h"

struct l3;

struct l3_port {
	bool up, wireless;
	uint8_t channel;
	uint64_t rate_bps; /* never 0 */
	struct ipv6 link_local;
	uint16_t hello_sqn;
	uint16_t young;
	instant hello_at; /* when the next HELLO is due */
	struct list links;
	uint32_t link_count;
	uint16_t batch_told; /* the newest batch of ours that left here */
	uint64_t rx, rx_bytes, tx, tx_bytes;
};

void l3_ports_init(struct l3 *l3);

/* NETWORK_PORT. Down ends its links at once; up or another address makes a new description and
 * puts our primary address on it. An index or address that cannot be means down. */
void l3_port_event(struct l3 *l3, instant now, const struct ev_network_port *ev, struct fx *fx);

/* A link is new here: the next HELLOs come fast. */
void l3_port_warm(struct l3 *l3, instant now, uint8_t port);
/* A HELLO leaves: its number, and when the next is due. */
uint16_t l3_port_hello(struct l3 *l3, instant now, uint8_t port);
/* Is a in fe80::/10? */
bool address_is_link_local(const struct ipv6 *a);
/* Is a our own address on a port? */
bool l3_port_own(const struct l3 *l3, const struct ipv6 *a);
