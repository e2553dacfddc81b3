/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>
#include "conf/options.h"
#include "conf/section.h"
#include "conf/text.h"
#include "conf/uci.h"

enum { QUOTED_ROOM = 4 * CONF_VALUE_ROOM + 3 };

/* What a reader may want to know at the line's end. */
static void add_hint(struct text *t, const struct option *o)
{
	switch (o->kind) {
	case OPTION_NUMBER:
	case OPTION_MS:
		text_add(t, "\t# %" PRId64 "..%" PRId64 "%s%s", o->min, o->max, o->unit ? " " : "",
			 o->unit ? o->unit : "");
		return;
	case OPTION_FLAG: text_add(t, "\t# 1 or 0"); return;
	case OPTION_CHOICE:
		for (unsigned i = 0; o->words[i]; i++)
			text_add(t, "%s%s", i == 0 ? "\t# " : " | ", o->words[i]);
		return;
	case OPTION_TEXT:
	case OPTION_TEMPLATE:
	case OPTION_DOMAIN:
	case OPTION_PATH:
	case OPTION_INTERFACE:
	case OPTION_MAC:
	case OPTION_FIXED:
	case OPTION_NETWORK:
	case OPTION_NODE_ID:
	case OPTION_TABLE_RULE:
	case OPTION_INTERFACES:
	case OPTION_RESOLVERS:
	case OPTION_TARGETS:
	case OPTION_DHCP_HOSTS:
	case OPTION_PROTOCOLS:
	case OPTION_NET_PROTOCOLS: return;
	}
}

static void add_option(struct text *t, const struct option *o, const void *base)
{
	char value[CONF_VALUE_ROOM];
	char quoted[QUOTED_ROOM];

	for (unsigned i = 0; option_get(o, base, i, value, sizeof(value)); i++) {
		text_add(t, "\t%s %s %s", option_is_list(o) ? "list" : "option", o->name,
			 uci_quote(value, quoted, sizeof(quoted)));
		add_hint(t, o);
		text_add(t, "\n");
	}
}

static void add_section(struct text *t, const struct section_kind *k, const void *section)
{
	size_t count;
	const struct option *o = option_table(&count);

	text_add(t, "\nconfig %s '%s'\n", k->type, section_name(section));
	for (size_t i = 0; i < count; i++)
		if (section_has(k, &o[i]))
			add_option(t, &o[i], section);
}

char *conf_print(const struct conf *c)
{
	size_t count;
	const struct option *o = option_table(&count);
	struct text t = {0};

	for (size_t i = 0; i < count; i++) {
		if (!o[i].section)
			continue;
		if (i == 0 || strcmp(o[i].type, o[i - 1].type) != 0 ||
		    strcmp(o[i].section, o[i - 1].section) != 0)
			text_add(&t, "%sconfig %s '%s'\n", i > 0 ? "\n" : "", o[i].type,
				 o[i].section);
		add_option(&t, &o[i], c);
	}
	for (const struct section_kind *k = section_kinds; k->type; k++)
		for (unsigned i = 0; i < section_count(k, c); i++)
			add_section(&t, k, section_of(k, c, i));
	return text_take(&t);
}

static bool option_equal(const struct option *o, const void *a, const void *b)
{
	for (unsigned i = 0;; i++) {
		char in_a[CONF_VALUE_ROOM];
		char in_b[CONF_VALUE_ROOM];
		bool is_a = option_get(o, a, i, in_a, sizeof(in_a));

		if (is_a != option_get(o, b, i, in_b, sizeof(in_b)))
			return false;
		if (!is_a)
			return true;
		if (strcmp(in_a, in_b) != 0)
			return false;
	}
}

static bool sections_equal(const struct section_kind *k, const struct conf *a, const struct conf *b)
{
	size_t count;
	const struct option *o = option_table(&count);

	if (section_count(k, a) != section_count(k, b))
		return false;
	for (unsigned i = 0; i < section_count(k, a); i++) {
		const void *in_a = section_of(k, a, i), *in_b = section_of(k, b, i);

		if (strcmp(section_name(in_a), section_name(in_b)) != 0)
			return false;
		for (size_t row = 0; row < count; row++)
			if (section_has(k, &o[row]) && !option_equal(&o[row], in_a, in_b))
				return false;
	}
	return true;
}

bool conf_equal(const struct conf *a, const struct conf *b)
{
	size_t count;
	const struct option *o = option_table(&count);

	for (size_t i = 0; i < count; i++)
		if (o[i].section && !option_equal(&o[i], a, b))
			return false;
	for (const struct section_kind *k = section_kinds; k->type; k++)
		if (!sections_equal(k, a, b))
			return false;
	return true;
}
