/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "conf/known.h"
#include "conf/options.h"
#include "conf/problem.h"
#include "conf/section.h"
#include "conf/uci.h"

enum { OPTIONS_MAX = 128 };

enum inside {
	INSIDE_PASSED, /* not ours, or wrong and already told: its options are passed over */
	INSIDE_ROWS,   /* one of the table's sections */
	INSIDE_NAMED,  /* one of those that an operator names: p->base */
	INSIDE_SEARCH, /* a search that its first option may still name */
};

/* One file being read. */
struct parser {
	struct conf conf; /* what it will be when all is well */
	const char *file;
	enum conf_layer layer;
	struct conf_problems *problems;
	unsigned line;
	bool failed;
	enum inside inside;
	char type[UCI_NAME_ROOM];
	char section[UCI_NAME_ROOM];
	unsigned section_line;
	void *base;			       /* what the options are of */
	bool begun[OPTIONS_MAX];	       /* this file has items of the list */
	bool net_begun[HOST_INTERFACES_MAX];   /* the same for each interface's protocols */
	unsigned search_at[CONF_SEARCHES_MAX]; /* the line where this file has it first; 0 */
};

static void fail(struct parser *p, const char *text, const char *remedy)
{
	problem_add(p->problems, CONF_ERROR, p->file, p->line, text, remedy);
	p->failed = true;
}

static void note(struct parser *p, const char *text, const char *remedy)
{
	problem_add(p->problems, CONF_NOTE, p->file, p->line, text, remedy);
}

static void suggest(const struct nearest *n, const char *otherwise, char *remedy, size_t room)
{
	if (n->best)
		snprintf(remedy, room, "did you mean %s?", n->best);
	else
		snprintf(remedy, room, "%s", otherwise);
}

/* Sections */

/* Sections without a name are one more each time, like UCI's. */
static void name_anonymous(struct parser *p, const struct section_kind *k, char *name, size_t room)
{
	unsigned n = 1;

	do
		snprintf(name, room, "%s%u", k->type, n++);
	while (section_find(k, &p->conf, name));
}

/* The section of this name, or a new one. NULL: told why not. */
static void *open_named(struct parser *p, const struct section_kind *k, const char *section)
{
	char name[UCI_NAME_ROOM], text[CONF_TEXT_ROOM];
	void *found;

	if (strlen(section) >= k->name_room) {
		snprintf(text, sizeof(text), "the section's name has more than %u bytes",
			 k->name_room - 1);
		fail(p, text, "shorten it");
		return NULL;
	}
	strcpy(name, section);
	if (name[0] == '\0')
		name_anonymous(p, k, name, k->name_room);
	found = section_find(k, &p->conf, name);
	if (!found)
		found = section_add(k, &p->conf, name);
	if (!found) {
		snprintf(text, sizeof(text), "there are more than %u sections of type %s", k->max,
			 k->type);
		fail(p, text, "remove those that nobody uses");
	}
	return found;
}

static void begin_net(struct parser *p, const struct section_kind *k)
{
	if (p->layer == CONF_COMMUNITY)
		note(p, "interfaces differ from node to node, but this file is for all of them",
		     "move the section to the node's file");
	p->base = open_named(p, k, p->section);
	if (p->base)
		p->inside = INSIDE_NAMED;
}

/* BMX7's sections need no name: their first option, tunOut, is it. */
static void open_search(struct parser *p, const char *name)
{
	const struct section_kind *k = section_kind_find("tunOut");
	struct conf_search *s = open_named(p, k, name);
	unsigned *at;

	p->base = s;
	p->inside = s ? INSIDE_NAMED : INSIDE_PASSED;
	if (!s)
		return;
	if (s->of_defaults)
		section_reset(k, s);
	s->of_defaults = p->layer == CONF_DEFAULTS;
	at = &p->search_at[s - p->conf.searches.at];
	if (*at == 0)
		*at = p->section_line;
}

/* The section is at its end. */
static void end_section(struct parser *p)
{
	if (p->inside == INSIDE_SEARCH)
		open_search(p, p->section);
	p->inside = INSIDE_PASSED;
}

/* Each search of the file is one. */
static void end_searches(struct parser *p)
{
	for (unsigned i = 0; i < p->conf.searches.count; i++) {
		const struct conf_search *s = &p->conf.searches.at[i];
		char text[CONF_TEXT_ROOM];

		if (p->search_at[i] == 0 || s->has_network || s->disabled)
			continue;
		p->line = p->search_at[i];
		snprintf(text, sizeof(text), "config tunOut '%s' does not say what is searched",
			 s->name);
		fail(p, text, "add option network 'ADDRESS/BITS', or option disabled '1'");
	}
}

