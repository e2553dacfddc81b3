/* SPDX-License-Identifier: GPL-2.0-or-later */
/* why - the method that explains a choice: the candidates, the chosen one, reasons. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/json.h"
#include "ctl/method.h"
#include "ctl/place.h"
#include "node/node.h"

enum { WHY_WHAT, WHY_MAC, WHY_CLIENT, WHY_TO }; /* in the order of why's row in methods[] */
enum { WORDS_ROOM = 320 };

static const struct path *router(const struct originator *o)
{
	return originator_router(o, OIF_DEFAULT);
}

/* Does another path have a higher TQ than p? */
static bool is_outdone(const struct originator *o, const struct path *p)
{
	list_each (other, &o->paths, struct path, of_originator)
		if (other->oif[OIF_DEFAULT].tq > p->oif[OIF_DEFAULT].tq)
			return true;
	return false;
}

static bool is_alone(const struct originator *o)
{
	return !list_empty(&o->paths) && o->paths.next == o->paths.prev;
}

/* Why a path is, or is not, the way to o. */
static void path_reason(const struct originator *o, const struct path *p, char *words, size_t room)
{
	const struct path *best = router(o);
	unsigned tq = p->oif[OIF_DEFAULT].tq;
	unsigned best_tq = best ? best->oif[OIF_DEFAULT].tq : 0;

	if (p == best && is_alone(o))
		snprintf(words, room, "chosen: the only way");
	else if (p == best && p->neighbour->doubted)
		snprintf(words, room, "chosen: silent, but no other way is fresh");
	else if (p == best && is_outdone(o, p))
		snprintf(words, room, "chosen: kept until a better one brings an OGM");
	else if (p == best)
		snprintf(words, room, "chosen: no other has a higher TQ");
	else if (tq == 0)
		snprintf(words, room, "not usable: none of its OGMs came this way lately");
	else if (p->neighbour->doubted)
		snprintf(words, room, "avoided: this neighbour is silent");
	else if (tq < best_tq)
		snprintf(words, room, "TQ %u is less than %u", tq, best_tq);
	else if (tq == best_tq)
		snprintf(words, room, "as good; the way in use is kept");
	else
		snprintf(words, room, "better of late; taken when its next OGM comes");
}

static json_t *candidate_json(const struct call *call, const struct originator *o,
			      const struct path *p)
{
	json_t *c = json_object();
	char words[WORDS_ROOM];

	path_reason(o, p, words, sizeof(words));
	json_put_mac(c, "next_hop", p->neighbour->mac);
	json_put_text(c, "port", call_port_name(call->ctl, p->neighbour->port));
	json_put_count(c, "tq", p->oif[OIF_DEFAULT].tq);
	json_put_bool(c, "chosen", p == router(o));
	json_put_bool(c, "doubted", p->neighbour->doubted);
	json_put_ago_ms(c, "last_seen_ms", call->now, p->last_seen);
	json_put_text(c, "reason", words);
	return c;
}

/* The chosen candidate first, the others in the engine's order. */
static json_t *candidates_json(const struct call *call, const struct originator *o)
{
	json_t *list = json_array();

	list_each (p, &o->paths, struct path, of_originator) {
		json_t *c = candidate_json(call, o, p);

		if (p == router(o))
			json_array_insert_new(list, 0, c);
		else
			json_array_append_new(list, c);
	}
	return list;
}

/* "by NEXT on PORT (TQ 230)" */
static void way_words(const struct call *call, const struct originator *o, char *words, size_t room)
{
	const struct path *p = router(o);
	char mac[MAC_TEXT];

	if (!p)
		snprintf(words, room, "by no way at all");
	else if (mac_equal(p->neighbour->mac, o->mac))
		snprintf(words, room, "directly on %s (TQ %u)",
			 call_port_name(call->ctl, p->neighbour->port), p->oif[OIF_DEFAULT].tq);
	else
		snprintf(words, room, "by neighbour %s on %s (TQ %u)",
			 mac_print(p->neighbour->mac, mac),
			 call_port_name(call->ctl, p->neighbour->port), p->oif[OIF_DEFAULT].tq);
}

static json_t *why_node(struct call *call, struct mac m)
{
	const struct node *x = call->ctl->node;
	const struct originator *o = originator_find(&x->l2, m);
	char mac[MAC_TEXT], way[WORDS_ROOM], words[WORDS_ROOM + 64];

	mac_print(m, mac);
	if (port_of_mac(&x->l2, m) >= 0)
		return call_refuse(call, "own-node", "%s is this node itself", mac);
	if (!o)
		return call_refuse(call, "unknown-node",
				   "no node %s is known; \"nodes\" lists them (for a client ask "
				   "with \"what\": \"client\")",
				   mac);

	json_t *result = json_object();

	way_words(call, o, way, sizeof(way));
	if (router(o))
		snprintf(words, sizeof(words), "frames for node %s leave %s", mac, way);
	else
		snprintf(words, sizeof(words), "no frame reaches node %s: no way to it is usable",
			 mac);
	json_put_text(result, "what", "node");
	json_put_mac(result, "mac", m);
	json_put_text(result, "text", words);
	json_object_set_new(result, "candidates", candidates_json(call, o));
	return result;
}

