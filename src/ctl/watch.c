/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/watch.h"
#include <stdio.h>
#include "ctl/answer.h"
#include "ctl/json.h"
#include "ctl/method.h"

enum value_kind { VALUE_NONE, VALUE_PORT, VALUE_VID, VALUE_ERR };

/* How a note is told: its fields' names, and words with %1 for the subject, %2 for
 * the object and %3 for the value. */
struct telling {
	const char *subject, *object; /* NULL: the note has none */
	enum value_kind value;
	const char *words;
};

static struct telling note_telling(enum note n)
{
	switch (n) {
	case NOTE_NEIGHBOUR_NEW:
		return (struct telling){"neighbour", NULL, VALUE_PORT, "neighbour %1 heard on %3"};
	case NOTE_NEIGHBOUR_DOUBTED:
		return (struct telling){"neighbour", NULL, VALUE_PORT,
					"neighbour %1 on %3 is silent; other ways are preferred"};
	case NOTE_NEIGHBOUR_GONE:
		return (struct telling){"neighbour", NULL, VALUE_PORT, "neighbour %1 left %3"};
	case NOTE_NODE_NEW:
		return (struct telling){"node", NULL, VALUE_NONE, "node %1 is in the cloud"};
	case NOTE_NODE_GONE: return (struct telling){"node", NULL, VALUE_NONE, "node %1 is gone"};
	case NOTE_ROUTE_CHANGED:
		return (struct telling){"node", "next_hop", VALUE_PORT,
					"node %1 is now reached by %2 on %3"};
	case NOTE_ROUTE_LOST:
		return (struct telling){"node", NULL, VALUE_NONE, "no way to node %1 any more"};
	case NOTE_CLIENT_NEW:
		return (struct telling){"client", NULL, VALUE_VID, "client %1 is here%3"};
	case NOTE_CLIENT_GONE:
		return (struct telling){"client", NULL, VALUE_VID, "client %1 left%3"};
	case NOTE_CLIENT_ROAMED_IN:
		return (struct telling){"client", "node", VALUE_VID,
					"client %1 came here from node %2%3"};
	case NOTE_CLIENT_ROAMED_OUT:
		return (struct telling){"client", "node", VALUE_VID, "client %1 went to node %2%3"};
	case NOTE_LAN_BLOCKED:
		return (struct telling){"gateway", NULL, VALUE_NONE,
					"LAN blocked: node %1 serves it too"};
	case NOTE_LAN_OPEN:
		return (struct telling){NULL, NULL, VALUE_NONE,
					"LAN open again: no other node claims it"};
	case NOTE_TABLE_FULL:
		return (struct telling){NULL, NULL, VALUE_ERR, "a table is full (%3)"};
	case NOTE_GATEWAY_TAKEN:
	case NOTE_GATEWAY_CHANGED:
	case NOTE_GATEWAY_LOST: break; /* gateway_json */
	}
	return (struct telling){NULL, NULL, VALUE_NONE, "something that has no words yet"};
}

static const char *value_words(const struct ctl *c, enum value_kind kind, uint32_t value,
			       char *room, size_t size)
{
	switch (kind) {
	case VALUE_NONE: return "";
	case VALUE_PORT: return call_port_name(c, (uint8_t)value);
	case VALUE_VID:
		snprintf(room, size, " (VLAN %d)", vid_to_vlan((uint16_t)value));
		return vid_to_vlan((uint16_t)value) >= 0 ? room : "";
	case VALUE_ERR: return value < ERR_COUNT ? err_name((enum err)value) : "?";
	}
	return "";
}

static void words_fill(char *out, size_t room, const char *words, const char *const with[3])
{
	size_t at = 0;

	for (; *words && at < room; words++) {
		if (words[0] == '%' && words[1] >= '1' && words[1] <= '3') {
			at += (size_t)snprintf(out + at, room - at, "%s", with[words[1] - '1']);
			words++;
		} else {
			at += (size_t)snprintf(out + at, room - at, "%c", words[0]);
		}
	}
}

static void put_value(json_t *o, const struct ctl *c, enum value_kind kind, uint32_t value)
{
	switch (kind) {
	case VALUE_NONE: return;
	case VALUE_PORT: json_put_text(o, "port", call_port_name(c, (uint8_t)value)); return;
	case VALUE_VID: json_put_vlan(o, "vlan", (uint16_t)value); return;
	case VALUE_ERR:
		json_put_text(o, "reason", value < ERR_COUNT ? err_name((enum err)value) : "?");
		return;
	}
}

static void put_end(json_t *o, const char *key, const char *name, const struct note_gateway_end *e)
{
	json_put_digest(o, key, &e->id);
	json_put_text_or_null(o, name, e->name ? e->name : "");
}

static json_t *gateway_json(const struct ctl *c, instant now, const struct fx_note *note)
{
	const struct note_gateway *g = &note->gateway;
	char words[NOTE_GATEWAY_TEXT];
	json_t *o = json_object();

	json_put_text(o, "event", note_name(note->what));
	json_put_ago_ms(o, "uptime_ms", now, c->started);
	json_put_text(o, "text", note_gateway_print(g, words));
	json_put_text(o, "family", g->v6 ? "ipv6" : "ipv4");
	json_put_text(o, "why", gateway_why_name(g->why));
	put_end(o, "to", "to_name", &g->to);
	put_end(o, "from", "from_name", &g->from);
	json_put_bool(o, "spare", g->spare);
	return o;
}

static json_t *note_json(const struct ctl *c, instant now, const struct fx_note *note)
{
	struct telling t = note_telling(note->what);
	char subject[MAC_TEXT], object[MAC_TEXT], value[32], text[240];
	const char *with[3] = {mac_print(note->subject, subject), mac_print(note->object, object),
			       value_words(c, t.value, note->value, value, sizeof(value))};
	json_t *o = json_object();

	words_fill(text, sizeof(text), t.words, with);
	json_put_text(o, "event", note_name(note->what));
	json_put_ago_ms(o, "uptime_ms", now, c->started);
	json_put_text(o, "text", text);
	if (t.subject)
		json_put_mac(o, t.subject, note->subject);
	if (t.object)
		json_put_mac(o, t.object, note->object);
	put_value(o, c, t.value, note->value);
	return o;
}

void watch_tell(struct ctl *c, instant now, const struct fx_note *note)
{
	json_t *o = NULL;

	list_each (client, &c->clients, struct ctl_client, all) {
		if (!client->watching)
			continue;
		if (!o)
			o = note_is_of_gateway(note->what) ? gateway_json(c, now, note)
							   : note_json(c, now, note);
		answer_line(client, json_incref(o));
	}
	json_decref(o);
}

json_t *watch_query(struct call *call)
{
	unsigned watchers = 0;

	list_each (client, &call->ctl->clients, struct ctl_client, all)
		watchers += client->watching ? 1 : 0;
	if (!call->client->watching && watchers >= CTL_WATCHERS_MAX)
		return call_refuse(call, "busy", "%d clients watch already; end one of them",
				   CTL_WATCHERS_MAX);
	call->client->watching = true;

	json_t *o = json_object();

	json_put_bool(o, "watching", true);
	return o;
}
