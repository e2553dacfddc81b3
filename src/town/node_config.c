/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "town/node_config.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "conf/options.h"
#include "conf/uci.h"

#define NETWORK_PROTOCOL "bmx7:18"

struct writer {
	struct node_config *config;
	FILE *stream;
	const struct town *town;
	const struct town_node *node;
};

/* One line of the configuration, because of a line of the town file. */
__attribute__((format(printf, 3, 4))) static void put(struct writer *w, unsigned town_line,
						      const char *format, ...)
{
	struct node_config *c = w->config;
	unsigned *grown = realloc(c->town_line, (c->lines + 1) * sizeof(*grown));
	va_list args;

	if (!grown)
		abort();
	c->town_line = grown;
	c->town_line[c->lines++] = town_line;
	va_start(args, format);
	vfprintf(w->stream, format, args);
	va_end(args);
	fputc('\n', w->stream);
}

/* "network.list+=x": what stands before the dot, and whether it is section. */
static bool set_is_for(const struct town_set *set, const char *section)
{
	size_t len = (size_t)(strchr(set->text, '.') - set->text);

	return strlen(section) == len && strncmp(set->text, section, len) == 0;
}

static void put_set(struct writer *w, const struct town_set *set)
{
	const char *option = strchr(set->text, '.') + 1, *equal = strchr(option, '=');
	bool list = equal[-1] == '+';
	char quoted[4 * TOWN_SET_ROOM + 4];

	put(w, set->line, "\t%s %.*s %s", list ? "list" : "option",
	    (int)(equal - option) - (list ? 1 : 0), option,
	    uci_quote(equal + 1, quoted, sizeof(quoted)));
}

/* A protocol that `option network '0'` takes out of a list set by hand. */
static bool set_is_off(const struct writer *w, const struct town_set *set)
{
	static const char protocol[] = "network.protocols+=bmx7";

	return w->node->network == NETWORK_NO &&
	       strncmp(set->text, protocol, strlen(protocol)) == 0;
}

/* What the town and the node set in this section; what comes last wins. */
static void put_sets(struct writer *w, const char *section)
{
	const struct town_sets *sets[] = {&w->town->sets, &w->node->sets};

	for (unsigned i = 0; i < 2; i++)
		for (unsigned k = 0; k < sets[i]->count; k++)
			if (set_is_for(&sets[i]->at[k], section) && !set_is_off(w, &sets[i]->at[k]))
				put_set(w, &sets[i]->at[k]);
}

/* The value of the last set that begins with prefix, or NULL. */
static const char *set_find(const struct writer *w, const char *prefix)
{
	const struct town_sets *sets[] = {&w->town->sets, &w->node->sets};
	const char *value = NULL;

	for (unsigned i = 0; i < 2; i++)
		for (unsigned k = 0; k < sets[i]->count; k++)
			if (strncmp(sets[i]->at[k].text, prefix, strlen(prefix)) == 0)
				value = strchr(sets[i]->at[k].text, '=') + 1;
	return value;
}

/* nuvold's own list of protocols, divided by blanks. */
static const char *protocols_default(void)
{
	return option_find("lime", "network", "protocols")->value;
}

/* Is the node in the network of all clouds? */
static bool network_is_on(const struct writer *w)
{
	if (w->node->network != NETWORK_AUTO)
		return w->node->network == NETWORK_YES;
	if (set_find(w, "network.protocols"))
		return set_find(w, "network.protocols+=bmx7") != NULL;
	return strstr(protocols_default(), "bmx7") != NULL;
}

/* Section network; its list of protocols only when the town says what is in it. */
static void put_network(struct writer *w)
{
	unsigned line = w->node->line;
	bool said = w->node->network != NETWORK_AUTO;
	bool by_hand = set_find(w, "network.protocols") != NULL;
	const char *word = protocols_default();

	put(w, line, "config lime 'network'");
	while (said && !by_hand && *word) {
		int len = (int)strcspn(word, " ");

		if (strncmp(word, "bmx7", 4) != 0)
			put(w, line, "\tlist protocols '%.*s'", len, word);
		word += len + (word[len] == ' ');
	}
	put_sets(w, "network");
	if (w->node->network == NETWORK_YES && !set_find(w, "network.protocols+=bmx7"))
		put(w, line, "\tlist protocols '" NETWORK_PROTOCOL "'");
}

