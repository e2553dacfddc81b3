/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/options.h"
#include <string.h>
#include "core/ev.h"

#define IN_CONF(member) .offset = offsetof(struct conf, member)
#define IN_NET(member) .offset = offsetof(struct host_interface, member)
#define IN_SEARCH(member) .offset = offsetof(struct conf_search, member)
#define ROOM_OF(whole, member) .room = sizeof(((whole *)NULL)->member)
#define WIDTH_OF(member) .width = sizeof(((struct conf *)NULL)->member), .scale = 1
#define SEARCH_WIDTH_OF(member) .width = sizeof(((struct conf_search *)NULL)->member), .scale = 1

#define SYSTEM .type = "lime", .section = "system"
#define NETWORK .type = "lime", .section = "network"
#define WIFI .type = "lime", .section = "wifi"
#define CLOUD .type = "nuvol", .section = "cloud"
#define SHARE .type = "nuvol", .section = "share"
#define BMX7 .type = "nuvol", .section = "bmx7"
#define UPLINK .type = "nuvol", .section = "uplink"
#define HOST .type = "nuvol", .section = "host"
#define NET .type = "net", .section = NULL
#define SEARCH .type = "tunOut", .section = NULL

static const char *const wifi_words[] = {
	[HOST_WIFI_AUTO] = "auto", [HOST_WIFI_YES] = "yes", [HOST_WIFI_NO] = "no", NULL};

static const char *const anygw_words[] = {[HOST_ANYGW_AUTO] = "auto",
					  [HOST_ANYGW_VETH] = "veth",
					  [HOST_ANYGW_MACVLAN] = "macvlan",
					  NULL};

static const char *const datapath_words[] = {[HOST_DATAPATH_AUTO] = "auto",
					     [HOST_DATAPATH_BPF] = "bpf",
					     [HOST_DATAPATH_PORTABLE] = "portable",
					     NULL};
static const char *const tunnel_words[] = {[HOST_TUNNEL_AUTO] = "auto",
					   [HOST_TUNNEL_IP6_TUNNEL] = "ip6_tunnel",
					   [HOST_TUNNEL_BPF] = "bpf",
					   [HOST_TUNNEL_TUN] = "tun",
					   NULL};

static const char *const ipv6_words[] = {
	[HOST_IPV6_AUTO] = "auto",   [HOST_IPV6_ROUTED] = "routed", [HOST_IPV6_NAT66] = "nat66",
	[HOST_IPV6_NPTV6] = "nptv6", [HOST_IPV6_OFF] = "off",	    NULL};

#define TEMPLATE(option_name, member, low, default_value, text)                                    \
	.name = option_name, .kind = OPTION_TEMPLATE, IN_CONF(node.plan.member),                   \
	ROOM_OF(struct conf, node.plan.member), .min = low, .max = PLAN_TEMPLATE_ROOM - 1,         \
	.value = default_value, .help = text

#define ENGINE_NUMBER(option_name, low, high, default_value, text)                                 \
	CLOUD, .name = #option_name, .kind = OPTION_NUMBER, IN_CONF(node.l2.option_name),          \
	       WIDTH_OF(node.l2.option_name), .min = low, .max = high, .value = default_value,     \
	       .help = text

#define ENGINE_FLAG(option_name, default_value, text)                                              \
	CLOUD, .name = #option_name, .kind = OPTION_FLAG, IN_CONF(node.l2.option_name),            \
	       .value = default_value, .help = text

