/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_dir - the daemon's folder in /run: one daemon each, and what it has made.
 *
 * Source  ours; DESIGN 2.4: a new daemon adopts what it finds.
 * Shape   DIR/nuvold.lock is locked while the daemon lives and holds its process
 *         id. DIR/made.json says what we made in the network namespace, so that a
 *         later daemon, after a crash too, knows what it may take away.
 */
#pragma once
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

enum { MADE_PORTS_MAX = 32, MADE_SYSCTLS_MAX = 64, MADE_SYSCTL_ROOM = 64, RUN_PATH_ROOM = 160 };

/* A setting of the machine's that we changed, and what it was. */
struct made_sysctl {
	char name[MADE_SYSCTL_ROOM];
	int value;
};

struct made {
	int bridge;		     /* ifindex; 0: the bridge is not ours */
	char ipv4[IPV4_PREFIX_TEXT]; /* "" : none */
	char ipv6[IPV6_PREFIX_TEXT];
	char ports[MADE_PORTS_MAX][IF_NAMESIZE]; /* put into the bridge by us */
	unsigned port_count;
	char taken[MADE_PORTS_MAX][IF_NAMESIZE]; /* found there, and taken out by us */
	unsigned taken_count;
	int anygw; /* ifindex; 0: it is not ours */
	char anygw_ipv4[IPV4_PREFIX_TEXT], anygw_ipv6[IPV6_PREFIX_TEXT];
	char networks[MADE_PORTS_MAX][IF_NAMESIZE]; /* VLAN interfaces */
	unsigned network_count;
	char unsummed[MADE_PORTS_MAX][IF_NAMESIZE]; /* their checksum offload is off by us */
	unsigned unsummed_count;
	struct made_sysctl sysctls[MADE_SYSCTLS_MAX];
	unsigned sysctl_count;
};

struct run_dir {
	char path[RUN_PATH_ROOM];
	int lock_fd;
};

/* Like mkdir -p. Negative errno. */
int folder_make(const char *path);

/* Makes the folder if need be and locks it. -EBUSY: another daemon has it, *pid
 * says which (0: unknown); -EPERM: it is not ours alone; other negative errno. */
int run_dir_open(struct run_dir *d, const char *path, long *pid);
void run_dir_close(struct run_dir *d);

/* "DIR/name" into text; returns text. */
char *run_dir_path(const struct run_dir *d, const char *name, char text[RUN_PATH_ROOM]);

/* What a former daemon made in this network namespace; nothing when it left no
 * word, or was in another one. */
void made_load(const struct run_dir *d, struct made *m);
/* Negative errno. */
int made_save(const struct run_dir *d, const struct made *m);
void made_remove(const struct run_dir *d);

bool made_has_network(struct made *m, const char *name);
void made_add_network(struct made *m, const char *name);
bool made_has_port(struct made *m, const char *name);
void made_add_port(struct made *m, const char *name);
bool made_has_taken(struct made *m, const char *name);
void made_add_taken(struct made *m, const char *name);
void made_del_taken(struct made *m, const char *name);
bool made_has_unsummed(struct made *m, const char *name);
void made_add_unsummed(struct made *m, const char *name);
void made_del_unsummed(struct made *m, const char *name);
/* Remembers a setting's first value; false: it is known already, or there is no room. */
bool made_add_sysctl(struct made *m, const char *name, int value);
