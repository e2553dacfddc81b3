/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/ethernet.h"

enum {
	VLAN_ID_MASK = 0x0fff,
	BATADV_VID_TAGGED = 0x8000,
};

static bool is_tag(uint16_t type)
{
	return type == ETHERTYPE_8021Q || type == ETHERTYPE_8021AD;
}

enum err ethernet_parse(const void *frame, size_t len, struct ethernet *e)
{
	struct rd r = rd_over(frame, len);

	*e = (struct ethernet){0};
	e->dst = rd_mac(&r);
	e->src = rd_mac(&r);
	e->type = e->inner_type = rd_u16(&r);
	while (!r.bad && is_tag(e->inner_type)) {
		if (e->tags == ETHERNET_TAGS_MAX)
			return ERR_MALFORMED;
		uint16_t id = rd_u16(&r) & VLAN_ID_MASK;
		if (e->tags == 0)
			e->vlan = id;
		e->tags++;
		e->inner_type = rd_u16(&r);
	}
	if (r.bad)
		return ERR_SHORT;
	e->payload_len = rd_left(&r);
	e->payload = rd_take(&r, e->payload_len);
	return OK;
}

uint16_t ethernet_batadv_vid(const struct ethernet *e)
{
	if (e->type != ETHERTYPE_8021Q || e->vlan == 0)
		return 0;
	return BATADV_VID_TAGGED | e->vlan;
}

void ethernet_write(struct wr *w, struct mac dst, struct mac src, uint16_t type)
{
	wr_mac(w, dst);
	wr_mac(w, src);
	wr_u16(w, type);
}
