/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checksum - the Internet checksum, in steps.
 *
 * Source  RFC 1071; pseudo headers RFC 9293 3.1 and RFC 8200 8.1.
 * Shape   A sum is kept unfolded in 64 bits, of 16-bit words in the byte order
 *         of the machine; checksum_fold gives two bytes that are stored as they
 *         are (memcpy), never converted.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* sum plus len bytes. Pieces of one message may be chained as long as all but
 * the last have an even length. */
uint64_t checksum_add(uint64_t sum, const void *data, size_t len);

/* sum plus one number in host order, as a 16-bit field would add it. */
static inline uint64_t checksum_add_u16(uint64_t sum, uint16_t value)
{
	uint8_t field[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	return checksum_add(sum, field, 2);
}

/* The same minus it. */
static inline uint64_t checksum_sub_u16(uint64_t sum, uint16_t value)
{
	return checksum_add_u16(sum, (uint16_t)~value);
}

/* 16 bits, not inverted: what a pseudo header is stored as. */
static inline uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Stores the checksum, inverted, at field. */
static inline void checksum_store(uint8_t *field, uint64_t sum)
{
	uint16_t v = (uint16_t)~checksum_fold(sum);

	memcpy(field, &v, sizeof(v));
}

/* The pseudo header of IPv4 or IPv6 (addresses in network order, addr_len 4 or
 * 16 each), protocol, and length of the upper layer's message. */
uint64_t checksum_pseudo(const uint8_t *src, const uint8_t *dst, size_t addr_len, uint8_t protocol,
			 uint32_t len);
