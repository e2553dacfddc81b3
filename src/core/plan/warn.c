/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/plan/warn.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The names are part of the JSON output: they may grow, not change. */
const char *plan_warning_name(enum plan_warning_kind kind)
{
	switch (kind) {
	case PLAN_SSID_EMPTY: return "ssid-empty";
	case PLAN_SSID_LONG: return "ssid-long";
	case PLAN_SSID_SHELL: return "ssid-shell";
	case PLAN_CLOUD_SHARED: return "cloud-shared";
	case PLAN_CLOUD_UNTAGGED: return "cloud-untagged";
	case PLAN_VID_FIXED_SHARED: return "vid-fixed-shared";
	case PLAN_IPV4_RESERVED: return "ipv4-reserved";
	case PLAN_IPV4_LAST: return "ipv4-last";
	case PLAN_IPV6_ANYCAST: return "ipv6-anycast";
	case PLAN_IPV6_ROUTER: return "ipv6-router";
	case PLAN_MAC_UNKNOWN: return "mac-unknown";
	case PLAN_MAC_LOCAL: return "mac-local";
	case PLAN_HOSTNAME_CHANGED: return "hostname-changed";
	case PLAN_PORT_SHARED: return "port-shared";
	}
	assert(false); /* no kind of warning */
	return NULL;
}

