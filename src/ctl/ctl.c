/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/ctl.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/answer.h"
#include "ctl/ask.h"
#include "ctl/json.h"
#include "ctl/method.h"
#include "ctl/watch.h"
#include "node/node.h"

static_assert((int)CTL_ASKS_MAX <= (int)ECHOES_MAX, "the engine forgets the oldest echo");

void ctl_init(struct ctl *c, struct node *node, const struct ctl_host *host, instant now)
{
	assert(node && host && host->port_name);
	*c = (struct ctl){.node = node, .host = host, .started = now};
	list_init(&c->clients);
}

void ctl_fini(struct ctl *c)
{
	list_each (client, &c->clients, struct ctl_client, all)
		ctl_client_fini(c, client);
}

void ctl_client_init(struct ctl *c, struct ctl_client *client, bool privileged,
		     void (*send)(struct ctl_client *, const char *, size_t))
{
	*client = (struct ctl_client){.send = send, .privileged = privileged};
	list_append(&c->clients, &client->all);
}

void ctl_client_fini(struct ctl *c, struct ctl_client *client)
{
	ask_forget(c, client);
	client->watching = false;
	list_del(&client->all);
}

/* Objects and lists nested deeper than CTL_DEPTH_MAX? Brackets in strings do not count. */
static bool too_deep(const char *line, size_t len)
{
	unsigned depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		char ch = line[i];

		if (in_string && ch == '\\')
			i++;
		else if (ch == '"')
			in_string = !in_string;
		else if (!in_string && (ch == '{' || ch == '['))
			depth++;
		else if (!in_string && (ch == '}' || ch == ']') && depth > 0)
			depth--;
		if (depth > CTL_DEPTH_MAX)
			return true;
	}
	return false;
}

/* The line as an object; NULL: call_refuse was called. */
static json_t *request_parse(struct call *call, const char *line, size_t len)
{
	json_error_t error;

	if (len > CTL_LINE_MAX)
		return call_refuse(call, "too-long", "a request has at most %d bytes",
				   CTL_LINE_MAX);
	if (too_deep(line, len))
		return call_refuse(call, "too-deep", "a request nests at most %d levels",
				   CTL_DEPTH_MAX);

	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);

	if (!request)
		return call_refuse(call, "bad-json", "not JSON at byte %d: %s", error.position,
				   error.text);
	if (!json_is_object(request)) {
		json_decref(request);
		return call_refuse(call, "bad-request",
				   "a request is an object: {\"id\": 1, \"method\": \"status\"}");
	}
	return request;
}

/* Takes the id out of the request, then looks whether the rest is as it should be. */
static bool request_check(struct call *call, json_t *request)
{
	json_t *id = json_object_get(request, "id");
	const json_t *params = json_object_get(request, "params");
	const char *key;
	json_t *value;

	if (id && !json_is_integer(id) && !json_is_string(id)) {
		call_refuse(call, "bad-request", "\"id\" must be a whole number or a string");
		return false;
	}
	if (id) {
		json_decref(call->id);
		call->id = json_incref(id);
	}
	json_object_foreach(request, key, value)
	{
		if (strcmp(key, "id") != 0 && strcmp(key, "method") != 0 &&
		    strcmp(key, "params") != 0) {
			call_refuse(call, "bad-request",
				    "\"%.60s\" is unknown; a request has \"id\", \"method\" and "
				    "\"params\"",
				    key);
			return false;
		}
	}
	if (!json_is_string(json_object_get(request, "method"))) {
		call_refuse(call, "bad-request",
			    "\"method\" must be there, a string; \"version\" lists them");
		return false;
	}
	if (params && !json_is_object(params)) {
		call_refuse(call, "bad-request", "\"params\" must be an object");
		return false;
	}
	return true;
}

/* Finds the method and runs it. */
static json_t *request_run(struct call *call, const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "method"));

	call->method = method_find(name);
	if (!call->method)
		return call_refuse(call, "unknown-method",
				   "there is no method \"%.60s\"; \"version\" lists them", name);
	if (!method_allowed(call->method, call->client))
		return call_refuse(call, "not-allowed", "\"%s\" changes the node: only root may",
				   name);
	if (!method_read_params(call, json_object_get(request, "params")))
		return NULL;

	json_t *result = call->method->run(call);

	if (!result && !call->code && !call->later)
		call_refuse(call, "no-memory", "the daemon has no memory left for this answer");
	return result;
}

void ctl_line(struct ctl *c, struct ctl_client *client, instant now, const char *line, size_t len,
	      struct fx *fx)
{
	struct call call = {.ctl = c, .client = client, .now = now, .fx = fx, .id = json_null()};
	json_t *request = request_parse(&call, line, len);
	json_t *result = NULL;

	if (request && request_check(&call, request))
		result = request_run(&call, request);
	if (call.code)
		answer_error(client, call.id, call.code, call.message);
	else if (!call.later)
		answer_result(client, call.id, result);
	json_decref(call.id);
	json_decref(request);
}

void ctl_effect(struct ctl *c, instant now, const struct effect *e)
{
	switch (e->kind) {
	case FX_ECHO: ask_answered(c, now, &e->echo); break;
	case FX_NOTE: watch_tell(c, now, &e->note); break;
	case FX_SEND:
	case FX_DELIVER:
	case FX_FDB:
	case FX_DATAGRAM:
	case FX_LEASE:
	case FX_RESERVE:
	case FX_RANGES:
	case FX_NAME:
	case FX_NETWORK:
	case FX_TUNNEL:
	case FX_UPLINK:
	case FX_FORWARDING:
	case FX_HELLO:
	case FX_LAN_ROLE: break;
	}
}

void ctl_expire(struct ctl *c, instant now)
{
	ask_expire(c, now);
}

instant ctl_deadline(const struct ctl *c)
{
	return ask_deadline(c);
}

const char *call_port_name(const struct ctl *ctl, uint8_t port)
{
	return ctl->host->port_name(ctl->host->ctx, port);
}
