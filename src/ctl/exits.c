/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/exits.h"
#include <stdio.h>
#include <string.h>
#include "ctl/json.h"
#include "ctl/tunnels.h"
#include "node/node.h"

enum { WORDS_ROOM = 160 };
/* In the order of prefer's row in methods[]. */
enum { PREFER_GATEWAY, PREFER_MODE, PREFER_CLIENT };

/* ---- who ---- */

bool exits_client_find(struct call *call, const char *client, struct mac *mac)
{
	const struct leases *l = call_leases(call);
	struct lease_view v;

	if (!l)
		return false;
	if (mac_parse(client, mac) && mac_is_station(*mac))
		return true;
	if (!call_find_lease(call, l, client, &v) || !mac_is_station(v.lease.mac)) {
		call_refuse(call, "unknown-client",
			    "no client has the address or name \"%.60s\"; \"leases\" lists them, "
			    "and a MAC address always does",
			    client);
		return false;
	}
	*mac = v.lease.mac;
	return true;
}

static void lease_put(const struct call *call, json_t *o, struct mac mac)
{
	const struct node *x = call->ctl->node;
	struct lease_view v;
	bool known = x->leases && leases_find(x->leases, call->now, mac, &v);

	json_put_mac(o, "mac", mac);
	json_put_text_or_null(o, "name", known ? v.shown : "");
	json_put_ipv4(o, "ipv4", known ? v.lease.ip : (struct ipv4){{0}, 0});
}

/* ---- where ---- */

static void gateway_view(const struct call *call, const struct digest *id, struct l3_node_view *v)
{
	const struct node *x = call->ctl->node;

	*v = (struct l3_node_view){.id = *id};
	if (x->l3)
		l3_node_find(x->l3, call->now, id, v);
}

void exits_preferred_put(const struct call *call, json_t *o, const struct tunnel_preference *p)
{
	struct l3_node_view v = {.id = {{0}}};

	if (!p->any)
		gateway_view(call, &p->node, &v);
	network_put_node(o, "preferred", &v);
	json_put_bool(o, "strict", !p->any && p->strict);
}

static const char *cause_words(const struct exits_family_view *f)
{
	switch (f->cause) {
	case PIN_NONE: return "as the node itself";
	case PIN_BEST: return f->own ? "the node's own uplink" : "what the node uses";
	case PIN_FLOWS: return "its connections are there";
	case PIN_PEOPLE: return "preferred for it";
	case PIN_LOST: break;
	}
	return "only one is wanted for it, strictly, and that does not work";
}

static json_t *family_json(const struct call *call, const struct exits_family_view *f, bool v6)
{
	json_t *o = json_object();
	struct l3_node_view v = {.id = {{0}}};

	if (f->cause != PIN_NONE && f->cause != PIN_LOST)
		gateway_view(call, &f->to, &v);
	json_put_text(o, "family", v6 ? "ipv6" : "ipv4");
	json_put_text(o, "cause", pin_cause_name(f->cause));
	network_put_node(o, "", &v);
	json_put_bool(o, "own", f->own);
	json_put_span_ms(o, "since_ms", f->cause == PIN_NONE ? span_us(0) : f->since);
	if (f->seen)
		json_put_span_ms(o, "quiet_ms", f->quiet);
	else
		json_object_set_new(o, "quiet_ms", json_null());
	json_put_text(o, "reason", cause_words(f));
	return o;
}

static json_t *view_json(const struct call *call, const struct exits_view *v)
{
	json_t *o = json_object(), *families = json_array();

	lease_put(call, o, v->mac);
	json_put_bool(o, "here", v->here);
	exits_preferred_put(call, o, &v->wish);
	for (unsigned v6 = 0; v6 < 2; v6++)
		json_array_append_new(families, family_json(call, &v->family[v6], v6));
	json_object_set_new(o, "exits", families);
	return o;
}

/* Of one that nothing is known of: nothing. */
static struct exits_view view_of(const struct call *call, struct mac mac)
{
	const struct node *x = call->ctl->node;
	struct exits_view v = {.mac = mac, .wish = {.any = true}};

	if (!exits_find(x->exits, call->now, mac, &v))
		v.here = l2_owner(&x->l2, mac).here;
	return v;
}

json_t *exits_client_json(const struct call *call, struct mac mac)
{
	const struct exits_view v = view_of(call, mac);

	return view_json(call, &v);
}

