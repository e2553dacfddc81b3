/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * town - what a town file says: segments, nodes, clients.
 *
 * Source  ours; nuvol-lab(8) is its manual. nuvol-sim(1) reads the same files.
 * Shape   Segments, nodes and clients are indexes in the order of the file.
 *         A node's n-th segment is its interface mesh<n>.
 * Memory  arrays are allocated; town_fini frees them.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/ip.h"
#include "base/mac.h"

/* What the lab calls places of its own: nobody else may have these names. */
#define TOWN_NAME_AIR "air"
#define TOWN_NAME_INTERNET "internet"

enum {
	TOWN_NAME_MAX = 31, /* with its NUL 32 */
	WHO_NAME_MAX = 15,
	TOWN_SEGMENTS_MAX = 256,
	TOWN_NODES_MAX = 256,
	TOWN_CLIENTS_MAX = 1000,
	TOWN_MESH_MAX = 16,  /* interfaces of one node */
	TOWN_SET_ROOM = 512, /* 'section.option=value' */
	TOWN_SSID_ROOM = 128,
	TOWN_FILE_MAX = 1 << 20,
	TOWN_NONE = 0xffff,
};

/* What the nuvold of a node is configured with besides what the lab needs. */
struct town_set {
	char text[TOWN_SET_ROOM];
	unsigned line;
};

struct town_sets {
	struct town_set *at;
	unsigned count;
};

struct town_segment {
	char name[WHO_NAME_MAX + 1];
	unsigned line;
	bool radio;
	bool conditioned; /* has loss, delay, jitter or rate */
	bool linked;	  /* has a link list: whom it does not name, nobody hears */
	uint32_t loss;	  /* parts in LOSS_ALL */
	span delay;
	span jitter;
	uint64_t rate_bps;     /* 0: as fast as this machine */
	uint32_t queue_frames; /* that wait at each sender */
	uint32_t retries;      /* of a unicast frame whose receiver lost it */
	uint32_t mtu_bytes;
	unsigned node_count;
};

/* Two nodes that hear each other on a segment. */
struct town_link {
	unsigned segment, line;
	char name[2][WHO_NAME_MAX + 1];
	unsigned node[2];
	bool has_loss;
	uint32_t loss;
};

struct town_mesh {
	char name[WHO_NAME_MAX + 1];
	unsigned segment, line;
	struct mac mac; /* of the interface */
};

/* Is a node in the network of all clouds? */
enum town_network {
	NETWORK_AUTO, /* as its nuvold does by itself */
	NETWORK_YES,
	NETWORK_NO,
};

struct town_node {
	char name[WHO_NAME_MAX + 1];
	unsigned line;
	char ssid[TOWN_SSID_ROOM];
	enum town_network network;
	bool uplink;
	uint64_t uplink_bps;
	struct town_mesh mesh[TOWN_MESH_MAX];
	unsigned mesh_count;
	struct town_sets sets;
	struct mac mac; /* primary */
};

/* How a client comes to its IPv4 address. */
enum town_address {
	ADDRESS_AUTO, /* by DHCP where its node runs anygw, else fixed */
	ADDRESS_DHCP,
	ADDRESS_FIXED, /* the lab gives it one, or the file names it */
};

struct town_client {
	char name[WHO_NAME_MAX + 1];
	unsigned line;
	char at_name[WHO_NAME_MAX + 1];
	unsigned at; /* the node where it begins, or TOWN_NONE: nowhere */
	bool cable;  /* association 'no' */
	enum town_address address;
	struct ipv4 ipv4; /* FIXED: as the file names it; all zero: it does not. bits 32: the
			     cloud's */
	struct mac mac;
};

struct town {
	char name[TOWN_NAME_MAX + 1];
	uint32_t seed;
	char ssid[TOWN_SSID_ROOM]; /* of nodes that say nothing */
	enum town_network network; /* the same */
	struct town_sets sets;	   /* of all nodes */
	enum town_address address; /* of clients that say nothing */
	struct town_segment *segments;
	unsigned segment_count;
	struct town_link *links;
	unsigned link_count;
	struct town_node *nodes;
	unsigned node_count;
	struct town_client *clients;
	unsigned client_count;
};

/* A town: letters, digits, '_' and '-', first a letter or digit. */
bool town_name_check(const char *name);
/* A node or client: letters and digits, first a letter; none of the lab's own. */
bool who_name_check(const char *name);
/* One of the lab's own. */
bool town_name_is_kept(const char *name);

/* Reads the text of a town file. false: there were mistakes, all told to errors as
 * "FILE:LINE: what; what would be right". town_fini is needed in both cases. */
bool town_parse(struct town *t, const char *name, const char *file, const char *text, size_t len,
		FILE *errors);
void town_fini(struct town *t);

/* The index, or TOWN_NONE. */
unsigned town_segment_find(const struct town *t, const char *name);
unsigned town_node_find(const struct town *t, const char *name);
unsigned town_client_find(const struct town *t, const char *name);
/* node's interface on segment: its n in mesh<n>, or TOWN_NONE. */
unsigned town_mesh_find(const struct town *t, unsigned node, unsigned segment);

/* The lab itself carries the frames of this segment; else a Linux bridge does. */
bool town_segment_is_medium(const struct town_segment *s);
