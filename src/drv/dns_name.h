/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dns_name - the cloud's names, told to a dnsmasq that goes on running.
 *
 * Source  dnsmasq(8) 2.90, --hostsdir: a file that changes is read anew at once, and what
 *         it held before is forgotten. The cost grows with the file and with all names.
 * Shape   Names are spread over DNS_NAME_FILES files in RUN_DIR/dhcp.names, by a hash;
 *         only those that changed are written.
 * Memory  at most DNS_NAMES_MAX; more are refused and counted.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/list.h"
#include "base/map.h"
#include "drv/run_dir.h"

enum { DNS_NAMES_MAX = 65536, DNS_NAME_FILES = 32 };

#define DNS_NAMES_FOLDER "dhcp.names"

struct dns_names {
	struct pool pool;
	struct map by_name;
	struct list file[DNS_NAME_FILES]; /* struct dns_name */
	uint32_t changed, written;	  /* a bit for each file */
	uint32_t count;
	uint32_t refused;
};

void dns_names_init(struct dns_names *d, uint64_t seed);
void dns_names_fini(struct dns_names *d);

/* name: one label; ip6 all zero: none. Key: name and ip4. */
void dns_names_set(struct dns_names *d, const char *name, struct ipv4 ip4, struct ipv6 ip6,
		   bool gone);
bool dns_names_pending(const struct dns_names *d);
/* Writes the files that changed, or all. Negative errno: try again. */
int dns_names_write(struct dns_names *d, const struct run_dir *run, bool all);
void dns_names_remove(const struct run_dir *run);