static void put_mesh(struct writer *w, unsigned index)
{
	const struct town_mesh *mesh = &w->node->mesh[index];
	const struct town_segment *segment = &w->town->segments[mesh->segment];
	const char *protocol = set_find(w, "network.protocols+=batadv");
	char name[16], own[32], quoted[4 * TOWN_SET_ROOM + 4];

	snprintf(name, sizeof(name), "mesh%u", index);
	snprintf(own, sizeof(own), "%s.protocols", name);
	put(w, mesh->line, "config net '%s' # segment %s", name, segment->name);
	put(w, mesh->line, "\toption linux_name '%s'", name);
	if (!set_find(w, own)) {
		put(w, mesh->line, "\tlist protocols %s",
		    uci_quote(protocol ? protocol : "batadv:%N1", quoted, sizeof(quoted)));
		if (network_is_on(w))
			put(w, mesh->line, "\tlist protocols '" NETWORK_PROTOCOL "'");
	}
	put(w, mesh->line, "\toption wifi '%s'", segment->radio ? "yes" : "no");
	put_sets(w, name);
}

/* The type of the sections that have this name. */
static const char *section_type(const char *name)
{
	size_t count;
	const struct option *table = option_table(&count);

	for (size_t i = 0; i < count; i++)
		if (table[i].section && strcmp(table[i].section, name) == 0)
			return table[i].type;
	return "lime";
}

/* Is section one that was written, or the same as that of an earlier set? */
static bool section_is_known(const struct writer *w, const struct town_sets *sets, unsigned index)
{
	static const char *const written[] = {"system", "network", "wifi", "host"};
	char name[TOWN_SET_ROOM];

	snprintf(name, sizeof(name), "%s", sets->at[index].text);
	*strchr(name, '.') = '\0';
	for (unsigned i = 0; i < sizeof(written) / sizeof(written[0]); i++)
		if (strcmp(name, written[i]) == 0)
			return true;
	for (unsigned i = 0; i < w->node->mesh_count; i++) {
		char mesh[16];

		snprintf(mesh, sizeof(mesh), "mesh%u", i);
		if (strcmp(name, mesh) == 0)
			return true;
	}
	for (unsigned i = 0; sets == &w->node->sets && i < w->town->sets.count; i++)
		if (set_is_for(&w->town->sets.at[i], name))
			return true;
	for (unsigned i = 0; i < index; i++)
		if (set_is_for(&sets->at[i], name))
			return true;
	return false;
}

/* Sections that only sets name. */
static void put_other_sections(struct writer *w, const struct town_sets *sets)
{
	for (unsigned i = 0; i < sets->count; i++) {
		char name[TOWN_SET_ROOM];

		if (section_is_known(w, sets, i))
			continue;
		snprintf(name, sizeof(name), "%s", sets->at[i].text);
		*strchr(name, '.') = '\0';
		put(w, sets->at[i].line, "config %s '%s'", section_type(name), name);
		put_sets(w, name);
	}
}

void node_config_init(struct node_config *c, const struct town *t, unsigned node)
{
	const struct town_node *n = &t->nodes[node];
	char mac[MAC_TEXT], ssid[4 * TOWN_SSID_ROOM + 4];
	struct writer w = {.config = c, .town = t, .node = n};

	*c = (struct node_config){0};
	w.stream = open_memstream(&c->text, &c->len);
	if (!w.stream)
		abort();
	put(&w, n->line, "# Written by nuvol-lab for node %s of town %s.", n->name, t->name);
	put(&w, n->line, "config lime 'system'");
	put(&w, n->line, "\toption hostname '%s'", n->name);
	put_sets(&w, "system");
	put_network(&w);
	put(&w, n->line, "config lime 'wifi'");
	put(&w, n->line, "\toption ap_ssid %s", uci_quote(n->ssid, ssid, sizeof(ssid)));
	put_sets(&w, "wifi");
	put(&w, n->line, "config nuvol 'host'");
	put(&w, n->line, "\toption primary_mac '%s'", mac_print(n->mac, mac));
	put_sets(&w, "host");
	for (unsigned i = 0; i < n->mesh_count; i++)
		put_mesh(&w, i);
	put_other_sections(&w, &t->sets);
	put_other_sections(&w, &n->sets);
	fclose(w.stream);
}

void node_config_fini(struct node_config *c)
{
	free(c->text);
	free(c->town_line);
	*c = (struct node_config){0};
}

bool node_config_check(const struct node_config *c, const char *file, const char *node,
		       struct conf *conf, const struct crypto *crypto, FILE *errors)
{
	static struct conf_problems problems; /* too big for a stack */

	conf_init_defaults(conf);
	conf_problems_init(&problems);
	if (conf_parse(conf, node, c->text, c->len, CONF_NODE, &problems) &&
	    conf_check(conf, crypto, &problems))
		return true;
	for (unsigned i = 0; i < problems.count; i++) {
		const struct conf_problem *p = &problems.at[i];
		unsigned line = p->line > 0 && p->line <= c->lines ? c->town_line[p->line - 1] : 1;

		if (p->severity == CONF_ERROR)
			fprintf(errors, "%s:%u: for node '%s' this is refused: %s; %s\n", file,
				line, node, p->text, p->remedy);
	}
	return false;
}
