/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dhcp_server - what a node's DHCP server does with what its node tells it.
 *
 * Source  dnsmasq's rules: authoritative, reservations by dhcp-host, first choice by a hash of
 *         the MAC; docs/specs/libremesh.md 1.9.
 * Shape   Reservations and ranges come as effects of the node; its own leases are its own. What
 *         was to be kept over a restart (FX_LEASE) is its disk.
 * Time    comes in as now; a lease that has ended is as none.
 * Memory  one entry for each MAC and each address that it heard of, from malloc.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/ip.h"
#include "core/fx.h"

struct dhcp_server;

struct dhcp_server *dhcp_server_new(void); /* never NULL */
void dhcp_server_free(struct dhcp_server *s);

/* FX_LEASE, FX_RESERVE, FX_RANGES; others are ignored. */
void dhcp_server_effect(struct dhcp_server *s, instant now, const struct effect *e);

/* A client that has this address (0: none) asks for it or another one, for so long: which it
 * gets; 0: none. */
uint32_t dhcp_server_ask(struct dhcp_server *s, instant now, struct mac client, uint32_t has,
			 span lease);
/* A client gives back what it has here. */
void dhcp_server_release(struct dhcp_server *s, struct mac client);
/* Whose is this address by a reservation? Zero: nobody's. */
struct mac dhcp_server_reserved(const struct dhcp_server *s, uint32_t ip);

/* It and its node stop: all but the disk is lost. Then they start, and the node is told what
 * was kept; or (forget) the disk is lost too. */
void dhcp_server_died(struct dhcp_server *s);
void dhcp_server_booted(struct dhcp_server *s, instant now,
			void (*tell)(void *ctx, const struct ev *ev), void *ctx);
void dhcp_server_forget(struct dhcp_server *s);
