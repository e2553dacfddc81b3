/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/client.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/plan/plan.h"
#include "drv/crypto.h"
#include "nuvol-lab/link.h"
#include "town/node_config.h"

enum {
	/* Host numbers of the clients, in a prefix that is wide enough: x.y.192.1 on;
	 * the lab gives no node such a number. */
	CLIENT_HOSTS = 0xc000,
	CLIENT_MTU = 1500,
};

/* What the nuvold of node will derive from its configuration; served: it is to give
 * addresses to clients. */
static bool node_plan(const struct lab *lab, unsigned node, struct plan *plan, bool *served,
		      FILE *errors)
{
	static struct conf conf; /* too big for a stack */
	const struct town_node *n = &lab->town.nodes[node];
	struct node_config config;
	bool good;

	node_config_init(&config, &lab->town, node);
	good = node_config_check(&config, lab->file, n->name, &conf, crypto_mbedtls(), errors);
	node_config_fini(&config);
	if (!good)
		return false;
	*served = lab->nuvold[0] && conf.node.plan.anygw;
	return plan_init(plan, &conf.node.plan, crypto_mbedtls()) == OK ||
	       lab_fail("node '%s' gets no addresses", n->name);
}

/* The client's address in the cloud with this prefix. */
static bool client_address(struct lab *lab, unsigned client, struct ipv4 prefix, FILE *errors)
{
	const struct town_client *c = &lab->town.clients[client];
	uint32_t hosts = prefix.bits < 32 ? UINT32_MAX >> prefix.bits : 0;
	uint32_t host = (hosts >= 0xffff ? CLIENT_HOSTS : hosts / 2) + client + 1;
	struct ipv4 address = c->ipv4;

	if (ipv4_to_u32(address) != 0) {
		address.bits = address.bits == 32 ? prefix.bits : address.bits;
	} else if (host >= hosts) {
		fprintf(errors, "%s:%u: the cloud's prefix has no address left for '%s'\n",
			lab->file, c->line, c->name);
		return false;
	} else {
		address = ipv4_from_u32(ipv4_to_u32(ipv4_network(prefix)) + host, prefix.bits);
	}
	ipv4_prefix_print(address, lab->clients[client].address);
	return true;
}

bool addresses_give(struct lab *lab, FILE *errors)
{
	static struct plan plan;
	const struct town *t = &lab->town;
	bool good = true, served;

	for (unsigned i = 0; i < t->node_count; i++) {
		if (!node_plan(lab, i, &plan, &served, errors)) {
			good = false;
			continue;
		}
		ipv4_prefix_print(plan.ipv4, lab->nodes[i].address);
		ipv6_prefix_print(plan.ipv6, lab->nodes[i].address6);
		for (unsigned c = 0; c < t->client_count; c++) {
			enum town_address how = t->clients[c].address;

			if ((t->clients[c].at == TOWN_NONE ? 0 : t->clients[c].at) != i)
				continue;
			lab->clients[c].by_dhcp = how == ADDRESS_DHCP ||
						  (how == ADDRESS_AUTO && served);
			if (!lab->clients[c].by_dhcp)
				good = client_address(lab, c, plan.prefix4, errors) && good;
		}
	}
	return good;
}

void client_plan_ap(const struct lab *lab, unsigned node, struct batch *b)
{
	const char *name = lab->town.nodes[node].name;

	batch_add(b, "link add " CLIENT_AP " type bridge stp_state 0 mcast_snooping 0", node);
	batch_add(b, "link set " CLIENT_AP " addrgenmode none up alias %s", node, name);
	batch_add(b, "link add " CLIENT_TRUNK " type veth peer name ap0 netns nv-%s-%s", node,
		  lab->town.name, name);
	batch_add(b, "link set " CLIENT_TRUNK " addrgenmode none up alias %s", node, name);
	batch_add(b, "link set " CLIENT_TRUNK " master " CLIENT_AP, node, node);
	batch_add(b, "link set " CLIENT_TRUNK " type bridge_slave learning off", node);
}

void client_plan(const struct lab *lab, unsigned client, struct batch *b)
{
	const struct town_client *c = &lab->town.clients[client];
	char mac[MAC_TEXT];

	batch_add(b,
		  "link add " CLIENT_OUTER
		  " mtu %d type veth peer name eth0 address %s mtu %d netns nv-%s-%s",
		  client, CLIENT_MTU, mac_print(c->mac, mac), CLIENT_MTU, lab->town.name, c->name);
	batch_add(b, "link set " CLIENT_OUTER " addrgenmode none up alias %s", client, c->name);
}

static bool sysctl_write(const char *path, const char *value)
{
	FILE *f = fopen(path, "we");
	bool good = f && fputs(value, f) >= 0;

	if (f && fclose(f) != 0)
		good = false;
	return good;
}

/* The folder of a client by DHCP, with an empty resolv.conf. */
static bool client_folder(const struct lab *lab, unsigned client)
{
	char path[LAB_PATH_ROOM];

	mkdir(lab_client_path(lab, client, "", path), 0755);
	return file_write(lab_client_path(lab, client, "resolv.conf", path), "");
}

