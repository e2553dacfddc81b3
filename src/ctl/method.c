/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/method.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MAX_MS = 60000, VLAN_ID_MAX = 4095 };

const struct method methods[] = {
	{.name = "version", .run = version_query},
	{.name = "status", .run = status_query},
	{.name = "neighbours",
	 .run = neighbours_query,
	 .params = {{.name = "of", .kind = PARAM_WORD, .words = "cloud network"}}},
	{.name = "nodes",
	 .run = nodes_query,
	 .params = {{.name = "of", .kind = PARAM_WORD, .words = "cloud network"}}},
	{.name = "clients", .run = clients_query},
	{.name = "counters", .run = counters_query},
	{.name = "leases", .run = leases_query},
	{.name = "names", .run = names_query},
	{.name = "shared",
	 .run = shared_query,
	 .params = {{.name = "type", .kind = PARAM_NUMBER, .min = 0, .max = UINT8_MAX}}},
	{.name = "network", .run = network_query},
	{.name = "routes", .run = routes_query},
	{.name = "tunnels", .run = tunnels_query},
	{.name = "uplinks", .run = uplinks_query},
	{.name = "node",
	 .run = node_query,
	 .params = {{.name = "node", .kind = PARAM_TEXT, .required = true}}},
	{.name = "topology",
	 .run = topology_query,
	 .params = {{.name = "as", .kind = PARAM_WORD, .words = "graph routes"}}},
	{.name = "ping",
	 .run = ping_query,
	 .params = {{.name = "target", .kind = PARAM_MAC, .required = true},
		    {.name = "ttl", .kind = PARAM_NUMBER, .min = 1, .max = 255},
		    {.name = "seqno", .kind = PARAM_NUMBER, .min = 0, .max = UINT16_MAX},
		    {.name = "timeout_ms", .kind = PARAM_NUMBER, .min = 1, .max = TIMEOUT_MAX_MS}}},
	{.name = "why",
	 .run = why_query,
	 .params = {{.name = "what",
		     .kind = PARAM_WORD,
		     .required = true,
		     .words = "node client lease route gateway"},
		    {.name = "mac", .kind = PARAM_MAC},
		    {.name = "client", .kind = PARAM_TEXT},
		    {.name = "to", .kind = PARAM_TEXT}}},
	{.name = "prefer",
	 .changes = true,
	 .run = prefer_command,
	 .params = {{.name = "gateway", .kind = PARAM_TEXT, .required = true},
		    {.name = "mode", .kind = PARAM_WORD, .words = "wish strict"},
		    {.name = "client", .kind = PARAM_TEXT}}},
	{.name = "exits", .run = exits_query},
	{.name = "watch", .run = watch_query},
	{.name = "config", .run = config_query},
	{.name = NULL},
};

const struct method *method_find(const char *name)
{
	for (const struct method *m = methods; m->name; m++)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

bool method_allowed(const struct method *m, const struct ctl_client *client)
{
	return !m->changes || client->privileged;
}

json_t *call_refuse(struct call *call, const char *code, const char *format, ...)
{
	va_list args;

	call->code = code;
	va_start(args, format);
	vsnprintf(call->message, sizeof(call->message), format, args);
	va_end(args);
	return NULL;
}

/* Is word one of the words of list, which are divided by single spaces? */
static bool word_in(const char *list, const char *word)
{
	size_t len = strlen(word);

	if (len == 0 || strchr(word, ' '))
		return false;
	for (const char *p = list; p; p = strchr(p, ' ')) {
		p += *p == ' ';
		if (strncmp(p, word, len) == 0 && (p[len] == ' ' || p[len] == '\0'))
			return true;
	}
	return false;
}

/* The names of m's parameters as a sentence's end: "it takes none", "it takes: a, b". */
static const char *params_list(const struct method *m, char *text, size_t room)
{
	if (!m->params[0].name)
		return "it takes none";

	size_t at = (size_t)snprintf(text, room, "it takes");

	for (const struct param *p = m->params; p->name && at < room; p++)
		at += (size_t)snprintf(text + at, room - at, "%s \"%s\"", p == m->params ? "" : ",",
				       p->name);
	return text;
}

static bool param_read(struct call *call, const struct param *p, const json_t *given,
		       struct param_value *v)
{
	const char *text = json_string_value(given);

	v->given = true;
	switch (p->kind) {
	case PARAM_MAC:
		if (text && mac_parse(text, &v->mac))
			return true;
		call_refuse(call, "bad-parameter",
			    "\"%s\" must be a MAC address as a string, \"02:00:00:00:00:01\"",
			    p->name);
		return false;
	case PARAM_NUMBER:
		v->number = json_integer_value(given);
		if (json_is_integer(given) && v->number >= p->min && v->number <= p->max)
			return true;
		call_refuse(call, "bad-parameter", "\"%s\" must be a whole number, %lld to %lld",
			    p->name, (long long)p->min, (long long)p->max);
		return false;
	case PARAM_WORD:
		v->word = text;
		if (text && word_in(p->words, text))
			return true;
		call_refuse(call, "bad-parameter", "\"%s\" must be one of these words: %s", p->name,
			    p->words);
		return false;
	case PARAM_TEXT:
		v->word = text;
		if (text && text[0] != '\0')
			return true;
		call_refuse(call, "bad-parameter", "\"%s\" must be a string that is not empty",
			    p->name);
		return false;
	}
	assert(false);
	return false;
}

/* Every given parameter is one of the method's. */
static bool params_known(struct call *call, json_t *params)
{
	const char *key;
	json_t *value;

	json_object_foreach(params, key, value)
	{
		const struct param *p = call->method->params;
		char list[CALL_MESSAGE_ROOM / 2];

		while (p->name && strcmp(p->name, key) != 0)
			p++;
		if (!p->name) {
			call_refuse(call, "unknown-parameter",
				    "\"%s\" has no parameter \"%.60s\"; %s", call->method->name,
				    key, params_list(call->method, list, sizeof(list)));
			return false;
		}
	}
	return true;
}

bool method_read_params(struct call *call, const json_t *params)
{
	const struct param *p = call->method->params;

	if (!params_known(call, (json_t *)params))
		return false;
	for (unsigned i = 0; p[i].name; i++) {
		const json_t *given = json_object_get(params, p[i].name);

		assert(i < METHOD_PARAMS_MAX);
		if (given) {
			if (!param_read(call, &p[i], given, &call->value[i]))
				return false;
		} else if (p[i].required) {
			char list[CALL_MESSAGE_ROOM / 2];

			call_refuse(call, "missing-parameter", "\"%s\" needs \"%s\"; %s",
				    call->method->name, p[i].name,
				    params_list(call->method, list, sizeof(list)));
			return false;
		}
	}
	return true;
}
