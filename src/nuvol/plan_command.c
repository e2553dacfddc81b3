/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/plan_command.h"
#include <getopt.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conf/host_conf.h"
#include "core/plan/plan.h"
#include "drv/crypto.h"
#include "nuvol/command.h"
#include "nuvol/json_text.h"
#include "nuvol/table.h"
#include "nuvol/words.h"

enum { NAMES_MAX = 32, LINE_ROOM = 256 };

/* What was asked for. */
struct query {
	struct plan_conf conf;
	const char *interfaces[NAMES_MAX];
	size_t interface_count;
	const char *others[NAMES_MAX];
	size_t other_count;
	bool has_ssid, has_mac, json;
};

static const char help[] =
	"Usage: nuvol plan --ssid SSID --mac MAC [OPTION]...\n"
	"What an SSID and a MAC give: VLANs, addresses, names. Asks no daemon.\n\n"
	"  -s, --ssid SSID        the cloud's name\n"
	"  -m, --mac MAC          the node's primary MAC\n"
	"  -i, --interface NAME   also the MAC of this mesh interface; may be repeated\n"
	"  -o, --other-ssid SSID  does this cloud in reach share the VLAN? may be repeated\n"
	"  -j, --json             print the result as JSON and nothing else\n"
	"  -h, --help             this text\n\n"
	"Warnings tell where LibreMesh's rules give two things the same value.\n"
	"Exit status: 0 fine, also with warnings; 2 wrong usage.\n";

static enum exit_code refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

static enum exit_code refuse(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "nuvol plan: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nSee: nuvol plan --help\n");
	return EXIT_USAGE;
}

static enum exit_code take_ssid(struct query *q, const char *ssid)
{
	if (strlen(ssid) >= sizeof(q->conf.ssid))
		return refuse("an SSID has at most %zu bytes, this one %zu",
			      sizeof(q->conf.ssid) - 1, strlen(ssid));
	snprintf(q->conf.ssid, sizeof(q->conf.ssid), "%s", ssid);
	q->has_ssid = true;
	return EXIT_OK;
}

static enum exit_code take_mac(struct query *q, const char *text)
{
	if (!mac_parse(text, &q->conf.primary_mac))
		return refuse("'%s' is no MAC; write it like a8:40:41:1d:f9:35", text);
	q->has_mac = true;
	return EXIT_OK;
}

static enum exit_code take_name(const char **names, size_t *count, const char *name, size_t longest)
{
	if (*count == NAMES_MAX)
		return refuse("at most %d of an option", NAMES_MAX);
	if (name[0] == '\0' || strlen(name) > longest)
		return refuse("'%s' must have 1 to %zu bytes", name, longest);
	names[(*count)++] = name;
	return EXIT_OK;
}

static enum exit_code take_option(struct query *q, int letter)
{
	switch (letter) {
	case 's': return take_ssid(q, optarg);
	case 'm': return take_mac(q, optarg);
	case 'i':
		return take_name(q->interfaces, &q->interface_count, optarg, HOST_IFNAME_ROOM - 1);
	case 'o': return take_name(q->others, &q->other_count, optarg, PLAN_SSID_ROOM - 1);
	case 'j': q->json = true; return EXIT_OK;
	default: fprintf(stderr, "See: nuvol plan --help\n"); return EXIT_USAGE;
	}
}

