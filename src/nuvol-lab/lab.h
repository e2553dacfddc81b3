/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab - a town that is up: what its file says, and what happened to it since.
 *
 * Source  ours.
 * Shape   A folder LAB_FOLDER/TOWN for each town:
 *             town         the town file as it was read
 *             state.json   the rest of struct lab, after every change
 *             lock         held by the command that changes the town
 *             medium.sock, medium.log
 *             NODE/        run folder of the node's nuvold, and its log;
 *             NODE/config/ its configuration
 *             CLIENT/      of a client by DHCP: see lease.h
 *         A town whose `up` did not come to its end has no state.json.
 * Memory  lab_open allocates, lab_close frees.
 */
#pragma once
#include <limits.h>
#include "nuvol-lab/place.h"
#include "nuvol-lab/process.h"
#include "town/town.h"

#define LAB_FOLDER "/run/nuvol-lab"
#define LAB_NODE_RUN "/run/nuvol" /* nuvold's default */
enum {
	LAB_PATH_ROOM = 96, /* of what is inside the folder of a town */
	LAB_STATE_VERSION = 1,
};

enum cut { CUT_NONE, CUT_CARRIER, CUT_SILENT };

struct lab_node {
	struct process daemon;
	char address[20];		 /* "10.1.2.3/16", as its nuvold derives it */
	char address6[IPV6_PREFIX_TEXT]; /* "fd01:203:405::706/64" */
	enum cut cut[TOWN_MESH_MAX];
};

struct lab_client {
	unsigned at; /* node, or TOWN_NONE */
	bool by_dhcp;
	struct process dhcp; /* its udhcpc */
	char address[20];    /* "10.1.200.1/16"; by DHCP what it has now, "" for nothing */
};

struct lab {
	struct town town;
	char file[PATH_MAX];   /* the town file, as an absolute path */
	char nuvold[PATH_MAX]; /* the program, "" for none: namespaces only */
	char nuvol[PATH_MAX];
	struct process medium; /* pid 0: the town needs none */
	struct lab_node *nodes;
	struct lab_client *clients;
	int lock; /* -1: not held */
};

enum lab_access { LAB_READ, LAB_CHANGE };

/* Says on stderr "nuvol-lab: ..." and a newline; gives false. */
bool lab_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* LAB_FOLDER/TOWN/... into text; returns text. */
char *lab_path(const char *town, const char *rest, char text[LAB_PATH_ROOM]);
/* LAB_FOLDER/TOWN/NODE/... */
char *lab_node_path(const struct lab *lab, unsigned node, const char *rest,
		    char text[LAB_PATH_ROOM]);

/* LAB_FOLDER/TOWN/CLIENT/... */
char *lab_client_path(const struct lab *lab, unsigned client, const char *rest,
		      char text[LAB_PATH_ROOM]);

/* The name of the only town that is up, into name; false: told why not. */
bool lab_only(char name[TOWN_NAME_MAX + 1]);

/* Makes the folder if need be, and waits until no other command changes the town.
 * The descriptor to close, or -1 after saying why. */
int lab_lock(const char *town);

/* A new town from its file; not on disk yet. false: told why; lab_close is needed
 * all the same. */
bool lab_new(struct lab *lab, const char *name, const char *file);
/* The town that is up under this name. false: told why; no lab_close then. */
bool lab_open(struct lab *lab, const char *name, enum lab_access access);
/* Writes state.json; false: told why. */
bool lab_save(const struct lab *lab);
void lab_close(struct lab *lab);

/* The whole file as text with a NUL, to be freed; NULL: told why. */
char *file_read(const char *path, size_t limit, size_t *len);
bool file_write(const char *path, const char *text);
