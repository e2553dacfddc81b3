/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/tt_vlan.h"
#include <assert.h>
#include <string.h>
#include "base/crc32c.h"

enum { ROOM_MIN = 2 };

void tt_vlans_fini(struct pool *pool, struct tt_vlans *vs)
{
	pool_free(pool, vs->at, vs->room * sizeof(*vs->at));
	*vs = (struct tt_vlans){0};
}

/* The first slot whose vid is not smaller; used when there is none. */
static uint32_t place_of(const struct tt_vlans *vs, uint16_t vid)
{
	uint32_t low = 0, high = vs->used;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (vs->at[middle].vid < vid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct tt_vlan *tt_vlans_find(const struct tt_vlans *vs, uint16_t vid)
{
	uint32_t i = place_of(vs, vid);

	return i < vs->used && vs->at[i].vid == vid ? &vs->at[i] : NULL;
}

static bool grow(struct pool *pool, struct tt_vlans *vs)
{
	uint32_t room = vs->room ? vs->room * 2 : ROOM_MIN;
	struct tt_vlan *at = pool_alloc(pool, room * sizeof(*at));

	if (!at)
		return false;
	if (vs->used > 0)
		memcpy(at, vs->at, vs->used * sizeof(*at));
	pool_free(pool, vs->at, vs->room * sizeof(*vs->at));
	vs->at = at;
	vs->room = room;
	return true;
}

struct tt_vlan *tt_vlans_join(struct pool *pool, struct tt_vlans *vs, uint32_t max, uint16_t vid)
{
	uint32_t i = place_of(vs, vid);

	if (i == vs->used || vs->at[i].vid != vid) {
		if (vs->used >= max || (vs->used == vs->room && !grow(pool, vs)))
			return NULL;
		memmove(&vs->at[i + 1], &vs->at[i], (vs->used - i) * sizeof(*vs->at));
		vs->at[i] = (struct tt_vlan){.vid = vid};
		vs->used++;
	}
	vs->at[i].members++;
	return &vs->at[i];
}

void tt_vlans_leave(struct tt_vlans *vs, uint16_t vid)
{
	uint32_t i = place_of(vs, vid);

	assert(i < vs->used && vs->at[i].vid == vid);
	assert(vs->at[i].members > vs->at[i].count);
	if (--vs->at[i].members > 0)
		return;
	assert(vs->at[i].crc == 0);
	vs->used--;
	memmove(&vs->at[i], &vs->at[i + 1], (vs->used - i) * sizeof(*vs->at));
}

void tt_vlan_count(struct tt_vlan *v, struct mac mac, uint8_t flags)
{
	assert(v->count < v->members);
	v->crc ^= tt_entry_crc(mac, v->vid, flags);
	v->count++;
}

void tt_vlan_uncount(struct tt_vlan *v, struct mac mac, uint8_t flags)
{
	assert(v->count > 0);
	v->crc ^= tt_entry_crc(mac, v->vid, flags);
	v->count--;
}

uint32_t tt_vlans_listed(const struct tt_vlans *vs)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < vs->used; i++)
		n += vs->at[i].count > 0;
	return n;
}

void tt_vlans_write(const struct tt_vlans *vs, struct wr *w)
{
	for (uint32_t i = 0; i < vs->used; i++) {
		struct batadv_tt_vlan v = {.crc = vs->at[i].crc, .vid = vs->at[i].vid};

		if (vs->at[i].count > 0)
			batadv_tt_vlan_write(w, v);
	}
}

bool tt_vlans_match(const struct tt_vlans *vs, const struct batadv_tt *tt)
{
	uint32_t matched = 0;

	for (size_t i = 0; i < tt->vlan_count; i++) {
		struct batadv_tt_vlan listed = batadv_tt_vlan_at(tt, i);
		const struct tt_vlan *v = tt_vlans_find(vs, listed.vid);

		if (listed.crc != (v ? v->crc : 0))
			return false;
		matched += v && v->count > 0;
	}
	return matched >= tt_vlans_listed(vs);
}

uint32_t tt_entry_crc(struct mac mac, uint16_t vid, uint8_t flags)
{
	uint8_t entry[9] = {(uint8_t)(vid >> 8), (uint8_t)vid, flags & TT_CLIENT_SYNC_MASK};

	memcpy(entry + 3, mac.b, sizeof(mac.b));
	return crc32c(0, entry, sizeof(entry));
}
