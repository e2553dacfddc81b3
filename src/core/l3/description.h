/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * description - what a node says of itself, once it is complete, verified and accepted.
 *
 * Source  specs/bmx7.md 4.
 * Shape   tlv: the expanded data of each type, len 0 for what is not there. Every TLV passed
 *         bmx7_tlv_check; there are a VERSION, a NODE_PUBKEY and an HNA6 whose first entry is the
 *         primary address.
 * Memory  made and freed by the content plane; what tlv points to lives as long.
 */
#pragma once
#include "base/digest.h"
#include "base/ip.h"
#include "wire/bmx7_description.h"
#include "wire/bmx7_metric.h"

struct tlv_data {
	const uint8_t *at;
	size_t len;
};

struct description {
	struct digest hash; /* of its body */
	struct bmx7_version version;
	struct bmx7_metric metric; /* the default without a METRIC TLV */
	struct ipv6 primary;	   /* /128 */
	struct tlv_data tlv[BMX7_TLV_TYPES];
};
