/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a BMX7 packet, as the body of a description, and as a TLV of every
 * type (the first byte says which). What parses is written again no longer than it
 * was; that parses again and is written as the same bytes. A TLV that passes
 * bmx7_tlv_check can be read.
 */
#include "../unit/bmx7_again.h"
#include "fuzz.h"
#include "wire/bmx7_description.h"

enum { SIZE_MAX_BYTES = 4096 };

struct buffer {
	uint8_t bytes[SIZE_MAX_BYTES];
};

static void packet_check(const uint8_t *data, size_t size)
{
	struct buffer first, second;
	struct wr w = wr_over(first.bytes, sizeof(first.bytes));
	struct wr again = wr_over(second.bytes, sizeof(second.bytes));
	struct bmx7_counts counts = {0};

	if (bmx7_packet_again(data, size, &w, &counts) != OK)
		return;
	must(!w.bad && wr_len(&w) <= size);
	must(bmx7_packet_again(first.bytes, wr_len(&w), &again, &counts) == OK);
	must(!again.bad && wr_len(&again) == wr_len(&w));
	must(memcmp(first.bytes, second.bytes, wr_len(&w)) == 0);
}

static void description_check(const uint8_t *data, size_t size)
{
	struct buffer first, second;
	struct wr w = wr_over(first.bytes, sizeof(first.bytes));
	struct wr again = wr_over(second.bytes, sizeof(second.bytes));
	struct bmx7_counts counts = {0};

	if (bmx7_description_again(data, size, &w, &counts) != OK)
		return;
	must(!w.bad && wr_len(&w) <= size);
	must(bmx7_description_again(first.bytes, wr_len(&w), &again, &counts) == OK);
	must(!again.bad && wr_len(&again) == wr_len(&w));
	must(memcmp(first.bytes, second.bytes, wr_len(&w)) == 0);
}

static void tlv_check(uint8_t type, const uint8_t *data, size_t size)
{
	struct buffer first, second;
	struct wr w = wr_over(first.bytes, sizeof(first.bytes));
	struct wr again = wr_over(second.bytes, sizeof(second.bytes));
	enum err checked = bmx7_tlv_check(type, data, size);
	enum err e = bmx7_tlv_again(type, data, size, &w);

	must(checked == OK ? e == OK || e == ERR_UNKNOWN
			   : e != OK || type == BMX7_TRUSTS || type == BMX7_SUPPORTS);
	if (e != OK)
		return;
	must(!w.bad && wr_len(&w) <= size);
	must(bmx7_tlv_again(type, first.bytes, wr_len(&w), &again) == OK);
	must(wr_len(&again) == wr_len(&w));
	must(memcmp(first.bytes, second.bytes, wr_len(&w)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > SIZE_MAX_BYTES)
		return 0;
	packet_check(data, size);
	description_check(data, size);
	tlv_check(data[0] % BMX7_TLV_TYPES, data + 1, size - 1);
	return 0;
}
