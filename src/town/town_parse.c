/* SPDX-License-Identifier: GPL-2.0-or-later */
/* town_parse - the town file's sections and options, as tables. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/prng.h"
#include "conf/uci.h"
#include "town/quantity.h"
#include "town/town.h"

enum {
	MTU_WIRE = 1500,
	MTU_RADIO = 1536, /* as LibreMesh sets its Wi-Fi interfaces: specs/libremesh.md 1.3 */
	MTU_LOWEST = 256,
	MTU_HIGHEST = 9000,
	QUEUE_FRAMES = 200,
	QUEUE_FRAMES_MAX = 10000,
	RETRIES_MAX = 15,
};

enum section { SECTION_NONE, SECTION_TOWN, SECTION_SEGMENT, SECTION_NODE, SECTION_CLIENT };

struct parser {
	struct town *town;
	const char *file;
	FILE *errors;
	unsigned mistakes;
	enum section section;
	unsigned line;
};

__attribute__((format(printf, 3, 4))) static void mistake(struct parser *p, unsigned line,
							  const char *format, ...)
{
	va_list args;

	fprintf(p->errors, "%s:%u: ", p->file, line);
	va_start(args, format);
	vfprintf(p->errors, format, args);
	va_end(args);
	fputc('\n', p->errors);
	p->mistakes++;
}

/* One more element at the end of an array, zeroed. */
static void *array_grow(void *array, unsigned *count, size_t size)
{
	char *grown = realloc(array, ((size_t)*count + 1) * size);

	if (!grown)
		abort(); /* a command that is out of memory has nothing left to do */
	memset(grown + *count * size, 0, size);
	(*count)++;
	return grown;
}

static struct town_segment *segment_last(struct parser *p)
{
	return &p->town->segments[p->town->segment_count - 1];
}

static struct town_node *node_last(struct parser *p)
{
	return &p->town->nodes[p->town->node_count - 1];
}

static struct town_client *client_last(struct parser *p)
{
	return &p->town->clients[p->town->client_count - 1];
}

/* Option functions give NULL, or what would be right. */

static const char *seed_set(struct parser *p, const char *value)
{
	return number_parse(value, 0, 999999999, &p->town->seed) ? NULL : "a number";
}

static const char *ssid_copy(char *ssid, const char *value)
{
	if (!*value || strlen(value) >= TOWN_SSID_ROOM)
		return "a network name of 1 to 127 bytes";
	strcpy(ssid, value);
	return NULL;
}

static const char *town_ssid_set(struct parser *p, const char *value)
{
	return ssid_copy(p->town->ssid, value);
}

static const char *network_choose(enum town_network *network, const char *value)
{
	*network = strcmp(value, "1") == 0 ? NETWORK_YES : NETWORK_NO;
	return *network == NETWORK_YES || strcmp(value, "0") == 0 ? NULL : "1 or 0";
}

static const char *town_network_set(struct parser *p, const char *value)
{
	return network_choose(&p->town->network, value);
}

/* SECTION.OPTION=VALUE, or +=VALUE for a list. */
static const char *set_add(struct parser *p, struct town_sets *sets, const char *value)
{
	const char *dot = strchr(value, '.'), *equal = strchr(value, '=');

	if (!dot || !equal || dot == value || equal < dot + 2)
		return "'section.option=value', or 'section.option+=value' for a list";
	sets->at = array_grow(sets->at, &sets->count, sizeof(*sets->at));
	snprintf(sets->at[sets->count - 1].text, TOWN_SET_ROOM, "%s", value);
	sets->at[sets->count - 1].line = p->line;
	return NULL;
}

static const char *town_set_add(struct parser *p, const char *value)
{
	return set_add(p, &p->town->sets, value);
}

static const char *town_address_set(struct parser *p, const char *value)
{
	enum town_address *a = &p->town->address;

	*a = strcmp(value, "dhcp") == 0 ? ADDRESS_DHCP : ADDRESS_FIXED;
	return *a == ADDRESS_DHCP || strcmp(value, "fixed") == 0 ? NULL : "dhcp or fixed";
}

static const char *kind_set(struct parser *p, const char *value)
{
	segment_last(p)->radio = strcmp(value, "radio") == 0;
	return segment_last(p)->radio || strcmp(value, "wire") == 0 ? NULL : "wire or radio";
}