static bool is_lime(const char *type)
{
	return strcmp(type, "lime") == 0 || strncmp(type, "lime-", 5) == 0;
}

/* Is there a row in this section (NULL: any) of this type? */
static bool section_exists(const char *type, const char *section)
{
	size_t count;
	const struct option *o = option_table(&count);

	for (size_t i = 0; i < count; i++)
		if ((strcmp(o[i].type, type) == 0 ||
		     (strcmp(o[i].type, "lime") == 0 && is_lime(type))) &&
		    (!section || (o[i].section && strcmp(o[i].section, section) == 0)))
			return true;
	return false;
}

static void refuse_type(struct parser *p)
{
	char text[CONF_TEXT_ROOM];
	char remedy[CONF_TEXT_ROOM];
	struct nearest n;

	nearest_init(&n, p->type);
	nearest_offer(&n, "lime");
	nearest_offer(&n, "net");
	nearest_offer(&n, "nuvol");
	nearest_offer(&n, "tunOut");
	suggest(&n, "the types are lime, net, nuvol and tunOut", remedy, sizeof(remedy));
	snprintf(text, sizeof(text), "there is no section type '%s'", p->type);
	fail(p, text, remedy);
}

static void refuse_section(struct parser *p)
{
	size_t count;
	const struct option *o = option_table(&count);
	char known[CONF_TEXT_ROOM] = "the names are";
	char text[CONF_TEXT_ROOM];
	char remedy[CONF_TEXT_ROOM];
	const char *last = "";
	struct nearest n;

	nearest_init(&n, p->section);
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(known);

		if (!o[i].section || !section_exists(p->type, o[i].section) ||
		    strcmp(last, o[i].section) == 0)
			continue;
		last = o[i].section;
		nearest_offer(&n, last);
		snprintf(known + used, sizeof(known) - used, " %s", last);
	}
	suggest(&n, known, remedy, sizeof(remedy));
	if (p->section[0] == '\0')
		snprintf(text, sizeof(text), "this section of type %s has no name", p->type);
	else
		snprintf(text, sizeof(text), "there is no section '%s' of type %s", p->section,
			 p->type);
	fail(p, text, remedy);
}

static void begin_section(struct parser *p, const struct uci_statement *s)
{
	const struct section_kind *k = section_kind_find(s->name);
	char text[CONF_TEXT_ROOM];

	strcpy(p->type, s->name);
	snprintf(p->section, sizeof(p->section), "%.*s", UCI_NAME_ROOM - 1, s->value);
	p->section_line = s->line;
	if (k && strcmp(k->type, "net") == 0) {
		begin_net(p, k);
	} else if (k) {
		p->inside = INSIDE_SEARCH;
	} else if (section_exists(p->type, p->section)) {
		p->inside = INSIDE_ROWS;
		p->base = &p->conf;
	} else if (known_section_type(p->type)) {
		snprintf(text, sizeof(text), "sections of type %s have no effect here", p->type);
		note(p, text, "nothing need be done");
	} else if (section_exists(p->type, NULL)) {
		refuse_section(p);
	} else {
		refuse_type(p);
	}
}

/* Options */

/* The option of this section that may have been meant. */
static struct nearest nearest_option(const struct parser *p, const char *name)
{
	size_t count;
	const struct option *o = option_table(&count);
	struct nearest n;

	nearest_init(&n, name);
	for (size_t i = 0; i < count; i++)
		if (option_find(p->type, p->section, o[i].name) == &o[i])
			nearest_offer(&n, o[i].name);
	return n;
}

static void refuse_option(struct parser *p, const char *name, const struct nearest *n)
{
	size_t count;
	const struct option *o = option_table(&count);
	char text[CONF_TEXT_ROOM];
	char remedy[CONF_TEXT_ROOM];

	suggest(n, "nuvol.conf(5) lists all options", remedy, sizeof(remedy));
	for (size_t i = 0; i < count; i++)
		if (strcmp(o[i].name, name) == 0)
			snprintf(remedy, sizeof(remedy), "it belongs in config %s '%s'", o[i].type,
				 o[i].section ? o[i].section : "NAME");
	snprintf(text, sizeof(text), "there is no option '%s' in section %s '%s'", name, p->type,
		 p->section);
	fail(p, text, remedy);
}

