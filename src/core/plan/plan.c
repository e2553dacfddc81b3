/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/plan/plan.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/plan/template.h"
#include "core/plan/warn.h"

enum {
	LINE_ROOM = PLAN_SSID_ROOM + 1,
	FILLED_ROOM = 2 * PLAN_TEMPLATE_ROOM, /* three bytes become at most three */
	HOST_BITS_MIN = 2,		      /* network, anycast, a node, broadcast */
	SUFFIX_BITS = 24,		      /* of the MAC, for the host part */
};

/* One derivation, and where it says what is wrong. */
struct making {
	struct plan *p;
	const struct plan_conf *conf;
	const struct crypto *crypto;
	char *why; /* NULL: nobody asks */
	size_t why_room;
};

struct plan_conf plan_conf_default(void)
{
	return (struct plan_conf){
		.ssid = "LibreMesh.org",
		.hostname = "LiMe-%M4%M5%M6",
		.domain = "thisnode.info",
		.main_ipv4_address = "10.%N1.0.0/16",
		.main_ipv6_address = "fd%N1:%N2%N3:%N4%N5::/64",
		.anygw_mac = "aa:aa:aa:%N1:%N2:aa",
		.anygw_dhcp_start = 2,
		.anygw_dhcp_limit = 0,
		.anygw = true,
		.cloud_protocol = "batadv:%N1",
	};
}

static enum err refuse(const struct making *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static enum err refuse(const struct making *m, const char *format, ...)
{
	va_list args;

	if (m->why) {
		va_start(args, format);
		vsnprintf(m->why, m->why_room, format, args);
		va_end(args);
	}
	return ERR_MALFORMED;
}

/* LibreMesh pipes `echo TEXT` into md5sum: the line's end is hashed too.
 * SPEC: the shell reads TEXT inside double quotes first.
 * OURS: never; what it would give depends on its variables. PLAN_SSID_SHELL tells. */
static void hash_line(const struct crypto *crypto, const char *text, uint8_t digest[16])
{
	char line[LINE_ROOM];
	int len = snprintf(line, sizeof(line), "%s\n", text);

	assert(len > 0 && (size_t)len < sizeof(line));
	crypto->md5(line, (size_t)len, digest);
}

static void make_ids(const struct making *m)
{
	const uint8_t *b = m->conf->primary_mac.b;
	char digits[13];

	snprintf(digits, sizeof(digits), "%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4],
		 b[5]);
	hash_line(m->crypto, m->conf->ssid, m->p->network_id);
	hash_line(m->crypto, digits, m->p->machine_id);
	m->p->primary_mac = m->conf->primary_mac;
	snprintf(m->p->ssid, sizeof(m->p->ssid), "%.*s", SSID_MAX, m->conf->ssid);
	snprintf(m->p->domain, sizeof(m->p->domain), "%s", m->conf->domain);
}

static struct template_ids all_ids(const struct plan *p)
{
	return (struct template_ids){p->network_id, p->primary_mac.b, p->machine_id};
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-';
}

/* Spaces become -, what is not of a name goes, then - at both ends, then what is
 * over 32 characters: in LibreMesh's order. */
static enum err make_hostname(const struct making *m)
{
	struct template_ids ids = {NULL, m->p->primary_mac.b, m->p->machine_id};
	char filled[FILLED_ROOM];
	size_t kept = 0;
	size_t dashes = 0;

	if (!template_fill(m->conf->hostname, TEMPLATE_HEX, &ids, filled, sizeof(filled)))
		return refuse(m, "hostname: '%s' is too long", m->conf->hostname);
	for (const char *c = filled; *c != '\0'; c++)
		if (is_name_char(*c) || *c == ' ')
			filled[kept++] = *c == ' ' ? '-' : *c;
	filled[kept] = '\0';
	while (filled[dashes] == '-')
		dashes++;
	while (kept > dashes && filled[kept - 1] == '-')
		kept--;
	filled[kept] = '\0';
	if (kept == dashes)
		return refuse(m, "hostname: '%s' gives no letter or digit", m->conf->hostname);
	snprintf(m->p->hostname, sizeof(m->p->hostname), "%.*s", PLAN_HOSTNAME_ROOM - 1,
		 filled + dashes);
	return OK;
}

/* A decimal number of at most max, followed by stop. */
static bool number_read(const char **at, unsigned long max, char stop, unsigned long *n)
{
	unsigned long got = 0;
	const char *p = *at;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		got = got * 10 + (unsigned long)(*p - '0');
		if (got > max)
			return false;
	}
	if (*p != stop)
		return false;
	*at = p;
	*n = got;
	return true;
}

