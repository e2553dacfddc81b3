/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reservation - whose an address is, told to a dnsmasq that goes on running.
 *
 * Source  dnsmasq(8) 2.90, --dhcp-hostsfile, --dhcp-hostsdir; how it behaves was measured:
 *         - A new file in the hostsdir is read at once (inotify), and the newest line for
 *           a MAC holds; but no line ever goes, and a second one for an address is
 *           refused, until SIGHUP.
 *         - SIGHUP reads all anew. It costs the DNS cache and a run of the script for
 *           each lease.
 * Shape   New clients, and clients that have lost or changed their address, go into a
 *         little file of their own (a "batch"). Only what a batch cannot say makes us write
 *         all into the hostsfile and send a SIGHUP: an address that passes from one MAC
 *         to another, a MAC that changes twice, too many old lines.
 *         RUN_DIR/dhcp.hosts holds all, RUN_DIR/dhcp.batches the batches since.
 * Memory  at most RESERVATIONS_MAX; more are refused and counted.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/list.h"
#include "base/mac.h"
#include "base/map.h"
#include "conf/text.h"
#include "drv/run_dir.h"

enum { RESERVATIONS_MAX = 65536, RESERVATION_BATCHES_MAX = 256 };

struct reservations {
	struct pool pool;
	struct map by_mac;     /* struct reservation */
	struct map by_ip_told; /* addresses in dnsmasq's memory: struct told */
	struct list changed, settled, told;
	uint32_t count;	   /* that hold */
	uint32_t stale;	   /* lines in dnsmasq's memory that hold no more */
	uint32_t batches;  /* files since all was written */
	uint32_t batch_no; /* names of files are never used twice */
	uint32_t doubled;  /* that wait for another one with their address to go */
	bool anew;	   /* all must be written */
	uint32_t refused;
	uint64_t batches_written, all_written;
};

void reservations_init(struct reservations *r, uint64_t seed);
void reservations_fini(struct reservations *r);

/* The address is mac's, or, when gone, mac has none any more. */
void reservations_set(struct reservations *r, struct mac mac, struct ipv4 ip, bool gone);
/* false: mac has none. */
bool reservations_find(const struct reservations *r, struct mac mac, struct ipv4 *ip);
/* Is there something to tell? */
bool reservations_pending(const struct reservations *r);

/* Writes a batch, or all when need be or when asked for (dnsmasq begins anew): *anew says
 * that dnsmasq must read all. Negative errno: nothing was told, try again. */
int reservations_write(struct reservations *r, const struct run_dir *run, bool all, bool *anew);
/* Takes the files away. */
void reservations_remove(const struct run_dir *run);

/* The folder of the batches and the file of all, for the configuration. */
#define RESERVATIONS_FILE "dhcp.hosts"
#define RESERVATIONS_FOLDER "dhcp.batches"
