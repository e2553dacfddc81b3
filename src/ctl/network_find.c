/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network_find - which node of the network is meant by what a person writes. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ctl/network.h"
#include "node/node.h"

enum { SHORT_ID_DIGITS = 8, ADDRESS_ROOM = IPV6_PREFIX_TEXT };

const char *network_node_words(const struct l3_node_view *v, char words[DIGEST_TEXT])
{
	if (v->name[0] != '\0')
		return v->name;
	digest_print(&v->id, words);
	words[SHORT_ID_DIGITS] = '\0';
	return words;
}

/* An address, or a prefix: then its first address counts. */
static bool address_read(const char *text, struct ipv6 *a)
{
	char address[ADDRESS_ROOM];

	snprintf(address, sizeof(address), "%.*s", (int)strcspn(text, "/"), text);
	return ipv6_parse(address, a);
}

static bool by_name(const struct l3_node_view *v, const char *text)
{
	return v->name[0] != '\0' && strcasecmp(v->name, text) == 0;
}

static bool by_id(const struct l3_node_view *v, const char *text)
{
	char id[DIGEST_TEXT];

	return strncasecmp(digest_print(&v->id, id), text, strlen(text)) == 0;
}

/* How many match; *v is the first. */
static size_t search(const struct l3_node_view *views, size_t count, const char *text,
		     bool (*match)(const struct l3_node_view *, const char *),
		     struct l3_node_view *v)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		if (match(&views[i], text) && found++ == 0)
			*v = views[i];
	return found;
}

/* May text be the beginning of an id? */
static bool is_id_part(const char *text)
{
	size_t len = strlen(text);

	return len >= NETWORK_ID_DIGITS_MIN && strspn(text, "0123456789abcdefABCDEF") == len;
}

static bool refuse_own(struct call *call, const char *text)
{
	call_refuse(call, "own-node", "%.80s is this node itself; \"network\" tells of it", text);
	return false;
}

/* Is it this node, by its name or the beginning of its id? */
static bool is_own(const struct call *call, const struct l3 *l3, const char *text)
{
	struct l3_node_view own = {.id = l3_id(l3)};

	return strcasecmp(call->ctl->node->plan.hostname, text) == 0 ||
	       (is_id_part(text) && by_id(&own, text));
}

static bool find_address(struct call *call, const struct l3 *l3, struct ipv6 a, const char *text,
			 struct l3_node_view *v)
{
	struct ipv6 primary = l3_primary(l3);
	struct digest own = l3_id(l3), id;

	if (memcmp(primary.b, a.b, sizeof(a.b)) == 0)
		return refuse_own(call, text);
	if (!l3_node_of(l3, a, &id)) {
		call_refuse(call, "unknown-node",
			    "no node of the network has the address %.80s; \"routes\" lists what "
			    "they have",
			    text);
		return false;
	}
	if (digest_equal(&id, &own))
		return refuse_own(call, text);
	return l3_node_find(l3, call->now, &id, v);
}

bool network_find(struct call *call, const struct l3 *l3, const char *text, struct l3_node_view *v)
{
	struct l3_node_view *views;
	size_t count, found;
	struct ipv6 a;

	if (address_read(text, &a))
		return find_address(call, l3, a, text, v);
	views = network_nodes(l3, call->now, &count);
	found = search(views, count, text, by_name, v);
	if (found == 0 && is_own(call, l3, text)) {
		free(views);
		return refuse_own(call, text);
	}
	if (found == 0 && is_id_part(text))
		found = search(views, count, text, by_id, v);
	free(views);
	if (found > 1)
		call_refuse(call, "ambiguous",
			    "%zu nodes are called %.80s; give an id, \"nodes\" lists them", found,
			    text);
	else if (found == 0)
		call_refuse(call, "unknown-node",
			    "no node %.80s is known in the network; \"nodes\" lists them", text);
	return found == 1;
}
