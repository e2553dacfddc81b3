/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/ask.h"
#include <assert.h>
#include "ctl/answer.h"
#include "ctl/json.h"
#include "ctl/method.h"
#include "ctl/place.h"
#include "node/node.h"

/* In the order of ping's row in methods[]. */
enum { PING_TARGET, PING_TTL, PING_SEQNO, PING_TIMEOUT };

/* A free place for one more echo of this client; NULL: call_refuse was called. */
static struct ctl_ask *ask_place(struct call *call)
{
	struct ctl_ask *place = NULL;
	unsigned own = 0;

	for (unsigned i = 0; i < CTL_ASKS_MAX; i++) {
		struct ctl_ask *a = &call->ctl->asks[i];

		if (!a->client)
			place = place ? place : a;
		else if (a->client == call->client)
			own++;
	}
	if (own >= CTL_ASKS_PER_CLIENT) {
		call_refuse(call, "busy",
			    "%d echoes of this connection are under way; wait for one",
			    CTL_ASKS_PER_CLIENT);
		return NULL;
	}
	if (!place)
		call_refuse(call, "busy", "%d echoes are under way; try again in a second",
			    CTL_ASKS_MAX);
	return place;
}

static void ask_free(struct ctl_ask *a)
{
	json_decref(a->id);
	*a = (struct ctl_ask){0};
}

/* Which node to ask for target: itself, or the home of a client. false: call_refuse
 * was called. */
static bool ask_resolve(struct call *call, struct mac target, struct mac *node)
{
	const struct node *x = call->ctl->node;
	char text[MAC_TEXT];

	mac_print(target, text);
	*node = target;
	if (!place_is_node(x, target) && !place_of_client(x, target, node)) {
		call_refuse(call, "unknown-node",
			    "no node and no client %s is known; \"nodes\" lists the nodes", text);
		return false;
	}
	return true;
}

json_t *ping_query(struct call *call)
{
	const struct param_value *v = call->value;
	struct mac node;

	if (!ask_resolve(call, v[PING_TARGET].mac, &node))
		return NULL;

	struct ctl *c = call->ctl;
	struct ctl_ask *a = ask_place(call);

	if (!a)
		return NULL;

	uint32_t token = ++c->token;
	int64_t timeout_ms = v[PING_TIMEOUT].given ? v[PING_TIMEOUT].number : CTL_ECHO_TIMEOUT_MS;

	*a = (struct ctl_ask){
		.client = call->client,
		.id = json_incref(call->id),
		.token = token,
		.target = v[PING_TARGET].mac,
		.node = node,
		.seqno = v[PING_SEQNO].given ? (uint16_t)v[PING_SEQNO].number : (uint16_t)token,
		.ttl = v[PING_TTL].given ? (uint8_t)v[PING_TTL].number : CTL_ECHO_TTL,
		.sent = call->now,
		.deadline = instant_add(call->now, span_ms(timeout_ms)),
	};
	call->later = true;

	struct ev ev = {
		.kind = EV_ECHO,
		.echo = {.token = token, .target = node, .ttl = a->ttl, .seqno = a->seqno},
	};

	/* The answer may come inside this call; *a is not ours any more. */
	node_handle(c->node, call->now, &ev, call->fx);
	return NULL;
}

static const char *outcome_name(enum echo_result r)
{
	switch (r) {
	case ECHO_REPLY: return "reply";
	case ECHO_TTL_EXCEEDED: return "ttl-exceeded";
	case ECHO_UNREACHABLE: return "unreachable";
	}
	return "?";
}

/* Answers and frees a. echo is NULL when nothing came. */
static void ask_end(struct ctl_ask *a, instant now, const struct fx_echo *echo)
{
	json_t *o = json_object();

	json_put_text(o, "outcome", echo ? outcome_name(echo->result) : "timeout");
	json_put_mac(o, "target", a->target);
	json_put_mac(o, "node", a->node);
	json_put_count(o, "seqno", a->seqno);
	json_put_count(o, "ttl", a->ttl);
	if (echo) {
		double rtt_ms = (double)instant_since(now, a->sent).us / 1000.0;

		json_put_mac_or_null(o, "from", echo->from);
		json_object_set_new(o, "rtt_ms", json_real(rtt_ms));
		json_put_count(o, "answer_ttl", echo->ttl);
	}
	answer_result(a->client, a->id, o);
	ask_free(a);
}

void ask_answered(struct ctl *c, instant now, const struct fx_echo *echo)
{
	for (unsigned i = 0; i < CTL_ASKS_MAX; i++) {
		struct ctl_ask *a = &c->asks[i];

		if (a->client && a->token == echo->token) {
			ask_end(a, now, echo);
			return;
		}
	}
}

void ask_expire(struct ctl *c, instant now)
{
	for (unsigned i = 0; i < CTL_ASKS_MAX; i++) {
		struct ctl_ask *a = &c->asks[i];

		if (a->client && instant_reached(a->deadline, now))
			ask_end(a, now, NULL);
	}
}

instant ask_deadline(const struct ctl *c)
{
	instant first = NEVER;

	for (unsigned i = 0; i < CTL_ASKS_MAX; i++)
		if (c->asks[i].client)
			first = instant_min(first, c->asks[i].deadline);
	return first;
}

void ask_forget(struct ctl *c, const struct ctl_client *client)
{
	for (unsigned i = 0; i < CTL_ASKS_MAX; i++)
		if (c->asks[i].client == client)
			ask_free(&c->asks[i]);
}
