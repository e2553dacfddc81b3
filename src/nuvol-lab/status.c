/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/status.h"
#include <stdlib.h>
#include <string.h>
#include "base/ip.h"
#include "nuvol-lab/client.h"
#include "nuvol-lab/daemon.h"
#include "nuvol-lab/lease.h"
#include "nuvol-lab/medium.h"

static const char *const cut_words[] = {"no", "carrier", "silent"};

/* "name" or null. */
static json_t *name_pack(const char *name)
{
	return name ? json_string(name) : json_null();
}

static json_t *node_meshes(const struct lab *lab, unsigned node)
{
	const struct town_node *n = &lab->town.nodes[node];
	json_t *all = json_array();

	for (unsigned i = 0; i < n->mesh_count; i++) {
		char interface[16], mac[MAC_TEXT];

		snprintf(interface, sizeof(interface), "mesh%u", i);
		json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s}", "segment",
						     n->mesh[i].name, "interface", interface, "mac",
						     mac_print(n->mesh[i].mac, mac), "cut",
						     cut_words[lab->nodes[node].cut[i]]));
	}
	return all;
}

/* What the daemon's status says of the network of all clouds; null without one. */
static json_t *node_network(const json_t *answer)
{
	static const char *const members[] = {"state", "primary", "nodes", "nodes_routed", "links"};
	const json_t *network = json_object_get(answer, "network");
	json_t *all;

	if (!json_is_object(network))
		return json_null();
	all = json_object();
	for (unsigned i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *member = json_object_get(network, members[i]);

		json_object_set_new(all, members[i], member ? json_incref(member) : json_null());
	}
	return all;
}

/* The gateways of other clouds that it has tunnels to, and the networks behind them; null
 * without tunnels. */
static json_t *node_tunnels(const json_t *answer)
{
	const json_t *tunnels = json_object_get(json_object_get(answer, "host"), "tunnels");

	if (!json_is_object(tunnels))
		return json_null();
	return json_pack("{s:O?, s:i, s:O?}", "kind", json_object_get(tunnels, "kind"), "out",
			 (int)json_array_size(json_object_get(tunnels, "out")), "routes",
			 json_object_get(tunnels, "routes"));
}

static json_t *node_get(const struct lab *lab, unsigned node)
{
	const struct town_node *n = &lab->town.nodes[node];
	const struct lab_node *state = &lab->nodes[node];
	json_t *answer = daemon_ask(lab, node, "status");
	json_t *cloud = json_object_get(answer, "cloud");
	bool running = process_alive(state->daemon);
	char mac[MAC_TEXT], place[PLACE_NAME_ROOM], run[LAB_PATH_ROOM];
	json_t *all = json_pack(
		"{s:s, s:b, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "name", n->name,
		"running", running, "pid", running ? state->daemon.pid : 0, "ssid", n->ssid, "mac",
		mac_print(n->mac, mac), "ipv4", state->address, "ipv6", state->address6,
		"namespace", place_name(lab->town.name, n->name, place), "run_dir",
		lab_node_path(lab, node, "", run), "meshes", node_meshes(lab, node), "network",
		node_network(answer), "tunnels", node_tunnels(answer));
	static const char *const counts[] = {"nodes", "neighbours", "clients_here",
					     "clients_elsewhere"};

	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		json_t *count = json_object_get(cloud, counts[i]);

		json_object_set_new(all, counts[i], count ? json_incref(count) : json_null());
	}
	json_decref(answer);
	return all;
}

/* NULL as null. */
static json_t *client_ipv6(const struct lab *lab, unsigned client)
{
	char text[IPV6_TEXT];

	return name_pack(client_address6(lab, client, text) ? text : NULL);
}

