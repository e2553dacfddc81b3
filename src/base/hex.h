/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hex - hexadecimal digits.
 *
 * Source  ours.
 */
#pragma once

/* The value of a digit of either case, or -1. */
static inline int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