static void warn(struct plan *p, enum plan_warning_kind kind, const char *remedy,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void warn(struct plan *p, enum plan_warning_kind kind, const char *remedy,
		 const char *format, ...)
{
	struct plan_warning *w = &p->warnings[p->warning_count];
	va_list args;

	if (p->warning_count == PLAN_WARNINGS_MAX) {
		if (p->warnings_dropped < UINT8_MAX)
			p->warnings_dropped++;
		return;
	}
	p->warning_count++;
	w->kind = kind;
	snprintf(w->remedy, sizeof(w->remedy), "%s", remedy);
	va_start(args, format);
	vsnprintf(w->text, sizeof(w->text), format, args);
	va_end(args);
	for (char *c = w->text; *c != '\0'; c++) /* names are a stranger's words */
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

/* What a $ must be followed by to mean something to a shell inside double quotes. */
static bool starts_expansion(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("_{(@*#?!$-", c));
}

/* SPEC: echo "SSID" | md5sum, in BusyBox's shell. Inside double quotes only these
 * characters are special, and -n, -e, -E are options of echo. */
bool ssid_is_for_shell(const char *ssid)
{
	if (ssid[0] == '-' && ssid[1] != '\0' && ssid[1 + strspn(ssid + 1, "neE")] == '\0')
		return true;
	for (const char *c = ssid; *c != '\0'; c++) {
		if (*c == '"' || *c == '`')
			return true;
		if (*c == '$' && starts_expansion(c[1]))
			return true;
		if (*c == '\\' && (c[1] == '\0' || strchr("$`\"\\\n", c[1])))
			return true;
	}
	return false;
}

static void check_ssid(struct plan *p, const struct plan_conf *conf)
{
	size_t len = strlen(conf->ssid);

	if (len == 0)
		warn(p, PLAN_SSID_EMPTY, "set option ap_ssid in config lime 'wifi'",
		     "the SSID is empty: every node without one is in the same cloud");
	if (len > SSID_MAX)
		warn(p, PLAN_SSID_LONG, "choose an SSID of at most 32 bytes",
		     "the SSID has %zu bytes and is cut to 32 on the air, but all %zu are "
		     "hashed: SSIDs that look the same may be different clouds",
		     len, len);
	if (ssid_is_for_shell(conf->ssid))
		warn(p, PLAN_SSID_SHELL,
		     "choose an SSID without $ ` \" \\ that is not an option of echo, such as -n",
		     "LibreMesh's shell changes this SSID before it is hashed: its nodes derive "
		     "other VLANs and addresses than this node");
}

static void check_mac(struct plan *p)
{
	if (!mac_is_station(p->primary_mac))
		warn(p, PLAN_MAC_UNKNOWN, "set option primary_interface to an interface with a MAC",
		     "the primary MAC is %s: addresses and names are not this node's own",
		     mac_is_zero(p->primary_mac) ? "zero" : "multicast");
	else if (p->primary_mac.b[0] & 2)
		warn(p, PLAN_MAC_LOCAL,
		     "set option primary_interface to an interface with a MAC from its "
		     "manufacturer, or keep this one the same at every start",
		     "the primary MAC is locally administered: its last three bytes, which number "
		     "this node, may be another's or change at the next start");
}

static void check_ipv4(struct plan *p)
{
	static const char remedy[] =
		"set option main_ipv4_address in config lime 'network' of this node to a free "
		"address with its /BITS, or choose another primary_interface";
	static const char *const rule[] = {
		[PLAN_IPV4_NETWORK] = "the network's",
		[PLAN_IPV4_ANYGW] = "the anycast gateway's",
		[PLAN_IPV4_BROADCAST] = "the broadcast",
	};
	struct ipv4 broadcast = ipv4_broadcast(p->ipv4);
	struct ipv4 last = ipv4_from_u32(ipv4_to_u32(broadcast) - 1, broadcast.bits);
	char text[IPV4_PREFIX_TEXT];

	if (p->ipv4_rule != PLAN_IPV4_FREE)
		warn(p, PLAN_IPV4_RESERVED, remedy,
		     "the MAC gives %s IPv4 address, so this node gets %s, as does every other "
		     "node whose MAC gives a reserved address",
		     rule[p->ipv4_rule], ipv4_prefix_print(p->ipv4, text));
	else if (ipv4_equal(p->ipv4, last))
		warn(p, PLAN_IPV4_LAST, remedy,
		     "%s is also what every node gets whose MAC gives a reserved address",
		     ipv4_prefix_print(p->ipv4, text));
}

static void check_ipv6(struct plan *p, const struct plan_conf *conf)
{
	static const char remedy[] =
		"set option main_ipv6_address in config lime 'network' of this node to a free "
		"address with its /BITS, or choose another primary_interface";
	struct ipv6 anygw = p->anygw_ipv6;
	char text[IPV6_PREFIX_TEXT];

	anygw.bits = p->ipv6.bits;
	if (conf->anygw && ipv6_equal(p->ipv6, anygw))
		warn(p, PLAN_IPV6_ANYCAST, remedy,
		     "%s is the anycast gateway's address on every node: this node cannot be "
		     "reached by it",
		     ipv6_prefix_print(p->ipv6, text));
	if (ipv6_equal(p->ipv6, p->prefix6))
		warn(p, PLAN_IPV6_ROUTER, remedy,
		     "%s is the subnet-router anycast address (RFC 4291): every router answers to "
		     "it",
		     ipv6_prefix_print(p->ipv6, text));
}

/* The VLAN ids of LibreMesh's other protocols, specs/libremesh.md 1.2. */
static const char *vid_owner(uint16_t vid)
{
	switch (vid) {
	case 13: return "BMX6";
	case 14: return "OLSR";
	case 15: return "OLSR for IPv6";
	case 16: return "OLSRv2";
	case 17: return "Babel";
	case NETWORK_VID: return "BMX7, the network";
	default: return NULL;
	}
}

static void check_cloud(struct plan *p, const struct plan_conf *conf)
{
	static const char remedy[] =
		"write 'batadv:%N1' in list protocols of config lime 'network', on all nodes";
	bool fixed = !strchr(conf->cloud_protocol, '%') && strchr(conf->cloud_protocol, ':');
	const char *owner = p->cloud_tpid == TPID_8021AD ? vid_owner(p->cloud_vid) : NULL;

	if (!p->cloud_tagged)
		warn(p, PLAN_CLOUD_UNTAGGED, remedy,
		     "the cloud has no VLAN: all clouds in reach without one become one, "
		     "whatever their SSIDs are");
	else if (owner)
		warn(p, PLAN_VID_FIXED_SHARED, remedy, "VLAN %u is the one of %s", p->cloud_vid,
		     owner);
	else if (fixed && p->cloud_vid >= CLOUD_VID_FIRST && p->cloud_vid < CLOUD_VID_FIRST + 256)
		warn(p, PLAN_VID_FIXED_SHARED,
		     "write a number outside of 29..284, on all nodes of this cloud",
		     "VLAN %u is also what one of 256 SSIDs gives: two clouds in reach with one "
		     "VLAN become one",
		     p->cloud_vid);
}

static void check_hostname(struct plan *p, const struct plan_conf *conf)
{
	/* A template without placeholders is its own result; else only the kinds of
	 * characters and the length can differ. */
	size_t len = 0;
	bool odd = conf->hostname[0] == '-';

	for (const char *c = conf->hostname; *c != '\0'; c++, len++) {
		if (c[0] == '%' && (c[1] == 'M' || c[1] == 'm') && c[2] >= '1' && c[2] <= '6') {
			c += 2;
			len++;
			continue;
		}
		odd |= !((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			 (*c >= '0' && *c <= '9') || (*c == '-' && c[1] != '\0'));
	}
	if (odd || len >= PLAN_HOSTNAME_ROOM)
		warn(p, PLAN_HOSTNAME_CHANGED,
		     "use letters, digits and - inside, at most 32 characters, in option hostname",
		     "the hostname template is no plain name: it became %s", p->hostname);
}

void plan_check(struct plan *p, const struct plan_conf *conf)
{
	check_ssid(p, conf);
	check_mac(p);
	check_hostname(p, conf);
	check_cloud(p, conf);
	check_ipv4(p);
	check_ipv6(p, conf);
}

void plan_check_ports(struct plan *p, const struct crypto *crypto, const char *const *ifnames,
		      size_t count)
{
	static const char remedy[] =
		"rename one of the interfaces: the second and third byte come from its name";
	char text[MAC_TEXT];

	for (size_t i = 0; i < count; i++) {
		struct mac mine;

		plan_port_mac(p, crypto, ifnames[i], &mine);
		if (mac_equal(mine, p->primary_mac))
			warn(p, PLAN_PORT_SHARED, remedy,
			     "interface %s gets %s, which is the primary MAC itself", ifnames[i],
			     mac_print(mine, text));
		for (size_t k = 0; k < i; k++) {
			struct mac other;

			plan_port_mac(p, crypto, ifnames[k], &other);
			if (mac_equal(mine, other) && strcmp(ifnames[i], ifnames[k]) != 0)
				warn(p, PLAN_PORT_SHARED, remedy,
				     "interfaces %s and %s both get %s", ifnames[k], ifnames[i],
				     mac_print(mine, text));
		}
	}
}

void plan_check_cloud(struct plan *p, const struct plan_conf *conf, const struct crypto *crypto,
		      const char *other_ssid)
{
	struct plan_conf other_conf = *conf;
	struct plan other;
	char network[IPV4_PREFIX_TEXT];
	char shown[SSID_MAX + 1];

	if (strcmp(other_ssid, conf->ssid) == 0 || strlen(other_ssid) >= PLAN_SSID_ROOM)
		return;
	snprintf(other_conf.ssid, sizeof(other_conf.ssid), "%s", other_ssid);
	if (plan_init(&other, &other_conf, crypto) != OK)
		return;
	bool same_tag = p->cloud_vid == other.cloud_vid && p->cloud_tpid == other.cloud_tpid;
	bool same_net = ipv4_equal(p->prefix4, other.prefix4);
	if (!same_tag && !same_net)
		return;
	snprintf(shown, sizeof(shown), "%s", other.ssid);
	for (char *c = shown; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	if (same_tag)
		warn(p, PLAN_CLOUD_SHARED,
		     "choose another SSID, or 'batadv:%N2' (or a number) in list protocols on all "
		     "nodes of one of the clouds",
		     "SSID '%s' gives VLAN %u too: in reach of each other the two clouds become "
		     "one%s%s",
		     shown, other.cloud_vid, same_net ? ", and both number " : "",
		     same_net ? ipv4_prefix_print(p->prefix4, network) : "");
	else
		warn(p, PLAN_CLOUD_SHARED,
		     "choose another SSID, or another main_ipv4_address on all nodes of one cloud",
		     "SSID '%s' numbers %s too: no route can tell the two clouds' hosts apart",
		     shown, ipv4_prefix_print(p->prefix4, network));
}
