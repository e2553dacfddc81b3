/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crc32c - the Castagnoli CRC as batman-adv uses it.
 *
 * Source  specs/batman-adv.md 11: reflected polynomial 0x82f63b78, no
 *         inversion at either end, so that pieces can be chained.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Goes on from crc (0 to start) over len bytes. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);
