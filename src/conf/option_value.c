/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the values of each kind of option are read and written; see options.h. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/ip.h"
#include "conf/known.h"
#include "conf/options.h"
#include "conf/search_value.h"
#include "conf/target_value.h"
#include "core/plan/plan.h"

static void answer(struct option_answer *a, bool error, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void answer(struct option_answer *a, bool error, const char *remedy, const char *format, ...)
{
	va_list args;

	a->kind = error ? ANSWER_ERROR : ANSWER_NOTE;
	snprintf(a->remedy, sizeof(a->remedy), "%s", remedy);
	va_start(args, format);
	vsnprintf(a->text, sizeof(a->text), format, args);
	va_end(args);
}

static void *place(const struct option *o, void *base)
{
	return (char *)base + o->offset;
}

static const void *place_of(const struct option *o, const void *base)
{
	return (const char *)base + o->offset;
}

bool option_is_list(const struct option *o)
{
	return o->kind == OPTION_INTERFACES || o->kind == OPTION_RESOLVERS ||
	       o->kind == OPTION_TARGETS || o->kind == OPTION_DHCP_HOSTS ||
	       o->kind == OPTION_PROTOCOLS || o->kind == OPTION_NET_PROTOCOLS;
}

/* Texts */

static bool text_is_plain(const char *value)
{
	for (const char *c = value; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return true;
}

static void set_text(const struct option *o, void *base, const char *value, struct option_answer *a)
{
	char remedy[CONF_TEXT_ROOM];
	size_t len = strlen(value);

	assert((size_t)o->max < o->room);
	if (len < (size_t)o->min || len > (size_t)o->max) {
		snprintf(remedy, sizeof(remedy), "use %" PRId64 " to %" PRId64 " bytes", o->min,
			 o->max);
		answer(a, true, remedy, "%s has %zu bytes", o->name, len);
	} else if (!text_is_plain(value)) {
		answer(a, true, "leave out line ends, tabs and other control characters",
		       "%s holds a control character", o->name);
	} else {
		memcpy(place(o, base), value, len + 1);
	}
}

/* Stands for any SSID when a template is tried before the SSID is known. */
static void any_md5(const void *data, size_t len, uint8_t digest[16])
{
	(void)data;
	(void)len;
	memset(digest, 0x12, 16);
}

static void set_template(const struct option *o, void *base, const char *value,
			 struct option_answer *a)
{
	static const struct crypto any = {.md5 = any_md5};
	size_t within = o->offset - offsetof(struct conf, node.plan);
	struct plan_conf probe = plan_conf_default();
	struct option in_probe = *o;
	char fault[CONF_TEXT_ROOM];

	in_probe.offset = within;
	set_text(&in_probe, &probe, value, a);
	if (a->kind == ANSWER_ERROR)
		return;
	if (plan_fault(&probe, &any, fault, sizeof(fault))) {
		char remedy[CONF_TEXT_ROOM];

		snprintf(remedy, sizeof(remedy), "write it like '%s'", o->value);
		answer(a, true, remedy, "%s", fault);
		return;
	}
	set_text(o, base, value, a);
}

static bool domain_is_good(const char *value)
{
	size_t label = 0;

	for (const char *c = value; *c != '\0'; c++) {
		bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			      (*c >= '0' && *c <= '9');
		bool hyphen = *c == '-' && label > 0 && c[1] != '.' && c[1] != '\0';

		if (*c == '.' && label > 0 && c[1] != '\0')
			label = 0;
		else if ((letter || hyphen) && label < 63)
			label++;
		else
			return false;
	}
	return label > 0;
}

static bool interface_is_good(const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len >= HOST_IFNAME_ROOM || strcmp(value, ".") == 0 ||
	    strcmp(value, "..") == 0)
		return false;
	for (const char *c = value; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '/' || *c == ':' || *c == '%')
			return false;
	return true;
}

static void refuse_interface(const char *value, struct option_answer *a)
{
	answer(a, true, "use 1 to 15 characters without spaces, / : or %",
	       "'%s' cannot be an interface's name", value);
}

/* Numbers */

static bool digits_read(const char *value, int64_t max, int64_t *n)
{
	int64_t got = 0;

	if (*value == '\0')
		return false;
	for (const char *c = value; *c != '\0'; c++) {
		if (*c < '0' || *c > '9')
			return false;
		got = got * 10 + (*c - '0');
		if (got > max)
			return false;
	}
	*n = got;
	return true;
}

static bool number_set(const struct option *o, const char *value, int64_t *n,
		       struct option_answer *a)
{
	char remedy[CONF_TEXT_ROOM];

	if (digits_read(value, o->max, n) && *n >= o->min)
		return true;
	snprintf(remedy, sizeof(remedy), "write a number from %" PRId64 " to %" PRId64 "%s%s",
		 o->min, o->max, o->unit ? ", in " : "", o->unit ? o->unit : "");
	answer(a, true, remedy, "%s cannot be '%s'", o->name, value);
	return false;
}

static void number_store(const struct option *o, void *base, uint64_t n)
{
	uint8_t n8 = (uint8_t)n;
	uint16_t n16 = (uint16_t)n;
	uint32_t n32 = (uint32_t)n;

	switch (o->width) {
	case 1: memcpy(place(o, base), &n8, 1); break;
	case 2: memcpy(place(o, base), &n16, 2); break;
	case 4: memcpy(place(o, base), &n32, 4); break;
	default: assert(o->width == 8); memcpy(place(o, base), &n, 8);
	}
}

static uint64_t number_load(const struct option *o, const void *base)
{
	uint8_t n8;
	uint16_t n16;
	uint32_t n32;
	uint64_t n64;

	switch (o->width) {
	case 1: memcpy(&n8, place_of(o, base), 1); return n8;
	case 2: memcpy(&n16, place_of(o, base), 2); return n16;
	case 4: memcpy(&n32, place_of(o, base), 4); return n32;
	default:
		assert(o->width == 8);
		memcpy(&n64, place_of(o, base), 8);
		return n64;
	}
}

/* Words */

static void set_flag(const struct option *o, void *base, const char *value, struct option_answer *a)
{
	static const char *const yes[] = {"1", "on", "true", "yes", "enabled"};
	static const char *const no[] = {"0", "off", "false", "no", "disabled"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		bool is_yes = strcmp(value, yes[i]) == 0;

		if (is_yes || strcmp(value, no[i]) == 0) {
			*(bool *)place(o, base) = is_yes;
			return;
		}
	}
	answer(a, true, "write 1 or 0", "%s cannot be '%s'", o->name, value);
}

static_assert(sizeof(enum host_ipv6) == sizeof(unsigned), "a choice is stored as unsigned");
static_assert(sizeof(enum host_wifi) == sizeof(unsigned), "a choice is stored as unsigned");
static_assert(sizeof(enum host_anygw) == sizeof(unsigned), "the same");
static_assert(sizeof(enum host_tunnel) == sizeof(unsigned), "the same");

static void set_choice(const struct option *o, void *base, const char *value,
		       struct option_answer *a)
{
	char remedy[CONF_TEXT_ROOM] = "write one of";

	for (unsigned i = 0; o->words[i]; i++) {
		size_t used = strlen(remedy);

		if (strcmp(value, o->words[i]) == 0) {
			memcpy(place(o, base), &i, sizeof(i));
			return;
		}
		snprintf(remedy + used, sizeof(remedy) - used, " %s", o->words[i]);
	}
	answer(a, true, remedy, "%s cannot be '%s'", o->name, value);
}

static void set_mac(struct conf *c, const char *value, struct option_answer *a)
{
	struct mac m = {{0}};

	if (*value != '\0' && (!mac_parse(value, &m) || !mac_is_station(m))) {
		answer(a, true, "write it like 02:12:34:56:78:9a, not multicast",
		       "'%s' is no MAC address of a station", value);
		return;
	}
	c->node.plan.primary_mac = m;
	c->host.primary_mac_set = *value != '\0';
}

/* Lists */

static void add_interface(struct conf *c, const char *value, struct option_answer *a)
{
	struct host_conf *h = &c->host;

	if (!interface_is_good(value)) {
		refuse_interface(value, a);
		return;
	}
	for (unsigned i = 0; i < h->lan_port_count; i++)
		if (strcmp(h->lan_ports[i], value) == 0) {
			answer(a, false, "name it once", "'%s' is in the list already", value);
			return;
		}
	if (h->lan_port_count == HOST_LAN_PORTS_MAX) {
		answer(a, true, "name fewer, and bridge the others by other means",
		       "there are more than %u interfaces in the list", HOST_LAN_PORTS_MAX);
		return;
	}
	strcpy(h->lan_ports[h->lan_port_count++], value);
}

/* A protocol that stores nothing here. */
static void weigh_other_protocol(const char *name, struct option_answer *a)
{
	char remedy[CONF_TEXT_ROOM];
	struct nearest n;

	switch (known_protocol(name)) {
	case KNOWN_QUIET: return;
	case KNOWN_ABSENT:
		answer(a, false, "nothing need be done",
		       "protocol %s is not spoken here, so it is passed over", name);
		return;
	case KNOWN_NO: break;
	}
	nearest_init(&n, name);
	nearest_offer(&n, "batadv");
	nearest_offer(&n, "lan");
	nearest_offer(&n, "anygw");
	nearest_offer(&n, "bmx7");
	known_protocols_offer(&n);
	if (n.best)
		snprintf(remedy, sizeof(remedy), "did you mean %s?", n.best);
	else
		snprintf(remedy, sizeof(remedy), "write lan, anygw, bmx7 or batadv:%%N1");
	answer(a, true, remedy, "there is no protocol '%s'", name);
}

/* Copies a batadv string when it is one. */
static bool store_batadv(char *into, size_t room, const char *value, struct option_answer *a)
{
	static const struct plan any; /* the form of the string does not depend on the SSID */
	struct plan_tag tag;

	if (strlen(value) >= room || plan_tag(&any, value, &tag) != OK) {
		answer(a, true,
		       "write batadv:%N1, batadv:0, or batadv:VID with VID 1..4094; then "
		       ":8021q for another tag than 8021ad",
		       "'%s' names no VLAN", value);
		return false;
	}
	if (*into != '\0') {
		answer(a, true, "keep one of them", "the list has two batadv protocols");
		return false;
	}
	strcpy(into, value);
	return true;
}

/* The network's VLAN is the same everywhere, or there would be several networks. */
static bool network_is_good(const char *value, struct option_answer *a)
{
	if (strcmp(value, "bmx7") == 0 || strcmp(value, "bmx7:18") == 0 ||
	    strcmp(value, "bmx7:18:8021ad") == 0)
		return true;
	answer(a, true, "write bmx7:18", "'%s' is not the network's VLAN", value);
	return false;
}

/* What stands before the first colon. */
static void protocol_name(const char *value, char name[CONF_TEXT_ROOM])
{
	size_t len = strcspn(value, ":");

	if (len >= CONF_TEXT_ROOM)
		len = CONF_TEXT_ROOM - 1;
	memcpy(name, value, len);
	name[len] = '\0';
}

static void add_protocol(struct plan_conf *p, const char *value, struct option_answer *a)
{
	char name[CONF_TEXT_ROOM];

	protocol_name(value, name);
	if (strcmp(name, "batadv") == 0)
		store_batadv(p->cloud_protocol, sizeof(p->cloud_protocol), value, a);
	else if (strcmp(name, "bmx7") == 0)
		p->network |= network_is_good(value, a);
	else if (strcmp(value, "anygw") == 0)
		p->anygw = true;
	else if (strcmp(value, "lan") != 0)
		weigh_other_protocol(name, a);
}

static void add_net_protocol(struct host_interface *i, const char *value, struct option_answer *a)
{
	char name[CONF_TEXT_ROOM];

	protocol_name(value, name);
	if (strcmp(name, "batadv") == 0)
		i->mesh |= store_batadv(i->protocol, sizeof(i->protocol), value, a);
	else if (strcmp(name, "bmx7") == 0)
		i->network |= network_is_good(value, a);
	else if (strcmp(value, "lan") == 0)
		i->lan = true;
	else if (strcmp(value, "anygw") != 0)
		weigh_other_protocol(name, a);
}

static void add_resolver(struct host_conf *h, const char *value, struct option_answer *a)
{
	struct ipv4 ip4;
	struct ipv6 ip6;

	if (h->resolver_count == HOST_RESOLVERS_MAX)
		answer(a, true, "name fewer", "there are more than %u resolvers in the list",
		       HOST_RESOLVERS_MAX);
	else if (ipv4_parse(value, &ip4))
		ipv4_print(ip4, h->resolvers[h->resolver_count++]);
	else if (ipv6_parse(value, &ip6))
		ipv6_print(ip6, h->resolvers[h->resolver_count++]);
	else
		answer(a, true, "write it like 9.9.9.9 or 2620:fe::fe", "'%s' is no IP address",
		       value);
}

/* MAC,IP[,name] into r; false: it is not that. */
static bool dhcp_host_parse(const char *value, struct lease *r)
{
	char text[CONF_TEXT_ROOM];
	char *ip, *name;

	*r = (struct lease){0};
	if (strlen(value) >= sizeof(text))
		return false;
	strcpy(text, value);
	ip = strchr(text, ',');
	if (!ip)
		return false;
	*ip++ = '\0';
	name = strchr(ip, ',');
	if (name)
		*name++ = '\0';
	if (!mac_parse(text, &r->mac) || !mac_is_station(r->mac) || !ipv4_parse(ip, &r->ip))
		return false;
	if (!name)
		return true;
	if (strlen(name) >= sizeof(r->name) || strchr(name, '.') || !domain_is_good(name))
		return false;
	strcpy(r->name, name);
	return true;
}

static void add_dhcp_host(struct node_share_conf *s, const char *value, struct option_answer *a)
{
	struct lease r;

	if (!dhcp_host_parse(value, &r)) {
		answer(a, true, "write it like 02:00:00:00:00:01,10.13.1.5,printer",
		       "'%s' is no MAC, IPv4 address and name", value);
		return;
	}
	for (unsigned i = 0; i < s->reserved_count; i++) {
		const struct lease *other = &s->reserved[i];

		if (mac_equal(other->mac, r.mac) || ipv4_equal(other->ip, r.ip)) {
			answer(a, true, "keep one of them",
			       "'%s' has a MAC or an address that the list has already", value);
			return;
		}
	}
	if (s->reserved_count == NODE_RESERVED_MAX)
		answer(a, true, "name fewer; clients keep their addresses anyway",
		       "there are more than %u hosts in the list", NODE_RESERVED_MAX);
	else
		s->reserved[s->reserved_count++] = r;
}

static bool get_dhcp_host(const struct node_share_conf *s, unsigned index, char *text, size_t room)
{
	char mac[MAC_TEXT], ip[IPV4_TEXT];

	if (index >= s->reserved_count)
		return false;
	snprintf(text, room, "%s,%s%s%s", mac_print(s->reserved[index].mac, mac),
		 ipv4_print(s->reserved[index].ip, ip), s->reserved[index].name[0] ? "," : "",
		 s->reserved[index].name);
	return true;
}

void option_clear(const struct option *o, void *base)
{
	struct conf *c = base;
	struct host_interface *i = base;

	assert(option_is_list(o));
	if (o->kind == OPTION_INTERFACES) {
		memset(c->host.lan_ports, 0, sizeof(c->host.lan_ports));
		c->host.lan_port_count = 0;
	} else if (o->kind == OPTION_RESOLVERS) {
		memset(c->host.resolvers, 0, sizeof(c->host.resolvers));
		c->host.resolver_count = 0;
	} else if (o->kind == OPTION_TARGETS) {
		memset(c->node.uplink.target, 0, sizeof(c->node.uplink.target));
		c->node.uplink.targets = 0;
	} else if (o->kind == OPTION_DHCP_HOSTS) {
		memset(c->node.share.reserved, 0, sizeof(c->node.share.reserved));
		c->node.share.reserved_count = 0;
	} else if (o->kind == OPTION_PROTOCOLS) {
		c->node.plan.anygw = c->node.plan.network = false;
		c->node.plan.cloud_protocol[0] = '\0';
	} else {
		i->mesh = i->lan = i->network = false;
		i->protocol[0] = '\0';
	}
}

void option_add(const struct option *o, void *base, const char *value, struct option_answer *a)
{
	a->kind = ANSWER_OK;
	assert(option_is_list(o));
	if (o->kind == OPTION_INTERFACES)
		add_interface(base, value, a);
	else if (o->kind == OPTION_RESOLVERS)
		add_resolver(&((struct conf *)base)->host, value, a);
	else if (o->kind == OPTION_TARGETS)
		target_value_add(&((struct conf *)base)->node.uplink, value, a);
	else if (o->kind == OPTION_DHCP_HOSTS)
		add_dhcp_host(&((struct conf *)base)->node.share, value, a);
	else if (o->kind == OPTION_PROTOCOLS)
		add_protocol(&((struct conf *)base)->node.plan, value, a);
	else
		add_net_protocol(base, value, a);
}

static void set_scalar(const struct option *o, void *base, const char *value,
		       struct option_answer *a)
{
	int64_t n;

	switch (o->kind) {
	case OPTION_TEXT: set_text(o, base, value, a); return;
	case OPTION_TEMPLATE: set_template(o, base, value, a); return;
	case OPTION_DOMAIN:
		if (!domain_is_good(value))
			answer(a, true, "write it like 'mycloud.example.org'",
			       "'%s' is no domain name", value);
		else
			set_text(o, base, value, a);
		return;
	case OPTION_PATH:
		if (value[0] != '/' && (*value != '\0' || o->min > 0))
			answer(a, true, "begin it with /", "'%s' is no absolute path", value);
		else
			set_text(o, base, value, a);
		return;
	case OPTION_INTERFACE:
		if (!interface_is_good(value) && (*value != '\0' || o->min > 0))
			refuse_interface(value, a);
		else
			strcpy(place(o, base), value);
		return;
	case OPTION_NUMBER:
		if (number_set(o, value, &n, a))
			number_store(o, base, (uint64_t)n * o->scale);
		return;
	case OPTION_MS:
		if (number_set(o, value, &n, a))
			*(span *)place(o, base) = span_ms(n);
		return;
	case OPTION_FLAG: set_flag(o, base, value, a); return;
	case OPTION_CHOICE: set_choice(o, base, value, a); return;
	case OPTION_MAC: set_mac(base, value, a); return;
	case OPTION_FIXED:
		if (strcmp(value, o->value) != 0) {
			char remedy[CONF_TEXT_ROOM];

			snprintf(remedy, sizeof(remedy), "write '%s'", o->value);
			answer(a, true, remedy, "%s cannot be '%s' here", o->name, value);
		}
		return;
	case OPTION_NETWORK:
	case OPTION_NODE_ID:
	case OPTION_TABLE_RULE: search_value_set(base, o->kind, value, a); return;
	case OPTION_INTERFACES:
	case OPTION_RESOLVERS:
	case OPTION_TARGETS:
	case OPTION_DHCP_HOSTS:
	case OPTION_PROTOCOLS:
	case OPTION_NET_PROTOCOLS: break;
	}
	assert(false); /* a list */
}

void option_set(const struct option *o, void *base, const char *value, struct option_answer *a)
{
	a->kind = ANSWER_OK;
	if (!option_is_list(o)) {
		set_scalar(o, base, value, a);
		return;
	}
	option_clear(o, base);
	/* None at all could not be printed. */
	if (*value != '\0' || o->kind == OPTION_RESOLVERS || o->kind == OPTION_TARGETS)
		option_add(o, base, value, a);
}

static bool get_protocol(const struct plan_conf *p, unsigned index, char *text, size_t room)
{
	const char *items[4];
	unsigned count = 0;

	items[count++] = "lan";
	if (p->cloud_protocol[0] != '\0')
		items[count++] = p->cloud_protocol;
	if (p->network)
		items[count++] = "bmx7:18";
	if (p->anygw)
		items[count++] = "anygw";
	if (index >= count)
		return false;
	snprintf(text, room, "%s", items[index]);
	return true;
}

static bool get_net_protocol(const struct host_interface *i, unsigned index, char *text,
			     size_t room)
{
	const char *items[3];
	unsigned count = 0;

	if (i->mesh)
		items[count++] = i->protocol;
	if (i->lan)
		items[count++] = "lan";
	if (i->network)
		items[count++] = "bmx7:18";
	if (index >= count)
		return false;
	snprintf(text, room, "%s", items[index]);
	return true;
}

static bool get_list_item(const struct option *o, const void *base, unsigned index, char *text,
			  size_t room)
{
	const struct conf *c = base;

	if (o->kind == OPTION_PROTOCOLS)
		return get_protocol(&c->node.plan, index, text, room);
	if (o->kind == OPTION_NET_PROTOCOLS)
		return get_net_protocol(base, index, text, room);
	if (o->kind == OPTION_TARGETS)
		return target_value_get(&c->node.uplink, index, text, room);
	if (o->kind == OPTION_DHCP_HOSTS)
		return get_dhcp_host(&c->node.share, index, text, room);
	if (o->kind == OPTION_RESOLVERS) {
		if (index >= c->host.resolver_count)
			return false;
		snprintf(text, room, "%s", c->host.resolvers[index]);
		return true;
	}
	if (index >= c->host.lan_port_count)
		return false;
	snprintf(text, room, "%s", c->host.lan_ports[index]);
	return true;
}

bool option_get(const struct option *o, const void *base, unsigned index, char *text, size_t room)
{
	const void *at = place_of(o, base);
	unsigned choice;

	if (option_is_list(o))
		return get_list_item(o, base, index, text, room);
	if (index > 0)
		return false;
	switch (o->kind) {
	case OPTION_TEXT:
	case OPTION_TEMPLATE:
	case OPTION_DOMAIN:
	case OPTION_PATH:
	case OPTION_INTERFACE: snprintf(text, room, "%s", (const char *)at); return true;
	case OPTION_NUMBER:
		snprintf(text, room, "%" PRIu64, number_load(o, base) / o->scale);
		return true;
	case OPTION_MS:
		snprintf(text, room, "%" PRId64, span_to_ms(*(const span *)at));
		return true;
	case OPTION_FLAG: snprintf(text, room, "%d", *(const bool *)at); return true;
	case OPTION_CHOICE:
		memcpy(&choice, at, sizeof(choice));
		snprintf(text, room, "%s", o->words[choice]);
		return true;
	case OPTION_MAC:
		assert(room >= MAC_TEXT);
		mac_print(*(const struct mac *)at, text);
		return ((const struct conf *)base)->host.primary_mac_set;
	case OPTION_FIXED: snprintf(text, room, "%s", o->value); return true;
	case OPTION_NETWORK:
	case OPTION_NODE_ID:
	case OPTION_TABLE_RULE: return search_value_get(base, o->kind, text, room);
	case OPTION_INTERFACES:
	case OPTION_RESOLVERS:
	case OPTION_TARGETS:
	case OPTION_DHCP_HOSTS:
	case OPTION_PROTOCOLS:
	case OPTION_NET_PROTOCOLS: break;
	}
	assert(false);
	return false;
}

void option_default(const struct option *o, void *base)
{
	struct option_answer a = {.kind = ANSWER_OK};
	const char *item = o->value;

	if (o->kind == OPTION_NETWORK) /* has none: '' is refused */
		return;
	if (!option_is_list(o)) {
		option_set(o, base, o->value, &a);
		assert(a.kind == ANSWER_OK);
		return;
	}
	option_clear(o, base);
	while (*item != '\0') {
		char word[CONF_TEXT_ROOM];
		size_t len = strcspn(item, " ");

		snprintf(word, sizeof(word), "%.*s", (int)len, item);
		option_add(o, base, word, &a);
		assert(a.kind == ANSWER_OK);
		item += len + strspn(item + len, " ");
	}
}
