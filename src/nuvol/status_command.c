/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nuvol status: the node at a glance. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "nuvol/ask.h"
#include "nuvol/status_gateway.h"
#include "nuvol/table.h"
#include "nuvol/tunnel_words.h"
#include "nuvol/words.h"

enum { LABEL_WIDTH = 9 };

void status_label(const struct cli *cli, const char *name)
{
	printf("%s%-*s%s ", tone_begin(TONE_TITLE, cli->colour), LABEL_WIDTH, name,
	       tone_end(TONE_TITLE, cli->colour));
}

static void cloud_words(const json_t *cloud, char *text, size_t room)
{
	char nodes[WORDS_ROOM], neighbours[WORDS_ROOM];

	if (!member_flag(cloud, "up"))
		snprintf(text, room, "down: no mesh port is up");
	else
		snprintf(text, room, "%s; %s, %s; clients: %" PRId64 " here, %" PRId64 " elsewhere",
			 member_text(cloud, "mac", "?"),
			 count_words(member_count(cloud, "nodes"), "other node", nodes),
			 count_words(member_count(cloud, "neighbours"), "neighbour", neighbours),
			 member_count(cloud, "clients_here"),
			 member_count(cloud, "clients_elsewhere"));
}

static void identity_print(const struct cli *cli, const json_t *id, const json_t *cloud)
{
	const json_t *vlan = json_object_get(id, "cloud_vlan");
	const json_t *gateway = json_object_get(id, "anycast_gateway");
	char text[512];

	status_text(cli, "Node", member_text(id, "hostname", "?"));
	snprintf(text, sizeof(text), "%s, %s", member_text(id, "ipv4", "?"),
		 member_text(id, "ipv6", "?"));
	status_text(cli, "Address", text);
	snprintf(text, sizeof(text), "%s, %s, %s", member_text(gateway, "ipv4", "?"),
		 member_text(gateway, "ipv6", "?"), member_text(gateway, "mac", "?"));
	status_text(cli, "Anycast", text);

	int at = snprintf(text, sizeof(text), "\"%s\", ", member_text(id, "ssid", "?"));

	if (json_is_object(vlan))
		snprintf(text + at, sizeof(text) - (size_t)at, "VLAN %" PRId64 " (%s)",
			 member_count(vlan, "id"), member_text(vlan, "protocol", "?"));
	else
		snprintf(text + at, sizeof(text) - (size_t)at, "no VLAN tag");
	status_text(cli, "SSID", text);
	cloud_words(cloud, text, sizeof(text));
	status_text(cli, "Cloud", text);
}

static void blocked_print(const struct cli *cli, const json_t *cloud)
{
	const json_t *blocked = json_object_get(cloud, "lan_blocked");

	if (!json_is_object(blocked))
		return;
	status_label(cli, "LAN");
	printf("%sblocked%s: ", tone_begin(TONE_BAD, cli->colour), tone_end(TONE_BAD, cli->colour));
	text_print(stdout, member_text(blocked, "reason", "?"));
	putchar('\n');
}

static void warnings_print(const struct cli *cli, const json_t *id)
{
	const json_t *list = json_object_get(id, "warnings");
	const json_t *w;
	size_t i;

	json_array_foreach(list, i, w)
	{
		status_label(cli, "Warning");
		text_print(stdout, member_text(w, "text", "?"));
		printf("\n%*s ", LABEL_WIDTH, "");
		text_print(stdout, member_text(w, "remedy", ""));
		putchar('\n');
	}
}

static void port_row(struct table *t, const json_t *p)
{
	bool up = member_flag(p, "up");
	char rx[WORDS_ROOM], tx[WORDS_ROOM];

	table_add(t, TONE_PLAIN, "%s", member_text(p, "name", "?"));
	table_add(t, up ? TONE_GOOD : TONE_BAD, "%s", up ? "up" : "down");
	table_add(t, TONE_PLAIN, "%s", member_text(p, "mac", "?"));
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(p, "mtu_bytes"));
	table_add(t, TONE_PLAIN, "%" PRId64, member_count(p, "neighbours"));
	table_add(t, TONE_PLAIN, "%s", bytes_words((uint64_t)member_count(p, "rx_bytes"), rx));
	table_add(t, TONE_PLAIN, "%s", bytes_words((uint64_t)member_count(p, "tx_bytes"), tx));
	table_add(t, TONE_FAINT, "%s%s", member_flag(p, "wifi") ? "wifi" : "cable",
		  member_flag(p, "primary") ? ", names the node" : "");
}

