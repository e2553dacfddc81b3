/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/search_value.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Taken: 0 is no table, 70 the network's (specs/bmx7.md 7), 71 uplinks', 255 that of local
 * addresses. */
enum { TABLE_NONE = 0, TABLE_NETWORK = 70, TABLE_UPLINKS = 71, TABLE_LOCAL = 255 };
#define RULE_MAX 32767u
#define TABLE_MAX 2147483647u

static void refuse(struct option_answer *a, const char *remedy, const char *what, const char *value)
{
	a->kind = ANSWER_ERROR;
	snprintf(a->remedy, sizeof(a->remedy), "%s", remedy);
	snprintf(a->text, sizeof(a->text), "'%s' %s", value, what);
}

static void set_network(struct conf_search *s, const char *value, struct option_answer *a)
{
	if (prefix_parse(value, &s->search.prefix))
		s->has_network = true;
	else
		refuse(a, "write it like 10.0.0.0/8 or fd00::/8", "is no network", value);
}

static void set_node(struct conf_search *s, const char *value, struct option_answer *a)
{
	if (*value != '\0' && !digest_parse(value, &s->search.node)) {
		refuse(a, "write all 56 digits; nuvol node NAME shows them", "is no node's id",
		       value);
		return;
	}
	s->search.by_node = *value != '\0';
	if (!s->search.by_node)
		memset(&s->search.node, 0, sizeof(s->search.node));
}

/* A number up to most, and what follows it. */
static bool number_read(const char **at, uint32_t most, uint32_t *n)
{
	uint64_t got = 0;
	const char *c = *at;

	for (; *c >= '0' && *c <= '9' && got <= most; c++)
		got = got * 10 + (uint64_t)(*c - '0');
	if (c == *at || got > most)
		return false;
	*at = c;
	*n = (uint32_t)got;
	return true;
}

static void set_table_rule(struct conf_search *s, const char *value, struct option_answer *a)
{
	const char *at = value;
	uint32_t preference, table;

	if (!number_read(&at, RULE_MAX, &preference) || preference == 0 || *at++ != '/' ||
	    !number_read(&at, TABLE_MAX, &table) || *at != '\0')
		refuse(a, "write it like 32767/254: 1 to 32767, and the number of a table",
		       "is no preference of a rule and table", value);
	else if (table == TABLE_NONE || table == TABLE_NETWORK || table == TABLE_UPLINKS ||
		 table == TABLE_LOCAL)
		refuse(a, "take 254, the table main, or one that nobody uses",
		       "names a table that is taken", value);
	else {
		s->search.preference = preference;
		s->search.table = table;
	}
}

void search_value_set(struct conf_search *s, enum option_kind kind, const char *value,
		      struct option_answer *a)
{
	assert(kind == OPTION_NETWORK || kind == OPTION_NODE_ID || kind == OPTION_TABLE_RULE);
	if (kind == OPTION_NETWORK)
		set_network(s, value, a);
	else if (kind == OPTION_NODE_ID)
		set_node(s, value, a);
	else
		set_table_rule(s, value, a);
}

bool search_value_get(const struct conf_search *s, enum option_kind kind, char *text, size_t room)
{
	char prefix[IPV6_PREFIX_TEXT], id[DIGEST_TEXT];

	assert(kind == OPTION_NETWORK || kind == OPTION_NODE_ID || kind == OPTION_TABLE_RULE);
	if (kind == OPTION_NETWORK) {
		snprintf(text, room, "%s", prefix_print(&s->search.prefix, prefix));
		return s->has_network;
	}
	if (kind == OPTION_NODE_ID) {
		snprintf(text, room, "%s", digest_print(&s->search.node, id));
		return s->search.by_node;
	}
	snprintf(text, room, "%" PRIu32 "/%" PRIu32, s->search.preference, s->search.table);
	return true;
}
