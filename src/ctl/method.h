/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * method - what can be asked: the table of methods and their parameters.
 *
 * Source  ours; docs/control.md describes the same, and a test compares.
 * Shape   A method is a row: its parameters are data, checked before it runs.
 *         Its function returns the result, or NULL after call_refuse, or NULL
 *         after call_later when the answer comes by itself.
 * Memory  results are new references, taken by the caller.
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include "ctl/ctl.h"

enum { METHOD_PARAMS_MAX = 6, CALL_MESSAGE_ROOM = 400 };

enum param_kind { PARAM_MAC, PARAM_NUMBER, PARAM_WORD, PARAM_TEXT };

struct param {
	const char *name; /* NULL ends the list */
	enum param_kind kind;
	bool required;
	int64_t min, max;  /* of a PARAM_NUMBER, both allowed */
	const char *words; /* of a PARAM_WORD: the allowed ones, "node client" */
};

/* A parameter as it was given. */
struct param_value {
	bool given;
	int64_t number;
	struct mac mac;
	const char *word; /* in the request; of a PARAM_TEXT too */
};

struct method;
struct lease_view;

/* One request while it is being answered. */
struct call {
	struct ctl *ctl;
	struct ctl_client *client;
	instant now;
	struct fx *fx;
	json_t *id; /* never NULL */
	const struct method *method;
	struct param_value value[METHOD_PARAMS_MAX]; /* in the order of method->params */
	const char *code;			     /* of the error, or NULL */
	bool later;
	char message[CALL_MESSAGE_ROOM];
};

struct method {
	const char *name; /* NULL ends the table */
	bool changes;	  /* only for privileged clients */
	struct param params[METHOD_PARAMS_MAX + 1];
	json_t *(*run)(struct call *call);
};

extern const struct method methods[];

const struct method *method_find(const char *name);
/* May this client call it? */
bool method_allowed(const struct method *m, const struct ctl_client *client);
/* Reads params (an object or NULL) into call->value. false: call_refuse was called. */
bool method_read_params(struct call *call, const json_t *params);

/* Ends the call with an error; always NULL. The message says what to do. */
json_t *call_refuse(struct call *call, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- the methods, by file ---- */
json_t *version_query(struct call *call); /* status.c */
json_t *status_query(struct call *call);
json_t *config_query(struct call *call);
json_t *neighbours_query(struct call *call); /* tables.c */
json_t *nodes_query(struct call *call);
json_t *clients_query(struct call *call);
json_t *counters_query(struct call *call);
json_t *leases_query(struct call *call); /* leases.c */
json_t *names_query(struct call *call);
json_t *shared_query(struct call *call);  /* shared.c */
json_t *network_query(struct call *call); /* network.c */
json_t *routes_query(struct call *call);
json_t *tunnels_query(struct call *call);  /* tunnels.c */
json_t *uplinks_query(struct call *call);  /* uplinks.c */
json_t *node_query(struct call *call);	   /* why_route.c */
json_t *topology_query(struct call *call); /* topology.c */
json_t *ping_query(struct call *call);	   /* ask.c */
json_t *why_query(struct call *call);	   /* why.c */
json_t *prefer_command(struct call *call); /* exits.c */
json_t *exits_query(struct call *call);
json_t *watch_query(struct call *call); /* watch.c */

/* ---- shared among them ---- */

/* {"tx": 1, ...}, and {"short": 0, ...}: frames refused by reason. */
json_t *counters_json(const struct node *node);
json_t *dropped_json(const struct node *node);

/* Why a client (a MAC, an IPv4 address or a name) has its address; why_lease.c. */
json_t *why_lease(struct call *call, const char *client);
/* The leases of this node, or NULL after call_refuse. */
const struct leases *call_leases(struct call *call);

/* Why packets go to the node of an address, a name or an id as they do; why_route.c. */
json_t *why_route(struct call *call, const char *to);

/* The lease of a client: a MAC, an IPv4 address or a name, with or without the domain; why_lease.c.
 */
bool call_find_lease(const struct call *call, const struct leases *l, const char *client,
		     struct lease_view *v);

/* Which gateway to the Internet is used, by this node or by a client (NULL: none), and why no
 * other; why_gateway.c. */
json_t *why_gateway(struct call *call, const char *client);

/* Parts of the status; null when the node has none. */
json_t *leases_status_json(const struct node *node, instant now);
json_t *shared_status_json(const struct node *node, instant now);
json_t *network_status_json(const struct node *node, instant now); /* never null */
json_t *tunnels_status_json(const struct node *node, instant now); /* the same */
json_t *uplinks_status_json(const struct node *node, instant now); /* the same */

/* A member of the host's status; null when the host does not tell it. */
json_t *call_host_part(const struct call *call, const char *name);

/* The Linux name of a mesh port. */
const char *call_port_name(const struct ctl *ctl, uint8_t port);
