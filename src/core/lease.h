/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lease - a client's IPv4 address, as cores, drivers and people speak of it.
 *
 * Source  ours; core/share/README.md tells how leases of two nodes are merged.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "base/ip.h"
#include "base/mac.h"

enum { LEASE_NAME_ROOM = 64 }; /* a DNS label and its NUL */

/* A client's IPv4 address. Wall clock times are of the node that said so first; they are
 * compared, never counted with. */
struct lease {
	struct mac mac;
	struct ipv4 ip;
	uint32_t since_unix_s; /* when the client got this address first */
	uint32_t version;      /* counts what was done to the lease of this MAC; the newest holds */
	uint32_t left_s;       /* until it ends; 0: it has */
	char name[LEASE_NAME_ROOM]; /* as the client calls itself, cleaned; "" for none */
};

/* The label that a client's name becomes: its first len bytes up to a NUL or a dot, small letters,
 * digits and hyphens between them; "" if nothing is left. out may be text. */
void lease_name_clean(const char *text, size_t len, char out[LEASE_NAME_ROOM]);
