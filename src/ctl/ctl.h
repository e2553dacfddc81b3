/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl - what people and programs may ask a running node, as JSON lines.
 *
 * Source  DESIGN 4; docs/control.md lists the methods.
 * Shape   A request is one line, {"id": 1, "method": "neighbours", "params": {}};
 *         its answer one line with the same id and "result" or "error"
 *         {"code", "message"}. "watch" goes on: {"event": ...} lines follow.
 *         Lines are at most CTL_LINE_MAX bytes, answers as long as they must be.
 *         Nothing here touches a socket: the driver brings lines and takes text.
 * Time    comes in as now.
 * Memory  one ctl_client for each connection, embedded by the driver.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/clock.h"
#include "base/list.h"
#include "core/fx.h"

enum {
	CTL_LINE_MAX = 65536,
	CTL_DEPTH_MAX = 8, /* objects and lists inside each other, in a request */
	CTL_VERSION = 1,
	CTL_ASKS_MAX = 16,	 /* echoes under way, of all clients; no more than ECHOES_MAX */
	CTL_ASKS_PER_CLIENT = 4, /* ... and of one */
	CTL_WATCHERS_MAX = 16,
	CTL_ECHO_TIMEOUT_MS = 1000, /* when the request names none */
	CTL_ECHO_TTL = 50,
};

struct node;

/* What only the host of the node knows. status and config may be NULL. */
struct ctl_host {
	void *ctx;
	/* The Linux name of a mesh port: "mesh0"; never NULL. */
	const char *(*port_name)(void *ctx, uint8_t port);
	/* The Linux name of a port of the network, core/network.h: "mesh0_18"; never NULL. */
	const char *(*network_port_name)(void *ctx, uint8_t port);
	/* Adds the host's part of the status: interfaces, data path, version, process. */
	void (*status)(void *ctx, json_t *into);
	/* The whole configuration in force, in UCI syntax; the caller frees. */
	char *(*config)(void *ctx);
};

/* send takes a whole line with its newline. It must not end the client, nor call
 * back into ctl: it is called in the middle of things. */
struct ctl_client {
	struct list all;
	void (*send)(struct ctl_client *c, const char *line, size_t len);
	bool privileged; /* may change things: root */
	bool watching;
};

/* An echo request under way. */
struct ctl_ask {
	struct ctl_client *client; /* NULL: the place is free */
	json_t *id;
	uint32_t token;
	struct mac target; /* what was asked for: a node or a client ... */
	struct mac node;   /* ... and the node that is asked */
	uint16_t seqno;
	uint8_t ttl;
	instant sent;
	instant deadline;
};

struct ctl {
	struct node *node;
	const struct ctl_host *host;
	instant started;
	struct list clients;
	uint32_t token;
	struct ctl_ask asks[CTL_ASKS_MAX];
};

void ctl_init(struct ctl *c, struct node *node, const struct ctl_host *host, instant now);
void ctl_fini(struct ctl *c);

void ctl_client_init(struct ctl *c, struct ctl_client *client, bool privileged,
		     void (*send)(struct ctl_client *, const char *, size_t));
/* Forgets the client and what it was still waiting for. */
void ctl_client_fini(struct ctl *c, struct ctl_client *client);

/* A whole line came, without its newline. Answers through client->send, at once or
 * when the effect comes; events for the node go to node_handle with fx. */
void ctl_line(struct ctl *c, struct ctl_client *client, instant now, const char *line, size_t len,
	      struct fx *fx);
/* Every effect that the node emits is shown here too: answers and watchers. */
void ctl_effect(struct ctl *c, instant now, const struct effect *e);
/* Unanswered echoes; call at or after ctl_deadline. */
void ctl_expire(struct ctl *c, instant now);
instant ctl_deadline(const struct ctl *c);
