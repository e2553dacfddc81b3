/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batadv - the packets of batman-adv, compat version 15: parse and write.
 *
 * Source  specs/batman-adv.md 1-3, 10-12, 17. All fields big-endian.
 * Shape   A packet is what follows ethertype 0x4305. parse functions check
 *         lengths and the version, fill a struct in host order and leave
 *         pointers into the packet; write functions append to a cursor.
 * Memory  nothing is copied or allocated.
 *
 * Errors of every parse function: ERR_SHORT (the packet ends too early),
 * ERR_VERSION (not 15), ERR_MALFORMED (a value that cannot be). On an error
 * the struct is not to be used.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/err.h"
#include "base/mac.h"

enum { BATADV_VERSION = 15, BATADV_TTL = 50 };

enum batadv_type {
	BATADV_IV_OGM = 0x00,
	BATADV_BCAST = 0x01,
	BATADV_CODED = 0x02,
	BATADV_ELP = 0x03,
	BATADV_OGM2 = 0x04,
	BATADV_MCAST = 0x05,
	BATADV_UNICAST = 0x40,
	BATADV_UNICAST_FRAG = 0x41,
	BATADV_UNICAST_4ADDR = 0x42,
	BATADV_ICMP = 0x43,
	BATADV_UNICAST_TVLV = 0x44,
	BATADV_UNICAST_MIN = 0x40, /* routed types, known or not ... */
	BATADV_UNICAST_MAX = 0x7f, /* ... have ttl at 2 and dest at 4 */
};

/* Header sizes, bytes. */
enum {
	BATADV_OGM_LEN = 24,
	BATADV_BCAST_LEN = 14,
	BATADV_UNICAST_LEN = 10,
	BATADV_4ADDR_LEN = 18,
	BATADV_FRAG_LEN = 20,
	BATADV_ICMP_LEN = 20,
	BATADV_ICMP_RR_LEN = 116, /* with the record of 16 addresses */
	BATADV_ICMP_RR_SLOTS = 16,
	BATADV_UTVLV_LEN = 20,
	BATADV_TVLV_LEN = 4,
	BATADV_TT_LEN = 4,
	BATADV_TT_VLAN_LEN = 8,
	BATADV_TT_CHANGE_LEN = 12,
	BATADV_ROAM_LEN = 8,
};

/* The two bytes that every packet begins with. */
enum err batadv_peek(const void *packet, size_t len, uint8_t *type);

/* ---- originator messages (BATMAN_IV) ---- */

enum {
	OGM_NOT_BEST_NEXT_HOP = 0x01,
	OGM_DIRECTLINK = 0x04,
};

struct batadv_ogm {
	uint8_t ttl;
	uint8_t flags;
	uint32_t seqno;
	struct mac orig;
	struct mac prev_sender;
	uint8_t tq;
	const uint8_t *tvlv;
	uint16_t tvlv_len;
};

/* Reads the next OGM of an aggregate and moves r behind it. Stricter than the
 * kernel: version and a possible originator are asked of each member, so that
 * Ethernet padding is not taken for one (ERR_MALFORMED; the caller stops). */
enum err batadv_ogm_parse(struct rd *r, struct batadv_ogm *ogm);
void batadv_ogm_write(struct wr *w, const struct batadv_ogm *ogm);

/* ---- routed packets ---- */

/* What types 0x40-0x7f share: enough to pass a packet on. */
struct batadv_routed {
	uint8_t type;
	uint8_t ttl;
	struct mac dest;
};
enum err batadv_routed_parse(const void *packet, size_t len, struct batadv_routed *h);

struct batadv_unicast {
	uint8_t ttl;
	uint8_t ttvn;
	struct mac dest;
	bool has_src; /* UNICAST_4ADDR: src and subtype are there */
	struct mac src;
	uint8_t subtype;
	const uint8_t *frame; /* the client's Ethernet frame */
	size_t frame_len;
};

enum batadv_4addr {
	BATADV_4ADDR_DATA = 1,
	BATADV_4ADDR_DHT_GET = 2,
	BATADV_4ADDR_DHT_PUT = 3,
	BATADV_4ADDR_DHT_REPLY = 4,
};

/* UNICAST and UNICAST_4ADDR; the inner frame has at least an Ethernet header. */
enum err batadv_unicast_parse(const void *packet, size_t len, struct batadv_unicast *u);
/* The header only, 10 or 18 bytes by has_src. */
void batadv_unicast_write(struct wr *w, const struct batadv_unicast *u);

struct batadv_frag {
	uint8_t ttl;
	uint8_t no;   /* 0 is the tail, 0..15 */
	uint8_t prio; /* 0..7 */
	struct mac dest;
	struct mac orig;
	uint16_t seqno;
	uint16_t total_size;
	const uint8_t *piece;
	size_t piece_len;
};
enum err batadv_frag_parse(const void *packet, size_t len, struct batadv_frag *f);
/* Header and piece. */
void batadv_frag_write(struct wr *w, const struct batadv_frag *f);

enum batadv_icmp_type {
	BATADV_ECHO_REPLY = 0,
	BATADV_UNREACHABLE = 3,
	BATADV_ECHO_REQUEST = 8,
	BATADV_TTL_EXCEEDED = 11,
	BATADV_PARAMETER_PROBLEM = 12,
	BATADV_THROUGHPUT = 15,
};

