/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvold/setting.h"

#include <stdio.h>
#include <string.h>

#include "conf/options.h"

enum { ROOM = 4 * CONF_VALUE_ROOM };

static const struct option *find(const char *section, const char *name)
{
	size_t count;
	const struct option *table = option_table(&count);

	for (size_t i = 0; i < count; i++)
		if (table[i].section && strcmp(table[i].section, section) == 0 &&
		    strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

static bool refuse(struct conf_problems *p, const char *text, const char *remedy)
{
	struct conf_problem *q = &p->at[p->count];

	p->errors++;
	if (p->count == CONF_PROBLEMS_MAX) {
		p->dropped++;
		return false;
	}
	p->count++;
	*q = (struct conf_problem){.severity = CONF_ERROR, .file = "--set"};
	snprintf(q->text, sizeof(q->text), "%s", text);
	snprintf(q->remedy, sizeof(q->remedy), "%s", remedy);
	return false;
}

/* The setting as a little file in UCI's syntax; false: no room. */
static bool file_write(const struct option *o, char *value, char *text, size_t room)
{
	int n = snprintf(text, room, "config %s '%s'\n", o->type, o->section);
	char *rest = NULL;

	if (!option_is_list(o))
		return snprintf(text + n, room - (size_t)n, "\toption %s '%s'\n", o->name, value) <
		       (int)room - n;
	for (char *item = strtok_r(value, " ", &rest); item; item = strtok_r(NULL, " ", &rest)) {
		n += snprintf(text + n, room - (size_t)n, "\tlist %s '%s'\n", o->name, item);
		if ((size_t)n >= room)
			return false;
	}
	return true;
}

bool setting_apply(struct conf *c, const char *setting, struct conf_problems *p)
{
	char copy[CONF_VALUE_ROOM + 128], text[ROOM];
	char *dot, *equals;
	const struct option *o;

	if (strlen(setting) >= sizeof(copy))
		return refuse(p, "the setting is too long", "write it into a file");
	snprintf(copy, sizeof(copy), "%s", setting);
	dot = strchr(copy, '.');
	equals = strchr(copy, '=');
	if (!dot || !equals || equals < dot)
		return refuse(p, setting,
			      "write SECTION.OPTION=VALUE, such as wifi.ap_ssid=valley");
	*dot = *equals = '\0';
	o = find(copy, dot + 1);
	if (!o)
		return refuse(p, setting, "there is no such option; nuvol config print shows all");
	if (strchr(equals + 1, '\'') || strchr(equals + 1, '\n'))
		return refuse(p, setting, "no quotes or line ends here; write it into a file");
	if (!file_write(o, equals + 1, text, sizeof(text)))
		return refuse(p, setting, "the list is too long; write it into a file");
	return conf_parse(c, "--set", text, strlen(text), CONF_NODE, p);
}
