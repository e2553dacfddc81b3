/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/checksum.h"

#include <stdbool.h>

/* a + b, and the carry added again, so that nothing is lost. */
static inline uint64_t add_carry(uint64_t a, uint64_t b)
{
	uint64_t sum;
	bool carry = __builtin_add_overflow(a, b, &sum);

	return sum + carry;
}

uint64_t checksum_add(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t a = 0, b = 0, c = 0, d = 0;
	uint64_t w[4];

	/* Four chains, so that the processor need not wait for each carry. */
	for (; len >= sizeof(w); p += sizeof(w), len -= sizeof(w)) {
		memcpy(w, p, sizeof(w));
		a = add_carry(a, w[0]);
		b = add_carry(b, w[1]);
		c = add_carry(c, w[2]);
		d = add_carry(d, w[3]);
	}
	sum = add_carry(add_carry(add_carry(sum, a), b), add_carry(c, d));
	for (; len >= 8; p += 8, len -= 8) {
		memcpy(w, p, 8);
		sum = add_carry(sum, w[0]);
	}
	if (len > 0) {
		w[0] = 0;
		memcpy(w, p, len);
		sum = add_carry(sum, w[0]);
	}
	return sum;
}

uint64_t checksum_pseudo(const uint8_t *src, const uint8_t *dst, size_t addr_len, uint8_t protocol,
			 uint32_t len)
{
	uint64_t sum = checksum_add(checksum_add(0, src, addr_len), dst, addr_len);

	sum = checksum_add_u16(sum, protocol);
	sum = checksum_add_u16(sum, (uint16_t)len);
	return checksum_add_u16(sum, (uint16_t)(len >> 16));
}
