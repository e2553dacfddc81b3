/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tt_vlan - a table of clients by VLAN: how many are announced, and their CRC.
 *
 * Source  specs/batman-adv.md 11 "CRC".
 * Shape   sorted by vid. A slot lives as long as it has members; only those of
 *         its members that are counted enter the CRC, by XOR, so that a change
 *         costs the same however long the table is. VLANs with no counted member
 *         are not listed on the wire.
 * Memory  one array from the pool that doubles; tt_vlans_fini gives it back.
 */
#pragma once
#include "base/map.h"
#include "base/pool.h"
#include "wire/batadv.h"

struct tt_vlan {
	uint16_t vid;
	uint32_t crc;	  /* XOR over the counted members */
	uint32_t count;	  /* members that are announced */
	uint32_t members; /* clients of this VLAN, announced or not */
};

struct tt_vlans {
	struct tt_vlan *at;
	uint32_t used, room;
};

void tt_vlans_fini(struct pool *pool, struct tt_vlans *vs);

/* The slot of a VLAN, or NULL; good until the next join or leave. */
struct tt_vlan *tt_vlans_find(const struct tt_vlans *vs, uint16_t vid);

/* One more member, not counted yet. NULL: it would be VLAN max + 1, or no memory. */
struct tt_vlan *tt_vlans_join(struct pool *pool, struct tt_vlans *vs, uint32_t max, uint16_t vid);
/* One member less; it is not counted any more. */
void tt_vlans_leave(struct tt_vlans *vs, uint16_t vid);

/* A member is announced with these flags, or no longer. */
void tt_vlan_count(struct tt_vlan *v, struct mac mac, uint8_t flags);
void tt_vlan_uncount(struct tt_vlan *v, struct mac mac, uint8_t flags);

/* How many VLANs have a counted member. */
uint32_t tt_vlans_listed(const struct tt_vlans *vs);
void tt_vlans_write(const struct tt_vlans *vs, struct wr *w);

/* Is what tt lists what we have? A VLAN that is listed as empty (CRC 0) may be
 * missing here. */
bool tt_vlans_match(const struct tt_vlans *vs, const struct batadv_tt *tt);

/* crc32c of one entry as it enters a VLAN's CRC; only the sync flags count. */
uint32_t tt_entry_crc(struct mac mac, uint16_t vid, uint8_t flags);

/* Can a frame belong to this VLAN: 0, or 0x8000 | id? */
static inline bool tt_vid_valid(uint16_t vid)
{
	return vid == 0 || ((vid & 0xf000) == 0x8000 && vid != 0x8fff);
}

/* The hash of a client's key. */
static inline uint32_t tt_client_hash(const struct map *m, struct mac mac, uint16_t vid)
{
	uint8_t key[8];

	memcpy(key, mac.b, sizeof(mac.b));
	key[6] = (uint8_t)(vid >> 8);
	key[7] = (uint8_t)vid;
	return map_hash(m, key, sizeof(key));
}