/* clang-format off */
static const struct option table[] = {
	{SYSTEM, TEMPLATE("hostname", hostname, 1, "LiMe-%M4%M5%M6",
		"The node's name; %M1 to %M6 are the bytes of its primary MAC, %m1 to %m6 "
		"those of the MAC's MD5 sum")},
	{SYSTEM, .name = "domain", .kind = OPTION_DOMAIN, IN_CONF(node.plan.domain),
		ROOM_OF(struct conf, node.plan.domain), .min = 1, .max = PLAN_DOMAIN_ROOM - 1,
		.value = "thisnode.info",
		.help = "The cloud's DNS domain"},

	{NETWORK, .name = "primary_interface", .kind = OPTION_INTERFACE,
		IN_CONF(host.primary_interface), ROOM_OF(struct conf, host.primary_interface),
		.min = 1, .value = "eth0",
		.help = "The interface whose MAC identifies the node; auto, or one that does not "
			"exist, lets the node choose"},
	{NETWORK, TEMPLATE("main_ipv4_address", main_ipv4_address, 1, "10.%N1.0.0/16",
		"The node's IPv4 address as ADDRESS/BITS; a network's address is filled up from "
		"the primary MAC, inside of RANGE for ADDRESS/BITS/RANGE; %N1 to %N6 are the "
		"bytes of the SSID's MD5 sum")},
	{NETWORK, TEMPLATE("main_ipv6_address", main_ipv6_address, 1, "fd%N1:%N2%N3:%N4%N5::/64",
		"The same for IPv6")},
	{NETWORK, TEMPLATE("anygw_mac", anygw_mac, 1, "aa:aa:aa:%N1:%N2:aa",
		"The MAC of the anycast gateway, the same on all nodes of the cloud")},
	{NETWORK, .name = "anygw_dhcp_start", .kind = OPTION_NUMBER,
		IN_CONF(node.plan.anygw_dhcp_start), WIDTH_OF(node.plan.anygw_dhcp_start),
		.min = 1, .max = UINT32_MAX, .value = "2",
		.help = "The first host number of the IPv4 network that clients get"},
	{NETWORK, .name = "anygw_dhcp_limit", .kind = OPTION_NUMBER,
		IN_CONF(node.plan.anygw_dhcp_limit), WIDTH_OF(node.plan.anygw_dhcp_limit),
		.min = 0, .max = UINT32_MAX, .value = "0", .unit = "addresses",
		.help = "How many addresses clients may get; 0 is all up to the network's end"},
	{NETWORK, .name = "anygw_dhcp_lease_time", .kind = OPTION_NUMBER,
		IN_CONF(host.lease_time_s), WIDTH_OF(host.lease_time_s),
		.min = 120, .max = 604800, .value = "3600", .unit = "seconds",
		.help = "How long a client may keep its address without asking again"},
	{NETWORK, .name = "safe_client_mtu", .kind = OPTION_NUMBER,
		IN_CONF(host.client_mtu_bytes), WIDTH_OF(host.client_mtu_bytes),
		.min = 1280, .max = 1500, .value = "1350", .unit = "bytes",
		.help = "The MTU that clients are told: what fits into every tunnel on their way"},
	{NETWORK, .name = "resolvers", .kind = OPTION_RESOLVERS, IN_CONF(host.resolvers),
		.value = "4.2.2.2 141.1.1.1 2001:470:20::2",
		.help = "The DNS servers that are asked for names outside of the cloud"},
	{NETWORK, .name = "protocols", .kind = OPTION_PROTOCOLS, IN_CONF(node.plan),
		.value = "lan batadv:%N1 bmx7:18 anygw",
		.help = "What runs on all interfaces: lan, anygw, bmx7 (the network of all clouds), and "
			"batadv[:VID[:8021ad|8021q]] "
			"with the cloud's VLAN id and tag; %N1 gives an id of 29 to 284 from the "
			"SSID, 0 means no VLAN"},
	{NETWORK, .name = "bmx7_mtu", .kind = OPTION_NUMBER, IN_CONF(host.network_mtu_bytes),
		WIDTH_OF(host.network_mtu_bytes), .min = 1280, .max = 65535, .value = "1500",
		.unit = "bytes",
		.help = "The largest MTU of the network's interfaces"},
	{NETWORK, .name = "bmx7_pref_gw", .kind = OPTION_TEXT, IN_CONF(searches.preferred),
		ROOM_OF(struct conf, searches.preferred), .min = 1, .max = GW_NAME - 1,
		.value = "none",
		.help = "The node whose uplink is preferred ten times to others', by its hostname; "
			"none is the best one"},
	{NETWORK, .name = "batadv_orig_interval", .kind = OPTION_MS, IN_CONF(node.l2.orig_interval),
		.min = 40, .max = 3600000, .value = "1000", .unit = "ms",
		.help = "How often the node announces itself to the cloud (OGM interval); longer "
			"ones spare air, shorter ones find failures faster"},
	{NETWORK, .name = "batadv_routing_algo", .kind = OPTION_FIXED, .value = "BATMAN_IV",
		.help = "The cloud's routing algorithm; there is no other yet"},

	{WIFI, .name = "ap_ssid", .kind = OPTION_TEXT, IN_CONF(node.plan.ssid),
		ROOM_OF(struct conf, node.plan.ssid), .min = 0, .max = PLAN_SSID_ROOM - 1,
		.value = "LibreMesh.org",
		.help = "The cloud's name: nodes with the same SSID form one cloud, also without "
			"any Wi-Fi; at most 32 bytes are on the air"},

	{ENGINE_NUMBER(hop_penalty, 0, 255, "30",
		"How much of the link quality, of 255, a hop over this node costs")},
	{ENGINE_FLAG(fragmentation, "1",
		"Cut frames that do not fit a mesh interface's MTU")},
	{ENGINE_FLAG(flood_unknown, "1",
		"Flood frames for clients that no node announces yet, instead of dropping them")},
	{ENGINE_NUMBER(ports_max, 1, PORT_MAX, "8", "At most this many mesh interfaces")},
	{ENGINE_NUMBER(originators_max, 2, 65536, "2048", "At most this many nodes in the cloud")},
	{ENGINE_NUMBER(clients_here_max, 1, 4096, "1024", "At most this many clients on this node")},
	{ENGINE_NUMBER(clients_max, 1, 1048576, "16384", "At most this many clients elsewhere")},
	{ENGINE_NUMBER(vlans_max, 1, 256, "16", "At most this many client VLANs for each node")},
	{ENGINE_NUMBER(forwards_max, 8, 65536, "256",
		"At most this many announcements wait on each mesh interface")},
	{CLOUD, .name = "memory_max", .kind = OPTION_NUMBER, IN_CONF(node.l2.memory_max_bytes),
		.width = sizeof(size_t), .scale = 1024 * 1024, .min = 1, .max = 2047, .value = "64",
		.unit = "MiB",
		.help = "At most this much memory for all tables of the cloud"},

	{BMX7, .name = "nodes_max", .kind = OPTION_NUMBER, IN_CONF(node.network.nodes_max),
		WIDTH_OF(node.network.nodes_max), .min = 2, .max = 65536, .value = "2000",
		.help = "At most this many nodes of all clouds"},
	{BMX7, .name = "memory_max", .kind = OPTION_NUMBER, IN_CONF(node.network.memory_max_bytes),
		.width = sizeof(size_t), .scale = 1024 * 1024, .min = 1, .max = 2047, .value = "48",
		.unit = "MiB",
		.help = "At most this much memory for all tables of the network"},
	{BMX7, .name = "node_rsa_key", .kind = OPTION_NUMBER, IN_CONF(node.network.key_type),
		WIDTH_OF(node.network.key_type), .min = 4, .max = 8, .value = "6",
		.help = "The kind of a new node key: 4 to 8 are RSA with 1024, 1536, 2048, 3072 and "
			"4096 bits; a key that is there stays"},
	{BMX7, .name = "topology_period", .kind = OPTION_NUMBER,
		IN_CONF(node.network.topology_period_s), WIDTH_OF(node.network.topology_period_s),
		.min = 0, .max = 360000, .value = "0", .unit = "seconds",
		.help = "How often the node looks whether its links are other than it told all "
			"nodes, for their maps; each change is news for the whole network; 0 "
			"tells of none"},
	{BMX7, .name = "trusted_nodes_dir", .kind = OPTION_PATH, IN_CONF(host.trusted_nodes_dir),
		ROOM_OF(struct conf, host.trusted_nodes_dir), .min = 0, .max = HOST_PATH_ROOM - 1,
		.value = "",
		.help = "A folder whose files are named after the nodes that this node wants to be "
			"reached through: ID, or ID.trust=3 for those that node trusts, too, "
			"or ID.trust=0 for none; it is watched; empty: a node can be reached "
			"through everybody"},

	{BMX7, .name = "prove_gateways", .kind = OPTION_FLAG, IN_CONF(node.tunnel.prove),
		.value = "1",
		.help = "Choose among the network's gateways to the Internet by what is found out about "
			"them, asking config nuvol 'uplink' target through their tunnels; without, by "
			"BMX7's rules alone"},
	{BMX7, .name = "tunnels", .kind = OPTION_FLAG, IN_CONF(node.tunnel.on), .value = "1",
		.help = "Offer the cloud's networks to the nodes of other clouds, and reach what "
			"they offer, by one-way tunnels; sections of type tunOut say what is "
			"searched"},

	{SHARE, .name = "enabled", .kind = OPTION_FLAG, IN_CONF(node.share.on), .value = "1",
		.help = "Share records with the other nodes of the cloud, in ALFRED's protocol: "
			"leases and names, and what programs give; without, clients get no addresses "
			"from this node"},
	{SHARE, .name = "dhcp_host", .kind = OPTION_DHCP_HOSTS, IN_CONF(node.share), .value = "",
		.help = "Clients whose IPv4 address is theirs for good, as MAC,ADDRESS or "
			"MAC,ADDRESS,NAME; the same on all nodes of the cloud, so it belongs into "
			"the community's file"},
	{SHARE, .name = "announce", .kind = OPTION_MS, IN_CONF(node.share.announce),
		.min = 1000, .max = 60000, .value = "10000", .unit = "ms",
		.help = "How often the node says what it has shared, for who missed something"},
	{SHARE, .name = "memory_max", .kind = OPTION_NUMBER, IN_CONF(node.share.memory_max_bytes),
		.width = sizeof(size_t), .scale = 1024 * 1024, .min = 1, .max = 2047, .value = "16",
		.unit = "MiB", .help = "At most this much memory for the records of all nodes"},
	{SHARE, .name = "leases_max", .kind = OPTION_NUMBER, IN_CONF(node.share.leases_max),
		WIDTH_OF(node.share.leases_max), .min = 16, .max = 65536, .value = "8192",
		.help = "At most this many leases in the cloud; one node gives half of them at most"},
	{SHARE, .name = "lease_settle", .kind = OPTION_MS, IN_CONF(node.share.settle),
		.min = 100, .max = 60000, .value = "2000", .unit = "ms",
		.help = "How long the node listens before it claims addresses for new clients, and "
			"again before it gives them"},

	{UPLINK, .name = "share", .kind = OPTION_FLAG, IN_CONF(node.uplink.on), .value = "1",
		.help = "Offer this node's way to the Internet to all nodes of all clouds, while it "
			"works: a default route by an interface that the node does not serve"},
	{UPLINK, .name = "interface", .kind = OPTION_INTERFACE, IN_CONF(host.uplink.interface),
		ROOM_OF(struct conf, host.uplink.interface), .min = 0, .value = "",
		.help = "Only default routes by this interface; empty is any"},
	{UPLINK, .name = "bandwidth", .kind = OPTION_NUMBER, IN_CONF(node.uplink.bandwidth_bps),
		WIDTH_OF(node.uplink.bandwidth_bps), .min = 0, .max = 128849018880, .value = "0",
		.unit = "bit/s",
		.help = "What is offered; 0 offers what the uplink carried at its best since the "
			"node started, but at least 10 Mbit/s"},
	{UPLINK, .name = "check_interval", .kind = OPTION_MS, IN_CONF(node.uplink.check),
		.min = 200, .max = 60000, .value = "1000", .unit = "ms",
		.help = "How often somebody on the Internet is asked while the uplink works; longer "
			"spares traffic, shorter finds failures faster"},
	{UPLINK, .name = "target", .kind = OPTION_TARGETS, IN_CONF(node.uplink), .value =
		"ping:8.8.8.8 ping:9.9.9.9 tcp:1.1.1.1:443 ping:2001:4860:4860::8888 "
		"ping:2620:fe::fe tcp:[2606:4700:4700::1111]:443",
		.help = "Who is asked, in turn: ping:ADDRESS, tcp:ADDRESS:PORT, dns:ADDRESS; without "
			"any dns, the resolvers of lime.network"},
	{UPLINK, .name = "portal_check", .kind = OPTION_FLAG, IN_CONF(node.uplink.web),
		.value = "1",
		.help = "Look at a page now and then, to see whether somebody answers in its name "
			"and wants people to log in first"},
	{UPLINK, .name = "portal_host", .kind = OPTION_DOMAIN, IN_CONF(host.uplink.portal_host),
		ROOM_OF(struct conf, host.uplink.portal_host), .min = 1, .max = HOST_URL_ROOM - 1,
		.value = "detectportal.firefox.com",
		.help = "Where the page is; resolvers are asked for this name, too"},
	{UPLINK, .name = "portal_path", .kind = OPTION_PATH, IN_CONF(host.uplink.portal_path),
		ROOM_OF(struct conf, host.uplink.portal_path), .min = 1, .max = HOST_URL_ROOM - 1,
		.value = "/success.txt", .help = "The page, by HTTP without TLS"},
	{UPLINK, .name = "portal_text", .kind = OPTION_TEXT, IN_CONF(host.uplink.portal_text),
		ROOM_OF(struct conf, host.uplink.portal_text), .min = 0, .max = HOST_URL_ROOM - 1,
		.value = "success", .help = "What the page begins with"},
	{UPLINK, .name = "nat", .kind = OPTION_FLAG, IN_CONF(host.uplink.nat), .value = "1",
		.help = "IPv4 of others leaves with the uplink's own address; without, whoever is "
			"behind the uplink must know the way to all clouds"},
	{UPLINK, .name = "ipv6", .kind = OPTION_CHOICE, IN_CONF(host.uplink.ipv6),
		.words = ipv6_words, .value = "auto",
		.help = "IPv6 of others: auto passes the LAN's global prefix (a delegated one) as it is "
			"and sends what has a private source with the node's own address; without such a "
			"prefix it offers none. routed translates nothing: only who has an address of the "
			"prefix gets out, and it is not offered. nat66 sends all with the node's own "
			"address, nptv6 with ipv6_prefix instead of the cloud's, others as nat66"},
	{UPLINK, .name = "ipv6_prefix", .kind = OPTION_TEXT, IN_CONF(host.uplink.ipv6_prefix),
		ROOM_OF(struct conf, host.uplink.ipv6_prefix), .min = 0,
		.max = IPV6_PREFIX_TEXT - 1, .value = "",
		.help = "The prefix of nptv6, as ADDRESS/BITS; as long as the cloud's, and routed to "
			"this node"},
	{UPLINK, .name = "protect", .kind = OPTION_FLAG, IN_CONF(host.uplink.protect), .value = "1",
		.help = "Nobody reaches private addresses behind the uplink, nor networks that this "
			"node reaches by it without its default route: a home's own"},

	{HOST, .name = "primary_mac", .kind = OPTION_MAC, IN_CONF(node.plan.primary_mac),
		.value = "",
		.help = "The MAC that identifies the node, instead of primary_interface's"},
	{HOST, .name = "bridge", .kind = OPTION_INTERFACE, IN_CONF(host.bridge),
		ROOM_OF(struct conf, host.bridge), .min = 1, .value = "br-lan",
		.help = "The bridge of the node's LAN; made when it does not exist"},
	{HOST, .name = "cloud_port", .kind = OPTION_INTERFACE, IN_CONF(host.cloud_port),
		ROOM_OF(struct conf, host.cloud_port), .min = 1, .value = "bat0",
		.help = "The name of the bridge's port towards the cloud"},
	{HOST, .name = "lan_ports", .kind = OPTION_INTERFACES, IN_CONF(host.lan_ports), .value = "",
		.help = "Interfaces that become ports of the bridge, besides those with protocol "
			"lan in a section of type net"},
	{HOST, .name = "anygw_interface", .kind = OPTION_INTERFACE, IN_CONF(host.anygw),
		ROOM_OF(struct conf, host.anygw), .min = 1, .value = "anygw",
		.help = "The interface of the anycast gateway; made on the bridge"},
	{HOST, .name = "anygw_kind", .kind = OPTION_CHOICE, IN_CONF(host.anygw_kind),
		.words = anygw_words, .value = "auto",
		.help = "What it is: veth, a pair with one end in the bridge, or macvlan, which makes "
			"the bridge promiscuous and all that it forwards slower; auto takes the first "
			"that the kernel has"},
	{HOST, .name = "datapath", .kind = OPTION_CHOICE, IN_CONF(host.datapath),
		.words = datapath_words, .value = "auto",
		.help = "Who forwards the cloud's frames: bpf, the kernel, by programs of nuvold; "
			"portable, nuvold itself, which works everywhere; auto is portable for now. Tunnels go "
			"through programs without portable, the network's VLAN with bpf, where the kernel has "
			"nothing of its own for them"},
	{HOST, .name = "tunnel_kind", .kind = OPTION_CHOICE, IN_CONF(host.tunnel_kind),
		.words = tunnel_words, .value = "auto",
		.help = "Who carries packets through tunnels: ip6_tunnel, the kernel; bpf, the kernel "
			"too, by programs of nuvold; or tun, nuvold, which costs more; auto takes the "
			"first that the kernel has, not bpf with datapath portable"},
	{HOST, .name = "filter", .kind = OPTION_FLAG, IN_CONF(host.filter), .value = "1",
		.help = "Let nftables keep each node's gateway on its own LAN, in a table of its own "
			"(bridge nuvol), besides the node itself"},
	{HOST, .name = "run_dir", .kind = OPTION_PATH, IN_CONF(host.run_dir),
		ROOM_OF(struct conf, host.run_dir), .min = 2, .max = HOST_PATH_ROOM - 1,
		.value = "/run/nuvol",
		.help = "The folder of the control socket"},
	{HOST, .name = "state_dir", .kind = OPTION_PATH, IN_CONF(host.state_dir),
		ROOM_OF(struct conf, host.state_dir), .min = 2, .max = HOST_PATH_ROOM - 1,
		.value = "/var/lib/nuvol",
		.help = "The folder of what must survive a restart: the clients' addresses; with "
			"another run_dir, its folder state, unless this option is set too"},
	{HOST, .name = "dnsmasq", .kind = OPTION_PATH, IN_CONF(host.dnsmasq),
		ROOM_OF(struct conf, host.dnsmasq), .min = 2, .max = HOST_PATH_ROOM - 1,
		.value = "/usr/sbin/dnsmasq",
		.help = "The program that serves DHCP, router advertisements and DNS"},
	{HOST, .name = "alfred_socket", .kind = OPTION_PATH, IN_CONF(host.alfred_socket),
		ROOM_OF(struct conf, host.alfred_socket), .min = 0, .max = HOST_PATH_ROOM - 1,
		.value = HOST_ALFRED_SOCKET,
		.help = "Where programs read and write the cloud's shared records, as alfred(8) serves "
			"them; with another run_dir, its alfred.sock, unless this option is set too; "
			"empty is nowhere"},

	{NET, .name = "linux_name", .kind = OPTION_INTERFACE, IN_NET(name),
		ROOM_OF(struct host_interface, name), .min = 0, .value = "",
		.help = "The interface that this section is about"},
	{NET, .name = "protocols", .kind = OPTION_NET_PROTOCOLS, .offset = 0, .value = "",
		.help = "What runs on this interface, instead of the node's list: "
			"batadv[:VID[:8021ad|8021q]] makes it a mesh interface, bmx7 carries the "
			"network of all clouds, lan a port of the "
			"bridge; manual and others leave it alone"},
	{NET, .name = "wifi", .kind = OPTION_CHOICE, IN_NET(wifi), .words = wifi_words,
		.value = "auto",
		.help = "Whether it is a radio: half duplex, with broadcasts that get lost; auto "
			"asks the kernel"},
	{NET, .name = "hop_penalty", .kind = OPTION_NUMBER, IN_NET(hop_penalty), .width = 1,
		.scale = 1, .min = 0, .max = 255, .value = "0",
		.help = "How much of the link quality, of 255, this interface costs besides"},
	{NET, .name = "mtu", .kind = OPTION_NUMBER, IN_NET(mtu_bytes), .width = 2, .scale = 1,
		.min = 0, .max = 65535, .value = "0", .unit = "bytes",
		.help = "The MTU to give a mesh interface, at least 600; 0 leaves it as it is"},

	{SEARCH, .name = "network", .kind = OPTION_NETWORK, .value = "",
		.help = "What is searched: all that other nodes offer of this network, as "
			"ADDRESS/BITS; each search needs one"},
	{SEARCH, .name = "gwName", .kind = OPTION_TEXT, IN_SEARCH(search.name),
		ROOM_OF(struct conf_search, search.name), .min = 0, .max = GW_NAME - 1,
		.value = "", .help = "Only the node of this hostname; empty is any"},
	{SEARCH, .name = "gwId", .kind = OPTION_NODE_ID, .value = "",
		.help = "Only the node of this id, 56 digits; empty is any"},
	{SEARCH, .name = "minPrefixLen", .kind = OPTION_NUMBER, IN_SEARCH(search.bits_min),
		SEARCH_WIDTH_OF(search.bits_min), .min = 0, .max = GW_BITS_OWN, .value = "129",
		.unit = "bits",
		.help = "Only offers of networks with at least so many bits; 129 stands for those "
			"of network"},
	{SEARCH, .name = "maxPrefixLen", .kind = OPTION_NUMBER, IN_SEARCH(search.bits_max),
		SEARCH_WIDTH_OF(search.bits_max), .min = 0, .max = 128, .value = "128",
		.unit = "bits", .help = "Only offers of networks with at most so many bits"},
	{SEARCH, .name = "rating", .kind = OPTION_NUMBER, IN_SEARCH(search.rating),
		SEARCH_WIDTH_OF(search.rating), .min = 0, .max = GW_PERCENT_MAX, .value = "100",
		.unit = "percent",
		.help = "What the bandwidth of this search's gateways counts, against those of "
			"other searches for the same network"},
	{SEARCH, .name = "hysteresis", .kind = OPTION_NUMBER, IN_SEARCH(search.hysteresis),
		SEARCH_WIDTH_OF(search.hysteresis), .min = 0, .max = GW_PERCENT_MAX, .value = "20",
		.unit = "percent",
		.help = "How much better another gateway must be than the one in use"},
	{SEARCH, .name = "minBandwidth", .kind = OPTION_NUMBER, IN_SEARCH(search.bandwidth_min),
		SEARCH_WIDTH_OF(search.bandwidth_min), .min = 36, .max = 257698037760,
		.value = "1000", .unit = "bit/s",
		.help = "An offer of this bandwidth is enough: beyond it, only the way to the "
			"gateway counts"},
	{SEARCH, .name = "ipMetric", .kind = OPTION_NUMBER, IN_SEARCH(search.ip_metric),
		SEARCH_WIDTH_OF(search.ip_metric), .min = 1, .max = INT32_MAX, .value = "1024",
		.help = "The metric of the routes that are made; the kernel takes less first"},
	{SEARCH, .name = "tableRule", .kind = OPTION_TABLE_RULE, .value = "32767/254",
		.help = "The preference of the rule and the table that the routes are in, as "
			"PREFERENCE/TABLE"},
	{SEARCH, .name = "proto", .kind = OPTION_NUMBER, IN_SEARCH(search.proto),
		SEARCH_WIDTH_OF(search.proto), .min = 0, .max = GW_PROTO_ANY, .value = "256",
		.help = "Only offers of networks that come from this kind of route, as BMX7 counts "
			"them; 256 is any"},
	{SEARCH, .name = "allowOverlappingPrefix", .kind = OPTION_FLAG,
		IN_SEARCH(search.allow_overlap), .value = "1",
		.help = "Let another gateway have a part of this search's network though it is "
			"worse"},
	{SEARCH, .name = "breakOverlappingPrefix", .kind = OPTION_FLAG,
		IN_SEARCH(search.break_overlap), .value = "1",
		.help = "Let this search's gateway have a part of another's network though it is "
			"worse"},
	{SEARCH, .name = "disabled", .kind = OPTION_FLAG, IN_SEARCH(disabled), .value = "0",
		.help = "Do not search this; takes out one of the defaults, too"},
};
/* clang-format on */

const struct option *option_table(size_t *count)
{
	*count = sizeof(table) / sizeof(table[0]);
	return table;
}

static bool is_same_type(const char *ours, const char *type)
{
	if (strcmp(ours, "lime") == 0 && strncmp(type, "lime-", 5) == 0)
		return true;
	return strcmp(ours, type) == 0;
}

const struct option *option_find(const char *type, const char *section, const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct option *o = &table[i];

		if (is_same_type(o->type, type) &&
		    (!o->section || strcmp(o->section, section) == 0) &&
		    (strcmp(o->name, name) == 0))
			return o;
	}
	return NULL;
}
