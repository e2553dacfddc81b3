/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault - what goes wrong in a town, and is mended again.
 *
 * Source  ours; issue "A town of thousands in one process".
 * Shape   A kind of fault is a row: how it begins, how it ends, how long it lasts. A set names
 *         kinds, and how many of each begin in a minute and for each hundred nodes.
 * Time    begins at any time of the storm; all have ended when the calm begins.
 * Memory  faults_free frees.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct run;
struct faults;

enum fault_kind {
	FAULT_RESTART,	 /* a node dies and comes back, with its disk */
	FAULT_REPLACE,	 /* ... without: another key, other addresses kept by others */
	FAULT_DAEMON,	 /* the program dies and comes back at once */
	FAULT_REBOOTS,	 /* a third of all nodes die and come back within seconds */
	FAULT_HANG,	 /* a program stands still */
	FAULT_CUT,	 /* a node's port loses its carrier, or only the frames */
	FAULT_MUTE,	 /* a node hears but is not heard */
	FAULT_PARTITION, /* a region is cut off from the rest */
	FAULT_ONE_WAY,	 /* a region hears the rest, and is not heard */
	FAULT_LOSS,	 /* everything loses in bursts */
	FAULT_REORDER,	 /* frames overtake each other, widely */
	FAULT_TWICE,	 /* frames come twice */
	FAULT_REPLAY,	 /* frames come again seconds later */
	FAULT_CORRUPT,	 /* frames with a wrong bit get through */
	FAULT_CLOCK,	 /* a node's wall clock jumps, for good */
	FAULT_DRIFT,	 /* a node's clocks run faster or slower, by up to 2 percent */
	FAULT_UPLINK,  /* an uplink dies behind its link, loses its resolvers, shows a portal, goes
			*/
	FAULT_GATEWAY, /* a node with an uplink dies and comes back */
	FAULT_LIAR,    /* a node offers 10 Gbit/s, and carries nothing */
	FAULT_ORIGINATOR, /* a node sends OGMs in the name of another */
	FAULT_CROWD,	  /* a node has more clients than there is room for */
	FAULT_WALK,	  /* half of all clients walk at once */
	FAULT_CLAIM,	  /* a node says that it has a client that is elsewhere */
	FAULT_LEASE,	  /* a node gives an address that another client has */
	FAULT_KINDS
};

struct fault_set {
	const char *name, *what;
	uint16_t per_minute[FAULT_KINDS]; /* in a hundred nodes; in the storm one at least */
};

/* By name, or NULL; the sets one after the other, NULL behind the last. */
const struct fault_set *fault_set_find(const char *name);
const struct fault_set *fault_set_at(unsigned i);

/* "restart"; for people. */
const char *fault_kind_name(enum fault_kind k);

struct faults *faults_new(struct run *r); /* never NULL */
void faults_free(struct faults *f);
/* Ends what is over, begins what comes. */
void faults_second(struct faults *f);
/* Ends all. */
void faults_end(struct faults *f);
/* Is any under way? */
bool faults_any(const struct faults *f);
/* How many of this kind are under way. */
unsigned faults_active(const struct faults *f, enum fault_kind k);
/* Was an originator of this cloud forged so lately that its own OGMs may not be believed? */
bool faults_forged(const struct faults *f, unsigned cloud);