static const char *loss_set(struct parser *p, const char *value)
{
	segment_last(p)->conditioned = true;
	return loss_parse(value, &segment_last(p)->loss) ? NULL : "percent: 0 to 100";
}

static const char *delay_set(struct parser *p, const char *value)
{
	segment_last(p)->conditioned = true;
	return span_parse(value, 1000, &segment_last(p)->delay) ? NULL
								: "milliseconds: 2, 0.5 or 3ms";
}

static const char *jitter_set(struct parser *p, const char *value)
{
	segment_last(p)->conditioned = true;
	return span_parse(value, 1000, &segment_last(p)->jitter) ? NULL
								 : "milliseconds: 2, 0.5 or 3ms";
}

static const char *rate_set(struct parser *p, const char *value)
{
	segment_last(p)->conditioned = true;
	return rate_parse(value, &segment_last(p)->rate_bps) ? NULL
							     : "like 54mbit, 300kbit or 1gbit";
}

static const char *queue_set(struct parser *p, const char *value)
{
	return number_parse(value, 1, QUEUE_FRAMES_MAX, &segment_last(p)->queue_frames)
		       ? NULL
		       : "frames: 1 to 10000";
}

static const char *retries_set(struct parser *p, const char *value)
{
	return number_parse(value, 0, RETRIES_MAX, &segment_last(p)->retries) ? NULL : "0 to 15";
}

static const char *mtu_set(struct parser *p, const char *value)
{
	return number_parse(value, MTU_LOWEST, MTU_HIGHEST, &segment_last(p)->mtu_bytes)
		       ? NULL
		       : "bytes: 256 to 9000";
}

/* "anna bru", "anna bru 20" */
static const char *link_add(struct parser *p, const char *value)
{
	struct town_link link = {.segment = p->town->segment_count - 1, .line = p->line};
	char loss[16] = "";
	int end = -1;
	int words =
		sscanf(value, " %15s %15s %n%15s %n", link.name[0], link.name[1], &end, loss, &end);

	if (words < 2 || (end >= 0 && value[end]))
		return "two nodes and, if they differ from the segment's, percent of loss";
	if (words > 2 && !loss_parse(loss, &link.loss))
		return "percent of loss after the two nodes: 0 to 100";
	link.has_loss = words > 2;
	segment_last(p)->linked = true;
	p->town->links = array_grow(p->town->links, &p->town->link_count, sizeof(*p->town->links));
	p->town->links[p->town->link_count - 1] = link;
	return NULL;
}

static const char *node_ssid_set(struct parser *p, const char *value)
{
	return ssid_copy(node_last(p)->ssid, value);
}

static const char *node_network_set(struct parser *p, const char *value)
{
	return network_choose(&node_last(p)->network, value);
}

static const char *node_segment_add(struct parser *p, const char *value)
{
	struct town_node *n = node_last(p);

	if (!who_name_check(value))
		return "the name of a segment";
	if (n->mesh_count == TOWN_MESH_MAX)
		return "at most 16 segments for one node";
	strcpy(n->mesh[n->mesh_count].name, value);
	n->mesh[n->mesh_count++].line = p->line;
	return NULL;
}

static const char *uplink_set(struct parser *p, const char *value)
{
	node_last(p)->uplink = true;
	return rate_parse(value, &node_last(p)->uplink_bps) ? NULL : "a rate like 50mbit";
}

static const char *node_set_add(struct parser *p, const char *value)
{
	return set_add(p, &node_last(p)->sets, value);
}

static const char *at_set(struct parser *p, const char *value)
{
	if (!who_name_check(value))
		return "the name of a node";
	strcpy(client_last(p)->at_name, value);
	return NULL;
}

static const char *association_set(struct parser *p, const char *value)
{
	client_last(p)->cable = strcmp(value, "no") == 0;
	return client_last(p)->cable || strcmp(value, "yes") == 0 ? NULL : "yes or no";
}

static const char *mac_set(struct parser *p, const char *value)
{
	struct mac m;

	if (!mac_parse(value, &m) || !mac_is_station(m))
		return "an address like 02:00:00:00:00:01, not a multicast one";
	client_last(p)->mac = m;
	return NULL;
}

