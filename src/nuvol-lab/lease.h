/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lease - a client's address by DHCP: its udhcpc, and what that tells us.
 *
 * Source  ours; udhcpc(8) of busybox, whose script this program is itself: udhcpc calls
 *         it with LEASE_VARIABLE set to the client's folder and the event as its word.
 * Shape   the client's folder in the town's holds
 *             lease.json    what it has now; missing: nothing
 *             resolv.conf   which it sees as /etc/resolv.conf
 *             log           udhcpc's words
 * Time    of clock_read.
 */
#pragma once
#include "nuvol-lab/lab.h"

#define LEASE_VARIABLE "NUVOL_LAB_LEASE"

struct lab_lease {
	char address[20]; /* "10.1.2.3/16" */
	char router[16], dns[16], server[16];
	char domain[64];
	uint32_t mtu_bytes; /* 0: it was told none */
	uint32_t lease_s;
	instant since; /* the last time that the server said yes */
};

/* Makes the client's folder, and starts its udhcpc; harmless when that runs. */
bool lease_launch(struct lab *lab, unsigned client);
/* false: it has none now. */
bool lease_read(const struct lab *lab, unsigned client, struct lab_lease *lease);

/* Gives the address back, or asks for it (again), and waits until that is done. false:
 * told why. */
bool lease_release(const struct lab *lab, unsigned client);
bool lease_renew(const struct lab *lab, unsigned client);

/* As udhcpc's script: does what the event is about, in the network namespace that we are
 * in. The exit status. */
int lease_event(const char *folder, const char *event);