static void ports_print(const struct cli *cli, const json_t *list)
{
	static const struct column columns[] = {
		{"PORT", false},      {"STATE", false},	  {"MAC", false}, {"MTU", true},
		{"NEIGHBOURS", true}, {"RECEIVED", true}, {"SENT", true}, {"", false},
	};
	struct table t;
	const json_t *p;
	size_t i;

	putchar('\n');
	if (json_array_size(list) == 0) {
		printf("No mesh port.\n");
		return;
	}
	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach(list, i, p) port_row(&t, p);
	table_print(&t, stdout, cli->colour, 0);
	table_fini(&t);
}

/* What was dropped, by reason; nothing when nothing was. */
static void dropped_print(const json_t *dropped)
{
	const char *name, *before = "\nFrames refused: ";
	json_t *value;

	json_object_foreach((json_t *)dropped, name, value)
	{
		if (json_integer_value(value) == 0)
			continue;
		printf("%s%s %" PRId64, before, name, (int64_t)json_integer_value(value));
		before = ", ";
	}
	if (before[0] == ',')
		putchar('\n');
}

/* "bat0 (tap, up)" */
static void port_words(const json_t *port, char *text, size_t room)
{
	snprintf(text, room, "%s (%s, %s)", member_text(port, "name", "?"),
		 member_text(port, "driver", "?"), member_flag(port, "up") ? "up" : "down");
}

static void bridge_print(const struct cli *cli, const json_t *bridge)
{
	const json_t *port;
	size_t i;

	status_label(cli, "Bridge");
	text_print(stdout, member_text(bridge, "name", "?"));
	json_array_foreach(json_object_get(bridge, "ports"), i, port)
	{
		printf(i == 0 ? " with " : ", ");
		text_print(stdout, json_is_string(port) ? json_string_value(port) : "?");
	}
	putchar('\n');
}

static void cable_words(const json_t *cable, char *text, size_t room)
{
	const char *role = member_text(cable, "role", "?");
	size_t nodes = json_array_size(json_object_get(cable, "nodes"));

	if (!member_flag(cable, "up"))
		role = "no carrier";
	else if (strcmp(role, "alone") == 0)
		role = "clients only";
	else if (strcmp(role, "designated") == 0)
		role = "other nodes, this one serves the clients";
	else if (strcmp(role, "standby") == 0)
		role = "another node serves the clients";
	snprintf(text, room, "%s: %s (%zu heard%s)", member_text(cable, "name", "?"), role, nodes,
		 member_flag(cable, "mesh") ? ", in the mesh" : "");
}

static void cables_print(const struct cli *cli, const json_t *cables)
{
	const json_t *one;
	char text[160];
	size_t i;

	json_array_foreach(json_object_get(cables, "ports"), i, one)
	{
		cable_words(one, text, sizeof(text));
		status_text(cli, i == 0 ? "Cables" : "", text);
	}
}

/* What the daemon could not do with an interface, and why. */
static void faults_print(const struct cli *cli, const json_t *interfaces)
{
	const json_t *one;
	size_t i;

	json_array_foreach(interfaces, i, one)
	{
		if (member_text(one, "fault", "")[0] == '\0')
			continue;
		status_label(cli, "Fault");
		text_print(stdout, interface_name(one));
		fputs(": ", stdout);
		text_print(stdout, member_text(one, "fault", ""));
		putchar('\n');
	}
}

/* What somebody tried. */
static void refused_print(const struct cli *cli, const json_t *counters)
{
	int64_t forged = member_count(counters, "forged"), ours = member_count(counters, "attacks");
	char text[240];

	if (forged > 0) {
		snprintf(text, sizeof(text),
			 "%" PRId64 " packets of the network, forged or replayed", forged);
		status_text(cli, "Refused", text);
	}
	if (ours > 0) {
		snprintf(text, sizeof(text),
			 "%" PRId64 " times somebody spoke in this node's name: is its key on "
			 "another machine?",
			 ours);
		status_text(cli, "Refused", text);
	}
}