/* "10.1.2.3", "10.1.2.3/16" */
static bool address_parse(const char *value, struct ipv4 *out)
{
	size_t len = strcspn(value, "/");
	char text[IPV4_TEXT];
	uint32_t bits = 32;

	if (len >= sizeof(text) || (value[len] && !number_parse(value + len + 1, 1, 31, &bits)))
		return false;
	memcpy(text, value, len);
	text[len] = '\0';
	if (!ipv4_parse(text, out) || ipv4_to_u32(*out) == 0)
		return false;
	out->bits = (uint8_t)bits;
	return true;
}

static const char *address_set(struct parser *p, const char *value)
{
	struct town_client *c = client_last(p);

	c->address = strcmp(value, "dhcp") == 0 ? ADDRESS_DHCP : ADDRESS_FIXED;
	if (c->address == ADDRESS_DHCP || strcmp(value, "fixed") == 0)
		return NULL;
	return address_parse(value, &c->ipv4) ? NULL
					      : "dhcp, fixed, or an address like 10.1.2.3/16";
}

struct town_option {
	enum section section;
	const char *name;
	bool list;
	const char *(*set)(struct parser *p, const char *value);
};

static const struct town_option options[] = {
	{SECTION_TOWN, "seed", false, seed_set},
	{SECTION_TOWN, "ssid", false, town_ssid_set},
	{SECTION_TOWN, "network", false, town_network_set},
	{SECTION_TOWN, "address", false, town_address_set},
	{SECTION_TOWN, "set", true, town_set_add},
	{SECTION_SEGMENT, "kind", false, kind_set},
	{SECTION_SEGMENT, "loss", false, loss_set},
	{SECTION_SEGMENT, "delay", false, delay_set},
	{SECTION_SEGMENT, "jitter", false, jitter_set},
	{SECTION_SEGMENT, "rate", false, rate_set},
	{SECTION_SEGMENT, "queue", false, queue_set},
	{SECTION_SEGMENT, "retries", false, retries_set},
	{SECTION_SEGMENT, "mtu", false, mtu_set},
	{SECTION_SEGMENT, "link", true, link_add},
	{SECTION_NODE, "ssid", false, node_ssid_set},
	{SECTION_NODE, "network", false, node_network_set},
	{SECTION_NODE, "segment", true, node_segment_add},
	{SECTION_NODE, "uplink", false, uplink_set},
	{SECTION_NODE, "set", true, node_set_add},
	{SECTION_CLIENT, "at", false, at_set},
	{SECTION_CLIENT, "association", false, association_set},
	{SECTION_CLIENT, "mac", false, mac_set},
	{SECTION_CLIENT, "address", false, address_set},
};

static const char *const section_names[] = {"", "town", "segment", "node", "client"};

static void options_list(const struct parser *p, char *text, size_t room)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].section == p->section && len < room)
			len += (size_t)snprintf(text + len, room - len, "%s%s", len ? ", " : "",
						options[i].name);
}

static void option_rx(struct parser *p, const struct uci_statement *s)
{
	bool list = s->kind == UCI_LIST;
	char known[160];

	if (p->section == SECTION_NONE)
		return; /* of a section that was refused already */
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct town_option *o = &options[i];
		const char *right;

		if (o->section != p->section || strcmp(o->name, s->name) != 0)
			continue;
		if (o->list != list)
			mistake(p, s->line, "'%s' is %s; write '%s %s'", s->name,
				o->list ? "a list" : "one value", o->list ? "list" : "option",
				s->name);
		else if ((right = o->set(p, s->value)) != NULL)
			mistake(p, s->line, "'%s' is not a good value for '%s'; it takes %s",
				s->value, s->name, right);
		return;
	}
	options_list(p, known, sizeof(known));
	mistake(p, s->line, "a %s has no option '%s'; it has: %s", section_names[p->section],
		s->name, known);
}

static void segment_begin(struct parser *p, const char *name)
{
	struct town *t = p->town;
	struct town_segment *s;

	t->segments = array_grow(t->segments, &t->segment_count, sizeof(*t->segments));
	s = segment_last(p);
	strcpy(s->name, name);
	s->line = p->line;
	s->queue_frames = QUEUE_FRAMES;
	p->section = SECTION_SEGMENT;
}

static void node_begin(struct parser *p, const char *name)
{
	struct town *t = p->town;

	t->nodes = array_grow(t->nodes, &t->node_count, sizeof(*t->nodes));
	strcpy(node_last(p)->name, name);
	node_last(p)->line = p->line;
	p->section = SECTION_NODE;
}

