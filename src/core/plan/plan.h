/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan - who this node is: VLANs, MACs, addresses and names from SSID and MAC.
 *
 * Source  specs/libremesh.md 1.1 to 1.4, 1.9; vectors in tests/golden/libremesh.json.
 * Shape   derived once, never changes. Where LibreMesh's rule gives two things
 *         the same value, its result is kept and a warning says so.
 * Memory  plain data; nothing is allocated.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/ip.h"
#include "base/mac.h"
#include "core/crypto.h"
#include "core/plan/plan_conf.h"

enum {
	PLAN_HOSTNAME_ROOM = 33,
	PLAN_WARNINGS_MAX = 16,
	PLAN_TEXT_ROOM = 200,
	NETWORK_VID = 18,     /* BMX7, the same in every cloud; specs/libremesh.md 1.2 */
	CLOUD_VID_FIRST = 29, /* of the VLAN ids that %N1 gives: 29..284 */
	TPID_8021AD = 0x88a8,
	TPID_8021Q = 0x8100,
};

/* Which reserved address the IPv4 rule hit. */
enum plan_ipv4_rule {
	PLAN_IPV4_FREE,
	PLAN_IPV4_NETWORK,
	PLAN_IPV4_ANYGW,
	PLAN_IPV4_BROADCAST,
};

enum plan_warning_kind {
	PLAN_SSID_EMPTY,
	PLAN_SSID_LONG,	       /* more than SSID_MAX bytes: cut on the air, hashed whole */
	PLAN_SSID_SHELL,       /* LibreMesh's shell changes it before hashing */
	PLAN_CLOUD_SHARED,     /* another SSID has the same VLAN and IPv4 prefix */
	PLAN_CLOUD_UNTAGGED,   /* without a VLAN all such clouds in reach are one */
	PLAN_VID_FIXED_SHARED, /* the VLAN id is another protocol's, or may be another cloud's */
	PLAN_IPV4_RESERVED,    /* network, broadcast or anycast: the last host for all offenders */
	PLAN_IPV4_LAST,	       /* lands by itself on the last host, where the offenders go */
	PLAN_IPV6_ANYCAST,     /* ::1 is the anycast gateway's */
	PLAN_IPV6_ROUTER,      /* the subnet-router anycast address, RFC 4291 2.6.1 */
	PLAN_MAC_UNKNOWN,      /* the primary MAC is zero or multicast */
	PLAN_MAC_LOCAL,	       /* locally administered: nobody promises that it is unique */
	PLAN_HOSTNAME_CHANGED, /* not a name: characters replaced or cut */
	PLAN_PORT_SHARED,      /* two interfaces, or one and the primary, get one MAC */
};

/* All texts end in NUL and hold no control characters. */
struct plan_warning {
	enum plan_warning_kind kind;
	char text[PLAN_TEXT_ROOM];   /* what is wrong, in words */
	char remedy[PLAN_TEXT_ROOM]; /* what to do */
};

struct plan {
	char ssid[SSID_MAX + 1]; /* as it is on the air */
	uint8_t network_id[16];	 /* %N1..%N6 are its first bytes */
	uint8_t machine_id[16];	 /* %m1..%m6 */
	struct mac primary_mac;	 /* %M1..%M6 */
	char hostname[PLAN_HOSTNAME_ROOM];
	char domain[PLAN_DOMAIN_ROOM];

	bool cloud_tagged;    /* false: batman-adv without a VLAN tag */
	uint16_t cloud_vid;   /* 1..4094; 0 when not tagged */
	uint16_t cloud_tpid;  /* TPID_8021AD or TPID_8021Q */
	uint16_t network_vid; /* NETWORK_VID, always TPID_8021AD */

	struct ipv4 prefix4; /* the cloud's */
	struct ipv6 prefix6;
	struct ipv4 ipv4; /* this node's */
	enum plan_ipv4_rule ipv4_rule;
	struct ipv6 ipv6;

	struct mac anygw_mac;
	struct ipv4 anygw_ipv4;
	struct ipv6 anygw_ipv6;
	struct ipv6 anygw_link_local;

	struct ipv4 dhcp_first;
	struct ipv4 dhcp_last;
	uint32_t dhcp_limit; /* addresses in the pool */

	struct plan_warning warnings[PLAN_WARNINGS_MAX];
	uint8_t warning_count;
	uint8_t warnings_dropped; /* that did not fit */
};

/* Derives all. ERR_MALFORMED: a template does not give an address, MAC or VLAN
 * id; plan_fault says which. *p is then not to be used. */
enum err plan_init(struct plan *p, const struct plan_conf *conf, const struct crypto *crypto);

/* Why plan_init refuses conf: the option's name and what it gave, into text
 * (cut to fit); false and "" when it does not. */
bool plan_fault(const struct plan_conf *conf, const struct crypto *crypto, char *text, size_t room);

/* The tag of batman-adv on one interface. */
struct plan_tag {
	bool tagged;
	uint16_t vid;  /* 1..4094; 0 when not tagged */
	uint16_t tpid; /* TPID_8021AD or TPID_8021Q */
};

/* What LibreMesh's protocol string "batadv[:VID[:8021ad|8021q]]" means in p's cloud;
 * for interfaces that have a list of protocols of their own (struct host_interface).
 * ERR_MALFORMED: it is no such string, *out is unchanged. */
enum err plan_tag(const struct plan *p, const char *protocol, struct plan_tag *out);

/* The MAC of batman-adv on interface ifname, which is the base device: "wlan0-mesh",
 * "eth0", never with a VLAN suffix. 02, two bytes from the name, three from the MAC. */
void plan_port_mac(const struct plan *p, const struct crypto *crypto, const char *ifname,
		   struct mac *out);
/* The address that dnsmasq tries first for a client, specs/libremesh.md 1.9: a node
 * that offers it too agrees with LibreMesh's nodes before they have spoken. */
struct ipv4 plan_dhcp_choice(const struct plan *p, struct mac client);

/* Adds PLAN_PORT_SHARED warnings for the interfaces of this node. */
void plan_check_ports(struct plan *p, const struct crypto *crypto, const char *const *ifnames,
		      size_t count);
/* Adds PLAN_CLOUD_SHARED when another cloud in reach, other_ssid, gets p's VLAN id. */
void plan_check_cloud(struct plan *p, const struct plan_conf *conf, const struct crypto *crypto,
		      const char *other_ssid);

/* A short lower-case name for JSON: "ssid-shell". */
const char *plan_warning_name(enum plan_warning_kind kind);
