/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bmx7_again - parses BMX7 packets and TLVs completely and writes them again.
 *
 * Source  ours.
 * Shape   Every message of every frame goes through its parser and its writer;
 *         a description's TLVs too. What is not understood is an error.
 */
#pragma once
#include "wire/bmx7.h"

struct bmx7_counts {
	unsigned frames[32];
	unsigned ogms, iids, replies, requested, macs, signatures, tlvs;
};

/* counts may be NULL. The first error ends it. */
enum err bmx7_packet_again(const void *packet, size_t len, struct wr *w,
			   struct bmx7_counts *counts);
enum err bmx7_description_again(const void *body, size_t len, struct wr *w,
				struct bmx7_counts *counts);
/* The data of one expanded TLV; types that we do not know are copied. */
enum err bmx7_tlv_again(uint8_t type, const void *data, size_t len, struct wr *w);