static void client_begin(struct parser *p, const char *name)
{
	struct town *t = p->town;

	t->clients = array_grow(t->clients, &t->client_count, sizeof(*t->clients));
	strcpy(client_last(p)->name, name);
	client_last(p)->line = p->line;
	client_last(p)->at = TOWN_NONE;
	p->section = SECTION_CLIENT;
}

struct town_section {
	const char *type;
	void (*begin)(struct parser *p, const char *name);
	unsigned limit;
	size_t count_at; /* offset of the count in struct town */
};

static const struct town_section sections[] = {
	{"segment", segment_begin, TOWN_SEGMENTS_MAX, offsetof(struct town, segment_count)},
	{"node", node_begin, TOWN_NODES_MAX, offsetof(struct town, node_count)},
	{"client", client_begin, TOWN_CLIENTS_MAX, offsetof(struct town, client_count)},
};

static unsigned section_count(const struct parser *p, const struct town_section *section)
{
	unsigned count;

	memcpy(&count, (const char *)p->town + section->count_at, sizeof(count));
	return count;
}

/* Nodes and clients share their names, segments have their own. */
static bool name_is_taken(const struct parser *p, const struct town_section *section,
			  const char *name)
{
	if (section->begin == segment_begin)
		return town_segment_find(p->town, name) != TOWN_NONE;
	return town_node_find(p->town, name) != TOWN_NONE ||
	       town_client_find(p->town, name) != TOWN_NONE;
}

static void section_rx(struct parser *p, const struct uci_statement *s)
{
	p->section = SECTION_NONE;
	p->line = s->line;
	if (strcmp(s->name, "town") == 0) {
		p->section = SECTION_TOWN;
		return;
	}
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const struct town_section *section = &sections[i];

		if (strcmp(section->type, s->name) != 0)
			continue;
		if (!who_name_check(s->value))
			mistake(p, s->line,
				"'%s' is not a good name for a %s; it takes 1 to 15 letters and "
				"digits, a letter first, and not 'air'",
				s->value, s->name);
		else if (name_is_taken(p, section, s->value))
			mistake(p, s->line, "there is a '%s' already; give this %s another name",
				s->value, s->name);
		else if (section_count(p, section) == section->limit)
			mistake(p, s->line, "there are too many; a town has at most %u %ss",
				section->limit, s->name);
		else
			section->begin(p, s->value);
		return;
	}
	mistake(p, s->line, "there are no '%s' sections; it takes town, segment, node or client",
		s->name);
}

static void statements_read(struct parser *p, const char *text, size_t len)
{
	struct uci_reader reader;
	struct uci_statement s;

	uci_reader_init(&reader, text, len);
	for (uci_next(&reader, &s); s.kind != UCI_END; uci_next(&reader, &s)) {
		p->line = s.line;
		switch (s.kind) {
		case UCI_END: break;
		case UCI_CONFIG: section_rx(p, &s); break;
		case UCI_OPTION:
		case UCI_LIST: option_rx(p, &s); break;
		case UCI_MISTAKE: mistake(p, s.line, "%s; %s", s.mistake, s.remedy); break;
		}
	}
}

static void node_finish(struct parser *p, unsigned index)
{
	struct town *t = p->town;
	struct town_node *n = &t->nodes[index];

	if (!n->ssid[0])
		strcpy(n->ssid, t->ssid);
	if (n->network == NETWORK_AUTO)
		n->network = t->network;
	for (unsigned i = 0; i < n->mesh_count; i++) {
		struct town_mesh *m = &n->mesh[i];

		m->segment = town_segment_find(t, m->name);
		if (m->segment == TOWN_NONE)
			mistake(p, m->line, "there is no segment '%s'; add config segment '%s'",
				m->name, m->name);
		else if (town_mesh_find(t, index, m->segment) != i)
			mistake(p, m->line, "'%s' is on segment '%s' already; take one away",
				n->name, m->name);
		else
			t->segments[m->segment].node_count++;
	}
}

static void link_finish(struct parser *p, struct town_link *l)
{
	struct town *t = p->town;

	for (unsigned i = 0; i < 2; i++) {
		l->node[i] = town_node_find(t, l->name[i]);
		if (l->node[i] == TOWN_NONE)
			mistake(p, l->line, "there is no node '%s'; links name nodes", l->name[i]);
		else if (town_mesh_find(t, l->node[i], l->segment) == TOWN_NONE)
			mistake(p, l->line, "'%s' is not on segment '%s'; add list segment '%s'",
				l->name[i], t->segments[l->segment].name,
				t->segments[l->segment].name);
	}
	if (strcmp(l->name[0], l->name[1]) == 0)
		mistake(p, l->line, "a link takes two different nodes; '%s' stands there twice",
			l->name[0]);
	if (!t->segments[l->segment].radio)
		mistake(p, l->line, "on a wire everybody hears everybody; links need kind 'radio'");
}

