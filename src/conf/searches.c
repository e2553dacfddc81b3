/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/searches.h"
#include <stdio.h>
#include <string.h>

enum { RATING_PREFERRED = 1000 };

/* LibreMesh's, and clouds6: it has no search for other clouds' IPv6. The Internet's have a table
 * that is asked after the main one, so that an uplink of the node itself wins, and at once when
 * that is dead: drv/steer.h. */
const char searches_defaults[] = "config tunOut 'nodes'\n"
				 "\toption network '172.16.0.0/12'\n"
				 "config tunOut 'clouds'\n"
				 "\toption network '10.0.0.0/8'\n"
				 "config tunOut 'clouds6'\n"
				 "\toption network 'fd00::/8'\n"
				 "config tunOut 'inet4'\n"
				 "\toption network '0.0.0.0/0'\n"
				 "\toption maxPrefixLen '0'\n"
				 "\toption tableRule '32767/72'\n"
				 "config tunOut 'inet6'\n"
				 "\toption network '::/0'\n"
				 "\toption maxPrefixLen '0'\n"
				 "\toption tableRule '32767/72'\n"
				 "config tunOut 'publicv6'\n"
				 "\toption network '2000::/3'\n"
				 "\toption maxPrefixLen '64'\n"
				 "\toption tableRule '32767/72'\n";

static const struct conf_search *find(const struct conf_searches *c, const char *name)
{
	for (unsigned i = 0; i < c->count; i++)
		if (strcmp(c->at[i].name, name) == 0)
			return &c->at[i];
	return NULL;
}

static void tell(struct node_tunnel_conf *t, const struct conf_search *s)
{
	struct gw_search *to = &t->search[t->searches++];

	*to = s->search;
	snprintf(to->label, sizeof(to->label), "%s", s->name);
}

/* The same search at one gateway: with another metric or table it would compete with nothing. */
static void tell_preferred(const struct conf_searches *c, const char *name, const char *preferred,
			   struct node_tunnel_conf *t)
{
	const struct conf_search *s = find(c, name);
	struct conf_search p;

	if (!s || s->disabled || find(c, preferred))
		return;
	p = *s;
	snprintf(p.name, sizeof(p.name), "%s", preferred);
	snprintf(p.search.name, sizeof(p.search.name), "%s", c->preferred);
	p.search.by_node = false;
	p.search.rating = RATING_PREFERRED;
	tell(t, &p);
}

void searches_tell(const struct conf_searches *c, struct node_tunnel_conf *t)
{
	t->searches = 0;
	memset(t->search, 0, sizeof(t->search));
	for (unsigned i = 0; i < c->count; i++)
		if (!c->at[i].disabled && c->at[i].has_network)
			tell(t, &c->at[i]);
	if (strcmp(c->preferred, "none") == 0)
		return;
	tell_preferred(c, "inet4", "inet4p", t);
	tell_preferred(c, "inet6", "inet6p", t);
}
