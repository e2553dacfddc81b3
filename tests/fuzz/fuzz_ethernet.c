/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as an Ethernet frame: the payload lies in the frame, behind the tags
 * that were counted; a claim frame is an ARP frame.
 */
#include "fuzz.h"
#include "wire/batadv.h"
#include "wire/ethernet.h"

static void frame_check(const uint8_t *data, size_t size, const struct ethernet *e)
{
	size_t header_len = ETHERNET_HEADER + (size_t)e->tags * VLAN_TAG;
	uint16_t vid = ethernet_batadv_vid(e);
	uint8_t bytes[ETHERNET_HEADER];
	struct wr w = wr_over(bytes, sizeof(bytes));

	must(e->tags <= ETHERNET_TAGS_MAX);
	must(e->payload == data + header_len);
	must(e->payload + e->payload_len == data + size);
	must(data[header_len - 2] == e->inner_type >> 8);
	must(data[header_len - 1] == (e->inner_type & 0xff));
	must(e->inner_type != ETHERTYPE_8021Q && e->inner_type != ETHERTYPE_8021AD);
	must(e->tags > 0 || (e->vlan == 0 && e->type == e->inner_type));
	must(vid == 0 || (vid == (0x8000 | e->vlan) && e->type == ETHERTYPE_8021Q));
	ethernet_write(&w, e->dst, e->src, e->type);
	must(!w.bad && memcmp(bytes, data, sizeof(bytes)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ethernet e;
	enum batadv_claim claim;
	struct mac gateway;
	enum err err = ethernet_parse(data, size, &e);

	if (err == OK)
		frame_check(data, size, &e);
	else
		must(err == ERR_SHORT || err == ERR_MALFORMED);
	must(err != ERR_SHORT || size < ETHERNET_HEADER + ETHERNET_TAGS_MAX * VLAN_TAG);
	if (batadv_claim_parse(data, size, &claim, &gateway)) {
		must(err == OK && e.inner_type == ETHERTYPE_ARP && e.tags <= 1);
		must(claim <= BATADV_LOOP_DETECT && e.payload_len >= 28);
	}
	return 0;
}