/* false: *status is the exit status. */
static bool query_parse(struct query *q, int argc, char **argv, enum exit_code *status)
{
	static const struct option options[] = {
		{"ssid", required_argument, NULL, 's'},
		{"mac", required_argument, NULL, 'm'},
		{"interface", required_argument, NULL, 'i'},
		{"other-ssid", required_argument, NULL, 'o'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int letter;

	*status = EXIT_OK;
	optind = 0; /* start over */
	while ((letter = getopt_long(argc, argv, "s:m:i:o:jh", options, NULL)) != -1) {
		if (letter == 'h') {
			fputs(help, stdout);
			return false;
		}
		*status = take_option(q, letter);
		if (*status != EXIT_OK)
			return false;
	}
	if (optind < argc)
		*status = refuse("there is no use for '%s'", argv[optind]);
	else if (!q->has_ssid || !q->has_mac)
		*status = refuse("--ssid and --mac are needed");
	return *status == EXIT_OK;
}

static char *hex_print(const uint8_t id[16], char text[33])
{
	for (unsigned i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	return text;
}

static const char *rule_name(enum plan_ipv4_rule rule)
{
	switch (rule) {
	case PLAN_IPV4_FREE: return "free";
	case PLAN_IPV4_NETWORK: return "network";
	case PLAN_IPV4_ANYGW: return "anygw";
	case PLAN_IPV4_BROADCAST: return "broadcast";
	}
	return "?";
}

/* Linux' name of the VLAN on an interface, as LibreMesh makes it. */
static void vlan_name(const struct plan *p, const char *base, char *name, size_t room)
{
	snprintf(name, room, "%s", base);
	if (!p->cloud_tagged)
		return;
	for (char *c = name; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || *c == '-'))
			*c = '-';
	snprintf(name + strlen(name), room - strlen(name), "_%u", p->cloud_vid);
}

static json_t *interfaces_json(const struct query *q, const struct plan *p)
{
	json_t *list = json_array();
	char name[LINE_ROOM];
	char text[MAC_TEXT];
	struct mac mac;

	for (size_t i = 0; i < q->interface_count; i++) {
		plan_port_mac(p, crypto_mbedtls(), q->interfaces[i], &mac);
		vlan_name(p, q->interfaces[i], name, sizeof(name));
		json_array_append_new(
			list, json_pack("{s:o, s:o, s:s}", "name", json_text(q->interfaces[i]),
					"vlan_name", json_text(name), "mac", mac_print(mac, text)));
	}
	return list;
}

static json_t *warnings_json(const struct plan *p)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < p->warning_count; i++) {
		const struct plan_warning *w = &p->warnings[i];

		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "kind",
						      plan_warning_name(w->kind), "text",
						      json_text(w->text), "remedy",
						      json_text(w->remedy)));
	}
	return list;
}

static json_t *anygw_json(const struct plan *p)
{
	char mac[MAC_TEXT];
	char ipv4[IPV4_PREFIX_TEXT];
	char ipv6[IPV6_PREFIX_TEXT];
	char local[IPV6_TEXT];

	return json_pack("{s:s, s:s, s:s, s:s}", "mac", mac_print(p->anygw_mac, mac), "ipv4",
			 ipv4_prefix_print(p->anygw_ipv4, ipv4), "ipv6",
			 ipv6_prefix_print(p->anygw_ipv6, ipv6), "link_local",
			 ipv6_print(p->anygw_link_local, local));
}

static json_t *dhcp_json(const struct plan *p)
{
	char first[IPV4_TEXT];
	char last[IPV4_TEXT];

	return json_pack("{s:s, s:s, s:I}", "first", ipv4_print(p->dhcp_first, first), "last",
			 ipv4_print(p->dhcp_last, last), "limit", (json_int_t)p->dhcp_limit);
}

static json_t *cloud_json(const struct plan *p)
{
	char tpid[8];

	snprintf(tpid, sizeof(tpid), "0x%04x", p->cloud_tpid);
	return json_pack("{s:b, s:i, s:s?}", "tagged", p->cloud_tagged, "vid", p->cloud_vid,
			 "ethertype", p->cloud_tagged ? tpid : NULL);
}

static json_t *plan_json(const struct query *q, const struct plan *p)
{
	char network_id[33];
	char machine_id[33];
	char mac[MAC_TEXT];
	char prefix4[IPV4_PREFIX_TEXT];
	char prefix6[IPV6_PREFIX_TEXT];
	char ipv4[IPV4_PREFIX_TEXT];
	char ipv6[IPV6_PREFIX_TEXT];
	json_t *o = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s}", "ssid", json_text(p->ssid),
			      "network_id", hex_print(p->network_id, network_id), "machine_id",
			      hex_print(p->machine_id, machine_id), "primary_mac",
			      mac_print(p->primary_mac, mac), "hostname", p->hostname, "domain",
			      p->domain);

	json_object_set_new(o, "cloud", cloud_json(p));
	json_object_set_new(o, "network_vid", json_integer(p->network_vid));
	json_object_set_new(o, "prefix4", json_string(ipv4_prefix_print(p->prefix4, prefix4)));
	json_object_set_new(o, "prefix6", json_string(ipv6_prefix_print(p->prefix6, prefix6)));
	json_object_set_new(o, "ipv4", json_string(ipv4_prefix_print(p->ipv4, ipv4)));
	json_object_set_new(o, "ipv4_rule", json_string(rule_name(p->ipv4_rule)));
	json_object_set_new(o, "ipv6", json_string(ipv6_prefix_print(p->ipv6, ipv6)));
	json_object_set_new(o, "anygw", anygw_json(p));
	json_object_set_new(o, "dhcp", dhcp_json(p));
	json_object_set_new(o, "interfaces", interfaces_json(q, p));
	json_object_set_new(o, "warnings", warnings_json(p));
	return o;
}

static void row(struct table *t, const char *what, const char *value)
{
	char plain[LINE_ROOM];

	snprintf(plain, sizeof(plain), "%s", value);
	text_clean(plain);
	table_add(t, TONE_FAINT, "%s", what);
	table_add(t, TONE_PLAIN, "%s", plain);
}

