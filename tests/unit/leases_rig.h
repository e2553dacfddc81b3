/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leases_rig - some nodes' leases, joined by fake shares, and what was told by each.
 *
 * Source  ours.
 * Shape   A desk is a node: its leases and models of what effects were for: the DHCP server's
 *         reservations and ranges, the names, what is kept over a restart. What a desk
 *         puts reaches at once all desks that are not cut off from it.
 * Memory  all inside, from malloc; rig_close gives it back.
 */
#pragma once
#include "core/share/leases.h"
#include "share_fake.h"

enum { RIG_DESKS_MAX = 12, RIG_RANGES_MAX = 1100 };

struct rig_name {
	char name[LEASE_NAME_ROOM + 8];
	struct ipv4 ip4;
	struct ipv6 ip6;
};

struct desk {
	struct fx fx; /* first */
	struct leases *l;
	struct leases_conf conf;
	struct share share;
	bool alive;
	struct fx_reserve *reserve;
	unsigned reserves;
	struct lease *kept;
	unsigned kepts;
	struct rig_name *name;
	unsigned names;
	struct range ranges[RIG_RANGES_MAX];
	unsigned range_count, ranges_told;
};

struct rig {
	instant now;
	uint32_t unix_s; /* the wall clock at now 0 */
	struct desk desk[RIG_DESKS_MAX];
	unsigned desks;
	bool cut[RIG_DESKS_MAX][RIG_DESKS_MAX];
};

/* The pool 10.0.0.2 .. 10.0.255.254, gateway 10.0.0.1; desk i is node i. */
struct leases_conf rig_conf(unsigned i);
void rig_open(struct rig *r, unsigned desks);
void rig_close(struct rig *r);
/* Makes or makes anew a desk with conf; what it kept is remembered if `remember`, and what
 * others have put reaches it. */
void rig_start(struct rig *r, unsigned desk, const struct leases_conf *conf, bool remember);
/* Stops it; others are not told. */
void rig_kill(struct rig *r, unsigned desk);
/* Time passes. */
void rig_run(struct rig *r, span duration);
/* Everything that is due now. */
void rig_pump(struct rig *r);
/* All records of `from` reach `to` once more. */
void rig_resend(struct rig *r, unsigned from, unsigned to);
/* Desks a and b are cut off from each other, or are not any more (and hear each other's
 * records). */
void rig_cut(struct rig *r, unsigned a, unsigned b, bool cut);
/* Desk hears that `who` is there, or is gone. */
void rig_peer(struct rig *r, unsigned desk, unsigned who, bool gone);

struct mac rig_node(unsigned i);
struct mac rig_client(unsigned i);
struct ipv4 rig_ip(const char *text);
/* The event, and 60 ms for what follows. */
void rig_event(struct rig *r, unsigned desk, enum lease_change change, struct mac mac,
	       struct ipv4 ip, uint32_t left_s, const char *name);
void rig_record(struct rig *r, unsigned desk, struct mac source, uint8_t type, const void *data,
		size_t len);

/* The address that desk's DHCP server keeps for mac, as a number; 0: none. */
uint32_t rig_reserved(const struct rig *r, unsigned desk, struct mac mac);
/* Who has ip there; zero: nobody. */
struct mac rig_reserved_for(const struct rig *r, unsigned desk, struct ipv4 ip);
/* Would desk's DHCP server give ip to a new client? */
bool rig_gives(const struct rig *r, unsigned desk, uint32_t ip);
/* The address of name there; 0: unknown. */
uint32_t rig_resolve(const struct rig *r, unsigned desk, const char *name);
/* Addresses in desk's ranges. */
uint32_t rig_range_size(const struct rig *r, unsigned desk);
