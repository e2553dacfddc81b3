/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_conf - what an operator may set of the machine that hosts the node.
 *
 * Source  ours; the names of `config net` are LibreMesh's (specs/libremesh.md 3).
 * Shape   plain data; conf/ fills it, the main programs read it. Names are
 *         Linux interface names, up to 15 bytes and NUL.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/ip.h"
#include "core/plan/plan_conf.h"

enum {
	HOST_IFNAME_ROOM = 16, /* IFNAMSIZ */
	HOST_INTERFACES_MAX = 16,
	HOST_LAN_PORTS_MAX = 16,
	HOST_SECTION_ROOM = 32,
	HOST_PATH_ROOM = 108, /* sun_path */
	HOST_RESOLVERS_MAX = 8,
	HOST_URL_ROOM = 128,
	HOST_PENALTY_AUTO = -1,
};

#define HOST_ALFRED_SOCKET "/var/run/alfred.sock"

enum host_wifi { HOST_WIFI_AUTO, HOST_WIFI_YES, HOST_WIFI_NO };

/* How the anycast gateway's interface is made. AUTO: as a pair, else as a macvlan. */
enum host_anygw { HOST_ANYGW_AUTO, HOST_ANYGW_VETH, HOST_ANYGW_MACVLAN };

/* Who carries packets through tunnels. AUTO: the kernel's ip6_tunnel, else the kernel by programs
 * of ours (not with a PORTABLE datapath), else we do. */
enum host_tunnel {
	HOST_TUNNEL_AUTO,
	HOST_TUNNEL_IP6_TUNNEL,
	HOST_TUNNEL_BPF,
	HOST_TUNNEL_TUN,
};

/* Who forwards the cloud's payload. BPF: the kernel, by programs of ours; PORTABLE: we do;
 * AUTO: as PORTABLE, for now. */
enum host_datapath { HOST_DATAPATH_AUTO, HOST_DATAPATH_BPF, HOST_DATAPATH_PORTABLE };

/* What an uplink does for IPv6 of others. */
enum host_ipv6 {
	HOST_IPV6_AUTO,	  /* when the LAN has a global prefix: passes that, others as NAT66 */
	HOST_IPV6_ROUTED, /* passes the LAN's global prefix; nothing is translated */
	HOST_IPV6_NAT66,  /* in the name of the uplink's own address */
	HOST_IPV6_NPTV6,  /* the cloud's prefix becomes another one; others as NAT66 */
	HOST_IPV6_OFF,
};

/* Of uplinks, beside struct uplink_conf. */
struct host_uplink {
	char interface[HOST_IFNAME_ROOM]; /* only this one; "": any with a default route */
	bool nat;			  /* IPv4 in the uplink's own address; default true */
	enum host_ipv6 ipv6;
	char ipv6_prefix[IPV6_PREFIX_TEXT]; /* of NPTV6, routed to us */
	bool protect; /* nobody reaches the networks beside the uplink; default true */
	char portal_host[HOST_URL_ROOM], portal_path[HOST_URL_ROOM];
	char portal_text[HOST_URL_ROOM]; /* what the page begins with */
};

/* A `config net` section. It is a mesh interface when `mesh`, and a port of the
 * bridge when `lan`. */
struct host_interface {
	char section[HOST_SECTION_ROOM];   /* its UCI name */
	char name[HOST_IFNAME_ROOM];	   /* linux_name */
	bool mesh;			   /* protocol batadv is in its list */
	bool lan;			   /* protocol lan is in its list */
	bool network;			   /* protocol bmx7 is in its list */
	char protocol[PLAN_TEMPLATE_ROOM]; /* batadv[:VID[:8021ad|8021q]]; plan_tag reads it;
					    "" when not mesh */
	enum host_wifi wifi;		   /* AUTO: ask the kernel */
	uint8_t hop_penalty;		   /* 0..255, added to what the mesh takes; default 0 */
	uint16_t mtu_bytes;		   /* of the interface; 0: as it is */
};

struct host_conf {
	char primary_interface[HOST_IFNAME_ROOM]; /* its MAC is the node's; default eth0;
 auto or missing: the host chooses */
	bool primary_mac_set;	       /* node.plan.primary_mac was configured: do not read it */
	char bridge[HOST_IFNAME_ROOM]; /* default br-lan */
	char cloud_port[HOST_IFNAME_ROOM]; /* default bat0 */
	char anygw[HOST_IFNAME_ROOM];	   /* default anygw */
	enum host_anygw anygw_kind;	   /* default AUTO */
	enum host_tunnel tunnel_kind;	   /* default AUTO */
	enum host_datapath datapath;	   /* default AUTO */
	bool filter;			   /* nftables keeps the gateway's frames; default true */
	char run_dir[HOST_PATH_ROOM];	   /* default /run/nuvol */
	struct host_interface interfaces[HOST_INTERFACES_MAX];
	uint8_t interface_count;
	char lan_ports[HOST_LAN_PORTS_MAX][HOST_IFNAME_ROOM]; /* besides those with `lan` */
	uint8_t lan_port_count;
	uint16_t network_mtu_bytes;		       /* bmx7_mtu; default 1500 */
	char state_dir[HOST_PATH_ROOM];		       /* default /var/lib/nuvol */
	char trusted_nodes_dir[HOST_PATH_ROOM];	       /* "": everybody is trusted, the default */
	char alfred_socket[HOST_PATH_ROOM];	       /* default HOST_ALFRED_SOCKET; "": none */
	char dnsmasq[HOST_PATH_ROOM];		       /* the program; default /usr/sbin/dnsmasq */
	uint32_t lease_time_s;			       /* of DHCP; default an hour */
	uint32_t client_mtu_bytes;		       /* that clients are told; default 1350 */
	char resolvers[HOST_RESOLVERS_MAX][IPV6_TEXT]; /* DNS servers of the Internet */
	uint8_t resolver_count;
	struct host_uplink uplink;
};

/* No `config net` names a mesh interface: the host looks for them by itself, and
 * uses for each the VLAN and tag of the plan. */
bool host_conf_is_automatic(const struct host_conf *h);
/* The `config net` of the interface of that name, or NULL. */
const struct host_interface *host_conf_interface(const struct host_conf *h, const char *name);
/* Some `config net` has protocol bmx7. */
bool host_conf_has_network(const struct host_conf *h);

/* The name of the bridge's port that the anycast gateway's pair ends in; returns name. */
char *host_conf_anygw_port(const struct host_conf *h, char name[HOST_IFNAME_ROOM]);
/* Does the node make the interface of this name for itself? */
bool host_conf_makes(const struct host_conf *h, const char *name);
