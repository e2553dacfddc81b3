/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>
#include "conf/options.h"
#include "conf/text.h"

/* Text for mdoc: nothing of it is taken for a macro or an escape. */
static void add_plain(struct text *t, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			text_add(t, "\\e");
		else
			text_add(t, "%c", *text);
	}
}

static const char *argument(const struct option *o)
{
	switch (o->kind) {
	case OPTION_TEXT: return "text";
	case OPTION_TEMPLATE: return "template";
	case OPTION_DOMAIN: return "domain";
	case OPTION_PATH: return "folder";
	case OPTION_INTERFACE:
	case OPTION_INTERFACES: return "interface";
	case OPTION_RESOLVERS: return "address";
	case OPTION_TARGETS: return "means:address";
	case OPTION_DHCP_HOSTS: return "MAC,address,name";
	case OPTION_NUMBER: return "number";
	case OPTION_MS: return "milliseconds";
	case OPTION_FLAG: return "flag";
	case OPTION_CHOICE: return "word";
	case OPTION_MAC: return "MAC";
	case OPTION_FIXED: return "word";
	case OPTION_NETWORK: return "network";
	case OPTION_NODE_ID: return "id";
	case OPTION_TABLE_RULE: return "preference/table";
	case OPTION_PROTOCOLS:
	case OPTION_NET_PROTOCOLS: return "protocol";
	}
	return "value";
}

static void add_range(struct text *t, const struct option *o)
{
	if (o->kind == OPTION_NUMBER || o->kind == OPTION_MS) {
		text_add(t, "From %" PRId64 " to %" PRId64, o->min, o->max);
		text_add(t, o->unit ? " %s.\n" : ".\n", o->unit);
	} else if (o->kind == OPTION_FLAG) {
		text_add(t, "1 or 0.\n");
	} else if (o->kind == OPTION_CHOICE) {
		for (unsigned i = 0; o->words[i]; i++)
			text_add(t, "%s%s", i == 0 ? "One of " : ", ", o->words[i]);
		text_add(t, ".\n");
	}
}

/* What is to be said of the sections of a type before their options. */
static void add_type(struct text *t, const char *type)
{
	if (strcmp(type, "tunOut") != 0)
		return;
	text_add(t,
		 "A network outside of the cloud that is reached through other nodes' tunnels, as "
		 "BMX7 has it.\n"
		 "A section can be named by its first option instead, tunOut, as BMX7 does.\n"
		 "One of the name of a default takes its place:\n"
		 ".Bd -literal -offset indent\n");
	add_plain(t, searches_defaults);
	text_add(t, ".Ed\n");
}

static void add_item(struct text *t, const struct option *o)
{
	text_add(t, ".It Ic %s %s Ar %s\n", option_is_list(o) ? "list" : "option", o->name,
		 argument(o));
	add_plain(t, o->help);
	text_add(t, ".\n");
	add_range(t, o);
	if (o->value[0] != '\0') {
		text_add(t, "Default: \\(oq");
		add_plain(t, o->value);
		text_add(t, "\\(cq.\n");
	}
}

char *conf_manual(void)
{
	size_t count;
	const struct option *o = option_table(&count);
	struct text t = {0};

	for (size_t i = 0; i < count; i++) {
		bool opens = i == 0 || strcmp(o[i].type, o[i - 1].type) != 0 ||
			     (o[i].section && strcmp(o[i].section, o[i - 1].section) != 0);

		if (opens && i > 0)
			text_add(&t, ".El\n");
		if (opens && o[i].section)
			text_add(&t, ".Ss config %s '%s'\n.Bl -tag -width Ds\n", o[i].type,
				 o[i].section);
		else if (opens)
			text_add(&t, ".Ss config %s 'NAME'\n", o[i].type);
		if (opens && !o[i].section) {
			add_type(&t, o[i].type);
			text_add(&t, ".Bl -tag -width Ds\n");
		}
		add_item(&t, &o[i]);
	}
	text_add(&t, ".El\n");
	return text_take(&t);
}