/* The VLAN id of one part of a protocol string: a number as it is, or a template
 * whose value lands in 29..284 (specs/libremesh.md 1.2). */
static bool vid_read(const struct plan *p, const char *text, uint16_t *vid)
{
	struct template_ids ids = {p->network_id, NULL, NULL};
	char filled[FILLED_ROOM];
	const char *at = filled;
	unsigned long n;

	if (!template_fill(text, TEMPLATE_DECIMAL, &ids, filled, sizeof(filled)))
		return false;
	if (strcmp(text, filled) == 0) {
		if (!number_read(&at, 4094, '\0', &n))
			return false;
		*vid = (uint16_t)n;
		return true;
	}
	if (!number_read(&at, 999999999, '\0', &n))
		return false;
	*vid = (uint16_t)(CLOUD_VID_FIRST + (n + 256 - 13) % 256);
	return true;
}

enum err plan_tag(const struct plan *p, const char *protocol, struct plan_tag *out)
{
	static const char name[] = "batadv";
	struct plan_tag tag = {.tpid = TPID_8021AD};
	char vid_text[PLAN_TEMPLATE_ROOM] = "%N1";
	const char *tpid_text = NULL;
	size_t name_len = sizeof(name) - 1;

	if (strncmp(protocol, name, name_len) != 0)
		return ERR_MALFORMED;
	protocol += name_len;
	if (*protocol == ':') {
		size_t len = strcspn(++protocol, ":");

		if (len >= sizeof(vid_text))
			return ERR_MALFORMED;
		snprintf(vid_text, sizeof(vid_text), "%.*s", (int)len, protocol);
		protocol += len;
		tpid_text = *protocol == ':' ? protocol + 1 : NULL;
	} else if (*protocol != '\0') {
		return ERR_MALFORMED;
	}
	if (tpid_text) {
		/* A third part names LibreMesh's interface; it changes nothing on the wire. */
		size_t len = strcspn(tpid_text, ":");

		if (len == 5 && strncmp(tpid_text, "8021q", len) == 0)
			tag.tpid = TPID_8021Q;
		else if (len != 6 || strncmp(tpid_text, "8021ad", len) != 0)
			return ERR_MALFORMED;
	}
	if (!vid_read(p, vid_text, &tag.vid))
		return ERR_MALFORMED;
	tag.tagged = tag.vid != 0;
	*out = tag;
	return OK;
}

static enum err make_cloud(const struct making *m)
{
	struct plan_tag tag;

	if (plan_tag(m->p, m->conf->cloud_protocol, &tag) != OK)
		return refuse(m, "protocols: '%s' is not batadv:VID or batadv:VID:8021ad|8021q",
			      m->conf->cloud_protocol);
	m->p->cloud_tagged = tag.tagged;
	m->p->cloud_vid = tag.vid;
	m->p->cloud_tpid = tag.tpid;
	m->p->network_vid = NETWORK_VID;
	return OK;
}

/* ADDRESS/BITS, or ADDRESS/BITS/RANGE when hosts are picked inside of RANGE. */
struct address_parts {
	char address[FILLED_ROOM];
	uint8_t bits;
	uint8_t range;
};

/* "/BITS" or "/BITS/RANGE". */
static bool bits_read(const char *text, unsigned long max, unsigned long *bits,
		      unsigned long *range)
{
	if (*text++ != '/')
		return false;
	if (number_read(&text, max, '\0', bits)) {
		*range = *bits;
	} else {
		if (!number_read(&text, max, '/', bits))
			return false;
		text++;
		if (!number_read(&text, max, '\0', range))
			return false;
	}
	return *bits > 0 && *range >= *bits;
}

