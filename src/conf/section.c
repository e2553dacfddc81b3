/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/section.h"
#include <assert.h>
#include <string.h>

const struct section_kind section_kinds[] = {
	{"net", HOST_INTERFACES_MAX, HOST_SECTION_ROOM, offsetof(struct conf, host.interfaces),
	 sizeof(struct host_interface), offsetof(struct conf, host.interface_count)},
	{"tunOut", CONF_SEARCHES_MAX, GW_LABEL, offsetof(struct conf, searches.at),
	 sizeof(struct conf_search), offsetof(struct conf, searches.count)},
	{NULL, 0, 0, 0, 0, 0},
};

static_assert(offsetof(struct host_interface, section) == 0, "a section begins with its name");
static_assert(offsetof(struct conf_search, name) == 0, "the same");

const struct section_kind *section_kind_find(const char *type)
{
	for (const struct section_kind *k = section_kinds; k->type; k++)
		if (strcmp(k->type, type) == 0)
			return k;
	return NULL;
}

bool section_has(const struct section_kind *k, const struct option *o)
{
	return !o->section && strcmp(o->type, k->type) == 0;
}

unsigned section_count(const struct section_kind *k, const struct conf *c)
{
	return *((const uint8_t *)c + k->count);
}

const void *section_of(const struct section_kind *k, const struct conf *c, unsigned index)
{
	assert(index < section_count(k, c));
	return (const char *)c + k->array + index * k->width;
}

void *section_at(const struct section_kind *k, struct conf *c, unsigned index)
{
	assert(index < section_count(k, c));
	return (char *)c + k->array + index * k->width;
}

const char *section_name(const void *section)
{
	return section;
}

void *section_find(const struct section_kind *k, struct conf *c, const char *name)
{
	for (unsigned i = 0; i < section_count(k, c); i++)
		if (strcmp(section_name(section_at(k, c, i)), name) == 0)
			return section_at(k, c, i);
	return NULL;
}

void section_reset(const struct section_kind *k, void *section)
{
	size_t count;
	const struct option *o = option_table(&count);
	char *after_name = (char *)section + k->name_room;

	memset(after_name, 0, k->width - k->name_room);
	for (size_t i = 0; i < count; i++)
		if (section_has(k, &o[i]))
			option_default(&o[i], section);
}

void *section_add(const struct section_kind *k, struct conf *c, const char *name)
{
	uint8_t *count = (uint8_t *)c + k->count;

	assert(strlen(name) < k->name_room);
	if (*count == k->max)
		return NULL;

	(*count)++;

	char *s = section_at(k, c, *count - 1u);

	memset(s, 0, k->name_room);
	memcpy(s, name, strlen(name));
	section_reset(k, s);
	return s;
}