static void family_words(const struct call *call, const struct exits_family_view *f, bool v6,
			 char words[WORDS_ROOM])
{
	char id[DIGEST_TEXT], by[WORDS_ROOM / 2] = "";
	struct l3_node_view n;

	if (f->cause != PIN_NONE && f->cause != PIN_LOST) {
		gateway_view(call, &f->to, &n);
		snprintf(by, sizeof(by), "by %s: ", network_node_words(&n, id));
	}
	snprintf(words, WORDS_ROOM, "IPv%c %s%s", v6 ? '6' : '4', by, cause_words(f));
}

void exits_client_words(const struct call *call, struct mac mac, char *words, size_t room)
{
	const struct exits_view v = view_of(call, mac);
	char text[MAC_TEXT], family[2][WORDS_ROOM];

	for (unsigned v6 = 0; v6 < 2; v6++)
		family_words(call, &v.family[v6], v6, family[v6]);
	snprintf(words, room, "client %s, %s, goes to the Internet: %s; %s", mac_print(mac, text),
		 v.here ? "which is here" : "which is elsewhere", family[0], family[1]);
}

/* ---- methods ---- */

bool exits_preference_read(struct call *call, const struct param_value *gateway,
			   const struct param_value *mode, struct tunnel_preference *p)
{
	struct l3_node_view v;

	*p = (struct tunnel_preference){.any = strcmp(gateway->word, "auto") == 0};
	p->strict = !p->any && mode->given && strcmp(mode->word, "strict") == 0;
	/* Who was seen once and is away now is known by its whole id. */
	if (p->any || digest_parse(gateway->word, &p->node))
		return true;
	if (!network_find(call, call->ctl->node->l3, gateway->word, &v))
		return false;
	p->node = v.id;
	return true;
}

static json_t *prefer_for(struct call *call, const char *client,
			  const struct tunnel_preference *wish)
{
	struct node *x = call->ctl->node;
	struct ev ev = {.kind = EV_TUNNEL, .tunnel = {.kind = TUNNEL_PREFER_CLIENT}};
	struct exits_view v;
	json_t *o;

	if (!exits_client_find(call, client, &ev.tunnel.client.mac))
		return NULL;
	ev.tunnel.client.wish = *wish;
	node_handle(x, call->now, &ev, call->fx);
	v = view_of(call, ev.tunnel.client.mac);
	if (v.wish.any != wish->any)
		return call_refuse(call, "busy",
				   "there is no room for one more client with a gateway of its "
				   "own; see \"leases_max\"");
	o = json_object();
	exits_preferred_put(call, o, &v.wish);
	json_object_set_new(o, "client", view_json(call, &v));
	return o;
}

json_t *prefer_command(struct call *call)
{
	struct node *x = call->ctl->node;
	const struct param_value *client = &call->value[PREFER_CLIENT];
	struct ev ev = {.kind = EV_TUNNEL, .tunnel = {.kind = TUNNEL_PREFER}};
	json_t *o;

	if (!x->tunnels)
		return call_refuse(call, "network-off", "tunnels are off, so there is no gateway");
	if (!exits_preference_read(call, &call->value[PREFER_GATEWAY], &call->value[PREFER_MODE],
				   &ev.tunnel.prefer))
		return NULL;
	if (client->given)
		return prefer_for(call, client->word, &ev.tunnel.prefer);
	node_handle(x, call->now, &ev, call->fx);
	o = json_object();
	exits_preferred_put(call, o, &x->preference);
	return o;
}

struct listing {
	const struct call *call;
	json_t *list;
};

static bool one_show(void *ctx, const struct exits_view *v)
{
	struct listing *l = ctx;

	json_array_append_new(l->list, view_json(l->call, v));
	return true;
}

json_t *exits_query(struct call *call)
{
	const struct node *x = call->ctl->node;
	struct listing l = {call, json_array()};
	json_t *o = json_object();
	struct exits_counters c = {0};

	exits_preferred_put(call, o, &x->preference);
	if (x->exits) {
		exits_each(x->exits, call->now, one_show, &l);
		c = exits_counters(x->exits);
	}
	json_object_set_new(o, "clients", l.list);
	json_put_count(o, "moves", c.moves);
	json_put_count(o, "refused", c.refused);
	json_put_count(o, "malformed", c.malformed);
	return o;
}
