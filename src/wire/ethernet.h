/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ethernet - frames and the VLAN tags in them.
 *
 * Source  IEEE 802.3, 802.1Q, 802.1ad.
 * Shape   header 14 bytes: destination, source, ethertype; a tag is 4 bytes
 *         (its ethertype and the tag control information) before the ethertype.
 * Memory  nothing is copied.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/err.h"
#include "base/mac.h"

enum {
	ETHERNET_HEADER = 14,
	VLAN_TAG = 4,
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_8021Q = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_8021AD = 0x88a8,
	ETHERTYPE_BATADV = 0x4305,
	/* Tags that ethernet_parse looks through; a frame with more is refused. */
	ETHERNET_TAGS_MAX = 8,
};

struct ethernet {
	struct mac dst;
	struct mac src;
	uint16_t type;		/* the first ethertype, of a tag perhaps */
	uint16_t inner_type;	/* the first that is not a tag's */
	uint8_t tags;		/* how many 802.1Q and 802.1ad tags */
	uint16_t vlan;		/* id in the first tag, 0 without */
	const uint8_t *payload; /* behind inner_type */
	size_t payload_len;
};

/* ERR_SHORT: no whole header. ERR_MALFORMED: more than ETHERNET_TAGS_MAX tags. */
enum err ethernet_parse(const void *frame, size_t len, struct ethernet *e);

/* The client VLAN id as batman-adv counts it: 0x8000 | id when the frame begins
 * with one 802.1Q tag whose id is not 0, else 0. (specs/batman-adv.md 3) */
uint16_t ethernet_batadv_vid(const struct ethernet *e);

/* Writes the 14-byte header. */
void ethernet_write(struct wr *w, struct mac dst, struct mac src, uint16_t type);

/* Does the frame carry batman-adv, under any stack of tags? */
static inline bool ethernet_is_batadv(const struct ethernet *e)
{
	return e->inner_type == ETHERTYPE_BATADV;
}