static enum err address_split(const struct making *m, const char *option, const char *template,
			      enum template_base base, unsigned length, struct address_parts *out)
{
	struct template_ids ids = all_ids(m->p);
	unsigned long bits;
	unsigned long range;
	char filled[FILLED_ROOM];

	if (!template_fill(template, base, &ids, filled, sizeof(filled)))
		return refuse(m, "%s: '%s' is too long", option, template);
	size_t len = strcspn(filled, "/");
	if (!bits_read(filled + len, length - HOST_BITS_MIN, &bits, &range))
		return refuse(m,
			      "%s: '%s' gives '%s', which is not ADDRESS/BITS or "
			      "ADDRESS/BITS/RANGE with BITS 1..%u and RANGE from BITS to %u",
			      option, template, filled, length - HOST_BITS_MIN,
			      length - HOST_BITS_MIN);
	snprintf(out->address, sizeof(out->address), "%.*s", (int)len, filled);
	out->bits = (uint8_t)bits;
	out->range = (uint8_t)range;
	return OK;
}

/* The last three bytes of the primary MAC number the host. */
static uint32_t mac_suffix(const struct plan *p)
{
	const uint8_t *b = p->primary_mac.b;

	return (uint32_t)b[3] << 16 | (uint32_t)b[4] << 8 | b[5];
}

static enum err make_ipv4(const struct making *m)
{
	struct plan *p = m->p;
	struct address_parts parts;
	struct ipv4 a;
	enum err e = address_split(m, "main_ipv4_address", m->conf->main_ipv4_address,
				   TEMPLATE_DECIMAL, 32, &parts);

	if (e != OK)
		return e;
	if (!ipv4_parse(parts.address, &a))
		return refuse(m, "main_ipv4_address: '%s' gives '%s', which is no IPv4 address",
			      m->conf->main_ipv4_address, parts.address);
	a.bits = parts.range;
	if (ipv4_equal(a, ipv4_network(a)))
		a = ipv4_from_u32(ipv4_to_u32(a) | (mac_suffix(p) & (UINT32_MAX >> parts.range)),
				  a.bits);
	a.bits = parts.bits;

	struct ipv4 network = ipv4_network(a);
	struct ipv4 broadcast = ipv4_broadcast(a);
	p->prefix4 = network;
	p->anygw_ipv4 = ipv4_from_u32(ipv4_to_u32(network) + 1, a.bits);
	p->ipv4_rule = PLAN_IPV4_FREE;
	if (ipv4_equal(a, network))
		p->ipv4_rule = PLAN_IPV4_NETWORK;
	else if (m->conf->anygw && ipv4_equal(a, p->anygw_ipv4))
		p->ipv4_rule = PLAN_IPV4_ANYGW;
	else if (ipv4_equal(a, broadcast))
		p->ipv4_rule = PLAN_IPV4_BROADCAST;
	if (p->ipv4_rule != PLAN_IPV4_FREE)
		a = ipv4_from_u32(ipv4_to_u32(broadcast) - 1, a.bits);
	p->ipv4 = a;
	return OK;
}

static enum err make_ipv6(const struct making *m)
{
	struct plan *p = m->p;
	struct address_parts parts;
	struct ipv6 a;
	enum err e = address_split(m, "main_ipv6_address", m->conf->main_ipv6_address, TEMPLATE_HEX,
				   128, &parts);

	if (e != OK)
		return e;
	if (!ipv6_parse(parts.address, &a))
		return refuse(m, "main_ipv6_address: '%s' gives '%s', which is no IPv6 address",
			      m->conf->main_ipv6_address, parts.address);
	a.bits = parts.range;
	if (ipv6_equal(a, ipv6_network(a))) {
		unsigned host_bits = 128u - parts.range;
		uint32_t mask = host_bits >= SUFFIX_BITS ? 0xffffff : (1u << host_bits) - 1;
		uint32_t host = mac_suffix(p) & mask;

		a.b[13] |= (uint8_t)(host >> 16);
		a.b[14] |= (uint8_t)(host >> 8);
		a.b[15] |= (uint8_t)host;
	}
	a.bits = parts.bits;
	p->ipv6 = a;
	p->prefix6 = ipv6_network(a);
	p->anygw_ipv6 = p->prefix6;
	p->anygw_ipv6.b[15] |= 1;
	p->anygw_ipv6.bits = 64; /* whatever the prefix is: SLAAC needs it */
	return OK;
}