static json_t *client_lease(const struct lab *lab, unsigned client)
{
	struct lab_lease l;
	int64_t left_s;

	if (!lab->clients[client].by_dhcp || !lease_read(lab, client, &l))
		return json_null();
	left_s = l.lease_s - instant_since(clock_read(), l.since).us / 1000000;
	return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:i}", "lease_s", (json_int_t)l.lease_s,
			 "left_s", (json_int_t)(left_s > 0 ? left_s : 0), "router", l.router, "dns",
			 l.dns, "server", l.server, "domain", l.domain, "mtu_bytes", l.mtu_bytes);
}

static json_t *client_get(const struct lab *lab, unsigned client)
{
	const struct town_client *c = &lab->town.clients[client];
	const struct lab_client *state = &lab->clients[client];
	char mac[MAC_TEXT], place[PLACE_NAME_ROOM];

	return json_pack("{s:s, s:o, s:b, s:s, s:s, s:o, s:o, s:o, s:s}", "name", c->name, "at",
			 name_pack(state->at == TOWN_NONE ? NULL : lab->town.nodes[state->at].name),
			 "association", !c->cable, "mac", mac_print(c->mac, mac), "address",
			 state->by_dhcp ? "dhcp" : "fixed", "ipv4",
			 name_pack(state->address[0] ? state->address : NULL), "ipv6",
			 client_ipv6(lab, client), "lease", client_lease(lab, client), "namespace",
			 place_name(lab->town.name, c->name, place));
}

static json_t *segment_nodes(const struct lab *lab, unsigned segment, const json_t *counters)
{
	const struct town *t = &lab->town;
	json_t *all = json_array();

	for (unsigned n = 0; n < t->node_count; n++) {
		unsigned mesh = town_mesh_find(t, n, segment);
		json_t *one, *counted;

		if (mesh == TOWN_NONE)
			continue;
		one = json_pack("{s:s, s:s}", "name", t->nodes[n].name, "cut",
				cut_words[lab->nodes[n].cut[mesh]]);
		counted = json_object_get(counters, t->nodes[n].name);
		if (counted)
			json_object_set(one, "frames", counted);
		json_array_append_new(all, one);
	}
	return all;
}

json_t *status_get(const struct lab *lab)
{
	const struct town *t = &lab->town;
	json_t *nodes = json_array(), *clients = json_array(), *segments = json_array();
	json_t *medium = json_null(), *counters = NULL;
	char path[LAB_PATH_ROOM];

	if (lab->medium.pid) {
		char *answer = medium_ask(lab_path(t->name, "medium.sock", path), "counters");

		counters = answer ? json_loads(answer, 0, NULL) : NULL;
		free(answer);
		medium = json_pack("{s:b, s:i}", "running", process_alive(lab->medium), "pid",
				   lab->medium.pid);
	}
	for (unsigned i = 0; i < t->node_count; i++)
		json_array_append_new(nodes, node_get(lab, i));
	for (unsigned i = 0; i < t->client_count; i++)
		json_array_append_new(clients, client_get(lab, i));
	for (unsigned i = 0; i < t->segment_count; i++) {
		const struct town_segment *s = &t->segments[i];

		json_array_append_new(
			segments,
			json_pack("{s:s, s:s, s:s, s:o}", "name", s->name, "kind",
				  s->radio ? "radio" : "wire", "carried_by",
				  town_segment_is_medium(s) ? "medium" : "bridge", "nodes",
				  segment_nodes(lab, i, json_object_get(counters, s->name))));
	}
	json_decref(counters);
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "town", t->name, "file", lab->file,
			 "medium", medium, "nodes", nodes, "clients", clients, "segments",
			 segments);
}

static const char *text_of(const json_t *from, const char *key)
{
	const char *text = json_string_value(json_object_get(from, key));

	return text ? text : "-";
}

/* A count that only a running daemon knows. */
static const char *count_of(const json_t *from, const char *key, char text[24])
{
	const json_t *count = json_object_get(from, key);

	snprintf(text, 24, "-");
	if (json_is_integer(count))
		snprintf(text, 24, "%lld", (long long)json_integer_value(count));
	return text;
}