/* Not in the table: LibreMesh's, or a mistake. What looks like one of LibreMesh's and
 * more like one of ours is a mistake: nobody would notice that ap_sid did nothing. */
static void weigh_unknown(struct parser *p, const char *name)
{
	enum known_option known = known_option(p->type, p->section, name);
	struct nearest n = nearest_option(p, name);
	char text[CONF_TEXT_ROOM];

	if (known == KNOWN_OPTION_NO || (known == KNOWN_OPTION_LIKELY && n.best)) {
		refuse_option(p, name, &n);
		return;
	}
	snprintf(text, sizeof(text), "%s's option %s has no effect here",
		 strcmp(p->type, "tunOut") == 0 ? "BMX7" : "LibreMesh", name);
	note(p, text, "nothing need be done");
}

static bool *list_begun(struct parser *p, const struct option *o)
{
	size_t count;
	size_t row = (size_t)(o - option_table(&count));

	assert(count <= OPTIONS_MAX);
	if (o->section)
		return &p->begun[row];
	return &p->net_begun[(struct host_interface *)p->base - p->conf.host.interfaces];
}

static void take_answer(struct parser *p, const struct option_answer *a)
{
	if (a->kind == ANSWER_ERROR)
		fail(p, a->text, a->remedy);
	else if (a->kind == ANSWER_NOTE)
		note(p, a->text, a->remedy);
}

static void take_value(struct parser *p, const struct option *o, const struct uci_statement *s)
{
	void *base = p->base;
	struct option_answer a = {.kind = ANSWER_OK};

	if (!option_is_list(o)) {
		char text[CONF_TEXT_ROOM];

		if (s->kind == UCI_LIST) {
			snprintf(text, sizeof(text), "%s takes one value, not a list", o->name);
			fail(p, text, "write option in place of list");
			return;
		}
		option_set(o, base, s->value, &a);
	} else {
		bool *begun = list_begun(p, o);

		if (s->kind == UCI_OPTION) {
			option_set(o, base, s->value, &a);
		} else {
			if (!*begun)
				option_clear(o, base);
			option_add(o, base, s->value, &a);
		}
		*begun = true;
	}
	take_answer(p, &a);
}

static void take_option(struct parser *p, const struct uci_statement *s)
{
	const struct option *o;

	if (p->inside == INSIDE_SEARCH && strcmp(s->name, "tunOut") == 0 && uci_is_name(s->value)) {
		open_search(p, s->value);
		return;
	}
	if (p->inside == INSIDE_SEARCH)
		open_search(p, p->section);
	if (p->inside == INSIDE_PASSED)
		return;
	if (strcmp(p->type, "tunOut") == 0 && strcmp(s->name, "tunOut") == 0) {
		fail(p, "tunOut, the search's name, must be the section's first option, and a name",
		     "put it first; use letters, digits, _ - and . only");
		return;
	}
	o = option_find(p->type, p->section, s->name);
	if (o)
		take_value(p, o, s);
	else
		weigh_unknown(p, s->name);
}

void conf_init_defaults(struct conf *c)
{
	size_t count;
	const struct option *o = option_table(&count);
	struct conf_problems none;
	bool good;

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < count; i++)
		if (o[i].section)
			option_default(&o[i], c);
	conf_problems_init(&none);
	good = conf_parse(c, "defaults", searches_defaults, strlen(searches_defaults),
			  CONF_DEFAULTS, &none);
	assert(good && none.count == 0);
}

bool conf_parse(struct conf *c, const char *file_name, const char *text, size_t len,
		enum conf_layer layer, struct conf_problems *problems)
{
	struct parser p = {.conf = *c, .file = file_name, .layer = layer, .problems = problems};
	struct uci_statement s;
	struct uci_reader r;

	if (len > CONF_FILE_MAX) {
		fail(&p, "the file has more than 65536 bytes", "shorten it");
		return false;
	}
	uci_reader_init(&r, text, len);
	for (uci_next(&r, &s); s.kind != UCI_END; uci_next(&r, &s)) {
		p.line = s.line;
		if (s.kind == UCI_CONFIG)
			end_section(&p);
		if (s.kind == UCI_MISTAKE)
			fail(&p, s.mistake, s.remedy);
		else if (s.kind == UCI_CONFIG)
			begin_section(&p, &s);
		else
			take_option(&p, &s);
	}
	end_section(&p);
	end_searches(&p);
	searches_tell(&p.conf.searches, &p.conf.node.tunnel);
	if (!p.failed)
		*c = p.conf;
	return !p.failed;
}