static enum err make_anygw_mac(const struct making *m)
{
	struct template_ids ids = {m->p->network_id, NULL, NULL};
	char filled[FILLED_ROOM];

	if (!template_fill(m->conf->anygw_mac, TEMPLATE_HEX, &ids, filled, sizeof(filled)) ||
	    !mac_parse(filled, &m->p->anygw_mac))
		return refuse(m, "anygw_mac: '%s' gives no MAC address", m->conf->anygw_mac);
	if (!mac_is_station(m->p->anygw_mac))
		return refuse(m, "anygw_mac: '%s' gives '%s', which no station may have",
			      m->conf->anygw_mac, filled);
	m->p->anygw_link_local = ipv6_link_local(m->p->anygw_mac);
	return OK;
}

static enum err make_dhcp(const struct making *m)
{
	struct plan *p = m->p;
	uint32_t first = ipv4_to_u32(p->prefix4);
	uint32_t last_host = ipv4_to_u32(ipv4_broadcast(p->prefix4)) - first - 1;
	uint32_t start = m->conf->anygw_dhcp_start;
	uint32_t limit = m->conf->anygw_dhcp_limit;

	if (start == 0 || start > last_host)
		return refuse(m, "anygw_dhcp_start: %u is not one of the hosts 1..%u", start,
			      last_host);
	if (limit > last_host - start + 1)
		return refuse(m, "anygw_dhcp_limit: from host %u on there are only %u addresses",
			      start, last_host - start + 1);
	if (limit == 0)
		limit = last_host - start + 1;
	p->dhcp_limit = limit;
	p->dhcp_first = ipv4_from_u32(first + start, p->prefix4.bits);
	p->dhcp_last = ipv4_from_u32(first + start + limit - 1, p->prefix4.bits);
	return OK;
}

static enum err make_all(const struct making *m)
{
	enum err (*const steps[])(const struct making *) = {
		make_hostname, make_cloud, make_ipv4, make_ipv6, make_anygw_mac, make_dhcp,
	};

	memset(m->p, 0, sizeof(*m->p));
	make_ids(m);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		enum err e = steps[i](m);

		if (e != OK)
			return e;
	}
	return OK;
}

enum err plan_init(struct plan *p, const struct plan_conf *conf, const struct crypto *crypto)
{
	struct making m = {p, conf, crypto, NULL, 0};
	enum err e = make_all(&m);

	if (e == OK)
		plan_check(p, conf);
	return e;
}

bool plan_fault(const struct plan_conf *conf, const struct crypto *crypto, char *text, size_t room)
{
	struct plan p;
	struct making m = {&p, conf, crypto, text, room};

	assert(room > 0);
	text[0] = '\0';
	return make_all(&m) != OK;
}

void plan_port_mac(const struct plan *p, const struct crypto *crypto, const char *ifname,
		   struct mac *out)
{
	uint8_t digest[16];

	hash_line(crypto, ifname, digest);
	*out = (struct mac){{0x02, digest[1], digest[2], p->primary_mac.b[3], p->primary_mac.b[4],
			     p->primary_mac.b[5]}};
}

struct ipv4 plan_dhcp_choice(const struct plan *p, struct mac client)
{
	uint32_t hash = 0; /* sdbm */

	for (unsigned i = 0; i < sizeof(client.b); i++)
		hash = client.b[i] + (hash << 6) + (hash << 16) - hash;
	return ipv4_from_u32(ipv4_to_u32(p->dhcp_first) + hash % p->dhcp_limit, p->prefix4.bits);
}
