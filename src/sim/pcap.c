/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/pcap.h"
#include "core/network.h"
#include "sim/world_lan.h"
#include "wire/ethernet.h"

#define PCAP_MAGIC UINT32_C(0xa1b2c3d4) /* microseconds */

enum {
	VERSION = 0x00040002,
	LENGTH_MAX = 65535,
	LINK_ETHERNET = 1,
	ADDRESSES = 12,
	NETWORK_VLAN = 18, /* specs/libremesh.md 1.2 */
};

FILE *pcap_open(const char *path)
{
	const uint32_t head[6] = {PCAP_MAGIC, VERSION, 0, 0, LENGTH_MAX, LINK_ETHERNET};
	FILE *f = fopen(path, "wb");

	if (f)
		fwrite(head, sizeof(head), 1, f);
	return f;
}

void pcap_close(FILE *f)
{
	fclose(f);
}

void pcap_frame(FILE *f, instant at, uint16_t tpid, uint16_t vid, const uint8_t *frame, size_t len)
{
	const uint8_t tag[VLAN_TAG] = {(uint8_t)(tpid >> 8), (uint8_t)tpid, (uint8_t)(vid >> 8),
				       (uint8_t)vid};
	const size_t tag_len = vid > 0 ? sizeof(tag) : 0;
	const uint32_t whole = (uint32_t)(len + tag_len);
	const uint32_t head[4] = {(uint32_t)(at.us / 1000000), (uint32_t)(at.us % 1000000), whole,
				  whole};

	fwrite(head, sizeof(head), 1, f);
	fwrite(frame, ADDRESSES, 1, f);
	fwrite(tag, tag_len, 1, f);
	fwrite(frame + ADDRESSES, len - ADDRESSES, 1, f);
}

void pcap_datagram(FILE *f, instant at, struct mac from, const uint8_t *data, size_t len)
{
	const struct ipv6 all_routers = {{0xff, 2, [15] = 2}, 128};
	const struct lan_udp udp = {
		from, {{0x33, 0x33, 0, 0, 0, 2}}, all_routers, NETWORK_UDP_PORT, data, len};
	uint8_t frame[LAN_FRAME_MAX];

	pcap_frame(f, at, ETHERTYPE_8021AD, NETWORK_VLAN, frame, lan_udp_frame(&udp, frame));
}
