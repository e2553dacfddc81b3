/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_lab - a line or ring of live nodes, with ctl on the first.
 *
 * Source  ours. Nodes 0 - 1 - 2 - ... with cables between; in a ring one more from
 *         the last to the first. Virtual time.
 * Shape   Datagrams of core/share come over at once. Node 0 has a struct ctl and clients of it
 * (struct asker) that keep the lines that they got. Memory  lab_init takes all, lab_fini gives it
 * back and says what was lost.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include "ctl/ctl.h"
#include "node/node.h"

enum { LAB_NODES_MAX = 4, LAB_QUEUE_MAX = 512, LAB_ASKERS_MAX = 40 };

/* A connection to the control socket of node 0. */
struct asker {
	struct ctl_client client;
	json_t *lines; /* all that it was sent, parsed */
	size_t bad;    /* lines that were not JSON, or not one line */
};

/* On its way: an Ethernet frame, or a datagram of core/share. */
struct lab_frame {
	instant at;
	unsigned node;
	bool datagram;
	uint8_t port;
	struct mac from; /* of a datagram */
	size_t len;
	uint8_t *data;
};

struct lab;

struct lab_fx {
	struct fx fx;
	struct lab *lab;
	unsigned node;
};

struct lab {
	unsigned count;
	bool ring;
	struct node nodes[LAB_NODES_MAX];
	struct lab_fx fx[LAB_NODES_MAX];
	bool cut[LAB_NODES_MAX]; /* the cable between i and the next */
	struct lab_frame queue[LAB_QUEUE_MAX];
	size_t queued;
	instant now;
	struct ctl ctl;
	struct ctl_host host;
	struct asker askers[LAB_ASKERS_MAX];
	unsigned asker_count;
};

void lab_init(struct lab *l, unsigned nodes, bool ring);
void lab_fini(struct lab *l);

/* Lets time pass, deadlines come and frames arrive. */
void lab_run(struct lab *l, span duration);

struct mac lab_mac(unsigned node, uint8_t port);
struct mac lab_client(unsigned n);
/* Client n appears on the LAN of node, or leaves it. */
void lab_client_event(struct lab *l, unsigned node, unsigned n, enum client_change change);
/* The node has a default route. */
void lab_uplink(struct lab *l, unsigned node, const char *name);
/* The other nodes believe what this one shares: its MAC is announced. */
void lab_announce(struct lab *l, unsigned node);
/* The DHCP server of node gives client n an address, as "10.35.3.7", for an hour. */
void lab_lease(struct lab *l, unsigned node, unsigned n, const char *ip, const char *name);
/* A frame from the LAN of node. */
void lab_lan_frame(struct lab *l, unsigned node, const uint8_t *frame, size_t len);

struct asker *lab_asker(struct lab *l, bool privileged);
void lab_line(struct lab *l, struct asker *a, const char *line);
/* The newest line that a got (borrowed), or NULL. */
json_t *asker_last(const struct asker *a);
/* Sends method with params in single quotes ("{'a': 1}", may be NULL); waits up to 5 s
 * for the answer; gives its "result" or "error", borrowed. */
json_t *lab_ask(struct lab *l, struct asker *a, const char *method, const char *params);