static void add_cloud(struct table *t, const struct plan *p)
{
	char text[LINE_ROOM];
	char mac[MAC_TEXT];

	row(t, "SSID", p->ssid);
	snprintf(text, sizeof(text), "%02x %02x %02x %02x %02x %02x", p->network_id[0],
		 p->network_id[1], p->network_id[2], p->network_id[3], p->network_id[4],
		 p->network_id[5]);
	row(t, "%N1..%N6", text);
	if (p->cloud_tagged)
		snprintf(text, sizeof(text), "%u, %s", p->cloud_vid,
			 p->cloud_tpid == TPID_8021Q ? "802.1Q" : "802.1ad");
	else
		snprintf(text, sizeof(text), "none");
	row(t, "cloud VLAN", text);
	snprintf(text, sizeof(text), "%u, 802.1ad", p->network_vid);
	row(t, "network VLAN", text);
	row(t, "IPv4 prefix", ipv4_prefix_print(p->prefix4, text));
	row(t, "IPv6 prefix", ipv6_prefix_print(p->prefix6, text));
	row(t, "gateway MAC", mac_print(p->anygw_mac, mac));
	row(t, "gateway IPv4", ipv4_prefix_print(p->anygw_ipv4, text));
	row(t, "gateway IPv6", ipv6_prefix_print(p->anygw_ipv6, text));
	row(t, "gateway link-local", ipv6_print(p->anygw_link_local, text));
}

static void add_node(struct table *t, const struct query *q, const struct plan *p)
{
	char first[IPV4_TEXT];
	char last[IPV4_TEXT];
	char text[LINE_ROOM];
	char name[LINE_ROOM];
	char mac_text[MAC_TEXT];
	struct mac mac;

	snprintf(text, sizeof(text), "%s to %s, %u addresses", ipv4_print(p->dhcp_first, first),
		 ipv4_print(p->dhcp_last, last), p->dhcp_limit);
	row(t, "DHCP pool", text);
	row(t, "domain", p->domain);
	row(t, "primary MAC", mac_print(p->primary_mac, mac_text));
	row(t, "hostname", p->hostname);
	row(t, "node IPv4", ipv4_prefix_print(p->ipv4, text));
	row(t, "node IPv6", ipv6_prefix_print(p->ipv6, text));
	for (size_t i = 0; i < q->interface_count; i++) {
		plan_port_mac(p, crypto_mbedtls(), q->interfaces[i], &mac);
		snprintf(text, sizeof(text), "MAC on %s", q->interfaces[i]);
		text_clean(text);
		vlan_name(p, q->interfaces[i], name, sizeof(name));
		table_add(t, TONE_FAINT, "%s", text);
		table_add(t, TONE_PLAIN, "%s%s%s", mac_print(mac, mac_text),
			  p->cloud_tagged ? ", VLAN interface " : "", p->cloud_tagged ? name : "");
	}
}

static void plan_show(const struct query *q, const struct plan *p)
{
	static const struct column columns[] = {{NULL, false}, {NULL, false}};
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	struct table t;

	table_init(&t, columns, 2);
	add_cloud(&t, p);
	add_node(&t, q, p);
	table_print(&t, stdout, colour, 0);
	table_fini(&t);
	for (unsigned i = 0; i < p->warning_count; i++)
		printf("\n%swarning: %s%s\n         %s\n", tone_begin(TONE_BAD, colour),
		       p->warnings[i].text, tone_end(TONE_BAD, colour), p->warnings[i].remedy);
	if (p->warnings_dropped > 0)
		printf("\nand %u more warnings\n", p->warnings_dropped);
}

int plan_command(int argc, char **argv)
{
	struct query q = {.conf = plan_conf_default()};
	struct plan plan;
	enum exit_code status;

	if (!query_parse(&q, argc, argv, &status))
		return (int)status;
	if (plan_init(&plan, &q.conf, crypto_mbedtls()) != OK) {
		char fault[LINE_ROOM];

		plan_fault(&q.conf, crypto_mbedtls(), fault, sizeof(fault));
		return (int)refuse("%s", fault);
	}
	plan_check_ports(&plan, crypto_mbedtls(), q.interfaces, q.interface_count);
	for (size_t i = 0; i < q.other_count; i++)
		plan_check_cloud(&plan, &q.conf, crypto_mbedtls(), q.others[i]);
	if (q.json) {
		json_t *o = plan_json(&q, &plan);

		json_print(o);
		json_decref(o);
	} else {
		plan_show(&q, &plan);
	}
	return EXIT_OK;
}
