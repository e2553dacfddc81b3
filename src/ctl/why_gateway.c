/* SPDX-License-Identifier: GPL-2.0-or-later */
/* why_gateway - which gateway to the Internet is used and why not another. */
#include <inttypes.h>
#include <stdio.h>
#include "ctl/exits.h"
#include "ctl/json.h"
#include "ctl/tunnels.h"
#include "node/node.h"

enum { GATEWAYS_MAX = 200 /* that are told */, WORDS_ROOM = 200 };

struct answer {
	const struct call *call;
	json_t *list;
	size_t more;
	char chosen[2][WORDS_ROOM]; /* [1]: IPv6; "": none */
};

/* ---- one gateway ---- */

static void proof_put(json_t *o, instant now, const struct proof *p)
{
	json_put_text(o, "verdict", p ? gw_verdict_name(p->verdict) : "unproven");
	json_put_ago_ms(o, "verdict_ms", now, p ? p->since : NEVER);
	json_put_ago_ms(o, "answered_ms", now, p ? p->good : NEVER);
	json_put_count(o, "rtt_us", p ? p->rtt_us : 0);
	json_put_count(o, "loss_permille", p ? p->loss_permille : 0);
	json_put_count(o, "damage_permille", p ? proof_damage(p) : 0);
	json_put_count(o, "probes", p ? p->sent : 0);
	json_put_count(o, "answers", p ? p->answered : 0);
}

static const char *reason_words(const struct answer *a, const struct gw_why *why)
{
	const struct tunnel_preference *wish = &a->call->ctl->node->preference;

	if (why->reason == GW_CHOSEN && !wish->any && digest_equal(&wish->node, why->node))
		return "chosen: preferred";
	if (why->reason == GW_CHOSEN)
		return "chosen: worth the most of those that work, or not left for a passing gain";
	return tunnel_reason_words(why->reason);
}

static void gateway_tell(void *ctx, const struct gw_why *why)
{
	struct answer *a = ctx;
	const struct node *x = a->call->ctl->node;
	const bool v6 = why->network->prefix.v6;
	struct l3_node_view v = {.id = *why->node};
	char id[DIGEST_TEXT];
	json_t *o;

	if (why->network->prefix.net.bits != 0 || why->reason == GW_FAMILY ||
	    why->reason == GW_APART || why->reason == GW_LENGTH)
		return;
	if (json_array_size(a->list) >= GATEWAYS_MAX && why->reason != GW_CHOSEN) {
		a->more++;
		return;
	}
	l3_node_find(x->l3, a->call->now, why->node, &v);
	o = json_object();
	network_put_node(o, "", &v);
	json_put_text(o, "family", v6 ? "ipv6" : "ipv4");
	json_put_text(o, "search", why->search->label);
	json_put_bool(o, "chosen", why->reason == GW_CHOSEN);
	json_put_text(o, "excluded", gw_reason_name(why->reason));
	json_put_count(o, "bandwidth_bps", bmx7_bandwidth(why->network->bandwidth));
	json_put_count(o, "metric_bps", v.metric);
	json_put_count(o, "worth_bps", why->metric);
	json_put_count(o, "users", x->exits ? exits_users(x->exits, v6, why->node) : 0);
	proof_put(o, a->call->now, tunnels_proof(x->tunnels, v6, why->node));
	json_put_text(o, "reason", reason_words(a, why));
	if (why->reason == GW_CHOSEN) {
		snprintf(a->chosen[v6], sizeof(a->chosen[v6]), "%s", network_node_words(&v, id));
		json_array_insert_new(a->list, 0, o);
	} else {
		json_array_append_new(a->list, o);
	}
}

/* ---- all ---- */

static json_t *proves_json(const struct tunnels *t)
{
	json_t *list = json_array();

	for (unsigned v6 = 0; t && v6 < 2; v6++)
		if (tunnels_proves(t, v6))
			json_array_append_new(list, json_string(v6 ? "ipv6" : "ipv4"));
	return list;
}

static void answer_words(const struct answer *a, const struct tunnels *t, char *words, size_t room)
{
	size_t count = json_array_size(a->list);

	if (!t)
		snprintf(words, room, "no gateway is used: tunnels are off");
	else if (a->chosen[0][0] != '\0' || a->chosen[1][0] != '\0')
		snprintf(words, room, "the Internet is reached by %s (IPv4) and by %s (IPv6)",
			 a->chosen[0][0] != '\0' ? a->chosen[0] : "no gateway",
			 a->chosen[1][0] != '\0' ? a->chosen[1] : "no gateway");
	else if (count > 0)
		snprintf(words, room, "no gateway is used: none of those that are offered may be");
	else
		snprintf(words, room, "no gateway is used: no node offers the Internet");
}

json_t *why_gateway(struct call *call, const char *client)
{
	const struct tunnels *t = call->ctl->node->tunnels;
	struct answer a = {.call = call};
	char words[3 * WORDS_ROOM];
	json_t *o;
	struct mac mac;

	if (client && !exits_client_find(call, client, &mac))
		return NULL;
	a.list = json_array();
	o = json_object();
	if (t)
		gw_explain(tunnels_gw(t), gateway_tell, &a);
	answer_words(&a, t, words, sizeof(words));
	if (client) {
		exits_client_words(call, mac, words, sizeof(words));
		json_object_set_new(o, "client", exits_client_json(call, mac));
	}
	json_put_text(o, "what", "gateway");
	json_put_text(o, "text", words);
	exits_preferred_put(call, o, &call->ctl->node->preference);
	json_object_set_new(o, "proves", proves_json(t));
	json_object_set_new(o, "gateways", a.list);
	json_put_count(o, "gateways_more", a.more);
	return o;
}