/* The node in the network of all clouds. */
static void network_print(const struct cli *cli, const json_t *network, const json_t *host)
{
	const char *state = member_text(network, "state", "");
	const char *fault = member_text(host, "fault", ""), *error = member_text(host, "error", "");
	char text[240], nodes[WORDS_ROOM], neighbours[WORDS_ROOM], routes[WORDS_ROOM];

	if (fault[0] != '\0') {
		snprintf(text, sizeof(text), "%s%s%s", fault, error[0] != '\0' ? ": " : "", error);
		status_bad(cli, "Network", "broken", text);
	} else if (strcmp(state, "off") == 0) {
		status_text(cli, "Network", "off; bmx7:18 is not among the protocols");
	} else if (strcmp(state, "starting") == 0) {
		status_text(cli, "Network", "the node's key is being made");
	} else if (strcmp(state, "running") == 0) {
		snprintf(text, sizeof(text), "%s; %s, %s; %s", member_text(network, "primary", "?"),
			 count_words(member_count(network, "nodes"), "other node", nodes),
			 count_words(member_count(network, "neighbours"), "neighbour", neighbours),
			 count_words(member_count(host, "routes"), "route", routes));
		status_text(cli, "Network", text);
		refused_print(cli, json_object_get(network, "counters"));
	}
	faults_print(cli, json_object_get(host, "interfaces"));
}

/* The operating system's side; what a host does not tell is left out. */
static void host_print(const struct cli *cli, const json_t *host)
{
	const json_t *process = json_object_get(host, "process");
	char text[160], port[80], rss[WORDS_ROOM], cpu[WORDS_ROOM];

	if (json_object_get(host, "datapath")) {
		port_words(json_object_get(host, "cloud_port"), port, sizeof(port));
		snprintf(text, sizeof(text), "%s; cloud port %s",
			 member_text(json_object_get(host, "datapath"), "driver", "?"), port);
		status_text(cli, "Data path", text);
	}
	if (json_object_get(host, "bridge"))
		bridge_print(cli, json_object_get(host, "bridge"));
	cables_print(cli, json_object_get(host, "cables"));
	if (process) {
		double cpu_ms =
			member_real(process, "cpu_user_ms") + member_real(process, "cpu_system_ms");

		snprintf(text, sizeof(text), "pid %" PRId64 ", memory %s, CPU %s",
			 member_count(process, "pid"),
			 bytes_words((uint64_t)member_count(process, "rss_bytes"), rss),
			 span_words(cpu_ms, cpu));
		status_text(cli, "Process", text);
	}
	faults_print(cli, json_object_get(host, "interfaces"));
}

static enum exit_code status_run(const struct cli *cli)
{
	json_t *result;
	enum exit_code status = ask_once(cli, "status", NULL, &result);
	char text[128], age[WORDS_ROOM];

	if (status != EXIT_OK)
		return status;
	if (cli->json) {
		json_print(result);
		json_decref(result);
		return EXIT_OK;
	}

	const json_t *id = json_object_get(result, "identity");
	const json_t *cloud = json_object_get(result, "cloud");
	const json_t *host = json_object_get(result, "host");

	identity_print(cli, id, cloud);
	blocked_print(cli, cloud);
	network_print(cli, json_object_get(result, "network"), json_object_get(host, "network"));
	tunnel_status_print(cli, json_object_get(result, "tunnels"),
			    json_object_get(host, "tunnels"));
	uplinks_status_print(cli, json_object_get(result, "uplinks"));
	status_gateway_print(cli, result);
	snprintf(text, sizeof(text), "nuvold %s, up for %s", member_text(result, "version", "?"),
		 member_age(result, "uptime_ms", age));
	status_text(cli, "Daemon", text);
	host_print(cli, host);
	warnings_print(cli, id);
	ports_print(cli, json_object_get(result, "ports"));
	dropped_print(json_object_get(result, "dropped"));
	json_decref(result);
	return EXIT_OK;
}

const struct command status_command = {
	.name = "status",
	.summary = "this node: who it is, its ports, the cloud, what was dropped",
	.run = status_run,
};