struct batadv_icmp {
	uint8_t ttl;
	uint8_t msg_type;
	struct mac dst;
	struct mac orig;
	uint8_t uid;
	uint8_t rr_cur; /* slots used; reserved in the short form */
	uint16_t seqno;
	const uint8_t *rr; /* 16 addresses, or NULL in the short form */
};
enum err batadv_icmp_parse(const void *packet, size_t len, struct batadv_icmp *i);
void batadv_icmp_write(struct wr *w, const struct batadv_icmp *i);

struct batadv_utvlv {
	uint8_t ttl;
	struct mac dst;
	struct mac src;
	const uint8_t *tvlv;
	uint16_t tvlv_len;
};
enum err batadv_utvlv_parse(const void *packet, size_t len, struct batadv_utvlv *u);
/* Header and containers. */
void batadv_utvlv_write(struct wr *w, const struct batadv_utvlv *u);

/* ---- flooded packets ---- */

struct batadv_bcast {
	uint8_t ttl;
	uint32_t seqno;
	struct mac orig;
	const uint8_t *frame;
	size_t frame_len;
};
enum err batadv_bcast_parse(const void *packet, size_t len, struct batadv_bcast *b);
/* Header and frame. */
void batadv_bcast_write(struct wr *w, const struct batadv_bcast *b);

/* ---- TVLV containers ---- */

enum batadv_tvlv_type {
	TVLV_GW = 1,
	TVLV_DAT = 2,
	TVLV_NC = 3,
	TVLV_TT = 4,
	TVLV_ROAM = 5,
	TVLV_MCAST = 6,
	TVLV_MCAST_TRACKER = 7,
};

struct batadv_tvlv {
	uint8_t type;
	uint8_t version;
	const uint8_t *value;
	uint16_t len;
};

/* The next container of a list. false: the end, or what is left is not one
 * (too short, odd length). */
bool batadv_tvlv_next(struct rd *r, struct batadv_tvlv *t);
/* The 4-byte header; the caller writes len bytes behind it. */
void batadv_tvlv_write(struct wr *w, uint8_t type, uint8_t version, uint16_t len);

enum {
	TT_OGM_DIFF = 0x01,
	TT_REQUEST = 0x02,
	TT_RESPONSE = 0x04,
	TT_FULL = 0x10,
	TT_TYPE_MASK = 0x0f,
};

/* Flags of a client entry, as on the wire. */
enum {
	TT_CLIENT_DEL = 0x01,
	TT_CLIENT_ROAM = 0x02,
	TT_CLIENT_WIFI = 0x10,
	TT_CLIENT_ISOLATED = 0x20,
	TT_CLIENT_SYNC_MASK = 0xf0, /* these are counted in the CRC */
};

struct batadv_tt {
	uint8_t flags;
	uint8_t ttvn;
	uint16_t vlan_count;
	const uint8_t *vlans; /* vlan_count * 8 bytes */
	const uint8_t *changes;
	size_t change_count; /* * 12 bytes */
};

struct batadv_tt_vlan {
	uint32_t crc;
	uint16_t vid;
};

struct batadv_tt_change {
	uint8_t flags;
	struct mac mac;
	uint16_t vid;
};

/* The value of a TT container. ERR_SHORT: the VLAN list does not fit. */
enum err batadv_tt_parse(const void *value, size_t len, struct batadv_tt *tt);
/* i < vlan_count / i < change_count. */
struct batadv_tt_vlan batadv_tt_vlan_at(const struct batadv_tt *tt, size_t i);
struct batadv_tt_change batadv_tt_change_at(const struct batadv_tt *tt, size_t i);
/* flags, ttvn and the number of VLANs; VLANs and changes follow one by one. */
void batadv_tt_write(struct wr *w, uint8_t flags, uint8_t ttvn, uint16_t vlan_count);
void batadv_tt_vlan_write(struct wr *w, struct batadv_tt_vlan v);
void batadv_tt_change_write(struct wr *w, struct batadv_tt_change c);

struct batadv_roam {
	struct mac client;
	uint16_t vid;
};
enum err batadv_roam_parse(const void *value, size_t len, struct batadv_roam *r);
void batadv_roam_write(struct wr *w, struct batadv_roam r);

struct batadv_gw {
	uint32_t down_100kbit;
	uint32_t up_100kbit;
};
enum err batadv_gw_parse(const void *value, size_t len, struct batadv_gw *g);

/* ---- bridge loop avoidance: ARP frames on the LAN ---- */

enum batadv_claim {
	BATADV_CLAIM = 0,
	BATADV_UNCLAIM = 1,
	BATADV_ANNOUNCE = 2,
	BATADV_CLAIM_REQUEST = 3,
	BATADV_LOOP_DETECT = 4,
};

/* Is this LAN frame a claim frame (specs/batman-adv.md 15: an ARP reply whose
 * target is ff:43:05:TT:GG:GG and whose IPv4 addresses are 0.0.0.0)? If so
 * *claim says which and *gateway who claims (the Ethernet source of announce,
 * unclaim and request frames, the sender hardware address of claims). */
bool batadv_claim_parse(const void *frame, size_t len, enum batadv_claim *claim,
			struct mac *gateway);
