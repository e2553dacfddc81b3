/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held_lease - the leases in our dnsmasq's memory, as it told them.
 *
 * Source  ours.
 * Shape   one for each address. It tells news from what dnsmasq only repeats (at its
 *         start and after a SIGHUP it tells all), and gives them back to a new dnsmasq.
 * Memory  at most HELD_LEASES_MAX.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "conf/text.h"
#include "drv/dhcp_event.h"

enum { HELD_LEASES_MAX = 65536 };

struct held_lease {
	struct map_node by_ip, by_mac;
	struct list all;
	struct mac mac;
	struct ipv4 ip;
	instant ends;
	char name[LEASE_NAME_ROOM];
};

struct held_leases {
	struct pool pool;
	struct map by_ip, by_mac;
	struct list all;
	uint32_t count;
};

void held_leases_init(struct held_leases *h, uint64_t seed);
void held_leases_fini(struct held_leases *h);

/* Takes in what dnsmasq told. true: the lease is new, longer, or has another name. An
 * event without a name leaves the name as it was. */
bool held_leases_tell(struct held_leases *h, instant now, const struct dhcp_event *e);
/* Who holds the address, or which one the client holds; NULL: none. */
const struct held_lease *held_leases_find_ip(const struct held_leases *h, struct ipv4 ip);
const struct held_lease *held_leases_find_mac(const struct held_leases *h, struct mac mac);

/* As dnsmasq's file of leases. without_clock: for a dnsmasq that counts seconds left. */
void held_leases_print(const struct held_leases *h, instant now, uint32_t now_unix_s,
		       bool without_clock, struct text *t);