/* "4 of 5" other nodes of the network have a way; or why it has none. */
static const char *network_of(const json_t *node, char text[32])
{
	const json_t *network = json_object_get(node, "network");
	const char *state = text_of(network, "state");
	char routed[24], known[24];

	if (strcmp(state, "running") != 0)
		snprintf(text, 32, "%.24s", state);
	else
		snprintf(text, 32, "%.10s of %.10s", count_of(network, "nodes_routed", routed),
			 count_of(network, "nodes", known));
	return text;
}

static void nodes_print(const json_t *nodes)
{
	const json_t *n;
	size_t i;

	printf("%-15s  %-8s  %-18s  %-16s  %6s  %10s  %-10s  %s\n", "NODE", "NUVOLD", "ADDRESS",
	       "CLOUD", "OTHERS", "NEIGHBOURS", "NETWORK", "OUTSIDE");
	json_array_foreach(nodes, i, n)
	{
		bool running = json_is_true(json_object_get(n, "running"));
		char others[24], neighbours[24], network[32], outside[24], pid[24];

		snprintf(pid, sizeof(pid), "%lld",
			 (long long)json_integer_value(json_object_get(n, "pid")));
		printf("%-15s  %-8s  %-18s  %-16s  %6s  %10s  %-10s  %s\n", text_of(n, "name"),
		       running ? pid : "stopped", text_of(n, "ipv4"), text_of(n, "ssid"),
		       count_of(n, "nodes", others), count_of(n, "neighbours", neighbours),
		       network_of(n, network),
		       count_of(json_object_get(n, "tunnels"), "routes", outside));
	}
}

static void clients_print(const json_t *clients)
{
	const json_t *c;
	size_t i;

	if (json_array_size(clients) == 0)
		return;
	printf("\n%-15s  %-15s  %-5s  %-18s  %-8s  %s\n", "CLIENT", "AT", "BY", "ADDRESS", "LEASE",
	       "MAC");
	json_array_foreach(clients, i, c)
	{
		const json_t *left = json_object_get(json_object_get(c, "lease"), "left_s");
		char lease[24];

		if (left)
			snprintf(lease, sizeof(lease), "%lld s",
				 (long long)json_integer_value(left));
		else
			snprintf(lease, sizeof(lease), "%s",
				 strcmp(text_of(c, "address"), "dhcp") == 0 ? "none yet" : "fixed");
		printf("%-15s  %-15s  %-5s  %-18s  %-8s  %s\n", text_of(c, "name"),
		       text_of(c, "at"),
		       json_is_true(json_object_get(c, "association")) ? "Wi-Fi" : "cable",
		       text_of(c, "ipv4"), lease, text_of(c, "mac"));
	}
}

static void segments_print(const json_t *segments)
{
	const json_t *s, *n;
	size_t i, k;

	if (json_array_size(segments) == 0)
		return;
	printf("\n%-15s  %-5s  %s\n", "SEGMENT", "KIND", "NODES");
	json_array_foreach(segments, i, s)
	{
		printf("%-15s  %-5s ", text_of(s, "name"), text_of(s, "kind"));
		json_array_foreach(json_object_get(s, "nodes"), k, n)
		{
			const char *cut = text_of(n, "cut");

			printf(" %s", text_of(n, "name"));
			if (strcmp(cut, "no") != 0)
				printf("(cut%s)", strcmp(cut, "silent") == 0 ? ", silent" : "");
		}
		printf("\n");
	}
}

void status_print(const json_t *status)
{
	const json_t *medium = json_object_get(status, "medium");

	printf("town %s, from %s\n\n", text_of(status, "town"), text_of(status, "file"));
	nodes_print(json_object_get(status, "nodes"));
	clients_print(json_object_get(status, "clients"));
	segments_print(json_object_get(status, "segments"));
	if (json_is_object(medium) && !json_is_true(json_object_get(medium, "running")))
		printf("\nThe medium has ended: no frame passes on radios and slow wires.\n");
}
