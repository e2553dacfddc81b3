/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "town/town.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool town_name_check(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > TOWN_NAME_MAX || !isalnum((unsigned char)name[0]))
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
			return false;
	return true;
}

bool town_name_is_kept(const char *name)
{
	return strcmp(name, TOWN_NAME_AIR) == 0 || strcmp(name, TOWN_NAME_INTERNET) == 0;
}

bool who_name_check(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > WHO_NAME_MAX || !isalpha((unsigned char)name[0]))
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c))
			return false;
	return !town_name_is_kept(name);
}

void town_fini(struct town *t)
{
	for (unsigned i = 0; i < t->node_count; i++)
		free(t->nodes[i].sets.at);
	free(t->sets.at);
	free(t->segments);
	free(t->links);
	free(t->nodes);
	free(t->clients);
	memset(t, 0, sizeof(*t));
}

unsigned town_segment_find(const struct town *t, const char *name)
{
	for (unsigned i = 0; i < t->segment_count; i++)
		if (strcmp(t->segments[i].name, name) == 0)
			return i;
	return TOWN_NONE;
}

unsigned town_node_find(const struct town *t, const char *name)
{
	for (unsigned i = 0; i < t->node_count; i++)
		if (strcmp(t->nodes[i].name, name) == 0)
			return i;
	return TOWN_NONE;
}

unsigned town_client_find(const struct town *t, const char *name)
{
	for (unsigned i = 0; i < t->client_count; i++)
		if (strcmp(t->clients[i].name, name) == 0)
			return i;
	return TOWN_NONE;
}

unsigned town_mesh_find(const struct town *t, unsigned node, unsigned segment)
{
	const struct town_node *n = &t->nodes[node];

	for (unsigned i = 0; i < n->mesh_count; i++)
		if (n->mesh[i].segment == segment)
			return i;
	return TOWN_NONE;
}

bool town_segment_is_medium(const struct town_segment *s)
{
	return s->radio || s->conditioned;
}
