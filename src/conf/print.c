/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>
#include "conf/options.h"
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
	case OPTION_INTERFACES:
	case OPTION_RESOLVERS:
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
	for (unsigned k = 0; k < c->host.interface_count; k++) {
		const struct host_interface *net = &c->host.interfaces[k];

		text_add(&t, "\nconfig net '%s'\n", net->section);
		for (size_t i = 0; i < count; i++)
			if (!o[i].section)
				add_option(&t, &o[i], net);
	}
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

bool conf_equal(const struct conf *a, const struct conf *b)
{
	size_t count;
	const struct option *o = option_table(&count);

	if (a->host.interface_count != b->host.interface_count)
		return false;
	for (unsigned k = 0; k < a->host.interface_count; k++)
		if (strcmp(a->host.interfaces[k].section, b->host.interfaces[k].section) != 0)
			return false;
	for (size_t i = 0; i < count; i++) {
		if (o[i].section) {
			if (!option_equal(&o[i], a, b))
				return false;
			continue;
		}
		for (unsigned k = 0; k < a->host.interface_count; k++)
			if (!option_equal(&o[i], &a->host.interfaces[k], &b->host.interfaces[k]))
				return false;
	}
	return true;
}