/* ---- clients ---- */

static json_t *home_json(const struct call *call, const struct tt_home *h,
			 const struct tt_home *best)
{
	const struct originator *o = h->originator;
	const struct path *p = router(o);
	json_t *j = json_object();
	const char *reason = "reached less well than the chosen one";

	if (h == best)
		reason = list_empty(&h->client->homes) ||
					 h->client->homes.next == h->client->homes.prev
				 ? "chosen: the only node that has it"
				 : "chosen: reached best";
	else if (!p)
		reason = "not usable: no way to this node";
	json_put_mac(j, "node", o->mac);
	json_put_mac_or_null(j, "next_hop", p ? p->neighbour->mac : (struct mac){{0}});
	json_object_set_new(j, "port",
			    p ? json_text(call_port_name(call->ctl, p->neighbour->port))
			      : json_null());
	json_put_count(j, "tq", originator_tq(o));
	json_put_bool(j, "chosen", h == best);
	json_put_text(j, "reason", reason);
	return j;
}

static void here_words(const struct l2_client_view *v, char *words, size_t room)
{
	if (v->permanent)
		snprintf(words, room, "it is this node's own address on the LAN");
	else
		snprintf(words, room, "it is attached to this node%s",
			 v->announced ? "" : "; the next OGM announces it");
}

static void elsewhere_words(const struct call *call, const struct global_client *g,
			    const struct tt_home *best, char *words, size_t room)
{
	char mac[MAC_TEXT], way[WORDS_ROOM / 2];

	if (!best) {
		snprintf(words, room, "no node that has it can be reached");
		return;
	}
	mac_print(best->originator->mac, mac);
	way_words(call, best->originator, way, sizeof(way));
	if (g->roaming)
		snprintf(words, room,
			 "it left node %s; until its new node speaks, frames still go there, %s",
			 mac, way);
	else if (g->temporary)
		snprintf(words, room,
			 "a frame of it came from node %s, which has not announced it yet; "
			 "frames go there, %s",
			 mac, way);
	else
		snprintf(words, room, "frames go to node %s, %s", mac, way);
}

/* Where one client is on one VLAN. */
static json_t *place_json(const struct call *call, const struct l2_client_view *v)
{
	const struct global_client *g =
		v->here ? NULL : tt_global_find(&call->ctl->node->l2, v->mac, v->vid);
	const struct tt_home *best = g ? tt_global_home(g) : NULL;
	json_t *candidates = json_array();
	json_t *o = json_object();
	char words[WORDS_ROOM] = "";

	if (g) {
		elsewhere_words(call, g, best, words, sizeof(words));
		list_each (h, &g->homes, struct tt_home, of_client)
			json_array_append_new(candidates, home_json(call, h, best));
	} else if (v->here) {
		here_words(v, words, sizeof(words));
	}
	json_put_vlan(o, "vlan", v->vid);
	json_put_bool(o, "here", v->here);
	json_put_text(o, "text", words);
	json_object_set_new(o, "candidates", candidates);
	return o;
}

static json_t *why_client(struct call *call, struct mac m)
{
	size_t count;
	struct l2_client_view *views = place_clients(call->ctl->node, &count);
	json_t *places = json_array();
	char mac[MAC_TEXT];

	for (size_t i = 0; i < count; i++)
		if (mac_equal(views[i].mac, m))
			json_array_append_new(places, place_json(call, &views[i]));
	free(views);
	if (json_array_size(places) == 0) {
		json_decref(places);
		return call_refuse(call, "unknown-client",
				   "no node announces client %s; \"clients\" lists them",
				   mac_print(m, mac));
	}

	json_t *result = json_object();

	json_put_text(result, "what", "client");
	json_put_mac(result, "mac", m);
	json_object_set_new(result, "places", places);
	return result;
}

/* What each kind of question is about, in words of methods[]. */
static unsigned subject_of(const char *what)
{
	if (strcmp(what, "lease") == 0)
		return WHY_CLIENT;
	return strcmp(what, "route") == 0 ? WHY_TO : WHY_MAC;
}

json_t *why_query(struct call *call)
{
	const char *what = call->value[WHY_WHAT].word;
	unsigned subject = subject_of(what);
	const struct param_value *v = &call->value[subject];

	if (strcmp(what, "gateway") == 0)
		return why_gateway(call, call->value[WHY_CLIENT].word);
	if (!v->given)
		return call_refuse(call, "missing-parameter", "\"why\" of a %s needs \"%s\"", what,
				   call->method->params[subject].name);
	if (subject == WHY_CLIENT)
		return why_lease(call, v->word);
	if (subject == WHY_TO)
		return why_route(call, v->word);
	return strcmp(what, "node") == 0 ? why_node(call, v->mac) : why_client(call, v->mac);
}