static void client_finish(struct parser *p, struct town_client *c)
{
	if (c->address == ADDRESS_AUTO)
		c->address = p->town->address;
	if (!c->at_name[0])
		return;
	c->at = town_node_find(p->town, c->at_name);
	if (c->at == TOWN_NONE)
		mistake(p, c->line, "client '%s' is at '%s', which is no node; name one that is",
			c->name, c->at_name);
}

/* Addresses from names: the same town gives the same in every run. */

static uint64_t name_hash(const char *town, const char *who, uint64_t salt)
{
	uint64_t h = 0xcbf29ce484222325u + salt; /* FNV-1a */

	for (const char *c = town; *c; c++)
		h = (h ^ (unsigned char)*c) * 0x100000001b3u;
	h = (h ^ '/') * 0x100000001b3u;
	for (const char *c = who; *c; c++)
		h = (h ^ (unsigned char)*c) * 0x100000001b3u;
	return prng_mix(h);
}

/* Locally administered, not multicast: kind 0 a node, 1 a client, 2.. its interfaces. */
static struct mac mac_make(uint64_t hash, unsigned kind)
{
	struct mac m = {{(uint8_t)(0x02 | kind << 2)}};

	for (unsigned i = 1; i < sizeof(m.b); i++)
		m.b[i] = (uint8_t)(hash >> (8 * i));
	return m;
}

/* A node's last two bytes become its IPv4 host number (specs/libremesh.md 1.4): the
 * reserved ones, those of the clients and those of other nodes are left out. */
static bool mac_is_usable(const struct town *t, unsigned index, struct mac m)
{
	unsigned host = (unsigned)m.b[4] << 8 | m.b[5];

	if (host < 256 || host >= 0xff00 || (m.b[4] >= 0xc0 && m.b[4] < 0xd0))
		return false;
	for (unsigned i = 0; i < index; i++)
		if (memcmp(&t->nodes[i].mac.b[4], &m.b[4], 2) == 0)
			return false;
	return true;
}

static void macs_give(struct town *t)
{
	for (unsigned i = 0; i < t->node_count; i++) {
		struct town_node *n = &t->nodes[i];
		uint64_t salt = 0;

		do
			n->mac = mac_make(name_hash(t->name, n->name, salt++), 0);
		while (!mac_is_usable(t, i, n->mac));
		for (unsigned m = 0; m < n->mesh_count; m++) {
			n->mesh[m].mac = n->mac;
			n->mesh[m].mac.b[0] = (uint8_t)(0x02 | (m + 2) << 2);
		}
	}
	for (unsigned i = 0; i < t->client_count; i++)
		if (mac_is_zero(t->clients[i].mac))
			t->clients[i].mac = mac_make(name_hash(t->name, t->clients[i].name, 0), 1);
}

bool town_parse(struct town *t, const char *name, const char *file, const char *text, size_t len,
		FILE *errors)
{
	struct parser p = {.town = t, .file = file, .errors = errors};

	memset(t, 0, sizeof(*t));
	snprintf(t->name, sizeof(t->name), "%s", name);
	snprintf(t->ssid, sizeof(t->ssid), "%s", name);
	t->seed = 1;
	statements_read(&p, text, len);
	for (unsigned i = 0; i < t->node_count; i++)
		node_finish(&p, i);
	for (unsigned i = 0; i < t->link_count; i++)
		link_finish(&p, &t->links[i]);
	for (unsigned i = 0; i < t->client_count; i++)
		client_finish(&p, &t->clients[i]);
	for (unsigned i = 0; i < t->segment_count; i++)
		if (!t->segments[i].mtu_bytes)
			t->segments[i].mtu_bytes = t->segments[i].radio ? MTU_RADIO : MTU_WIRE;
	if (p.mistakes == 0 && t->node_count == 0)
		mistake(&p, 1, "there is no node; add config node 'anna'");
	macs_give(t);
	return p.mistakes == 0;
}