bool client_configure(const struct lab *lab, unsigned client)
{
	const struct lab_client *state = &lab->clients[client];
	const char *name = lab->town.clients[client].name;
	char netns[PLACE_PATH_ROOM];
	struct batch b;
	int back;

	if (place_enter(lab->town.name, name, &back) < 0)
		return lab_fail("cannot enter the namespace of '%s'", name);
	/* A cable that is plugged over must not cost the ARP cache. Kernels before
	 * 5.16 do not have these, and forget. */
	sysctl_write("/proc/sys/net/ipv4/conf/eth0/arp_evict_nocarrier", "0");
	sysctl_write("/proc/sys/net/ipv6/conf/eth0/ndisc_evict_nocarrier", "0");
	/* Who has a fixed address takes none from a router's advertisement either. */
	sysctl_write("/proc/sys/net/ipv6/conf/eth0/accept_ra", state->by_dhcp ? "1" : "0");
	place_leave(back);
	if (state->by_dhcp && !client_folder(lab, client))
		return false;
	batch_init(&b);
	batch_add(&b, "link set lo up");
	if (!state->by_dhcp)
		batch_add(&b, "addr add %s dev eth0", state->address);
	batch_add(&b, "link set eth0 up");
	return batch_run(&b, place_path(lab->town.name, name, netns));
}

bool client_address6(const struct lab *lab, unsigned client, char text[IPV6_TEXT])
{
	enum { TENTATIVE = 0x40 };
	char digits[33], name[16];
	struct ipv6 a = {.bits = 128};
	unsigned index, bits, scope, flags;
	bool found = false;
	FILE *f;
	int back;

	if (place_enter(lab->town.name, lab->town.clients[client].name, &back) < 0)
		return false;
	f = fopen("/proc/thread-self/net/if_inet6", "re");
	while (f && !found &&
	       fscanf(f, "%32s %x %x %x %x %15s", digits, &index, &bits, &scope, &flags, name) == 6)
		found = scope == 0 && !(flags & TENTATIVE) && strcmp(name, "eth0") == 0;
	if (f)
		fclose(f);
	place_leave(back);
	for (unsigned i = 0; found && i < sizeof(a.b); i++)
		sscanf(digits + 2 * i, "%2hhx", &a.b[i]);
	if (found)
		ipv6_print(a, text);
	return found;
}

/* By Wi-Fi: from one access point to another. We are in the air. */
static int attach_station(const struct town_client *c, const char *outer, unsigned node, span *took)
{
	char ap[16], trunk[16];
	instant begin;
	int result, packet_socket;

	if (node == TOWN_NONE)
		return link_set_bridge(outer, NULL);
	snprintf(ap, sizeof(ap), CLIENT_AP, node);
	snprintf(trunk, sizeof(trunk), CLIENT_TRUNK, node);
	packet_socket = link_packet_open(trunk);
	if (packet_socket < 0)
		return packet_socket;
	begin = clock_read();
	result = link_set_bridge(outer, ap);
	if (result == 0)
		result = link_add_station(outer, c->mac);
	if (result == 0)
		result = link_send_xid(packet_socket, c->mac);
	*took = instant_since(clock_read(), begin);
	close(packet_socket);
	return result;
}

/* By cable: out of one node's bridge, into another's. */
static int attach_cable(const struct lab *lab, const char *outer, unsigned from, unsigned to)
{
	const char *town = lab->town.name;
	const char *here = from == TOWN_NONE ? PLACE_AIR : lab->town.nodes[from].name;
	const char *there = to == TOWN_NONE ? PLACE_AIR : lab->town.nodes[to].name;
	char path[PLACE_PATH_ROOM];
	int back, result = place_enter(town, here, &back);

	if (result < 0)
		return result;
	result = strcmp(here, there) == 0 ? 0 : link_move(outer, place_path(town, there, path));
	place_leave(back);
	if (result < 0 || to == TOWN_NONE)
		return result;
	result = place_enter(town, there, &back);
	if (result < 0)
		return result;
	result = link_set_bridge(outer, "br-lan");
	if (result == 0)
		result = link_set_up(outer, true);
	place_leave(back);
	return result;
}

bool client_attach(struct lab *lab, unsigned client, unsigned node, span *took)
{
	const struct town_client *c = &lab->town.clients[client];
	instant begin = clock_read();
	char outer[16];
	int back, result;

	snprintf(outer, sizeof(outer), CLIENT_OUTER, client);
	if (c->cable) {
		result = attach_cable(lab, outer, lab->clients[client].at, node);
		*took = instant_since(clock_read(), begin);
	} else {
		result = place_enter(lab->town.name, PLACE_AIR, &back);
		if (result == 0) {
			*took = span_us(0);
			result = attach_station(c, outer, node, took);
			place_leave(back);
		}
	}
	if (result < 0)
		return lab_fail("cannot attach '%s' to %s: %s", c->name,
				node == TOWN_NONE ? "nothing" : lab->town.nodes[node].name,
				strerror(-result));
	lab->clients[client].at = node;
	return true;
}
